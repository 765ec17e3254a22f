// Gains over one frame. Pure.

#include "core/mix/gain_ramp.h"

#include <algorithm>
#include <cmath>

namespace mixminus {

namespace {

// 0 → 1 over 0…1, with two derivatives that vanish at both ends.
inline float Curve(float t) noexcept { return t * t * t * (10.0f + t * (6.0f * t - 15.0f)); }

}  // namespace

float GainFromDb(double gain_db) noexcept {
  const double db = std::clamp(gain_db, kLeastGainDb, kMostGainDb);
  return db == 0.0 ? 1.0f : static_cast<float>(std::pow(10.0, db / 20.0));
}

void AddScaled(const int16_t* __restrict samples, int count, GainStep gain,
               float* __restrict out) noexcept {
  if (gain.silent()) return;
  if (gain.steady()) {
    const float factor = gain.to;
    for (int i = 0; i < count; ++i) out[i] += factor * static_cast<float>(samples[i]);
    return;
  }
  const float step = 1.0f / static_cast<float>(count);
  const float range = gain.to - gain.from;
  for (int i = 0; i < count; ++i) {
    const float factor = gain.from + range * Curve(static_cast<float>(i + 1) * step);
    out[i] += factor * static_cast<float>(samples[i]);
  }
}

void Scale(float* values, int count, GainStep gain) noexcept {
  if (gain.unity()) return;
  const float step = 1.0f / static_cast<float>(count);
  const float range = gain.to - gain.from;
  for (int i = 0; i < count; ++i)
    values[i] *= gain.from + range * Curve(static_cast<float>(i + 1) * step);
}

}  // namespace mixminus
