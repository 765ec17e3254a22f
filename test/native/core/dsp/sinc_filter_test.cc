#include "core/dsp/sinc_filter.h"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace mixminus;

TEST_CASE("sinc filter: every phase passes a constant, and the phases mirror each other") {
  constexpr int kPhases = 6;
  constexpr int kHalf = 16;
  std::vector<float> rows((kPhases + 1) * 2 * kHalf);
  BuildSincFilter(kPhases, kHalf, kSincRollOff, rows.data());
  const std::vector<float> ones(2 * kHalf, 1.0f);
  for (int phase = 0; phase <= kPhases; ++phase) {
    const float* row = rows.data() + phase * 2 * kHalf;
    const float* mirrored = rows.data() + (kPhases - phase) * 2 * kHalf;
    CHECK(DotProduct(ones.data(), row, 2 * kHalf) == doctest::Approx(1.0).epsilon(1e-6));
    for (int k = 0; k < 2 * kHalf; ++k)
      CHECK(std::fabs(row[k] - mirrored[2 * kHalf - 1 - k]) < 1e-6f);
  }
}

TEST_CASE("sinc filter: the dot product takes any number of taps") {
  const std::vector<float> a = {1, 2, 3, 4, 5, 6, 7};
  for (int taps = 0; taps <= 7; ++taps) {
    float wanted = 0;
    for (int i = 0; i < taps; ++i) wanted += a[static_cast<size_t>(i)] * a[static_cast<size_t>(i)];
    CHECK(DotProduct(a.data(), a.data(), taps) == wanted);
  }
}
