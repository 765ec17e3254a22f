#pragma once
// A bounded lock-free FIFO of samples between one producer thread and one consumer thread, read and
// written in runs: what a player is fed with and a PCM reader is emptied from. Positions count all
// samples ever written and never wrap in practice. Memory is taken in the constructor; nothing
// blocks or allocates afterwards.

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>

#include "core/base/check.h"

namespace mixminus {

class SampleRing {
 public:
  // Holds exactly `capacity` samples.
  explicit SampleRing(size_t capacity) : capacity_(capacity), samples_(new int16_t[capacity]) {
    MIXMINUS_CHECK(capacity > 0);
  }

  // Producer only. Appends up to `count` samples; returns how many fitted.
  size_t Write(const int16_t* from, size_t count) noexcept {
    const uint64_t end = written_.load(std::memory_order_relaxed);
    count = std::min(count,
                     capacity_ - static_cast<size_t>(end - read_.load(std::memory_order_acquire)));
    const auto start = static_cast<size_t>(end % capacity_);
    const size_t first = std::min(count, capacity_ - start);
    std::memcpy(samples_.get() + start, from, first * sizeof(int16_t));
    std::memcpy(samples_.get(), from + first, (count - first) * sizeof(int16_t));
    written_.store(end + count, std::memory_order_release);
    return count;
  }

  // Consumer only. Moves up to `count` samples out; returns how many there were.
  size_t Read(int16_t* to, size_t count) noexcept {
    const uint64_t begin = read_.load(std::memory_order_relaxed);
    count = std::min(count, static_cast<size_t>(written_.load(std::memory_order_acquire) - begin));
    const auto start = static_cast<size_t>(begin % capacity_);
    const size_t first = std::min(count, capacity_ - start);
    std::memcpy(to, samples_.get() + start, first * sizeof(int16_t));
    std::memcpy(to + first, samples_.get(), (count - first) * sizeof(int16_t));
    read_.store(begin + count, std::memory_order_release);
    return count;
  }

  // Consumer only. Drops all samples before `position`, as far as they were written.
  void SkipTo(uint64_t position) noexcept {
    const uint64_t begin = read_.load(std::memory_order_relaxed);
    const uint64_t to = std::min(position, written_.load(std::memory_order_acquire));
    if (to > begin) read_.store(to, std::memory_order_release);
  }

  // Any thread: exact for the two ends between their own calls, a snapshot for everyone else.
  uint64_t written() const noexcept { return written_.load(std::memory_order_acquire); }
  uint64_t read() const noexcept { return read_.load(std::memory_order_acquire); }
  size_t size() const noexcept {
    const uint64_t begin = read();
    return static_cast<size_t>(written() - begin);
  }
  size_t free() const noexcept { return capacity_ - std::min(capacity_, size()); }
  size_t capacity() const noexcept { return capacity_; }

 private:
  alignas(64) std::atomic<uint64_t> written_{0};
  alignas(64) std::atomic<uint64_t> read_{0};
  alignas(64) const size_t capacity_;
  const std::unique_ptr<int16_t[]> samples_;
};

}  // namespace mixminus
