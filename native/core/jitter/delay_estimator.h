#pragma once
// Says how long audio should be held back: from the delays of the last 512 packets, the one at
// which another millisecond of delay costs as much as the packets that it saves from being late.
// Delays are differences between two clocks with an unknown offset, so all values are "absolute":
// only differences between them mean anything. Pure; owned by a jitter buffer, which feeds it on
// insertion and asks it on each tick.
//
// Forgetting: packets leave the window after 512 others, or at once when the path has clearly
// become shorter (a route step down), because what they say is then about another path. A step up
// needs no rule: late packets are expensive, so a few of them move the target. A single spike is
// few packets, and is not worth a standing delay; it is waited for instead (jitter_buffer.h).
// Drift between the clocks is a trend of all delays and is followed by the window as it moves.

#include <cstdint>

namespace mixminus {

class DelayEstimator {
 public:
  static constexpr int kWindow = 512;  // packets; 10 s of 20 ms

  // What one packet in a hundred too late may cost in delay. The one figure that places us on the
  // curve of delay against loss; `npm run bench:jitter` draws it.
  static constexpr int kMsPerLatePercent = 10;

  // `clock_hz`: of all values.
  explicit DelayEstimator(int clock_hz, int ms_per_late_percent = kMsPerLatePercent) noexcept;

  // A packet came. `heard`: the tick at which it could first be played, `arrived`: its arrival,
  // both minus its timestamp.
  void OnPacket(int64_t heard, int64_t arrived) noexcept;

  // Another clock; what was learnt is of the old one and forgotten.
  void SetClock(int clock_hz) noexcept {
    clock_hz_ = clock_hz;
    step_ = StepOf(clock_hz);
    Reset();
  }
  // The sender's timestamps jumped: all values move along.
  void Shift(int64_t by) noexcept { origin_ += by; }
  void Reset() noexcept;

  bool known() const noexcept { return count_ > 0; }
  int packets() const noexcept { return count_; }
  // Where to play: timestamps this far behind the ticks. Defined once known().
  int64_t target() const noexcept { return origin_ + target_; }
  // The fastest recent packet: what is delay above it, is delay of our making.
  int64_t base() const noexcept { return origin_ + base_; }
  int64_t last_arrived() const noexcept { return origin_ + last_; }

 private:
  static constexpr int kBucket = 32;  // packets whose minimum is kept together
  static constexpr int kBuckets = kWindow / kBucket;
  static constexpr int kTop = 32;  // largest delays that are looked at: 6 % of the window

  void ForgetOlder() noexcept;
  void FindTarget() noexcept;
  void FindBase() noexcept;
  int64_t CostOf(int32_t target, int later) const noexcept;

  static constexpr int StepOf(int clock_hz) noexcept {
    return clock_hz > 8000 ? clock_hz / 8000 : 1;
  }
  int32_t HeardAt(int index) const noexcept;

  int clock_hz_;
  int step_;  // units to a step of heard_: an eighth of a millisecond
  int ms_per_late_percent_;
  int64_t origin_ = 0;
  int32_t latest_ = 0;  // in steps, relative to the origin: of the latest packet
  // A ring of steps modulo 2^16, which is enough: what is 4 s from the latest packet is of another
  // path, whose packets are told to the estimator by Shift.
  uint16_t heard_[kWindow];
  int32_t minimum_[kBuckets];  // of `arrived`, by bucket; a ring
  int count_ = 0;
  int next_ = 0;
  int since_ = 0;  // packets since the target was looked for
  int32_t target_ = 0;
  int32_t base_ = 0;
  int32_t last_ = 0;
};

}  // namespace mixminus
