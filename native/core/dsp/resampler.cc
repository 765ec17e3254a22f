// Polyphase resampling. Pure after construction. An output sample is a dot product of 2 × half_
// input samples with the filter phase of its position between two input samples.

#include "core/dsp/resampler.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "core/base/audio_frame.h"
#include "core/dsp/sinc_filter.h"

namespace mixminus {

namespace {

bool InRange(int rate_hz) noexcept {
  return rate_hz >= Resampler::kMinRateHz && rate_hz <= Resampler::kMaxRateHz;
}

}  // namespace

Resampler::Resampler(int in_rate_hz, int out_rate_hz) {
  if (!InRange(in_rate_hz) || !InRange(out_rate_hz)) return;
  status_ = Status::kOk;
  const int divisor = std::gcd(in_rate_hz, out_rate_hz);
  in_step_ = in_rate_hz / divisor;
  out_step_ = out_rate_hz / divisor;
  if (in_step_ == out_step_) return;
  const double ratio = std::min(1.0, static_cast<double>(out_rate_hz) / in_rate_hz);
  half_ = static_cast<int>(std::ceil(kSincZeroCrossings / ratio));
  phases_ = out_step_ <= kMaxExactPhases ? out_step_ : kInterpolatedPhases;
  BuildFilter(ratio * kSincRollOff);
  history_ = std::make_unique<float[]>(size_t{2} * static_cast<size_t>(half_) + kBlock);
  Reset();
}

void Resampler::BuildFilter(double cutoff) {
  const auto rows = static_cast<size_t>(phases_ + 1);
  filter_ = std::make_unique<float[]>(rows * 2 * static_cast<size_t>(half_));
  BuildSincFilter(phases_, half_, cutoff, filter_.get());
}

void Resampler::Reset() noexcept {
  fraction_ = 0;
  start_ = 0;
  taken_ = 0;
  given_ = 0;
  filled_ = 0;
  if (half_ == 0) return;
  filled_ = half_ - 1;  // silence before the first sample
  std::fill_n(history_.get(), filled_, 0.0f);
}

int Resampler::MaxOutput(int input_count) const noexcept {
  return static_cast<int>(static_cast<int64_t>(std::max(input_count, 0)) * out_step_ / in_step_) +
         2;
}

float Resampler::OutputSample(const float* window) const noexcept {
  const int taps = 2 * half_;
  const auto row = [&](int phase) {
    return filter_.get() + static_cast<size_t>(phase) * static_cast<size_t>(taps);
  };
  const auto dot = [&](const float* row_of_phase) {
    return DotProduct(window, row_of_phase, taps);
  };
  if (phases_ == out_step_) return dot(row(fraction_));
  const double position = static_cast<double>(fraction_) * phases_ / out_step_;
  const int phase = static_cast<int>(position);
  const auto weight = static_cast<float>(position - phase);
  return dot(row(phase)) * (1 - weight) + dot(row(phase + 1)) * weight;
}

int Resampler::Drain(int16_t* out) noexcept {
  int written = 0;
  while (start_ + 2 * half_ <= filled_) {
    const float value = OutputSample(history_.get() + start_);
    out[written++] = SaturateToInt16(static_cast<int32_t>(std::lrint(value)));
    fraction_ += in_step_;
    start_ += fraction_ / out_step_;
    fraction_ %= out_step_;
  }
  const int used = std::min(start_, filled_);
  std::memmove(history_.get(), history_.get() + used,
               static_cast<size_t>(filled_ - used) * sizeof(float));
  filled_ -= used;
  start_ -= used;
  return written;
}

int Resampler::Process(const int16_t* in, int count, int16_t* out) noexcept {
  if (status_ != Status::kOk || count <= 0) return 0;
  if (half_ == 0) {
    std::memcpy(out, in, static_cast<size_t>(count) * sizeof(int16_t));
    return count;
  }
  taken_ += count;
  int written = 0;
  while (count > 0) {
    const int block = std::min(count, kBlock);
    for (int i = 0; i < block; ++i) history_.get()[filled_ + i] = in[i];
    filled_ += block;
    in += block;
    count -= block;
    written += Drain(out + written);
  }
  given_ += written;
  return written;
}

int Resampler::Flush(int16_t* out) noexcept {
  if (status_ != Status::kOk || half_ == 0) return 0;
  const int64_t due = (taken_ * out_step_ + in_step_ - 1) / in_step_ - given_;
  int written = 0;
  for (int rest = half_; rest > 0 && written < due; rest -= kBlock) {
    const int block = std::min(rest, kBlock);
    std::fill_n(history_.get() + filled_, block, 0.0f);
    filled_ += block;
    written += Drain(out + written);
  }
  Reset();
  return static_cast<int>(std::min<int64_t>(written, due));
}

}  // namespace mixminus
