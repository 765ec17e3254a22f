// Level of a frame in −dBov. Pure.

#include "core/dsp/level.h"

#include <algorithm>
#include <cmath>

namespace mixminus {

uint64_t SumOfSquares(const int16_t* samples, int count) noexcept {
  // Two squares fit 32 bits unsigned (2 × 2^30), so half of the widening to 64 bits is saved.
  uint64_t sum = 0;
  int i = 0;
  for (; i + 1 < count; i += 2) {
    const int32_t a = samples[i];
    const int32_t b = samples[i + 1];
    sum += static_cast<uint32_t>(a * a) + static_cast<uint32_t>(b * b);
  }
  if (i < count) sum += static_cast<uint32_t>(int32_t{samples[i]} * samples[i]);
  return sum;
}

int LevelDbov(const int16_t* samples, int count) noexcept {
  return LevelDbovOfEnergy(SumOfSquares(samples, count), count);
}

int LevelDbovOfEnergy(uint64_t sum_of_squares, int count) noexcept {
  constexpr float kFullScale = 1073741824.0f;  // 32768²
  constexpr float kDbPerOctaveOfPower = 3.01029996f;
  if (sum_of_squares == 0 || count <= 0) return kSilenceDbov;
  const float power = static_cast<float>(sum_of_squares) / (static_cast<float>(count) * kFullScale);
  const float level = -kDbPerOctaveOfPower * std::log2(power);
  return std::clamp(static_cast<int>(std::lround(level)), 0, kSilenceDbov);
}

}  // namespace mixminus
