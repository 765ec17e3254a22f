#include "core/dsp/rate_converter.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <vector>

#include "core/dsp/tone.h"
#include "engine/allocation_counter.h"

using namespace mixminus;

namespace {

constexpr double kPi = 3.14159265358979323846;

// Level of one frequency in dB below full scale.
double LevelOf(const std::vector<int16_t>& samples, int rate_hz, double frequency_hz) {
  double re = 0;
  double im = 0;
  for (size_t i = 0; i < samples.size(); ++i) {
    const double phase = 2 * kPi * frequency_hz * static_cast<double>(i) / rate_hz;
    re += samples[i] * std::cos(phase);
    im += samples[i] * std::sin(phase);
  }
  const double amplitude = 2 * std::sqrt(re * re + im * im) / static_cast<double>(samples.size());
  return 20 * std::log10(std::fmax(amplitude, 1e-3) / 32768);
}

// A second of a tone through a converter, without the first frame.
std::vector<int16_t> Convert(int from_hz, int to_hz, double frequency_hz, int amplitude = 10000) {
  RateConverter converter;
  converter.SetRates(from_hz, to_hz);
  ToneGenerator tone(from_hz, frequency_hz, amplitude);
  std::vector<int16_t> all;
  for (int i = 0; i < 51; ++i) {
    AudioFrame frame;
    frame.SetRate(from_hz);
    tone.Generate(frame.samples, frame.samples_per_channel);
    converter.Convert(frame, &frame);
    REQUIRE(frame.rate_hz == to_hz);
    REQUIRE(frame.samples_per_channel == to_hz / 50);
    if (i > 0) all.insert(all.end(), frame.samples, frame.samples + frame.samples_per_channel);
  }
  return all;
}

}  // namespace

TEST_CASE("rate converter: a tone keeps its level between all rates, and no image is heard") {
  const double wanted = 20 * std::log10(10000.0 / 32768);
  for (int from = 0; from < kEngineRates; ++from) {
    for (int to = 0; to < kEngineRates; ++to) {
      const auto out = Convert(RateAt(from), RateAt(to), 1000);
      CHECK(std::fabs(LevelOf(out, RateAt(to), 1000) - wanted) < 0.05);
      if (RateAt(to) > 8000) CHECK(LevelOf(out, RateAt(to), 7000) < -85);
    }
  }
}

TEST_CASE("rate converter: what the lower rate cannot hold does not fold back") {
  CHECK(LevelOf(Convert(48000, 8000, 5000), 8000, 3000) < -75);
  CHECK(LevelOf(Convert(16000, 8000, 6000), 8000, 2000) < -75);
  CHECK(LevelOf(Convert(24000, 16000, 10000), 16000, 6000) < -75);
}

TEST_CASE("rate converter: what is converted apart may be taken out of a converted sum") {
  RateConverter of_sum;
  RateConverter of_own;
  of_sum.SetRates(8000, 48000);
  of_own.SetRates(8000, 48000);
  ToneGenerator own(8000, 700, 32767);
  ToneGenerator other(8000, 1900, 20000);
  RateConverter of_other;
  of_other.SetRates(8000, 48000);
  for (int tick = 0; tick < 30; ++tick) {
    int16_t mine[160];
    int16_t theirs[160];
    int32_t sum[160];
    own.Generate(mine, 160);
    other.Generate(theirs, 160);
    for (int i = 0; i < 160; ++i) sum[i] = mine[i] + theirs[i];
    int32_t wide[960];
    int32_t wide_mine[960];
    int32_t wide_theirs[960];
    of_sum.ConvertWide(sum, wide);
    of_own.ConvertWide(mine, wide_mine);
    of_other.ConvertWide(theirs, wide_theirs);
    for (int i = 0; i < 960; ++i) CHECK(std::abs(wide[i] - wide_mine[i] - wide_theirs[i]) <= 1);
  }
}

TEST_CASE("rate converter: it is quiet once the filter has run out, and equal rates are exact") {
  RateConverter converter;
  converter.SetRates(16000, 8000);
  CHECK(converter.quiet());
  AudioFrame frame;
  frame.Clear(16000);
  frame.samples[319] = 12345;
  AudioFrame out;
  converter.Convert(frame, &out);
  CHECK_FALSE(converter.quiet());
  frame.Clear(16000);
  converter.Convert(frame, &out);
  CHECK(out.samples[10] != 0);
  CHECK(converter.quiet());
  converter.Convert(frame, &out);
  for (int i = 0; i < 160; ++i) CHECK(out.samples[i] == 0);

  converter.SetRates(16000, 16000);
  for (int i = 0; i < 320; ++i) frame.samples[i] = static_cast<int16_t>(i * 97);
  converter.Convert(frame, &out);
  for (int i = 0; i < 320; ++i) CHECK(out.samples[i] == frame.samples[i]);
}

TEST_CASE("rate converter: a frame of another rate than was said is silence of the right length") {
  RateConverter converter;
  converter.SetRates(16000, 48000);
  AudioFrame frame;
  frame.samples[0] = 5000;
  converter.Convert(frame, &frame);
  CHECK(frame.rate_hz == 48000);
  for (int i = 0; i < 960; ++i) CHECK(frame.samples[i] == 0);
}

TEST_CASE("rate converter: a new pair of rates takes no memory") {
  RateConverter converter;
  AudioFrame frame;
  const uint64_t before = rig::Allocations();
  for (int i = 0; i < 1000; ++i) {
    converter.SetRates(RateAt(i % 4), RateAt(i / 4 % 4));
    frame.Clear(RateAt(i % 4));
    frame.samples[i % 160] = 9999;
    converter.Convert(frame, &frame);
  }
  CHECK(rig::Allocations() == before);
}
