#pragma once
// A fixed table of values addressed by handles that go stale. A handle is (generation << 32 |
// index): when a slot is removed its generation moves on, so that a late command for a finished leg
// finds nothing instead of the next call's leg. Single-threaded; memory is taken in the
// constructor.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

#include "core/base/check.h"

namespace mixminus {

using Handle = uint64_t;
constexpr Handle kNullHandle = 0;  // never given out: generations start at 1

constexpr uint32_t HandleIndex(Handle handle) noexcept { return static_cast<uint32_t>(handle); }
constexpr uint32_t HandleGeneration(Handle handle) noexcept {
  return static_cast<uint32_t>(handle >> 32);
}

template <typename T>
class SlotPool {
  static_assert(std::is_nothrow_move_assignable_v<T>, "values move on the media thread");

 public:
  // Generations stay below 2^21, so that every handle is a whole number that a double holds exactly
  // (2^53).
  static constexpr uint32_t kMaxGeneration = (1u << 21) - 1;

  // Room for exactly `capacity` values, T default-constructible.
  explicit SlotPool(uint32_t capacity) : capacity_(capacity), slots_(new Slot[capacity]) {
    MIXMINUS_CHECK(capacity > 0 && capacity < kNone);
    for (uint32_t i = 0; i < capacity; ++i) slots_[i].next = i + 1 < capacity ? i + 1 : kNone;
    free_head_ = 0;
    free_tail_ = capacity - 1;
  }

  // Stores a value; kNullHandle when the pool is full. The slot freed longest ago is used first,
  // which keeps generations apart for as long as possible.
  Handle Insert(T value) noexcept {
    if (free_head_ == kNone) return kNullHandle;
    const uint32_t index = free_head_;
    Slot& slot = slots_[index];
    free_head_ = slot.next;
    if (free_head_ == kNone) free_tail_ = kNone;
    slot.used = true;
    slot.value = std::move(value);
    ++size_;
    return (static_cast<Handle>(slot.generation) << 32) | index;
  }

  // The value, or null for a handle that is stale, foreign or null.
  T* Get(Handle handle) noexcept {
    const uint32_t index = HandleIndex(handle);
    if (index >= capacity_) return nullptr;
    Slot& slot = slots_[index];
    return slot.used && slot.generation == HandleGeneration(handle) ? &slot.value : nullptr;
  }
  const T* Get(Handle handle) const noexcept { return const_cast<SlotPool*>(this)->Get(handle); }

  // Frees the slot and resets its value to T(); false for a stale handle.
  bool Remove(Handle handle) noexcept {
    if (Get(handle) == nullptr) return false;
    const uint32_t index = HandleIndex(handle);
    Slot& slot = slots_[index];
    slot.value = T();
    slot.used = false;
    slot.generation = slot.generation >= kMaxGeneration ? 1 : slot.generation + 1;
    slot.next = kNone;
    if (free_tail_ == kNone) {
      free_head_ = index;
    } else {
      slots_[free_tail_].next = index;
    }
    free_tail_ = index;
    --size_;
    return true;
  }

  // Calls visit(handle, value) for every value in index order. The visitor may remove the one it is
  // given.
  template <typename Visitor>
  void ForEach(Visitor&& visit) noexcept {
    for (uint32_t i = 0; i < capacity_; ++i) {
      if (slots_[i].used)
        visit((static_cast<Handle>(slots_[i].generation) << 32) | i, slots_[i].value);
    }
  }

  uint32_t size() const noexcept { return size_; }
  uint32_t capacity() const noexcept { return capacity_; }

 private:
  static constexpr uint32_t kNone = UINT32_MAX;

  struct Slot {
    T value{};
    uint32_t generation = 1;
    uint32_t next = kNone;
    bool used = false;
  };

  const uint32_t capacity_;
  std::unique_ptr<Slot[]> slots_;
  uint32_t free_head_ = kNone;
  uint32_t free_tail_ = kNone;
  uint32_t size_ = 0;
};

}  // namespace mixminus
