// Plans of tones: lengths, levels, and seeking.
#include "core/dsp/tone_plan.h"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace mixminus;

namespace {

ToneStep Step(double hz, double amplitude, int ms) {
  ToneStep step;
  step.frequency_hz[0] = hz;
  step.amplitude[0] = amplitude;
  step.duration_ms = ms;
  return step;
}

double Level(const int16_t* samples, size_t count, double hz) {
  double s = 0;
  double c = 0;
  for (size_t i = 0; i < count; ++i) {
    s += samples[i] * std::sin(2 * 3.14159265358979 * hz * static_cast<double>(i) / 8000);
    c += samples[i] * std::cos(2 * 3.14159265358979 * hz * static_cast<double>(i) / 8000);
  }
  return 2 * std::hypot(s, c) / static_cast<double>(count);
}

}  // namespace

TEST_CASE("steps have their length and level, and begin and end without a click") {
  TonePlayer player({Step(1000, 8000, 100), Step(0, 0, 50), Step(400, 4000, 100)}, 8000);
  CHECK(player.samples() == 2000);
  std::vector<int16_t> out(3000);
  CHECK(player.Generate(out.data(), 3000) == 2000);
  CHECK(player.Generate(out.data(), 3000) == 0);
  player.Seek(0);
  int made = 0;
  while (made < 2000) made += player.Generate(out.data() + made, 77);
  CHECK(Level(out.data() + 160, 400, 1000) == doctest::Approx(8000).epsilon(0.01));
  CHECK(Level(out.data() + 800, 400, 1000) == 0);
  CHECK(Level(out.data() + 1360, 400, 400) == doctest::Approx(4000).epsilon(0.01));
  CHECK(out[0] == 0);
  CHECK(out[799] == 0);
}

TEST_CASE("a seek lands on the sample, and behind the end is the end") {
  TonePlayer player({Step(1000, 8000, 100), Step(400, 4000, 100)}, 8000);
  std::vector<int16_t> whole(1600);
  player.Generate(whole.data(), 1600);
  for (const int to : {0, 1, 799, 800, 801, 1599}) {
    player.Seek(static_cast<uint64_t>(to));
    int16_t one = 0;
    CHECK(player.Generate(&one, 1) == 1);
    CHECK(one == whole[static_cast<size_t>(to)]);
  }
  player.Seek(1600);
  int16_t none = 0;
  CHECK(player.Generate(&none, 1) == 0);
  player.Seek(UINT64_MAX);
  CHECK(player.Generate(&none, 1) == 0);
}
