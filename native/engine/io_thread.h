// A thread for work with files that must hold up nobody: one reads and decodes for all players of
// an engine, another encodes and writes for all its recorders. Tasks are visited in rounds while
// there are any; without tasks the thread sleeps. In manual mode there is no thread and RunOnce is
// called.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/fact_hub.h"

namespace mixminus {

enum class IoResult : uint8_t {
  kWaiting,  // visit again in a while
  kMore,     // there is more to do now
  kDone,     // give it back; it is not touched again
};

class IoTask {
 public:
  virtual ~IoTask() = default;
  // The thread's. Returns soon: a task with much to do answers kMore.
  virtual IoResult RunIo() noexcept = 0;
  virtual Returned* AsReturned() noexcept = 0;
};

class IoThread {
 public:
  IoThread(FactHub* facts, bool threaded, std::chrono::milliseconds period, const char* name)
      : facts_(facts), threaded_(threaded), period_(period), name_(name) {}
  ~IoThread() { Stop(); }

  // Calling thread. The first task starts the thread.
  void Add(IoTask* task);
  // One round over all tasks; true when one of them has more to do now.
  bool RunOnce();
  // Returns when every task that can be given back is; those still held elsewhere stay. Idempotent.
  void Stop();

 private:
  void ThreadMain();

  FactHub* const facts_;
  const bool threaded_;
  const std::chrono::milliseconds period_;
  const char* const name_;  // at most 15 letters
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stop_ = false;            // guarded
  std::vector<IoTask*> added_;   // guarded
  std::vector<IoTask*> active_;  // the thread's only
  std::thread thread_;
};

}  // namespace mixminus
