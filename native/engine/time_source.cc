// The system's clocks. Called by workers and the housekeeping thread; manual mode never reads them.
#include "engine/time_source.h"

#include <cerrno>
#include <ctime>

namespace mixminus {
namespace {

int64_t Read(clockid_t id) noexcept {
  timespec now{};
  clock_gettime(id, &now);
  return static_cast<int64_t>(now.tv_sec) * kNsPerSecond + now.tv_nsec;
}

}  // namespace

int64_t MonotonicNs() noexcept { return Read(CLOCK_MONOTONIC); }

int64_t WallNs() noexcept { return Read(CLOCK_REALTIME); }

void SleepUntilNs(int64_t deadline_ns) noexcept {
  timespec deadline{};
  deadline.tv_sec = static_cast<time_t>(deadline_ns / kNsPerSecond);
  deadline.tv_nsec = static_cast<long>(deadline_ns % kNsPerSecond);
  // An absolute deadline makes a restart after a signal harmless.
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &deadline, nullptr) == EINTR) {
  }
}

}  // namespace mixminus
