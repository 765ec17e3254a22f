// The moment of one grid point, read once by the worker and handed down, so that nothing below
// reads a clock.
#pragma once

#include <cstdint>

namespace mixminus {

struct TickTime {
  int64_t grid = 0;    // number of the 5 ms grid point, the same on every worker
  int64_t now_ns = 0;  // monotonic
  int64_t wall_ns = 0;
};

}  // namespace mixminus
