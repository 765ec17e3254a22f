#include "core/base/spsc_queue.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <initializer_list>
#include <thread>

using namespace mixminus;

TEST_CASE("spsc queue: holds exactly its capacity, in order") {
  for (const size_t capacity : {size_t{1}, size_t{3}, size_t{4}, size_t{100}}) {
    SpscQueue<int> queue(capacity);
    CHECK(queue.capacity() == capacity);
    for (int round = 0; round < 5; ++round) {
      for (size_t i = 0; i < capacity; ++i) REQUIRE(queue.Push(static_cast<int>(i)));
      CHECK_FALSE(queue.Push(99));
      CHECK(queue.Size() == capacity);
      for (size_t i = 0; i < capacity; ++i) {
        int value = -1;
        REQUIRE(queue.Pop(&value));
        REQUIRE(value == static_cast<int>(i));
      }
      int untouched = 7;
      CHECK_FALSE(queue.Pop(&untouched));
      CHECK(untouched == 7);
    }
  }
}

TEST_CASE("spsc queue: the front can be looked at before it is taken") {
  SpscQueue<int> queue(2);
  CHECK(queue.Front() == nullptr);
  queue.Push(5);
  queue.Push(6);
  REQUIRE(queue.Front() != nullptr);
  CHECK(*queue.Front() == 5);
  CHECK(queue.Size() == 2);
  queue.Drop();
  CHECK(*queue.Front() == 6);
}

TEST_CASE("spsc queue: two threads lose and invent nothing") {
  constexpr uint64_t kCount = 200000;
  SpscQueue<uint64_t> queue(37);
  std::thread producer([&] {
    for (uint64_t i = 0; i < kCount;) {
      if (queue.Push(i)) {
        ++i;
      } else {
        std::this_thread::yield();
      }
    }
  });
  uint64_t expected = 0;
  bool ordered = true;
  while (expected < kCount) {
    uint64_t value = 0;
    if (!queue.Pop(&value)) {
      std::this_thread::yield();
      continue;
    }
    ordered = ordered && value == expected;
    ++expected;
  }
  producer.join();
  CHECK(ordered);
  CHECK(queue.Size() == 0);
}
