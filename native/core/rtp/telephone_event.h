#pragma once
// Receives DTMF as telephone events (RFC 4733). An event is reported exactly once: when its end
// packet comes, when the next event begins, or when its updates stop because the end was lost.
// Pure; owned by a receive leg.

#include <cstddef>
#include <cstdint>

namespace mixminus {

struct TelephoneEvent {
  char digit = 0;       // 0-9 * # A-D, or '!' for a hook flash (event 16)
  uint8_t code = 0;     // the event code of RFC 4733 §3.2
  int duration_ms = 0;  // as far as it was heard
  bool ended = false;   // an end packet came; false: updates stopped or another event began
};

// The digit of an event code, or 0 for codes that are not reported.
char TelephoneEventDigit(uint8_t code) noexcept;

class TelephoneEventReceiver {
 public:
  static constexpr int kQueueSize = 16;
  // Senders update an event at least every 50 ms; RFC 4733 §2.5.2.2 lets a receiver give up after
  // three missing updates.
  static constexpr int64_t kSilenceNs = 200'000'000;

  explicit TelephoneEventReceiver(int clock_hz) noexcept;

  // One packet of the event payload type. `now_ns` is monotonic, from the caller's clock. False for
  // a malformed payload.
  bool Insert(uint32_t timestamp, bool marker, const uint8_t* payload, size_t size,
              int64_t now_ns) noexcept;

  // Closes an event whose updates have stopped for kSilenceNs. Called once a tick; costs a branch.
  void Flush(int64_t now_ns) noexcept;

  // Closes the running event now (the source went away).
  void FlushNow() noexcept;

  // The oldest finished event; false when there is none.
  bool Pop(TelephoneEvent* out) noexcept;

  // The clock of the packets that come next, where a source may use several formats: another one
  // ends the running event.
  void SetClock(int clock_hz) noexcept;

  // A new source. Finished events stay in the queue.
  void Reset() noexcept;

  bool active() const noexcept { return active_; }
  uint64_t overflows() const noexcept {
    return overflows_;
  }  // finished events that nobody fetched in time
  uint64_t ignored() const noexcept { return ignored_; }  // codes that are not DTMF, stale repeats

 private:
  void OnBlock(uint32_t timestamp, bool marker, const uint8_t* block, int64_t now_ns) noexcept;
  void Begin(uint32_t timestamp, uint8_t code) noexcept;
  void Finish(bool ended) noexcept;
  uint32_t SegmentsLater(uint32_t timestamp, bool marker, uint8_t code) const noexcept;

  int clock_hz_;
  bool active_ = false;
  bool has_last_ = false;
  uint8_t code_ = 0;
  uint32_t start_ = 0;     // RTP timestamp of the running or last event('s segment)
  uint32_t duration_ = 0;  // units, of this segment
  uint64_t earlier_ = 0;   // units, of the segments before it
  int64_t updated_ns_ = 0;
  TelephoneEvent queue_[kQueueSize];
  int queue_head_ = 0;
  int queue_size_ = 0;
  uint64_t overflows_ = 0;
  uint64_t ignored_ = 0;
};

}  // namespace mixminus
