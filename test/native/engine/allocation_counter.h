// Counts what the whole test program allocates with operator new (replaced in allocation_test.cc),
// so that a test can show that a stretch of code allocates nothing.
#pragma once

#include <cstdint>

namespace mixminus::rig {

// Calls of any operator new since the program began.
uint64_t Allocations() noexcept;

}  // namespace mixminus::rig
