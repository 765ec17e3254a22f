#include "core/base/status.h"

#include <doctest/doctest.h>

#include <cstring>

using namespace mixminus;

TEST_CASE("status: every code has a name of its own") {
  for (int i = 0; i <= static_cast<int>(Status::kNoSpace); ++i) {
    const char* name = StatusName(static_cast<Status>(i));
    CHECK(std::strcmp(name, "unknown") != 0);
    for (int k = 0; k < i; ++k) CHECK(std::strcmp(name, StatusName(static_cast<Status>(k))) != 0);
  }
  CHECK(std::strcmp(StatusName(static_cast<Status>(250)), "unknown") == 0);
}
