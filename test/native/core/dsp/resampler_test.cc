#include "core/dsp/resampler.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/dsp/tone.h"
#include "core/testing.h"

using namespace mixminus;

namespace {

constexpr double kPi = 3.14159265358979;

// Resamples in pieces of changing length; checks every bound on the way.
std::vector<int16_t> Convert(int in_rate, int out_rate, const std::vector<int16_t>& in,
                             uint64_t seed = 1) {
  Resampler resampler(in_rate, out_rate);
  REQUIRE(resampler.status() == Status::kOk);
  testing::Random random(seed);
  std::vector<int16_t> out;
  size_t at = 0;
  while (at < in.size()) {
    const int count = static_cast<int>(
        std::min<size_t>(in.size() - at, static_cast<size_t>(random.Between(1, 2000))));
    std::vector<int16_t> part(static_cast<size_t>(resampler.MaxOutput(count)));
    const int written = resampler.Process(in.data() + at, count, part.data());
    REQUIRE(written <= static_cast<int>(part.size()));
    out.insert(out.end(), part.begin(), part.begin() + written);
    at += static_cast<size_t>(count);
  }
  std::vector<int16_t> rest(
      static_cast<size_t>(resampler.MaxOutput(resampler.latency_in_samples())));
  const int flushed = resampler.Flush(rest.data());
  REQUIRE(flushed <= static_cast<int>(rest.size()));
  out.insert(out.end(), rest.begin(), rest.begin() + flushed);
  return out;
}

std::vector<int16_t> Sine(int rate, double hz, int count, double amplitude = 10000) {
  std::vector<int16_t> samples(static_cast<size_t>(count));
  ToneGenerator(rate, hz, amplitude).Generate(samples.data(), count);
  return samples;
}

// Signal to error of a resampled sine against the ideal one, edges left out.
double SnrDb(const std::vector<int16_t>& out, int rate, double hz, double amplitude) {
  double signal = 0;
  double error = 0;
  for (size_t i = out.size() / 10; i < out.size() * 9 / 10; ++i) {
    const double ideal = amplitude * std::sin(2 * kPi * hz * static_cast<double>(i) / rate);
    signal += ideal * ideal;
    error += (out[i] - ideal) * (out[i] - ideal);
  }
  return 10 * std::log10(signal / std::max(error, 1e-9));
}

}  // namespace

TEST_CASE("resampler: sines keep time, level and shape at every pair of rates") {
  const int rates[] = {8000, 11025, 16000, 22050, 24000, 32000, 44100, 48000, 96000, 192000};
  for (const int in_rate : rates) {
    for (const int out_rate : rates) {
      const auto in = Sine(in_rate, 1000, in_rate / 2);
      const auto out = Convert(in_rate, out_rate, in);
      CAPTURE(in_rate);
      CAPTURE(out_rate);
      const auto expected =
          static_cast<size_t>((int64_t{in_rate} / 2 * out_rate + in_rate - 1) / in_rate);
      CHECK(out.size() == expected);
      CHECK(SnrDb(out, out_rate, 1000, 10000) > 65);
    }
  }
}

TEST_CASE("resampler: odd rates work as well") {
  for (const int in_rate : {4000, 7999, 44056, 191999}) {
    const auto out = Convert(in_rate, 8000, Sine(in_rate, 700, in_rate));
    CAPTURE(in_rate);
    CHECK(out.size() == 8000);
    CHECK(SnrDb(out, 8000, 700, 10000) > 70);
  }
}

TEST_CASE("resampler: what the lower rate cannot carry is gone") {
  for (const int in_rate : {16000, 44100, 48000}) {
    const auto out = Convert(in_rate, 8000, Sine(in_rate, 5000, in_rate));
    double energy = 0;
    for (size_t i = 800; i < 7200; ++i) energy += static_cast<double>(out[i]) * out[i];
    const double rms = std::sqrt(energy / 6400);
    CAPTURE(in_rate);
    CHECK(rms < 10000 / std::sqrt(2.0) / 1000);  // 60 dB down
  }
}

TEST_CASE("resampler: a constant stays that constant") {
  const auto out = Convert(44100, 8000, std::vector<int16_t>(44100, 12345));
  for (size_t i = 100; i < out.size() - 100; ++i) REQUIRE(std::abs(out[i] - 12345) <= 1);
}

TEST_CASE("resampler: full scale clips instead of wrapping") {
  std::vector<int16_t> in(8000);
  for (size_t i = 0; i < in.size(); ++i)
    in[i] = (i / 8) % 2 == 0 ? int16_t{32767} : int16_t{-32768};
  const auto out = Convert(8000, 48000, in);
  for (size_t i = 300; i + 300 < out.size(); ++i) {
    const bool middle = (i / 6) % 8 == 4;
    if (middle) REQUIRE(std::abs(out[i]) > 20000);
    if (middle) REQUIRE((out[i] > 0) == ((i / 48) % 2 == 0));
  }
}

TEST_CASE("resampler: the result does not depend on the pieces") {
  testing::Random random(8);
  std::vector<int16_t> in(20000);
  for (int16_t& sample : in) sample = static_cast<int16_t>(random.Next());
  CHECK(Convert(44100, 8000, in, 1) == Convert(44100, 8000, in, 2));
  CHECK(Convert(8000, 8000, in) == in);
}

TEST_CASE("resampler: after the first frame real time keeps its pace") {
  Resampler resampler(8000, 16000);
  const auto in = Sine(8000, 300, 160);
  std::vector<int16_t> out(static_cast<size_t>(resampler.MaxOutput(160)));
  resampler.Process(in.data(), 160, out.data());
  for (int i = 0; i < 100; ++i) CHECK(resampler.Process(in.data(), 160, out.data()) == 320);
}

TEST_CASE("resampler: rates outside the limits are refused") {
  int16_t sample = 5;
  int16_t out[4];
  for (const int rate : {0, -8000, 3999, 192001}) {
    Resampler resampler(rate, 8000);
    CHECK(resampler.status() == Status::kOutOfRange);
    CHECK(resampler.Process(&sample, 1, out) == 0);
    CHECK(resampler.Flush(out) == 0);
    CHECK(Resampler(8000, rate).status() == Status::kOutOfRange);
  }
}
