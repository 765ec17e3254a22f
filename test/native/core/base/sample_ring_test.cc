// The ring between a producer of samples and its consumer: order, bounds, positions, two threads.
#include "core/base/sample_ring.h"

#include <doctest/doctest.h>

#include <numeric>
#include <thread>
#include <vector>

using mixminus::SampleRing;

TEST_CASE("samples come out in order, also over the edge, and no more go in than fit") {
  SampleRing ring(10);
  std::vector<int16_t> in(7);
  std::iota(in.begin(), in.end(), int16_t{1});
  int16_t out[10];
  CHECK(ring.Write(in.data(), 7) == 7);
  CHECK(ring.Write(in.data(), 7) == 3);
  CHECK(ring.free() == 0);
  CHECK(ring.Read(out, 5) == 5);
  CHECK(ring.Write(in.data(), 7) == 5);
  CHECK(ring.Read(out, 10) == 10);
  CHECK(std::vector<int16_t>(out, out + 10) == std::vector<int16_t>{6, 7, 1, 2, 3, 1, 2, 3, 4, 5});
  CHECK(ring.Read(out, 10) == 0);
  CHECK(ring.written() == 15);
  CHECK(ring.read() == 15);
}

TEST_CASE("a skip drops up to a position, never past what was written and never back") {
  SampleRing ring(10);
  const int16_t in[8] = {0, 1, 2, 3, 4, 5, 6, 7};
  ring.Write(in, 8);
  ring.SkipTo(5);
  int16_t out[1];
  ring.Read(out, 1);
  CHECK(out[0] == 5);
  ring.SkipTo(2);
  CHECK(ring.size() == 2);
  ring.SkipTo(100);
  CHECK(ring.size() == 0);
  CHECK(ring.read() == 8);
}

TEST_CASE("two threads pass a million samples through a small ring") {
  SampleRing ring(333);
  constexpr int kCount = 1'000'000;
  std::thread producer([&] {
    for (int next = 0; next < kCount;) {
      int16_t block[50];
      const int size = std::min(50, kCount - next);
      for (int i = 0; i < size; ++i) block[i] = static_cast<int16_t>(next + i);
      const auto taken = ring.Write(block, static_cast<size_t>(size));
      next += static_cast<int>(taken);
      if (taken == 0) std::this_thread::yield();
    }
  });
  int wrong = 0;
  for (int next = 0; next < kCount;) {
    int16_t block[70];
    const size_t count = ring.Read(block, 70);
    for (size_t i = 0; i < count; ++i) wrong += block[i] != static_cast<int16_t>(next++);
    if (count == 0) std::this_thread::yield();
  }
  producer.join();
  CHECK(wrong == 0);
}
