#include "core/rtp/quality.h"

#include <doctest/doctest.h>

#include <initializer_list>
#include <limits>

using namespace mixminus;

TEST_CASE("quality: the default connection of G.107 is rated 93.2, a MOS of 4.41") {
  const double rating = RatingFactor({});
  CHECK(rating == doctest::Approx(93.2).epsilon(0.001));
  CHECK(MeanOpinionScore(rating) == doctest::Approx(4.41).epsilon(0.001));
}

TEST_CASE("quality: Annex B at its ends") {
  CHECK(MeanOpinionScore(-5) == 1);
  CHECK(MeanOpinionScore(0) == 1);
  CHECK(MeanOpinionScore(100) == 4.5);
  CHECK(MeanOpinionScore(50) == doctest::Approx(2.575));
  for (double r = 0; r < 100; r += 0.5) {
    CHECK(MeanOpinionScore(r) >= 1);
    CHECK(MeanOpinionScore(r + 0.5) >= MeanOpinionScore(r) - 1e-9);
  }
}

TEST_CASE("quality: delay costs little up to 150 ms and much past 300") {
  QualityInput input;
  auto at = [&](double ms) {
    input.one_way_delay_ms = ms;
    return RatingFactor(input);
  };
  CHECK(at(150) > 88);
  CHECK(at(150) < 92);
  CHECK(at(400) < 75);
  CHECK(at(400) > 60);
  double before = at(0);
  for (double ms = 10; ms <= 800; ms += 10) {
    const double now = at(ms);
    CHECK(now <= before + 0.01);
    before = now;
  }
}

TEST_CASE("quality: loss, what the codec makes of it, and its bursts") {
  // G.107 7.5 by hand: Ie,eff = (95 − Ie) · Ppl / (Ppl / BurstR + Bpl).
  QualityInput input;
  input.loss_percent = 2;
  input.loss_robustness = 25.1;
  CHECK(RatingFactor({}) - RatingFactor(input) == doctest::Approx(95.0 * 2 / 27.1));
  input.burst_ratio = 2;
  CHECK(RatingFactor({}) - RatingFactor(input) == doctest::Approx(95.0 * 2 / 26.1));
  input = QualityInput();
  input.equipment_impairment = 11;
  CHECK(RatingFactor({}) - RatingFactor(input) == doctest::Approx(11));
  input.loss_percent = 100;
  CHECK(RatingFactor(input) == doctest::Approx(RatingFactor({}) - 11 - 84 * 100 / 104.3));
}

TEST_CASE("quality: what nobody measured does no harm") {
  for (const double odd : {-1.0, 1e9, std::numeric_limits<double>::infinity()}) {
    QualityInput input;
    input.one_way_delay_ms = odd;
    input.loss_percent = odd;
    input.burst_ratio = odd;
    const double rating = RatingFactor(input);
    CHECK(rating >= 0);
    CHECK(rating <= 100);
  }
}
