#pragma once
// Coefficients of a polyphase low-pass: a Kaiser-windowed sinc, cut into one row of taps for each
// position between two input samples. Used by the resampler and the rate converter when they are
// made. Pure.

#include <cstddef>

namespace mixminus {

constexpr int kSincZeroCrossings = 16;  // on each side, at the lower of two rates
constexpr double kSincRollOff = 0.94;   // of the lower Nyquist frequency: room for the transition

// Writes (phases + 1) rows of 2 × half taps to `out`; row p stands for the position p / phases
// behind an input sample. `cutoff` is relative to the input's Nyquist frequency, in (0, 1].
void BuildSincFilter(int phases, int half, double cutoff, float* out) noexcept;

// The dot product of a row with as many input samples.
float DotProduct(const float* samples, const float* row, int taps) noexcept;

}  // namespace mixminus
