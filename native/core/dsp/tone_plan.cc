// See tone_plan.h.
#include "core/dsp/tone_plan.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/base/audio_frame.h"

namespace mixminus {
namespace {

constexpr double kTwoPi = 6.283185307179586476925;
constexpr double kRampSeconds = 0.002;

}  // namespace

TonePlayer::TonePlayer(std::vector<ToneStep> steps, int rate_hz)
    : steps_(std::move(steps)), rate_hz_(rate_hz) {
  for (const ToneStep& step : steps_) total_ += static_cast<uint64_t>(StepSamples(step));
}

int64_t TonePlayer::StepSamples(const ToneStep& step) const noexcept {
  return std::max<int64_t>(int64_t{step.duration_ms} * rate_hz_ / 1000, 0);
}

double TonePlayer::Sample(const ToneStep& step, int64_t at, int64_t length) const noexcept {
  double sum = 0;
  for (int i = 0; i < 2; ++i) {
    const double turns = step.frequency_hz[i] * static_cast<double>(at) / rate_hz_;
    sum += step.amplitude[i] * std::sin(kTwoPi * (turns - std::floor(turns)));
  }
  const double ramp = kRampSeconds * rate_hz_;
  const auto edge = static_cast<double>(std::min(at, length - 1 - at));
  return edge < ramp ? sum * edge / ramp : sum;
}

int TonePlayer::Generate(int16_t* out, int count) noexcept {
  int made = 0;
  while (made < count && step_ < steps_.size()) {
    const ToneStep& step = steps_[step_];
    const int64_t length = StepSamples(step);
    for (; made < count && at_ < length; ++at_)
      out[made++] = SaturateToInt16(static_cast<int32_t>(std::lround(Sample(step, at_, length))));
    if (at_ < length) break;
    ++step_;
    at_ = 0;
  }
  return made;
}

void TonePlayer::Seek(uint64_t sample) noexcept {
  step_ = 0;
  at_ = 0;
  auto left = static_cast<int64_t>(std::min(sample, total_));
  while (step_ < steps_.size()) {
    const int64_t length = StepSamples(steps_[step_]);
    if (left < length) break;
    left -= length;
    ++step_;
  }
  at_ = step_ < steps_.size() ? left : 0;
}

}  // namespace mixminus
