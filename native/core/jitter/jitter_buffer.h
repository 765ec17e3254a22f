#pragma once
// The jitter buffer: packets go in when they arrive (Insert), the next stretch of time comes out on
// each tick (Pull). It knows no wall clock; every sample pulled is the passing of time. Fixed
// slots, no allocation after construction, single-threaded; owned by a receive leg.
//
// How it keeps time. `play_timestamp_` is the RTP timestamp that the next pulled sample stands for.
// It moves with every pull, whether there was a packet or not:
//  - the next packet begins there: play it;
//  - the next packet begins later and a sequence number is missing between: conceal up to it;
//  - it begins later but nothing is missing: the sender was silent (DTX), so silence;
//  - nothing is there: conceal; if the packet then comes after all, the play timestamp goes back to
//  it, the
//    delay has grown by the wait, and is taken back later in silence.
// The delay is steered by the average level. Advice() says when a frame should be left out or put
// in, and the leg, which hears the audio, picks the moment. Past the maximum the oldest audio is
// thrown away.

#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/base/sequence.h"
#include "core/jitter/jitter_stats.h"

namespace mixminus {

struct JitterBufferConfig {
  int clock_hz = 8000;  // of RTP timestamps
  int target_ms = 40;   // audio held before each pull, the pulled frame included; ≥ 20
  int max_ms = 400;     // more than this is thrown away at the next pull
  int slots = 64;       // packets held; rounded up to a power of two, 8…1024
  int max_payload_bytes =
      480;  // per slot, ≤ 1500; larger payloads are refused. 480 is 60 ms of G.711
};

struct JitterPacket {
  uint16_t sequence = 0;
  uint32_t timestamp = 0;
  uint8_t payload_type = 0;
  const uint8_t* payload = nullptr;
  size_t payload_size = 0;
  int duration = 0;        // in timestamp units; from the codec
  int64_t arrival_ns = 0;  // handed back with the audio, for measuring
};

enum class JitterInsert : uint8_t { kInserted, kReordered, kDuplicate, kLate, kDiscarded };

enum class JitterSegmentKind : uint8_t {
  kPacket,   // decode `length` units of a packet, from `offset` on
  kConceal,  // a packet is missing or not there yet
  kSilence,  // the sender was silent, or the buffer is filling
};

struct JitterSegment {
  JitterSegmentKind kind = JitterSegmentKind::kSilence;
  uint8_t payload_type = 0;
  uint16_t sequence = 0;
  int length = 0;                    // timestamp units
  int offset = 0;                    // into the packet, timestamp units
  const uint8_t* payload = nullptr;  // the whole payload; valid until the next Insert or Pull
  size_t payload_size = 0;
  int64_t arrival_ns = 0;
};

// What fills one pull, in order; lengths add up to what was asked.
struct JitterPlan {
  static constexpr int kMaxSegments = 24;
  int count;
  JitterSegment segments[kMaxSegments];
  JitterPlan() noexcept : count(0) {}
};

enum class JitterAdvice : uint8_t {
  kNone,
  kShrinkIfQuiet,  // above the target: leave a frame out when nobody talks
  kShrinkNow,      // far above it for long: leave one out anyway, blended
  kGrowIfQuiet,    // below the target: put one in when nobody talks
};

class JitterBuffer {
 public:
  // Shortest packet taken, 2.5 ms; it bounds the segments of a pull.
  static constexpr int kMinPacketsPerSecond = 400;

  explicit JitterBuffer(const JitterBufferConfig& config);

  // Takes a packet of audio; its payload is copied. Any order, any time.
  JitterInsert Insert(const JitterPacket& packet) noexcept;

  // Notes a packet of the same stream that carries no audio to play (telephone event, comfort
  // noise, unknown type), so that its sequence number is not taken for a loss and the time after it
  // is silence.
  JitterInsert InsertMarker(uint16_t sequence, uint32_t timestamp) noexcept;

  // Fills `plan` with the next `units` timestamp units (2.5…60 ms of them).
  void Pull(int units, JitterPlan* plan) noexcept;

  // What the delay needs; ask after Pull, once a tick. Obey with ShrinkBy/GrowBy.
  JitterAdvice Advice() const noexcept;
  // The leg has pulled `units` more than it played, or played that much without pulling.
  void ShrinkBy(int units) noexcept;
  void GrowBy(int units) noexcept;

