#include "core/dsp/level.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/dsp/tone.h"
#include "core/testing.h"

using namespace mixminus;

TEST_CASE("level: full scale square is 0, full scale sine 3, silence 127 (RFC 6464)") {
  std::vector<int16_t> samples(160, -32768);
  CHECK(LevelDbov(samples.data(), 160) == 0);
  ToneGenerator(8000, 1000, 32767).Generate(samples.data(), 160);
  CHECK(LevelDbov(samples.data(), 160) == 3);
  ToneGenerator(8000, 1000, 3276.7).Generate(samples.data(), 160);
  CHECK(LevelDbov(samples.data(), 160) == 23);
  std::fill(samples.begin(), samples.end(), int16_t{0});
  CHECK(LevelDbov(samples.data(), 160) == 127);
  CHECK(LevelDbov(samples.data(), 0) == 127);
  samples[0] = 1;
  CHECK(LevelDbov(samples.data(), 160) == 112);
}

TEST_CASE("level: the sum of squares is exact at any length") {
  testing::Random random(7);
  for (int count = 0; count < 200; ++count) {
    std::vector<int16_t> samples(static_cast<size_t>(count));
    uint64_t expected = 0;
    for (int16_t& sample : samples) {
      sample = random.Chance(0.3) ? int16_t{-32768} : static_cast<int16_t>(random.Next());
      expected += static_cast<uint64_t>(int64_t{sample} * sample);
    }
    REQUIRE(SumOfSquares(samples.data(), count) == expected);
    if (count == 0 || expected == 0) continue;
    const double dbov = -10 * std::log10(static_cast<double>(expected) / count / 1073741824.0);
    REQUIRE(std::fabs(LevelDbov(samples.data(), count) - dbov) <= 0.51);
  }
}
