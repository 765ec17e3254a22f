#pragma once
// Brings audio from one of the engine's rates (8, 16, 24, 48 kHz) to another, frame by frame: 20 ms
// in, exactly 20 ms out, later by half the filter (16 samples of the lower rate: 2 ms at 8 kHz).
// The filters are shared by all converters; one keeps nothing but the end of the last frame. Linear
// but for rounding: what is converted apart may be subtracted from a converted sum.
// Single-threaded, no allocation; owned by rooms and legs of the engine and by a receive leg.

#include <cstdint>

#include "core/base/audio_frame.h"

namespace mixminus {

// Whether the engine mixes at this rate.
constexpr bool IsEngineRate(int rate_hz) noexcept {
  return rate_hz == 8000 || rate_hz == 16000 || rate_hz == 24000 || rate_hz == 48000;
}

constexpr int kEngineRates = 4;
// 8000 → 0, 16000 → 1, 24000 → 2, 48000 → 3.
constexpr int RateIndex(int rate_hz) noexcept {
  return rate_hz <= 8000 ? 0 : rate_hz <= 16000 ? 1 : rate_hz <= 24000 ? 2 : 3;
}
constexpr int RateAt(int index) noexcept {
  constexpr int kRates[kEngineRates] = {8000, 16000, 24000, 48000};
  return kRates[index];
}

class RateConverter {
 public:
  // Builds the filters of this process at the first call; not on a media thread.
  RateConverter() noexcept;

  // Both must be engine rates. The pair that it has goes on; another one begins after silence.
  void SetRates(int from_hz, int to_hz) noexcept;

  // 20 ms at from_hz → 20 ms at to_hz, clipped; `in` and `out` may be the same frame. A frame of
  // another rate than from_hz is taken for silence.
  void Convert(const AudioFrame& in, AudioFrame* out) noexcept;

  // The same for sums, without clipping.
  void ConvertWide(const int32_t* in, int32_t* out) noexcept;
  void ConvertWide(const int16_t* in, int32_t* out) noexcept;
  // Not rounded.
  void ConvertWide(const float* in, float* out) noexcept;

  // The audio so far is forgotten.
  void Reset() noexcept;

  // Nothing of earlier frames is still to come: silence in gives silence out.
  bool quiet() const noexcept { return quiet_; }
  int from_hz() const noexcept { return from_hz_; }
  int to_hz() const noexcept { return to_hz_; }

  struct Filter;

 private:
  static constexpr int kMostTaps = 192;  // 48 → 8 kHz

  template <typename In, typename Store>
  void Run(const In* in, Store&& store) noexcept;

  int from_hz_ = 8000;
  int to_hz_ = 8000;
  const Filter* filter_ = nullptr;  // null with equal rates
  bool quiet_ = true;
  float history_[kMostTaps - 1] = {};
};

}  // namespace mixminus
