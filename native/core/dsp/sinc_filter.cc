// Design of the low-pass, and its inner loop. Pure.

#include "core/dsp/sinc_filter.h"

#include <algorithm>
#include <cmath>

namespace mixminus {

namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr double kKaiserBeta = 8.0;  // stop band near −80 dB

// Modified Bessel function of the first kind, order 0, by its power series.
double BesselI0(double x) noexcept {
  double sum = 1;
  double term = 1;
  for (int k = 1; k < 40; ++k) {
    const double factor = x / (2.0 * k);
    term *= factor * factor;
    sum += term;
  }
  return sum;
}

double Sinc(double x) noexcept {
  return std::fabs(x) < 1e-12 ? 1.0 : std::sin(kPi * x) / (kPi * x);
}

}  // namespace

void BuildSincFilter(int phases, int half, double cutoff, float* out) noexcept {
  const int taps = 2 * half;
  for (int phase = 0; phase <= phases; ++phase) {
    float* row = out + static_cast<size_t>(phase) * static_cast<size_t>(taps);
    const double fraction = static_cast<double>(phase) / phases;
    double sum = 0;
    for (int k = 0; k < taps; ++k) {
      const double t = fraction + half - 1 - k;
      const double edge = std::min(1.0, std::fabs(t) / half);
      const double window =
          BesselI0(kKaiserBeta * std::sqrt(1 - edge * edge)) / BesselI0(kKaiserBeta);
      const double value = cutoff * Sinc(cutoff * t) * window;
      row[k] = static_cast<float>(value);
      sum += value;
    }
    // Every phase passes a constant unchanged; otherwise the phases would modulate it.
    for (int k = 0; k < taps; ++k) row[k] = static_cast<float>(row[k] / sum);
  }
}

float DotProduct(const float* samples, const float* row, int taps) noexcept {
  // Four sums, so that the compiler may use vector registers without reordering a float sum.
  float sums[4] = {};
  for (int k = 0; k + 3 < taps; k += 4) {
    for (int lane = 0; lane < 4; ++lane) sums[lane] += samples[k + lane] * row[k + lane];
  }
  float sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
  for (int k = taps & ~3; k < taps; ++k) sum += samples[k] * row[k];
  return sum;
}

}  // namespace mixminus
