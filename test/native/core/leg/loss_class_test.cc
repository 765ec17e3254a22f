#include "core/leg/loss_class.h"

#include <doctest/doctest.h>

using namespace mixminus;

namespace {

void Report(LossClass* loss, double fraction, int times) {
  for (int i = 0; i < times; ++i) loss->Update(fraction);
}

}  // namespace

TEST_CASE("loss class: none, some, much, and each stays until it is clearly over") {
  LossClass loss;
  Report(&loss, 0.01, 20);
  CHECK(loss.index() == 0);
  CHECK(loss.expected_percent() == 0);
  Report(&loss, 0.04, 2);
  CHECK(loss.index() == 1);
  Report(&loss, 0.015, 50);
  CHECK(loss.index() == 1);  // between the two thresholds: as it was
  Report(&loss, 0.2, 2);
  CHECK(loss.index() == 2);
  CHECK(loss.expected_percent() == 15);
  Report(&loss, 0.06, 50);
  CHECK(loss.index() == 2);
  Report(&loss, 0.03, 20);
  CHECK(loss.index() == 1);
  Report(&loss, 0, 50);
  CHECK(loss.index() == 0);
}

TEST_CASE(
    "loss class: a single bad report of a good path is no reason, a disaster is one at once") {
  LossClass loss;
  loss.Update(0.035);
  CHECK(loss.index() == 0);
  loss = LossClass();
  loss.Update(0.5);
  CHECK(loss.index() == 2);
  loss.Update(0);
  CHECK(loss.index() == 2);
}
