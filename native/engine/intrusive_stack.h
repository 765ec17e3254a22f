// A lock-free stack of objects that carry their own link: any thread pushes, one thread takes all.
// Workers hand legs, rooms, players and recorders back through it, and legs to each other, without
// a capacity that could run out and without allocating. Taking all at once leaves no room for the
// ABA problem.
#pragma once

#include <atomic>

namespace mixminus {

template <typename T, T* T::*kNext>
class IntrusiveStack {
 public:
  // Any thread. The item must not be in this stack already.
  void Push(T* item) noexcept {
    T* head = head_.load(std::memory_order_relaxed);
    do {
      item->*kNext = head;
    } while (!head_.compare_exchange_weak(head, item, std::memory_order_release,
                                          std::memory_order_relaxed));
  }

  // One thread. Returns a list linked through kNext, oldest first, or nullptr.
  T* TakeAll() noexcept {
    if (head_.load(std::memory_order_relaxed) == nullptr) return nullptr;
    T* newest = head_.exchange(nullptr, std::memory_order_acquire);
    T* oldest = nullptr;
    while (newest != nullptr) {
      T* next = newest->*kNext;
      newest->*kNext = oldest;
      oldest = newest;
      newest = next;
    }
    return oldest;
  }

  bool Empty() const noexcept { return head_.load(std::memory_order_acquire) == nullptr; }

 private:
  std::atomic<T*> head_{nullptr};
};

}  // namespace mixminus
