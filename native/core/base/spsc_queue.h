#pragma once
// A bounded lock-free queue for one producer thread and one consumer thread: commands to a worker,
// facts and frames from it. The only part of core that two threads may touch at once. Memory is
// taken in the constructor; Push and Pop never block or allocate.

#include <atomic>
#include <cstddef>
#include <memory>
#include <type_traits>

#include "core/base/check.h"

namespace mixminus {

template <typename T>
class SpscQueue {
  static_assert(std::is_nothrow_copy_assignable_v<T>,
                "queue elements are copied on the media thread");

 public:
  // Holds exactly `capacity` elements (at least 1, at most 2^30).
  explicit SpscQueue(size_t capacity) : capacity_(capacity), mask_(RoundUp(capacity) - 1) {
    slots_ = std::make_unique<T[]>(mask_ + 1);
  }

  SpscQueue(const SpscQueue&) = delete;
  SpscQueue& operator=(const SpscQueue&) = delete;

  // Producer only. False, and nothing stored, when the queue is full.
  bool Push(const T& value) noexcept {
    const size_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - head_seen_ >= capacity_) {
      head_seen_ = head_.load(std::memory_order_acquire);
      if (tail - head_seen_ >= capacity_) return false;
    }
    slots_[tail & mask_] = value;
    tail_.store(tail + 1, std::memory_order_release);
    return true;
  }

  // Consumer only. False, and `out` untouched, when the queue is empty.
  bool Pop(T* out) noexcept {
    T* front = Front();
    if (front == nullptr) return false;
    *out = *front;
    Drop();
    return true;
  }

  // Consumer only. The oldest element in place, or null; stays valid until Drop. Lets a consumer
  // look at a command before it decides to take it.
  T* Front() noexcept {
    const size_t head = head_.load(std::memory_order_relaxed);
    if (head == tail_seen_) {
      tail_seen_ = tail_.load(std::memory_order_acquire);
      if (head == tail_seen_) return nullptr;
    }
    return &slots_[head & mask_];
  }

  // Consumer only. Removes the element that Front returned.
  void Drop() noexcept {
    head_.store(head_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }

  // Any thread. Exact for the two ends between their own calls, a snapshot for everyone else.
  size_t Size() const noexcept {
    const size_t head = head_.load(std::memory_order_acquire);
    const size_t tail = tail_.load(std::memory_order_acquire);
    return tail - head;
  }

  size_t capacity() const noexcept { return capacity_; }

 private:
  static size_t RoundUp(size_t capacity) {
    MIXMINUS_CHECK(capacity >= 1 && capacity <= (size_t{1} << 30));
    size_t size = 1;
    while (size < capacity) size <<= 1;
    return size;
  }

  // Producer and consumer each keep their own cache line, with the last seen position of the other.
  alignas(64) std::atomic<size_t> tail_{0};
  size_t head_seen_ = 0;
  alignas(64) std::atomic<size_t> head_{0};
  size_t tail_seen_ = 0;
  alignas(64) const size_t capacity_;
  const size_t mask_;
  std::unique_ptr<T[]> slots_;
};

}  // namespace mixminus
