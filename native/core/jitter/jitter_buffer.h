#pragma once
// The jitter buffer: packets go in when they arrive (Insert), the next stretch of time comes out on
// each tick (Tick, then Pull). It reads no clock: arrivals and ticks carry their time. Fixed slots,
// no allocation after construction, single-threaded; owned by a receive leg.
//
// How it keeps time. The play point is the RTP timestamp that the next pulled sample stands for. It
// moves with every pull, whether there was a packet or not:
//  - the next packet begins there: play it;
//  - it begins later and a sequence number is missing in between: conceal up to it, from its
//    in-band FEC where the codec has one;
//  - it begins later but nothing is missing: the sender was silent (DTX), so silence, which is made
//    shorter or longer so that the delay is the target again;
//  - nothing is there: conceal; if the packet then comes after all, the play point goes back to it.
//    The delay has grown by the wait;
//  - nothing for 100 ms: the stream has paused. The next packet waits for the target again.
// The delay is the tick's time less the timestamp played at it. excess_units() says how far it is
// above the target of the delay estimator; the leg, which hears the audio, stretches or compresses
// it by pulling fewer or more units than it plays. Past the maximum the oldest audio is thrown
// away.

#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/base/sequence.h"
#include "core/jitter/delay_estimator.h"
#include "core/jitter/jitter_stats.h"
#include "core/jitter/tick_clock.h"

namespace mixminus {

// Delays are from the arrival of the fastest recent packet to the tick that plays it.
struct JitterBufferConfig {
  static constexpr int kAdaptive = -1;
  int clock_hz = 8000;       // of RTP timestamps
  int sample_rate_hz = 0;    // of the audio, for the counters; 0: clock_hz
  int min_ms = 0;            // the target is never less …
  int max_ms = 400;          // … nor more; audio held for longer than this is thrown away
  int fixed_ms = kAdaptive;  // the target, whatever the network does; 0…max_ms
  int ms_per_late_percent = DelayEstimator::kMsPerLatePercent;
  // Sequence numbers followed; rounded up to a power of two, 8…1024. Of audio, three quarters of
  // that are held.
  int slots = 64;
  int max_payload_bytes =
      480;  // per slot, ≤ 1500; 480 is 60 ms of G.711. Larger payloads are not played
};

struct JitterPacket {
  uint16_t sequence = 0;
  uint32_t timestamp = 0;
  uint8_t payload_type = 0;
  const uint8_t* payload = nullptr;
  size_t payload_size = 0;
  int duration = 0;        // in timestamp units, from the codec; 2.5 ms…1 s
  int64_t arrival_ns = 0;  // of the clock of Tick
};

enum class JitterInsert : uint8_t {
  kInserted,
  kDuplicate,
  kLate,       // its turn has passed
  kDiscarded,  // payload too large, duration out of range; its sequence number counts as received
};

enum class JitterSegmentKind : uint8_t {
  kPacket,   // decode `length` units of a packet, from `offset` on
  kRepair,   // a packet is missing, but the one behind it is there and may carry its FEC
  kConceal,  // a packet is missing or not there yet
  kSilence,  // the sender was silent, or the buffer is filling
};

// A stretch of one pull. Fields behind `length` are defined for kPacket and kRepair only.
struct JitterSegment {
  JitterSegmentKind kind;
  int length;  // timestamp units
  // Timestamp units into the packet. kRepair: from the packet back, so that the last missing unit
  // is −1; the segment is [offset, offset + length) ≤ 0 of the packet behind the gap.
  int offset;
  const uint8_t* payload;  // the whole payload; valid until the next Insert or Pull
  size_t payload_size;
  int64_t arrival_ns;
  uint16_t sequence;
  uint8_t payload_type;
};

// What fills one pull, in order; lengths add up to what was asked.
struct JitterPlan {
  static constexpr int kMaxSegments = 32;
  int count = 0;
  JitterSegment segments[kMaxSegments];
};

class JitterBuffer {
 public:
  explicit JitterBuffer(const JitterBufferConfig& config);

  // Takes a packet of audio; its payload is copied. Any order, any time.
  JitterInsert Insert(const JitterPacket& packet) noexcept;

