#pragma once
// Makes audio a little shorter or longer without changing its pitch: one stretch of signal that is
// like its neighbour is faded into it or repeated (waveform similarity overlap-add, Verhelst and
// Roelands 1993). On voiced speech and tones that stretch is whole pitch periods; in quiet, any
// length will do. Pure functions on samples; called by a receive leg's pull.

#include <cstdint>

namespace mixminus {

struct StretchLimits {
  int rate_hz = 8000;  // 8000…48000
  int shortest = 0;    // samples to remove or insert
  int longest = 0;
  float likeness = 0;  // normalised correlation that the two must reach; below −1: any
};

constexpr int kStretchLongestMs = 15;  // one pitch period of 66 Hz
constexpr int kStretchFadeMs = 8;      // overlap, and what is compared

// Removes between `shortest` and `longest` samples of `audio`; the begin and the end stay. Returns
// how many: `count` less that many are left in place. 0: nothing was alike enough. `count` must
// hold `longest` and the overlap.
int Accelerate(int16_t* audio, int count, const StretchLimits& limits) noexcept;

// Writes `count` samples of `audio` and one repetition to `out`, which holds count + longest.
// `audio` has `longest` samples of what was played right before it. Returns the samples inserted,
// or 0 when nothing was alike enough and `out` is not written.
int Expand(const int16_t* audio, int count, int16_t* out, const StretchLimits& limits) noexcept;

}  // namespace mixminus
