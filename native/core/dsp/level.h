#pragma once
// Audio level of a frame as RFC 6464 §3 and RFC 6465 §3 count it: −dBov as an integer, 0 (loudest)
// to 127 (digital silence), where 0 dBov is the power of a full-scale square wave. Pure; called
// once a frame.

#include <cstdint>

namespace mixminus {

constexpr int kSilenceDbov = 127;

// Sum of squares of `count` samples, exact.
uint64_t SumOfSquares(const int16_t* samples, int count) noexcept;

// RMS level in −dBov, rounded to the nearest integer and clamped to 0…127; 127 for no samples.
int LevelDbov(const int16_t* samples, int count) noexcept;

// The same from a sum of squares.
int LevelDbovOfEnergy(uint64_t sum_of_squares, int count) noexcept;

}  // namespace mixminus
