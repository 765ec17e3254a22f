#pragma once
// How a gain passes from one value to another within 20 ms without a click: along a curve whose
// slope and curvature are zero at both ends, which keeps what a change adds to a tone more than
// 90 dB below it 1 kHz away. Pure; used by the engine's conference for everything that a mix turns
// up, down, on or off.

#include "core/base/audio_frame.h"

namespace mixminus {

// A gain at the begin and at the end of one tick; equal when nothing changes.
struct GainStep {
  float from = 1.0f;
  float to = 1.0f;

  bool steady() const noexcept { return from == to; }
  bool unity() const noexcept { return from == 1.0f && to == 1.0f; }
  bool silent() const noexcept { return from == 0.0f && to == 0.0f; }
};

constexpr double kLeastGainDb = -60.0;
constexpr double kMostGainDb = 20.0;

// 0 dB → exactly 1. Values outside kLeastGainDb…kMostGainDb are brought to the nearer one.
float GainFromDb(double gain_db) noexcept;

// out[i] += samples[i] × gain(i).
void AddScaled(const int16_t* samples, int count, GainStep gain, float* out) noexcept;

// values[i] ×= gain(i).
void Scale(float* values, int count, GainStep gain) noexcept;

}  // namespace mixminus
