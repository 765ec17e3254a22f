// The cost of delay against the cost of loss. See delay_estimator.h. Pure.

#include "core/jitter/delay_estimator.h"

#include <algorithm>

namespace mixminus {

namespace {

constexpr int kEvery = 16;       // packets between two looks at the window
constexpr int kStickyMs = 2;     // a new target must be better by this, so that it does not flicker
constexpr int kStepDownMs = 15;  // a faster path, not a lucky packet …
constexpr int kStepBuckets = 3;  // … when this many buckets say so
constexpr int32_t kFarthest = 1 << 30;

int32_t Clamped(int64_t value) noexcept {
  return static_cast<int32_t>(std::clamp<int64_t>(value, -kFarthest, kFarthest));
}

}  // namespace

DelayEstimator::DelayEstimator(int clock_hz, int ms_per_late_percent) noexcept
    : clock_hz_(clock_hz), step_(StepOf(clock_hz)), ms_per_late_percent_(ms_per_late_percent) {
  Reset();
}

void DelayEstimator::Reset() noexcept {
  count_ = 0;
  next_ = 0;
  since_ = 0;
}

void DelayEstimator::OnPacket(int64_t heard, int64_t arrived) noexcept {
  if (count_ == 0) {
    origin_ = arrived;
    target_ = Clamped(heard - origin_);
    base_ = 0;
  }
  // Rounded up: a target that is short by a fraction would be too early for this packet.
  const int32_t above = Clamped(heard - origin_);
  latest_ = above > 0 ? (above + step_ - 1) / step_ : -(-above / step_);
  const int32_t value = latest_ * step_;
  last_ = Clamped(arrived - origin_);
  heard_[next_] = static_cast<uint16_t>(latest_);
  const int bucket = next_ / kBucket;
  const bool opens = next_ % kBucket == 0;
  minimum_[bucket] = opens ? last_ : std::min(minimum_[bucket], last_);
  next_ = (next_ + 1) % kWindow;
  count_ = std::min(count_ + 1, kWindow);
  base_ = std::min(base_, last_);
  if (next_ % kBucket == 0) {
    ForgetOlder();
    FindBase();
  }
  if (++since_ < kEvery && value <= target_ && count_ > kEvery) return;
  since_ = 0;
  FindTarget();
}

// When every packet of the latest buckets is well below the fastest before them, the path is
// another.
void DelayEstimator::ForgetOlder() noexcept {
  const int full = count_ / kBucket;
  if (full <= kStepBuckets) return;
  const int latest = next_ / kBucket + kBuckets - 1;
  int32_t slowest = -kFarthest;
  for (int i = 0; i < kStepBuckets; ++i) {
    slowest = std::max(slowest, minimum_[(latest - i) % kBuckets]);
  }
  int32_t older = kFarthest;
  for (int i = kStepBuckets; i < full; ++i) {
    older = std::min(older, minimum_[(latest - i) % kBuckets]);
  }
  if (slowest + kStepDownMs * clock_hz_ / 1000 < older) count_ = kStepBuckets * kBucket;
}

void DelayEstimator::FindBase() noexcept {
  const int full = std::max(1, count_ / kBucket);
  const int latest = next_ / kBucket + kBuckets - 1;
  base_ = minimum_[latest % kBuckets];
  for (int i = 1; i < full; ++i) base_ = std::min(base_, minimum_[(latest - i) % kBuckets]);
}

int32_t DelayEstimator::HeardAt(int index) const noexcept {
  const auto latest = static_cast<uint16_t>(latest_);
  const auto from_latest = static_cast<int16_t>(static_cast<uint16_t>(heard_[index] - latest));
  return (latest_ + from_latest) * step_;
}

int64_t DelayEstimator::CostOf(int32_t target, int later) const noexcept {
  const int64_t per_packet = int64_t{ms_per_late_percent_} * 100 * clock_hz_ / 1000 / count_;
  return target + per_packet * later;
}

// The cheapest of the largest delays, each weighed as a target.
void DelayEstimator::FindTarget() noexcept {
  int32_t top[kTop] = {};  // descending
  int found = 0;
  int above = 0;  // packets that the present target would be too short for
  for (int i = 0; i < count_; ++i) {
    // The window's latest `count_` values end before next_.
    const int32_t value = HeardAt((next_ - 1 - i + kWindow) % kWindow);
    if (value > target_) ++above;
    if (found == kTop && value <= top[kTop - 1]) continue;
    int at = found < kTop ? found++ : kTop - 1;
    for (; at > 0 && top[at - 1] < value; --at) top[at] = top[at - 1];
    top[at] = value;
  }
  int32_t best = top[0];
  int64_t least = CostOf(best, 0);
  for (int i = 1; i < found; ++i) {
    if (top[i] == top[i - 1]) continue;
    const int64_t cost = CostOf(top[i], i);
    if (cost >= least) continue;
    least = cost;
    best = top[i];
  }
  const int64_t sticky = kStickyMs * clock_hz_ / 1000;
  const bool stays = target_ <= top[0] && least + sticky > CostOf(target_, above);
  if (!stays) target_ = best;
}

}  // namespace mixminus
