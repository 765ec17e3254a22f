#include "core/dsp/limiter.h"

#include <doctest/doctest.h>

#include <cstdint>

using namespace mixminus;

TEST_CASE("limiter: clips what does not fit and counts it") {
  const int32_t in[] = {0, 5, -5, 32767, 32768, -32768, -32769, INT32_MAX, INT32_MIN};
  int16_t out[9];
  CHECK(LimitToInt16(in, 9, out) == 4);
  const int16_t expected[] = {0, 5, -5, 32767, 32767, -32768, -32768, 32767, -32768};
  for (int i = 0; i < 9; ++i) CHECK(out[i] == expected[i]);
  CHECK(LimitToInt16(in, 0, out) == 0);
}
