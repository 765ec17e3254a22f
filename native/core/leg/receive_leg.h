#pragma once
// The receiving half of a call: RTP packet → statistics → jitter buffer → decoder → concealer → one
// frame per tick, and telephone events on the side. Owned by one worker. All memory is taken in the
// constructor; the rest never allocates. The engine calls Insert for each packet that the latch
// accepted, then Pull, FlushTelephoneEvent and PopTelephoneEvent once a tick.

#include <cstdint>
#include <memory>

#include "core/base/audio_frame.h"
#include "core/codec/codec.h"
#include "core/dsp/level.h"
#include "core/dsp/vad.h"
#include "core/jitter/concealer.h"
#include "core/jitter/jitter_buffer.h"
#include "core/jitter/time_stretch.h"
#include "core/leg/gap_filler.h"
#include "core/rtp/packet.h"
#include "core/rtp/receive_stats.h"
#include "core/rtp/telephone_event.h"

namespace mixminus {

// CodecId::kNone stands for comfort noise (RFC 3389): accepted, counted, heard in pauses.
struct PayloadFormat {
  uint8_t payload_type = 0;
  CodecId codec = CodecId::kNone;
  int rtp_clock_hz = 8000;
  int sample_rate_hz = 0;  // of the decoded audio; 0: the codec's own
};

// telephone-event (RFC 4733), which a peer may offer once for each clock of its codecs.
struct TelephoneEventFormat {
  int payload_type = -1;  // −1: none
  int clock_hz = 8000;
};

struct ReceiveLegConfig {
  static constexpr int kMaxFormats = 12;
  static constexpr int kMaxEventFormats = 3;
  PayloadFormat formats[kMaxFormats];
  int format_count = 0;
  TelephoneEventFormat telephone_events[kMaxEventFormats];
  int jitter_min_ms = 0;  // these three: see JitterBufferConfig
  int jitter_max_ms = 400;
  int jitter_fixed_ms = JitterBufferConfig::kAdaptive;
  int jitter_ms_per_late_percent = DelayEstimator::kMsPerLatePercent;
  int slots = 0;              // 0: enough for jitter_max_ms in packets of 10 ms
  int max_payload_bytes = 0;  // 0: 60 ms of each format; larger ones are discarded and counted
};

enum class InsertResult : uint8_t {
  kAudio,  // in the jitter buffer
  kTelephoneEvent,
  kComfortNoise,
  kProbation,  // of a new source; not counted yet
  kDuplicate,
  kLate,
  kDiscarded,       // too large, damaged, or a jump that the next packet must confirm
  kUnknownPayload,  // payload type not negotiated
};

// kNoise: a pause, in which the sender's background is heard (RFC 3389).
enum class PullResult : uint8_t { kSpeech, kConcealed, kNoise, kSilence };

// Counters of what is not in ReceiveStats or JitterStats.
struct ReceiveLegCounters {
  uint64_t unknown_payload = 0;
  uint64_t comfort_noise = 0;
  uint64_t telephone_event_packets = 0;
  uint64_t malformed = 0;       // telephone events of a wrong size, empty comfort noise
  uint64_t foreign = 0;         // packets of another SSRC that did not become the source
  uint64_t source_changes = 0;  // of the SSRC
};

class ReceiveLeg {
 public:
  explicit ReceiveLeg(const ReceiveLegConfig& config);

  // Renegotiation: takes the settings of `fresh`, which the calling thread made for them, and of
  // its memory what is needed: a larger buffer, decoders of new formats. What is no longer needed
  // is in `fresh` afterwards. Decoders of formats that stay go on, and so does the buffer when its
  // packets' types still mean the same codec and it is large enough.
  void Renegotiate(ReceiveLeg* fresh) noexcept;

  // One packet from the accepted address. `arrival_ns` from any steady clock, the same for all
  // calls of the leg.
  InsertResult Insert(const RtpPacketView& packet, int64_t arrival_ns) noexcept;

  // The next 20 ms at rate_hz(), which is that of the format that arrives: it may change from frame
  // to frame when the peer changes its codec. Updates level, VAD and delay. `now_ns` of the same
  // clock as arrival_ns: how late packets come is judged against it.
  PullResult Pull(AudioFrame* out, int64_t now_ns) noexcept;

  // Closes an event whose end was lost; `now_ns` of the same clock as arrival_ns.
  void FlushTelephoneEvent(int64_t now_ns) noexcept { events_.Flush(now_ns); }
  // The next finished event; false when there is none.
  bool PopTelephoneEvent(TelephoneEvent* out) noexcept { return events_.Pop(out); }

  // Forgets source and buffer, as if no packet had come: the latch moved to another address.
  // Settings, counters and finished events stay.
  void ResetSource() noexcept;

  // For report blocks; also begins the next fraction-lost interval.
  ReceptionReport TakeReport() noexcept { return stats_.TakeReport(); }

