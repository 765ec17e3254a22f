#include "core/jitter/time_stretch.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <initializer_list>
#include <vector>

#include "core/testing.h"

using namespace mixminus;

namespace {

std::vector<int16_t> Tone(int rate, double hz, int count) {
  std::vector<int16_t> samples(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) {
    const double turns = hz * i / rate;
    samples[static_cast<size_t>(i)] =
        static_cast<int16_t>(9000 * std::sin(2 * 3.14159265358979 * turns));
  }
  return samples;
}

int LargestStep(const std::vector<int16_t>& samples) {
  int largest = 0;
  for (size_t i = 1; i < samples.size(); ++i)
    largest = std::max(largest, std::abs(samples[i] - samples[i - 1]));
  return largest;
}

double Turns(const std::vector<int16_t>& samples) {
  int crossings = 0;
  for (size_t i = 1; i < samples.size(); ++i)
    crossings += (samples[i] >= 0) != (samples[i - 1] >= 0);
  return crossings / 2.0;
}

StretchLimits Voice(int rate) {
  StretchLimits limits;
  limits.rate_hz = rate;
  limits.shortest = rate / 400;
  limits.longest = rate / 1000 * kStretchLongestMs;
  limits.likeness = 0.85F;
  return limits;
}

}  // namespace

TEST_CASE("time stretch: a tone stays the same tone, at every rate") {
  for (const int rate : {8000, 16000, 24000, 48000}) {
    for (const double hz : {110.0, 220.0, 317.0, 440.0, 1000.0}) {
      const StretchLimits limits = Voice(rate);
      const auto spoken = Tone(rate, hz, 4 * rate);
      std::vector<int16_t> faster;
      std::vector<int16_t> slower(spoken.begin(), spoken.begin() + limits.longest);
      const int frame = rate / 20;
      int64_t removed = 0;
      int64_t inserted = 0;
      for (int at = limits.longest; at + frame <= 4 * rate; at += frame) {
        std::vector<int16_t> piece(spoken.begin() + at, spoken.begin() + at + frame);
        const int less = Accelerate(piece.data(), frame, limits);
        faster.insert(faster.end(), piece.begin(), piece.begin() + frame - less);
        removed += less;
        std::vector<int16_t> out(static_cast<size_t>(frame + limits.longest));
        const int more = Expand(spoken.data() + at, frame, out.data(), limits);
        slower.insert(slower.end(), out.begin(), out.begin() + frame + more);
        inserted += more;
      }
      CAPTURE(rate);
      CAPTURE(hz);
      CHECK(removed > rate / 4);
      CHECK(inserted > rate / 4);
      CHECK(LargestStep(faster) <= LargestStep(spoken) * 5 / 4 + 8);
      CHECK(LargestStep(slower) <= LargestStep(spoken) * 5 / 4 + 8);
      CHECK(std::fabs(Turns(faster) / static_cast<double>(faster.size()) * rate - hz) < 1);
      CHECK(std::fabs(Turns(slower) / static_cast<double>(slower.size()) * rate - hz) < 1);
    }
  }
}

TEST_CASE("time stretch: noise is left alone unless anything will do") {
  testing::Random random(4);
  std::vector<int16_t> noise(400);
  for (int16_t& sample : noise) sample = static_cast<int16_t>(random.Between(-8000, 8000));
  StretchLimits limits = Voice(8000);
  const auto before = noise;
  CHECK(Accelerate(noise.data(), 400, limits) == 0);
  CHECK(noise == before);
  std::vector<int16_t> out(400, 7);
  CHECK(Expand(noise.data() + 120, 160, out.data(), limits) == 0);
  CHECK(out[0] == 7);
  limits.likeness = -2;
  CHECK(Expand(noise.data() + 120, 160, out.data(), limits) >= 20);
  const int removed = Accelerate(noise.data(), 400, limits);
  CHECK(removed >= 20);
  CHECK(removed <= 120);
  CHECK(noise[0] == before[0]);  // both ends fit their neighbours
  CHECK(noise[static_cast<size_t>(399 - removed)] == before[399]);
}

TEST_CASE("time stretch: limits that cannot be kept change nothing, extremes do not overflow") {
  std::vector<int16_t> loud(400);
  for (size_t i = 0; i < loud.size(); ++i) loud[i] = i % 2 == 0 ? int16_t{32767} : int16_t{-32768};
  std::vector<int16_t> out(600);
  StretchLimits limits = Voice(8000);
  CHECK(Accelerate(loud.data(), 64, limits) == 0);
  limits.shortest = 50;
  limits.longest = 40;
  CHECK(Accelerate(loud.data(), 400, limits) == 0);
  CHECK(Expand(loud.data() + 200, 160, out.data(), limits) == 0);
  limits = Voice(8000);
  CHECK(Expand(loud.data() + 200, 160, out.data(), limits) % 2 == 0);
  CHECK(Accelerate(loud.data(), 400, limits) % 2 == 0);
}
