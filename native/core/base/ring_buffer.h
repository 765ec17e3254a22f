#pragma once
// A bounded FIFO for runs of elements (PCM samples, bytes), single-threaded. Memory is taken in the
// constructor; a write that does not fit is shortened and says so. Used by players, recorders and
// tests.

#include <algorithm>
#include <cstddef>
#include <memory>
#include <type_traits>

#include "core/base/check.h"

namespace mixminus {

template <typename T>
class RingBuffer {
  static_assert(std::is_trivially_copyable_v<T>, "elements are copied in runs");

 public:
  explicit RingBuffer(size_t capacity) : capacity_(capacity), data_(new T[capacity]()) {
    MIXMINUS_CHECK(capacity > 0);
  }

  // Appends up to `count` elements; returns how many fitted.
  size_t Write(const T* from, size_t count) noexcept {
    count = std::min(count, capacity_ - size_);
    const size_t start = Wrap(head_ + size_);
    const size_t first = std::min(count, capacity_ - start);
    std::copy_n(from, first, data_.get() + start);
    std::copy_n(from + first, count - first, data_.get());
    size_ += count;
    return count;
  }

  // Copies up to `count` elements from the front without removing them; returns how many there
  // were.
  size_t Peek(T* to, size_t count) const noexcept {
    count = std::min(count, size_);
    const size_t first = std::min(count, capacity_ - head_);
    std::copy_n(data_.get() + head_, first, to);
    std::copy_n(data_.get(), count - first, to + first);
    return count;
  }

  // Moves up to `count` elements out; returns how many there were.
  size_t Read(T* to, size_t count) noexcept { return Discard(Peek(to, count)); }

  // Removes up to `count` elements from the front; returns how many there were.
  size_t Discard(size_t count) noexcept {
    count = std::min(count, size_);
    head_ = Wrap(head_ + count);
    size_ -= count;
    return count;
  }

  void Clear() noexcept {
    head_ = 0;
    size_ = 0;
  }

  size_t size() const noexcept { return size_; }
  size_t free() const noexcept { return capacity_ - size_; }
  size_t capacity() const noexcept { return capacity_; }

 private:
  size_t Wrap(size_t index) const noexcept {
    return index >= capacity_ ? index - capacity_ : index;
  }

  const size_t capacity_;
  std::unique_ptr<T[]> data_;
  size_t head_ = 0;
  size_t size_ = 0;
};

}  // namespace mixminus