  // Notes a packet of the stream that carries no audio to play (telephone event, comfort noise,
  // unknown type), so that its sequence number is not taken for a loss and a pause behind it is
  // silence.
  JitterInsert InsertMarker(uint16_t sequence) noexcept;

  // A redundant copy (RFC 2198) of an earlier packet, with its own sequence number and timestamp.
  // Fills a hole that has not been played yet and says nothing about the network; true when it did.
  bool InsertRedundant(const JitterPacket& packet) noexcept;

  // A frame of `frame_units` is about to be played, whose begin is the tick at `now_ns`.
  // `held_units` were pulled earlier and are played first.
  void Tick(int64_t now_ns, int frame_units, int held_units) noexcept;

  // Fills `plan` with the next `units` timestamp units, 1 unit…100 ms. After Tick; several pulls in
  // one tick are one after the other.
  void Pull(int units, JitterPlan* plan) noexcept;

  // At the last Tick: how much later than the target audio is played; negative: earlier. 0 while
  // that cannot be said or nothing should be done about it.
  int excess_units() const noexcept { return excess_; }
  // Units from the play point on that packets cover without a gap, up to `most`.
  int AvailableUnits(int most) noexcept;
  // What the leg made of the excess, for the counters.
  void NoteRemoved(int units) noexcept { stats_.removed_samples += Samples(units); }
  void NoteInserted(int units) noexcept { stats_.inserted_samples += Samples(units); }
  // A kRepair segment of this length came out of the FEC: it does not count as concealed.
  void NoteRepaired(int units) noexcept;

  // Empties the buffer and waits for the target again: new SSRC, restarted source.
  void Reset() noexcept;
  // Another clock and rate: the source changed its codec. Empties the buffer.
  void SetClock(int clock_hz, int sample_rate_hz) noexcept;
  // Goes on counting where another buffer stopped.
  void SetCounters(const JitterStats& counters) noexcept { stats_ = counters; }
  const JitterStats& counters() const noexcept { return stats_; }
  int slots() const noexcept { return Slots(); }
  int max_payload_bytes() const noexcept { return static_cast<int>(slot_bytes_); }

  // Bounds of the delay: renegotiation may bring others. Of the configuration only those are read.
  void SetBounds(const JitterBufferConfig& config) noexcept;
  const JitterBufferConfig& bounds() const noexcept { return bounds_; }

  // The counters, with target and levels filled in.
  JitterStats stats() const noexcept;
  int packets() const noexcept { return count_; }     // in slots, markers included
  bool filling() const noexcept { return filling_; }  // waiting for the target
  // Audio in the buffer now, missing packets in between included; timestamp units.
  int level_units() const noexcept;
  // The same at the last tick, what was held included.
  int last_level_ms() const noexcept { return level_ * 1000 / clock_hz_; }
  // Delay at the last tick, see JitterBufferConfig; 0 before anything was played.
  int delay_ms() const noexcept;
  // The timestamp, unwrapped, that the frame of the last tick began with.
  int64_t frame_timestamp() const noexcept { return frame_timestamp_; }
  int clock_hz() const noexcept { return clock_hz_; }

 private:
  // Slots rotate with the sequence number. Payloads do not: the buffer freed last is used next, so
  // that a leg in steady state works on the same few cache lines.
  struct Slot {
    int64_t timestamp = 0;  // unwrapped
    int64_t arrival_ns = 0;
    uint16_t duration = 0;
    uint16_t sequence = 0;
    uint16_t size = 0;
    uint16_t payload = 0;  // index of its buffer
    uint8_t payload_type = 0;
    bool used = false;
    bool marker = false;
  };

