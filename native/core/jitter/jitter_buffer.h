#pragma once
// The jitter buffer: packets go in when they arrive (Insert), the next stretch of time comes out on
// each tick (Pull). It knows no wall clock; every unit pulled is the passing of time. Fixed slots,
// no allocation after construction, single-threaded; owned by a receive leg.
//
// How it keeps time. The play point is the RTP timestamp that the next pulled sample stands for. It
// moves with every pull, whether there was a packet or not:
//  - the next packet begins there: play it;
//  - it begins later and a sequence number is missing in between: conceal up to it;
//  - it begins later but nothing is missing: the sender was silent (DTX), so silence;
//  - nothing is there: conceal; if the packet then comes after all, the play point goes back to it.
//  The delay
//    has grown by the wait, and is taken back in silence;
//  - nothing for 100 ms: the stream has paused. The next packet waits for the target again.
// The delay is steered by the average level: Advice() says when a frame should be left out or put
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
  int target_ms = 40;   // audio held before each pull, the pulled 20 ms included; ≥ 20
  int max_ms = 400;     // more than this is thrown away at the next pull; ≥ target + 60
  int slots = 64;       // packets held; rounded up to a power of two, 8…1024
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
  int64_t arrival_ns = 0;  // handed back with the audio, for measuring
};

enum class JitterInsert : uint8_t {
  kInserted,
  kDuplicate,
  kLate,       // its turn has passed
  kDiscarded,  // payload too large, duration out of range; its sequence number counts as received
};

enum class JitterSegmentKind : uint8_t {
  kPacket,   // decode `length` units of a packet, from `offset` on
  kConceal,  // a packet is missing or not there yet
  kSilence,  // the sender was silent, or the buffer is filling
};

// A stretch of one pull. Fields behind `length` are defined for kPacket only.
struct JitterSegment {
  JitterSegmentKind kind;
  int length;              // timestamp units
  int offset;              // into the packet, timestamp units
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

enum class JitterAdvice : uint8_t {
  kNone,
  kShrinkIfQuiet,  // above the target: leave a frame out when nobody talks
  kShrinkNow,      // far above it for long: leave one out anyway, blended
  kGrowIfQuiet,    // below the target: put one in when nobody talks
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

  // Fills `plan` with the next `units` timestamp units, 1 unit…60 ms.
  void Pull(int units, JitterPlan* plan) noexcept;

  // What the delay needs; ask once a tick, after Pull. Obey with ShrinkBy or GrowBy.
  JitterAdvice Advice() const noexcept;
  // The leg has pulled `units` more than it played, or played that much without pulling.
  void ShrinkBy(int units) noexcept;
  void GrowBy(int units) noexcept;

  // Empties the buffer and waits for the target again: new SSRC, restarted source.
  void Reset() noexcept;
  // Another clock: the source changed its codec. Empties the buffer.
  void SetClock(int clock_hz) noexcept;
  // Goes on counting where another buffer stopped.
  void SetCounters(const JitterStats& counters) noexcept { stats_ = counters; }
  const JitterStats& counters() const noexcept { return stats_; }
  int target_ms() const noexcept { return target_ * 1000 / clock_hz_; }
  int max_ms() const noexcept { return max_ * 1000 / clock_hz_; }
  int slots() const noexcept { return Slots(); }
  int max_payload_bytes() const noexcept { return static_cast<int>(slot_bytes_); }

  // New target and maximum after renegotiation; slots stay.
  void SetTarget(int target_ms, int max_ms) noexcept;

  // The counters, with target and levels filled in.
  JitterStats stats() const noexcept;
  int packets() const noexcept { return count_; }     // in slots, markers included
  bool filling() const noexcept { return filling_; }  // waiting for the target
  // Audio in the buffer now, missing packets in between included; timestamp units.
  int level_units() const noexcept;
  // The same at the begin of the last pull, in ms: the playout delay.
  int last_level_ms() const noexcept { return level_ * 1000 / clock_hz_; }

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
  int SetPoint() const noexcept;
  int StartLevel() const noexcept;
  int Lead(int64_t head) const noexcept;

  // Insertion.
  JitterInsert Place(uint16_t sequence, Slot** slot) noexcept;
  JitterInsert PlaceOld(int64_t sequence) noexcept;
  void BeginAt(uint16_t sequence) noexcept;

  // Position.
  void StepNext(bool received) noexcept;
  void AdvanceTo(int64_t sequence) noexcept;
  void FreePayloads() noexcept;
  void Release(Slot* slot) noexcept;
  void DropMarkers() noexcept;
  bool FindHead(int64_t* sequence) const noexcept;

  // Pulling.
  bool FillUp(int units) noexcept;
  void StartPlaying() noexcept;
  void TrimExcess() noexcept;
  void DropHead(int64_t head) noexcept;
  void PullStep(int rest, JitterPlan* plan) noexcept;
  bool AlignTo(int64_t head) noexcept;
  void EmitPacket(int64_t head, int rest, JitterPlan* plan) noexcept;
  void EmitGap(JitterSegmentKind kind, int length, JitterPlan* plan) noexcept;
  void EmitUnderrun(int length, JitterPlan* plan) noexcept;
  void TrackLevel(int units) noexcept;

  // Settings.
  int clock_hz_;
  int target_;  // units
  int max_;     // units
  size_t slot_bytes_;
  size_t mask_;
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
  int count_ = 0;
  int audio_count_ = 0;
  int content_ = 0;       // units of audio in slots and not played
  int packet_units_ = 0;  // duration of the latest packet
  int waited_ = 0;        // units pulled since the first packet while filling
  int underrun_ = 0;   // units concealed with nothing in the buffer, since the last packet played
  int missing_ = 0;    // units concealed for missing packets, since the last packet played
  int64_t first_ = 0;  // first sequence number since the last reset
  int64_t next_ = 0;   // first sequence number not yet played or given up
  int64_t play_ = 0;   // the play point
  uint64_t history_ = 0;         // bit i: next_ − 1 − i was received
  SequenceUnwrapper sequences_;  // last() is the newest sequence number seen
  TimestampUnwrapper timestamps_;

  // Delay control.
  int level_ = 0;           // units, at the last pull
  int64_t average_q8_ = 0;  // units × 256
  int excess_ = 0;          // units pulled since the delay has been far too long
  JitterStats stats_;
};

}  // namespace mixminus
