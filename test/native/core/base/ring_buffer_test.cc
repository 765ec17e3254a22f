#include "core/base/ring_buffer.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <deque>
#include <vector>

#include "core/testing.h"

using namespace mixminus;

TEST_CASE("ring buffer: behaves as a queue of runs") {
  testing::Random random(2);
  RingBuffer<int16_t> ring(173);
  std::deque<int16_t> model;
  int16_t next = 0;
  for (int i = 0; i < 20000; ++i) {
    std::vector<int16_t> run(static_cast<size_t>(random.Between(0, 200)));
    if (random.Chance(0.5)) {
      for (int16_t& value : run) value = next++;
      const size_t written = ring.Write(run.data(), run.size());
      REQUIRE(written == std::min(run.size(), 173 - model.size()));
      model.insert(model.end(), run.begin(), run.begin() + static_cast<std::ptrdiff_t>(written));
      next = static_cast<int16_t>(next - static_cast<int16_t>(run.size() - written));
    } else if (random.Chance(0.2)) {
      const size_t dropped = ring.Discard(run.size());
      REQUIRE(dropped == std::min(run.size(), model.size()));
      model.erase(model.begin(), model.begin() + static_cast<std::ptrdiff_t>(dropped));
    } else {
      const size_t read = ring.Read(run.data(), run.size());
      REQUIRE(read == std::min(run.size(), model.size()));
      for (size_t k = 0; k < read; ++k) {
        REQUIRE(run[k] == model.front());
        model.pop_front();
      }
    }
    REQUIRE(ring.size() == model.size());
    REQUIRE(ring.free() == ring.capacity() - model.size());
  }
}

TEST_CASE("ring buffer: peeking leaves everything in place, clearing nothing") {
  RingBuffer<uint8_t> ring(4);
  const uint8_t bytes[] = {1, 2, 3};
  ring.Write(bytes, 3);
  uint8_t seen[4] = {};
  CHECK(ring.Peek(seen, 4) == 3);
  CHECK(seen[2] == 3);
  CHECK(ring.size() == 3);
  ring.Clear();
  CHECK(ring.Peek(seen, 4) == 0);
  CHECK(ring.free() == 4);
}
