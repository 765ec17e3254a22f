// Concealment by waveform repetition, in the manner of G.711 Appendix I but without its delay: what
// was played cannot be changed any more, so the seam to it is closed by an offset that decays,
// instead of an overlap.

#include "core/jitter/concealer.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace mixminus {

namespace {

constexpr int kShortestPeriodUs = 2500;  // 400 Hz
constexpr int kLongestPeriodMs = 15;     // 66 Hz
constexpr int kWindowMs = 10;            // compared when the period is looked for
constexpr int kHistoryMs = 40;  // two frames: more than the longest period, its window and its seam
static_assert(kHistoryMs >= kLongestPeriodMs + kWindowMs + 5);
constexpr int kSeamMs = 1;
constexpr int kSearchRatePerMs = 8;  // higher rates are searched on every n-th sample

constexpr int kMostPerMs = 48;

int ClampRate(int rate_hz) noexcept { return std::clamp(rate_hz, 8000, 1000 * kMostPerMs); }

}  // namespace

Concealer::Concealer(int rate_hz)
    : max_per_ms_(ClampRate(rate_hz) / 1000),
      per_ms_(max_per_ms_),
      history_capacity_(per_ms_ * kHistoryMs),
      history_(std::make_unique<int16_t[]>(static_cast<size_t>(history_capacity_))),
      cycle_(std::make_unique<int16_t[]>(static_cast<size_t>(per_ms_) * kLongestPeriodMs)) {}

void Concealer::SetRate(int rate_hz) noexcept {
  per_ms_ = std::min(ClampRate(rate_hz) / 1000, max_per_ms_);
  history_capacity_ = per_ms_ * kHistoryMs;
  Reset();
}

void Concealer::Reset() noexcept {
  history_size_ = 0;
  history_next_ = 0;
  concealing_ = false;
  blend_left_ = 0;
}

void Concealer::Remember(const int16_t* samples, int count) noexcept {
  if (count > history_capacity_) {
    samples += count - history_capacity_;
    count = history_capacity_;
  }
  const int first = std::min(count, history_capacity_ - history_next_);
  int16_t* history = history_.get();
  std::memcpy(history + history_next_, samples, static_cast<size_t>(first) * sizeof(int16_t));
  std::memcpy(history, samples + first, static_cast<size_t>(count - first) * sizeof(int16_t));
  history_next_ += count;
  if (history_next_ >= history_capacity_) history_next_ -= history_capacity_;
  history_size_ = std::min(history_size_ + count, history_capacity_);
}

// The history in order, oldest first.
void Concealer::Unroll(int16_t* line) const noexcept {
  int at = history_next_ - history_size_;
  if (at < 0) at += history_capacity_;
  for (int i = 0; i < history_size_; ++i) {
    line[i] = history_[static_cast<size_t>(at)];
    if (++at == history_capacity_) at = 0;
  }
}

bool Concealer::CopyLatest(int16_t* out, int count, int skip) const noexcept {
  if (concealing_ || count + skip > history_size_) return false;
  int at = history_next_ - count - skip;
  if (at < 0) at += history_capacity_;
  for (int i = 0; i < count; ++i) {
    out[i] = history_[static_cast<size_t>(at)];
    if (++at == history_capacity_) at = 0;
  }
  return true;
}

void Concealer::OnAudio(int16_t* samples, int count) noexcept {
  if (concealing_) {
    concealing_ = false;
    blend_left_ = per_ms_ * kBlendMs;
  }
  if (blend_left_ > 0) {
    const int total = per_ms_ * kBlendMs;
    const int blend = std::min(blend_left_, count);
    for (int i = 0; i < blend; ++i) {
      const int real = total - blend_left_ + 1;
      const int mixed = (samples[i] * real + NextSample() * (total + 1 - real)) / (total + 1);
      samples[i] = static_cast<int16_t>(mixed);
      --blend_left_;
    }
  }
  Remember(samples, count);
}

void Concealer::Conceal(int16_t* out, int count) noexcept {
  if (!concealing_) Begin();
  for (int i = 0; i < count; ++i) out[i] = static_cast<int16_t>(NextSample());
}

void Concealer::Silence(int16_t* out, int count) noexcept {
  std::memset(out, 0, static_cast<size_t>(count) * sizeof(int16_t));
  Reset();
}

// The lag at which the latest 10 ms are most like what came before them, by normalised correlation.
int Concealer::FindPeriod(const int16_t* end) const noexcept {
  const int stride = std::max(1, per_ms_ / kSearchRatePerMs);
  const int window = per_ms_ * kWindowMs;
  const int longest = std::min(per_ms_ * kLongestPeriodMs, history_size_ - window);
  const int shortest = per_ms_ * kShortestPeriodUs / 1000;
  int best = std::min(per_ms_ * kLongestPeriodMs,
                      history_size_);  // noise: the longest repeats least audibly
  float best_score = 0;
  for (int lag = shortest; lag <= longest; lag += stride) {
    int64_t product = 0;
    int64_t energy = 0;
    for (int i = -window; i < 0; i += stride) {
      const int64_t earlier = end[i - lag];
      product += end[i] * earlier;
      energy += earlier * earlier;
    }
    if (product <= 0 || energy == 0) continue;
    const auto match = static_cast<float>(product);
    const float score = match * match / static_cast<float>(energy);
    // A multiple of the period scores about the same; a longer one must be clearly better.
    if (score > best_score * 1.02f) {
      best_score = score;
      best = lag;
    }
  }
  return best;
}

void Concealer::Begin() noexcept {
  concealing_ = true;
  made_ = 0;
  position_ = 0;
  step_ = 0;
  period_ = 0;
  blend_left_ = 0;
  if (history_size_ < per_ms_ * kWindowMs) return;  // too little to repeat: silence
  int16_t line[kHistoryMs * kMostPerMs];
  Unroll(line);
  const int16_t* end = line + history_size_;
  period_ = FindPeriod(end);
  std::memcpy(cycle_.get(), end - period_, static_cast<size_t>(period_) * sizeof(int16_t));
  // The cycle's last quarter turns into what stood before its first sample, so that it joins
  // itself.
  const int quarter = std::min(period_ / 4, history_size_ - period_);
  for (int i = 0; i < quarter; ++i) {
    const int16_t before = end[-period_ - quarter + i];
    int16_t& sample = cycle_.get()[period_ - quarter + i];
    sample = static_cast<int16_t>((sample * (quarter - i) + before * (i + 1)) / (quarter + 1));
  }
  if (history_size_ > period_) step_ = end[-1] - end[-period_ - 1];
}

// The next made-up sample, faded; zero past the fade.
int Concealer::NextSample() noexcept {
  const int fade = per_ms_ * kFadeMs;
  const int hold = per_ms_ * kHoldMs;
  const int made = made_;
  if (period_ == 0 || made >= fade) return 0;
  ++made_;
  int value = cycle_[static_cast<size_t>(position_)];
  if (++position_ == period_) position_ = 0;
  const int seam = per_ms_ * kSeamMs;
  if (made < seam) value += step_ * (seam - made) / (seam + 1);
  if (made >= hold) value = value * (fade - made) / (fade - hold);
  return std::clamp(value, INT16_MIN, INT16_MAX);
}

}  // namespace mixminus
