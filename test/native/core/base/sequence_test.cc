#include "core/base/sequence.h"

#include <doctest/doctest.h>

#include "core/testing.h"

using namespace mixminus;

TEST_CASE("sequence: differences cross the wrap") {
  CHECK(Diff16(1, 0xFFFF) == 2);
  CHECK(Diff16(0xFFFF, 1) == -2);
  CHECK(Diff32(5, 0xFFFFFFFB) == 10);
  CHECK(IsNewer16(0, 0xFFFF));
  CHECK_FALSE(IsNewer16(7, 7));
  CHECK_FALSE(IsNewer16(0x8000, 0));
  CHECK(IsNewer32(0, 0xFFFFFFFF));
}

TEST_CASE("sequence: the unwrapper follows several turns in both directions") {
  SequenceUnwrapper up;
  CHECK(up.Unwrap(65000) == 65000);
  int64_t expected = 65000;
  for (int i = 0; i < 10000; ++i) {
    expected += 37;
    REQUIRE(up.Unwrap(static_cast<uint16_t>(expected)) == expected);
  }
  for (int i = 0; i < 20000; ++i) {
    expected -= 41;
    REQUIRE(up.Unwrap(static_cast<uint16_t>(expected)) == expected);
  }
  CHECK(expected < 0);
}

TEST_CASE("sequence: peeking does not move the reference") {
  TimestampUnwrapper timestamps;
  CHECK(timestamps.Peek(9) == 9);
  timestamps.Unwrap(0xFFFFFFF0);
  CHECK(timestamps.Peek(0x10) == int64_t{0x100000010});
  CHECK(timestamps.last() == int64_t{0xFFFFFFF0});
  timestamps.Reset();
  CHECK_FALSE(timestamps.started());
  CHECK(timestamps.Unwrap(3) == 3);
}

TEST_CASE("sequence: a random walk within half a circle is followed exactly") {
  testing::Random random(1);
  TimestampUnwrapper timestamps;
  int64_t truth = 123456;
  timestamps.Unwrap(static_cast<uint32_t>(truth));
  for (int i = 0; i < 100000; ++i) {
    truth += random.Between(-2147483647, 2147483647);
    REQUIRE(timestamps.Unwrap(static_cast<uint32_t>(truth)) == truth);
  }
}
