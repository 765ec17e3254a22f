#include "core/jitter/delay_estimator.h"

#include <doctest/doctest.h>

#include "core/jitter/tick_clock.h"
#include "core/testing.h"

using namespace mixminus;

namespace {

constexpr int kMs = 8;  // units

void Feed(DelayEstimator* estimator, int count, int delay_ms) {
  for (int i = 0; i < count; ++i) estimator->OnPacket(delay_ms * kMs, delay_ms * kMs);
}

}  // namespace

TEST_CASE("delay estimator: a steady network needs what every packet needs") {
  DelayEstimator estimator(8000);
  CHECK_FALSE(estimator.known());
  Feed(&estimator, 100, 5);
  CHECK(estimator.target() == 5 * kMs);
  CHECK(estimator.base() == 5 * kMs);
  estimator.Shift(123456);  // the sender's timestamps jumped
  CHECK(estimator.target() == 123456 + 5 * kMs);
}

TEST_CASE("delay estimator: late packets are paid for with delay only where they are many") {
  for (const int one_in : {10, 200}) {
    DelayEstimator estimator(8000);
    for (int i = 0; i < 1000; ++i) Feed(&estimator, 1, i % one_in == one_in - 1 ? 40 : 0);
    CAPTURE(one_in);
    // 10 % late for 40 ms is too much, 0.5 % is not.
    CHECK(estimator.target() == (one_in == 10 ? 40 * kMs : 0));
  }
  // The price of lateness decides.
  DelayEstimator careful(8000, 100);
  for (int i = 0; i < 1000; ++i) Feed(&careful, 1, i % 200 == 199 ? 40 : 0);
  CHECK(careful.target() == 40 * kMs);
}

TEST_CASE("delay estimator: a route that became slower is followed within a second") {
  DelayEstimator estimator(8000);
  Feed(&estimator, 600, 0);
  Feed(&estimator, 40, 60);
  CHECK(estimator.target() == 60 * kMs);
}

TEST_CASE("delay estimator: a route that became faster is followed once it is sure") {
  DelayEstimator estimator(8000);
  Feed(&estimator, 640, 60);
  Feed(&estimator, 40, 0);
  CHECK(estimator.target() == 60 * kMs);
  CHECK(estimator.base() == 0);
  Feed(&estimator, 100, 0);
  CHECK(estimator.target() == 0);
}

TEST_CASE("delay estimator: what is old is forgotten, and a trend followed") {
  DelayEstimator estimator(8000);
  for (int i = 0; i < 6000; ++i) {  // 200 ppm of two minutes
    const int value = i * 160 / 5000;
    estimator.OnPacket(value, value);
  }
  CHECK(estimator.target() >= 6000 * 160 / 5000 - 4);
  CHECK(estimator.base() >= 6000 * 160 / 5000 - 20);
  estimator.Reset();
  CHECK_FALSE(estimator.known());
}

TEST_CASE("delay estimator: the farthest values do not overflow") {
  DelayEstimator estimator(48000);
  testing::Random random(9);
  for (int i = 0; i < 3000; ++i) {
    const auto value = static_cast<int64_t>(random.Next() >> 2) - (int64_t{1} << 60);
    estimator.OnPacket(value, value);
  }
  CHECK(estimator.known());
}

TEST_CASE("tick clock: a late tick changes nothing, a new phase is followed") {
  TickClock clock;
  testing::Random random(5);
  for (int i = 1; i <= 100; ++i) {
    clock.Tick(1000 + 160 * i + (i % 5 == 0 ? 0 : random.Between(0, 30)), 160);
    if (i > 5) CHECK(clock.now() == 1000 + 160 * i);
  }
  const int64_t last = clock.now();
  CHECK(clock.TickAfter(last) == last);
  CHECK(clock.TickAfter(last + 1) == last + 160);
  CHECK(clock.TickAfter(last + 160) == last + 160);
  CHECK(clock.TickAfter(last - 1) == last);
  CHECK(clock.TickAfter(last - 161) == last - 160);
  for (int i = 101; i <= 120; ++i) clock.Tick(1080 + 160 * i, 160);
  CHECK(clock.now() == 1080 + 160 * 120);
  clock.Doubt();
  clock.Tick(90000, 160);
  CHECK(clock.now() == 90000);
}
