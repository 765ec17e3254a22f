// The thread of a Worker: sleeping on the grid, lateness, overruns, and sleeping without a timer
// when there is nothing to do. See worker.h.
#include <pthread.h>
#include <sched.h>
#include <signal.h>

#include <algorithm>

#include "engine/worker.h"

namespace mixminus {
namespace {

// Signals to the process are for the threads that expect them; a handler must not run in the middle
// of a tick.
void BlockSignals() noexcept {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace

void Worker::Start() {
  thread_ = std::thread([this] { ThreadMain(); });
}

void Worker::Stop() {
  stop_.store(true);
  io_->Wake();
  if (thread_.joinable()) thread_.join();
}

// The queue has room: the engine asks FreeCommands before it gives the commands of one call.
void Worker::Push(const Command& command) noexcept {
  commands_.Push(command);
  if (asleep_.exchange(false)) io_->Wake();
}

void Worker::Deliver(LegLinks* leg) noexcept {
  mailbox_.Push(leg);
  if (asleep_.exchange(false)) io_->Wake();
}

bool Worker::Idle() const noexcept {
  return leg_count_ == 0 && commands_.Size() == 0 && mailbox_.Empty();
}

void Worker::ThreadMain() noexcept {
  BlockSignals();
  TryRealtime();
  int64_t grid = MonotonicNs() / kGridNs + 1;
  while (!stop_.load()) {
    if (Idle()) {
      SleepWhileIdle();
      grid = MonotonicNs() / kGridNs + 1;
      continue;
    }
    SleepUntilNs(grid * kGridNs);
    TickTime time;
    time.grid = grid;
    time.now_ns = MonotonicNs();
    time.wall_ns = WallNs();
    NoteLateness(time.now_ns - grid * kGridNs);
    RunGridPoint(time);
    const int64_t done_ns = MonotonicNs();
    busy_ns_ += done_ns - time.now_ns;
    ++grid;
    // Up to a frame late, the missed points run one after the other and each room ticks once;
    // beyond that whole frames are jumped, so that no room ever sends a burst. Legs make up for it
    // in BeginTick.
    while (done_ns - grid * kGridNs >= kPhases * kGridNs) {
      grid += kPhases;
      skipped_ticks_ += kPhases;
    }
  }
}

void Worker::SleepWhileIdle() noexcept {
  // Announced first and looked again after: whoever pushes in between sees the announcement and
  // wakes us.
  asleep_.exchange(true);
  if (Idle() && !stop_.load()) {
    constexpr int kLongestMs = 1000;
    io_->WaitIdle(kLongestMs);
  }
  asleep_.exchange(false);
}

void Worker::NoteLateness(int64_t late_ns) noexcept {
  max_late_ns_ = std::max(max_late_ns_, late_ns);
  sum_late_ns_ += std::max<int64_t>(late_ns, 0);
}

// Real-time scheduling where the process may have it; without it, ticks are later under load and
// nothing else changes.
void Worker::TryRealtime() noexcept {
  sched_param priority{};
  priority.sched_priority = 10;
  realtime_ = pthread_setschedparam(pthread_self(), SCHED_FIFO, &priority) == 0;
  pthread_setname_np(pthread_self(), "mixminus-media");
}

}  // namespace mixminus