  uint8_t* PayloadOf(const Slot& slot) noexcept {
    return payloads_.get() + slot.payload * slot_bytes_;
  }
  size_t Index(int64_t sequence) const noexcept { return static_cast<size_t>(sequence) & mask_; }
  Slot& SlotAt(int64_t sequence) noexcept { return slots_[Index(sequence)]; }
  int Units(int ms) const noexcept { return ms * clock_hz_ / 1000; }
  int Slots() const noexcept { return static_cast<int>(mask_) + 1; }
  int64_t Units64(int64_t ns) const noexcept;
  // What a counter of samples gets for this many units, ≥ 0.
  uint64_t Samples(int64_t units) const noexcept {
    return static_cast<uint64_t>(units * rate_hz_ / clock_hz_);
  }
  int64_t Target() const noexcept;
  int Lead(int64_t head) const noexcept;

  // Insertion.
  JitterInsert Place(uint16_t sequence, Slot** slot) noexcept;
  JitterInsert PlaceOld(int64_t sequence) noexcept;
  bool Fits(const JitterPacket& packet) const noexcept;
  void Fill(Slot* slot, const JitterPacket& packet, int64_t timestamp) noexcept;
  void Learn(int64_t timestamp, int64_t arrival_ns) noexcept;
  void BeginAt(uint16_t sequence) noexcept;

  void MakeRoom(uint16_t sequence) noexcept;

  // Position.
  void StepNext(bool received) noexcept;
  void AdvanceTo(int64_t sequence) noexcept;
  void FreePayloads() noexcept;
  void Release(Slot* slot) noexcept;
  void DropMarkers() noexcept;
  bool FindHead(int64_t* sequence) const noexcept;

  // Pulling.
  bool FillUp(int units) noexcept;
  void StartPlaying(int64_t from) noexcept;
  void TrimExcess() noexcept;
  void DropHead(int64_t head) noexcept;
  void PullStep(int rest, JitterPlan* plan) noexcept;
  bool AlignTo(int64_t head) noexcept;
  void EmitPacket(int64_t head, int rest, JitterPlan* plan) noexcept;
  void EmitGap(JitterSegmentKind kind, int length, JitterPlan* plan) noexcept;
  void EmitLoss(int64_t head, int length, JitterPlan* plan) noexcept;
  void EmitUnderrun(int length, JitterPlan* plan) noexcept;
  void AdaptPause(int64_t head) noexcept;

  // Settings.
  JitterBufferConfig bounds_;
  int clock_hz_;
  int rate_hz_;
  int min_;  // units
  int max_;
  int fixed_;  // or negative
  size_t slot_bytes_;
  size_t mask_;
  // Fewer than slots: those are for markers and losses, too.
  int payload_count_;
  std::unique_ptr<Slot[]> slots_;
  std::unique_ptr<uint8_t[]> payloads_;
  std::unique_ptr<uint16_t[]> free_payloads_;  // a stack
  int free_count_ = 0;

  // The stream.
  bool started_ = false;   // a packet has come since the last reset
  bool played_ = false;    // and one was played: next_ cannot go back
  bool filling_ = true;    // waiting for the target; time stands still
  bool begun_ = false;     // the packet at next_ is partly played
  bool in_pause_ = false;  // the last thing at the play point was a marker
  bool concealing_ = false;
  bool pause_adapted_ = false;  // of the silence at the play point
  int count_ = 0;
  int audio_count_ = 0;
  int content_ = 0;       // units of audio in slots and not played
  int packet_units_ = 0;  // duration of the latest packet
  int underrun_ = 0;   // units concealed with nothing in the buffer, since the last packet played
  int missing_ = 0;    // units concealed for missing packets, since the last packet played
  int64_t first_ = 0;  // first sequence number since the last reset
  int64_t next_ = 0;   // first sequence number not yet played or given up
  int64_t play_ = 0;   // the play point
  uint64_t history_ = 0;         // bit i: next_ − 1 − i was received
  SequenceUnwrapper sequences_;  // last() is the newest sequence number seen
  TimestampUnwrapper timestamps_;

  // Delay control.
  TickClock clock_;
  DelayEstimator estimator_;
  int64_t frame_timestamp_ = 0;
  int64_t delay_ = 0;  // at the last tick, units; absolute as in the estimator
  int level_ = 0;      // units, at the last tick
  int excess_ = 0;     // units, at the last tick
  int hold_ = 0;       // units for which the delay is left as it is
  JitterStats stats_;
};

}  // namespace mixminus
