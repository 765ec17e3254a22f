#include "core/dsp/tone.h"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace mixminus;

TEST_CASE("tone: is the sine it says, across calls of any length") {
  ToneGenerator tone(8000, 440, 10000);
  std::vector<int16_t> samples;
  for (int length = 1; length < 200; ++length) {
    std::vector<int16_t> part(static_cast<size_t>(length));
    tone.Generate(part.data(), length);
    samples.insert(samples.end(), part.begin(), part.end());
  }
  for (size_t i = 0; i < samples.size(); ++i) {
    const double expected =
        10000 * std::sin(2 * 3.14159265358979 * 440 * static_cast<double>(i) / 8000);
    REQUIRE(std::fabs(samples[i] - expected) <= 0.51);
  }
}
