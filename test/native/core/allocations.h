#pragma once
// Counts allocations of the test program, to prove that media code makes none. The counting
// operators stand in allocations_test.cc.

#include <cstdint>

namespace mixminus::testing {

// Calls of operator new on the calling thread since it began.
uint64_t AllocationsOnThisThread() noexcept;

// Calls of operator new on all threads since the program began.
uint64_t AllocationsOnAllThreads() noexcept;

}  // namespace mixminus::testing
