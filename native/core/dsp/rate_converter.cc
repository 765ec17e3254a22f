// Polyphase conversion of whole frames. A frame's worth of input is a whole number of filter
// periods at every pair of rates, so that each frame begins at phase 0 and no position has to be
// kept.

#include "core/dsp/rate_converter.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <numeric>

#include "core/dsp/sinc_filter.h"

namespace mixminus {

struct RateConverter::Filter {
  int in_step = 1;  // one output sample advances in_step / out_step input samples
  int out_step = 1;
  int taps = 0;
  std::unique_ptr<float[]> rows;
};

namespace {

struct Filters {
  Filters() {
    for (int from = 0; from < kEngineRates; ++from) {
      for (int to = 0; to < kEngineRates; ++to) {
        if (from != to) Build(RateAt(from), RateAt(to), &all[from][to]);
      }
    }
  }

  static void Build(int from_hz, int to_hz, RateConverter::Filter* filter) {
    const int divisor = std::gcd(from_hz, to_hz);
    filter->in_step = from_hz / divisor;
    filter->out_step = to_hz / divisor;
    const double ratio = to_hz < from_hz ? static_cast<double>(to_hz) / from_hz : 1.0;
    const int half = static_cast<int>(std::lround(kSincZeroCrossings / ratio));
    filter->taps = 2 * half;
    const auto rows = static_cast<size_t>(filter->out_step + 1);
    filter->rows = std::make_unique<float[]>(rows * static_cast<size_t>(filter->taps));
    BuildSincFilter(filter->out_step, half, ratio * kSincRollOff, filter->rows.get());
  }

  RateConverter::Filter all[kEngineRates][kEngineRates];
};

const Filters& AllFilters() noexcept {
  static const Filters filters;
  return filters;
}

template <typename Sample>
bool AllZero(const Sample* samples, int count) noexcept {
  Sample any = 0;
  for (int i = 0; i < count; ++i) any = static_cast<Sample>(any | samples[i]);
  return any == 0;
}

bool AllZero(const float* samples, int count) noexcept {
  return std::all_of(samples, samples + count, [](float sample) { return sample == 0.0f; });
}

}  // namespace

RateConverter::RateConverter() noexcept { AllFilters(); }

void RateConverter::SetRates(int from_hz, int to_hz) noexcept {
  if (from_hz == from_hz_ && to_hz == to_hz_) return;
  from_hz_ = from_hz;
  to_hz_ = to_hz;
  filter_ = from_hz == to_hz ? nullptr : &AllFilters().all[RateIndex(from_hz)][RateIndex(to_hz)];
  Reset();
}

void RateConverter::Reset() noexcept {
  if (quiet_) return;
  std::memset(history_, 0, sizeof(history_));
  quiet_ = true;
}

// `store(i, value)` takes output sample i.
template <typename In, typename Store>
void RateConverter::Run(const In* in, Store&& store) noexcept {
  const int in_count = SamplesPerFrame(from_hz_);
  const int out_count = SamplesPerFrame(to_hz_);
  if (quiet_ && AllZero(in, in_count)) {
    for (int i = 0; i < out_count; ++i) store(i, 0.0f);
    return;
  }
  const int taps = filter_->taps;
  const int kept = taps - 1;
  float samples[kMostTaps - 1 + AudioFrame::kMaxSamples];
  std::memcpy(samples, history_, static_cast<size_t>(kept) * sizeof(float));
  for (int i = 0; i < in_count; ++i) samples[kept + i] = static_cast<float>(in[i]);
  const float* window = samples;
  int phase = 0;
  for (int i = 0; i < out_count; ++i) {
    store(i, DotProduct(window, filter_->rows.get() + phase * taps, taps));
    phase += filter_->in_step;
    window += phase / filter_->out_step;
    phase %= filter_->out_step;
  }
  std::memcpy(history_, samples + in_count, static_cast<size_t>(kept) * sizeof(float));
  bool quiet = true;
  for (int i = 0; i < kept; ++i) quiet = quiet && history_[i] == 0.0f;
  quiet_ = quiet;
}

void RateConverter::Convert(const AudioFrame& in, AudioFrame* out) noexcept {
  if (filter_ == nullptr || in.rate_hz != from_hz_) {
    if (in.rate_hz != from_hz_) {
      out->Clear(to_hz_);
    } else if (&in != out) {
      out->CopyFrom(in);
    }
    return;
  }
  // The input is read before the first sample is stored, so that a frame may be converted in place.
  int16_t* samples = out->samples;
  Run(in.samples, [samples](int i, float value) {
    samples[i] = SaturateToInt16(static_cast<int32_t>(std::lrint(value)));
  });
  out->SetRate(to_hz_);
}

void RateConverter::ConvertWide(const int32_t* in, int32_t* out) noexcept {
  if (filter_ == nullptr) {
    std::memcpy(out, in, static_cast<size_t>(SamplesPerFrame(from_hz_)) * sizeof(int32_t));
    return;
  }
  Run(in, [out](int i, float value) { out[i] = static_cast<int32_t>(std::lrint(value)); });
}

void RateConverter::ConvertWide(const int16_t* in, int32_t* out) noexcept {
  if (filter_ == nullptr) {
    std::copy_n(in, SamplesPerFrame(from_hz_), out);
    return;
  }
  Run(in, [out](int i, float value) { out[i] = static_cast<int32_t>(std::lrint(value)); });
}

void RateConverter::ConvertWide(const float* in, float* out) noexcept {
  if (filter_ == nullptr) {
    std::copy_n(in, SamplesPerFrame(from_hz_), out);
    return;
  }
  Run(in, [out](int i, float value) { out[i] = value; });
}

}  // namespace mixminus