  const ReceiveStats& stats() const noexcept { return stats_; }
  JitterStats jitter_stats() const noexcept { return jitter_.stats(); }
  const ReceiveLegCounters& counters() const noexcept { return counters_; }
  uint64_t telephone_event_overflows() const noexcept { return events_.overflows(); }
  bool has_source() const noexcept { return stats_.valid(); }
  uint32_t remote_ssrc() const noexcept { return stats_.ssrc(); }
  int rate_hz() const noexcept { return rate_hz_; }
  // Of what arrives; kNone before the first packet of audio.
  CodecId codec() const noexcept { return heard_ ? tracks_[track_].codec.id : CodecId::kNone; }
  // From the arrival of the fastest recent packet to the tick that played it.
  int playout_delay_ms() const noexcept { return jitter_.delay_ms(); }
  // The timestamp, unwrapped, that the last frame pulled began with; for measuring.
  int64_t frame_timestamp() const noexcept { return jitter_.frame_timestamp(); }
  // Of the last frame, 0 loud … 127 silent; comfort noise counts as silence.
  int level_dbov() const noexcept { return level_dbov_; }
  bool talking() const noexcept { return vad_.talking(); }
  VadEvent last_vad_event() const noexcept { return vad_event_; }  // of the last Pull
  // Arrival time of the packet that the last Pull began with; 0 when it began with none.
  int64_t played_arrival_ns() const noexcept { return played_arrival_ns_; }

 private:
  // A source that may replace the present one.
  struct Candidate {
    bool active = false;
    uint32_t ssrc = 0;
    uint16_t expected = 0;
    int count = 0;
  };
  enum class PayloadKind : uint8_t { kUnknown, kAudio, kComfortNoise, kTelephoneEvent };

  // A format that may arrive, with the decoder for it.
  struct Track {
    CodecSettings codec;
    AudioDecoder* decoder = nullptr;
    int clock_hz = 8000;
    int rate_hz = 8000;
  };
  // Behind those of the formats: G.711, for packets that were buffered before its type went away.
  static constexpr int kPcmuTrack = ReceiveLegConfig::kMaxFormats;
  static constexpr int kPcmaTrack = kPcmuTrack + 1;
  static constexpr int kTracks = kPcmaTrack + 1;

  void MakeTracks(const ReceiveLegConfig& config);
  void MapPayloads(const ReceiveLegConfig& config) noexcept;
  void TakeDecoders(ReceiveLeg* fresh) noexcept;
  bool TakePayloads(const ReceiveLeg& fresh) noexcept;
  void TakeBuffer(ReceiveLeg* fresh, bool emptied) noexcept;
  int FindTrack(const Track& track) const noexcept;
  bool PlayTrack(int track, uint16_t sequence) noexcept;
  void StartTrack(int track) noexcept;
  int Samples(int units) const noexcept;
  bool AdmitSource(const RtpPacketView& packet) noexcept;
  bool TryCandidate(const RtpPacketView& packet) noexcept;
  InsertResult Dispatch(const RtpPacketView& packet, int64_t arrival_ns) noexcept;
  InsertResult InsertAudio(const RtpPacketView& packet, int64_t arrival_ns) noexcept;
  InsertResult InsertEvent(const RtpPacketView& packet, int64_t arrival_ns) noexcept;
  int EventClockHz(uint8_t payload_type) const noexcept;
  // How a frame comes to its length; see receive_pull.cc.
  enum class Pace : uint8_t { kNormal, kFaster, kSlower };
  Pace ChoosePace() noexcept;
  PullResult PullNormal(int16_t* out, int count) noexcept;
  PullResult PullFaster(int16_t* out, int count) noexcept;
  PullResult PullSlower(int16_t* out, int count) noexcept;
  int TakeHeld(int16_t* out, int most) noexcept;
  void Hold(const int16_t* samples, int count) noexcept;
  StretchLimits Limits(int longest) const noexcept;
  PullResult PullSamples(int16_t* out, int count, int* got) noexcept;
  PullResult PlaySegment(const JitterSegment& segment, int16_t* out, int count) noexcept;
  PullResult Decode(const JitterSegment& segment, int16_t* out, int count) noexcept;
  PullResult Repair(const JitterSegment& segment, int16_t* out, int count) noexcept;
  PullResult Conceal(int16_t* out, int count) noexcept;
  PullResult Pause(int16_t* out, int count) noexcept;
  AudioDecoder* DecoderOf(int payload_type) const noexcept;
  int Units(int samples) const noexcept;
  bool IsQuiet(int level_dbov) const noexcept;
  void Hear(PullResult result, const AudioFrame& frame) noexcept;

  int rate_hz_ = 8000;   // of the track that plays
  int clock_hz_ = 8000;  // likewise
  int track_ = 0;
  bool heard_ = false;          // audio of this source
  int held_ = 0;                // samples pulled and not played yet
  int pace_wait_ = 0;           // frames until the pace may change again
  bool quiet_ = true;           // the last frame
  int last_payload_type_ = -1;  // of what was decoded last: its codec conceals
  std::unique_ptr<int16_t[]> hold_;
  int level_dbov_ = kSilenceDbov;
  VadEvent vad_event_ = VadEvent::kNone;
  int64_t played_arrival_ns_ = 0;
  struct PayloadMeaning {
    PayloadKind kind = PayloadKind::kUnknown;
    int8_t track = -1;
  };
  PayloadMeaning meaning_[128];
  Track tracks_[kTracks];
  std::unique_ptr<AudioDecoder> decoders_[ReceiveLegConfig::kMaxFormats];
  TelephoneEventFormat event_formats_[ReceiveLegConfig::kMaxEventFormats];
  Candidate candidate_;
  ReceiveLegCounters counters_;
  ReceiveStats stats_;
  TelephoneEventReceiver events_;
  Vad vad_;
  JitterBuffer jitter_;
  Concealer concealer_;
  GapFiller gaps_;
};

}  // namespace mixminus
