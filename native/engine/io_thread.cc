// See io_thread.h.
#include "engine/io_thread.h"

#include <pthread.h>
#include <signal.h>

namespace mixminus {

void IoThread::Add(IoTask* task) {
  std::lock_guard<std::mutex> lock(mutex_);
  added_.push_back(task);
  if (threaded_ && !thread_.joinable()) thread_ = std::thread([this] { ThreadMain(); });
  changed_.notify_one();
}

bool IoThread::RunOnce() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    active_.insert(active_.end(), added_.begin(), added_.end());
    added_.clear();
  }
  size_t kept = 0;
  bool more = false;
  for (IoTask* task : active_) {
    const IoResult result = task->RunIo();
    if (result == IoResult::kDone) {
      facts_->Return(task->AsReturned());
    } else {
      more = more || result == IoResult::kMore;
      active_[kept++] = task;
    }
  }
  active_.resize(kept);
  facts_->Flush();
  return more;
}

void IoThread::Stop() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
    changed_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
  while (RunOnce()) {
  }
}

void IoThread::ThreadMain() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  pthread_setname_np(pthread_self(), name_);
  for (;;) {
    const bool more = RunOnce();
    std::unique_lock<std::mutex> lock(mutex_);
    if (stop_) return;
    if (more) continue;
    if (active_.empty() && added_.empty()) {
      changed_.wait(lock, [this] { return stop_ || !added_.empty(); });
    } else {
      changed_.wait_for(lock, period_, [this] { return stop_ || !added_.empty(); });
    }
  }
}

}  // namespace mixminus
