// Sine generator. Pure.

#include "core/dsp/tone.h"

#include <cmath>

namespace mixminus {

namespace {

constexpr double kTwoPi = 6.283185307179586476925;

}  // namespace

ToneGenerator::ToneGenerator(int rate_hz, double frequency_hz, double amplitude) noexcept
    : step_(kTwoPi * frequency_hz / rate_hz), amplitude_(amplitude) {}

void ToneGenerator::Generate(int16_t* out, int count) noexcept {
  for (int i = 0; i < count; ++i) {
    out[i] = static_cast<int16_t>(std::lround(amplitude_ * std::sin(phase_)));
    phase_ += step_;
    if (phase_ >= kTwoPi) phase_ -= kTwoPi;
  }
}

}  // namespace mixminus
