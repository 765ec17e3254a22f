// Time as the engine reads it: monotonic for deadlines and jitter, wall time for RTCP's NTP field
// only.
#pragma once

#include <cstdint>

namespace mixminus {

constexpr int64_t kNsPerMs = 1'000'000;
constexpr int64_t kNsPerSecond = 1'000'000'000;

// The grid that workers wake on, and how many of its points make one 20 ms frame.
constexpr int64_t kGridNs = 5 * kNsPerMs;
constexpr int kPhases = 4;

int64_t MonotonicNs() noexcept;
int64_t WallNs() noexcept;
// Sleeps until the monotonic clock shows `deadline_ns`; returns at once when it is past.
void SleepUntilNs(int64_t deadline_ns) noexcept;

}  // namespace mixminus