  // Empties the buffer and waits for the target again: new SSRC, restarted source.
  void Reset() noexcept;
  // New target and maximum after renegotiation; slots stay. Same limits as the config.
  void SetTarget(int target_ms, int max_ms) noexcept;

  // A snapshot of the counters with the level figures filled in.
  JitterStats stats() const noexcept;
  int packets() const noexcept { return count_; }     // in slots, markers included
  bool filling() const noexcept { return filling_; }  // waiting for the target
  int level_units() const noexcept;  // audio from the play point to the newest packet's end

 private:
  struct Slot {
    int64_t sequence = -1;  // unwrapped
    int64_t timestamp = 0;  // unwrapped
    int64_t arrival_ns = 0;
    int32_t duration = 0;
    uint16_t size = 0;
    uint8_t payload_type = 0;
    bool used = false;
    bool marker = false;
  };
  enum class Step : uint8_t { kContinue, kStop };

  Slot& SlotAt(int64_t sequence) noexcept { return slots_[static_cast<size_t>(sequence) & mask_]; }
  uint8_t* PayloadAt(int64_t sequence) noexcept {
    return payloads_.get() +
           (static_cast<size_t>(sequence) & mask_) * static_cast<size_t>(slot_bytes_);
  }
  int UnitsFromMs(int ms) const noexcept;
  JitterInsert Place(uint16_t sequence, uint32_t timestamp, Slot** slot) noexcept;
  JitterInsert PlaceOld(int64_t sequence) noexcept;
  void BeginAt(uint16_t sequence, uint32_t timestamp) noexcept;
  void NoteHistory(int64_t sequence) noexcept;
  void AdvanceNext(int64_t next) noexcept;
  void Free(Slot* slot) noexcept;
  bool FindHead(int64_t* sequence) noexcept;
  void DropMarkers() noexcept;
  bool FillStep(int units, JitterPlan* plan) noexcept;
  bool ReadyToPlay(int units) noexcept;
  void TrimToStart() noexcept;
  void TrimExcess() noexcept;
  Step PullStep(int units, int* done, JitterPlan* plan) noexcept;
  void AlignTo(const Slot& head, bool missing) noexcept;
  void EmitPacket(int64_t sequence, int wanted, int* done, JitterPlan* plan) noexcept;
  void EmitGap(JitterSegmentKind kind, int length, int* done, JitterPlan* plan) noexcept;
  void TrackLevel(int units) noexcept;
  int SetPoint() const noexcept;

  // Configuration.
  int clock_hz_;
  int target_;  // units
  int max_;     // units
  int slot_bytes_;
  size_t mask_;
  std::unique_ptr<Slot[]> slots_;
  std::unique_ptr<uint8_t[]> payloads_;

  // Stream position.
  bool started_ = false;  // a packet has come since the last reset
  bool filling_ = true;   // waiting for the target; time stands still
  bool played_ = false;   // something of this stream was played or given up: next_ cannot go back
  bool in_silence_ = false;  // the last thing at the play point was a marker
  bool concealing_ = false;
  int count_ = 0;
  int audio_count_ = 0;
  int packet_units_ = 0;  // duration of the latest packet
  int filled_wait_ = 0;   // units waited since the first packet while filling
  int underrun_ = 0;     // units concealed with nothing in the buffer, since the last packet played
  int missing_ = 0;      // units concealed for missing packets, since the last packet played
  int64_t next_ = 0;     // first sequence number not yet played or given up
  int64_t highest_ = 0;  // newest sequence number seen
  int64_t play_timestamp_ = 0;
  int64_t newest_end_ = 0;  // timestamp behind the newest audio
  uint64_t history_ = 0;    // bit i: next_ − 1 − i was received
  SequenceUnwrapper sequence_unwrapper_;
  TimestampUnwrapper timestamp_unwrapper_;

  // Delay control.
  int level_ = 0;                 // units, at the last pull
  int64_t average_level_q8_ = 0;  // units × 256
  int shrink_wait_ = 0;           // units since the last forced shrink or since the excess began
  JitterStats stats_;
};

}  // namespace mixminus
