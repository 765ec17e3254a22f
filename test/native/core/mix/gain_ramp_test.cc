#include "core/mix/gain_ramp.h"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "core/base/audio_frame.h"

using namespace mixminus;

namespace {

constexpr double kPi = 3.14159265358979323846;

// Level, in dBFS, of what is left of a signal 1.2 kHz and more above a tone of 300 Hz: a windowed
// high-pass of 101 taps at 8 kHz. A step shows there, the tone itself does not.
double ClickDbfs(const std::vector<double>& signal) {
  constexpr int kHalf = 150;
  std::vector<double> taps(2 * kHalf + 1);
  for (int i = -kHalf; i <= kHalf; ++i) {
    const double cut = 1500.0 / 8000.0;
    const double low = i == 0 ? 2 * cut : std::sin(2 * kPi * cut * i) / (kPi * i);
    const double t = static_cast<double>(i + kHalf) / (2 * kHalf);
    const double window = 0.35875 - 0.48829 * std::cos(2 * kPi * t) +
                          0.14128 * std::cos(4 * kPi * t) - 0.01168 * std::cos(6 * kPi * t);
    taps[static_cast<size_t>(i + kHalf)] = ((i == 0 ? 1.0 : 0.0) - low) * window;
  }
  double peak = 0;
  for (size_t i = 0; i + taps.size() <= signal.size(); ++i) {
    double sum = 0;
    for (size_t j = 0; j < taps.size(); ++j) sum += signal[i + j] * taps[j];
    peak = std::max(peak, std::abs(sum));
  }
  return 20 * std::log10(peak / 32768 + 1e-12);
}

// A tone of 300 Hz at −6 dBFS through the steps, one for each 20 ms.
std::vector<double> Through(const std::vector<GainStep>& steps) {
  std::vector<double> out;
  int n = 0;
  for (const GainStep& step : steps) {
    int16_t samples[160];
    float frame[160] = {};
    for (int16_t& sample : samples)
      sample = static_cast<int16_t>(std::lrint(16384 * std::sin(2 * kPi * 300 * n++ / 8000.0)));
    AddScaled(samples, 160, step, frame);
    for (const float value : frame) out.push_back(static_cast<double>(value));
  }
  return out;
}

}  // namespace

TEST_CASE("gain ramp: decibels, exact at 0, brought into range") {
  CHECK(GainFromDb(0) == 1.0f);
  CHECK(std::abs(GainFromDb(-6.0) - 0.501187f) < 1e-6f);
  CHECK(GainFromDb(90) == GainFromDb(kMostGainDb));
  CHECK(GainFromDb(-90) == GainFromDb(kLeastGainDb));
}

TEST_CASE("gain ramp: on, off, up and down add nothing above -70 dBFS to a tone; a step does") {
  const GainStep on;
  const GainStep off = {0.0f, 0.0f};
  const GainStep in = {0.0f, 1.0f};
  const GainStep out = {1.0f, 0.0f};
  const GainStep down = {1.0f, 0.1f};
  const GainStep low = {0.1f, 0.1f};
  CHECK(ClickDbfs(Through({on, on, on, on, on, on})) < -80);
  CHECK(ClickDbfs(Through({on, on, on, out, off, off, off, off, in, on, on, on})) < -70);
  CHECK(ClickDbfs(Through({on, on, on, down, low, low, low, low})) < -70);
  // The measure sees what a switch without a ramp does.
  CHECK(ClickDbfs(Through({on, on, on, low, low, low, low})) > -50);
}

TEST_CASE("gain ramp: ends exactly where it should, and scales in place as it adds") {
  int16_t samples[160];
  for (int16_t& sample : samples) sample = 10000;
  float sum[160] = {};
  AddScaled(samples, 160, {1.0f, 0.5f}, sum);
  CHECK(sum[159] == doctest::Approx(5000.0));
  CHECK(sum[0] > 9990.0f);
  for (int i = 1; i < 160; ++i) CHECK(sum[i] <= sum[i - 1]);
  float values[160];
  for (float& value : values) value = 10000.0f;
  Scale(values, 160, {1.0f, 0.5f});
  for (int i = 0; i < 160; ++i) CHECK(values[i] == doctest::Approx(static_cast<double>(sum[i])));
}
