#include "core/base/slot_pool.h"

#include <doctest/doctest.h>

#include <memory>
#include <unordered_map>
#include <vector>

#include "core/testing.h"

using namespace mixminus;

TEST_CASE("slot pool: a removed handle finds nothing, not the next value") {
  SlotPool<int> pool(1);
  const Handle first = pool.Insert(5);
  REQUIRE(first != kNullHandle);
  CHECK(*pool.Get(first) == 5);
  CHECK(pool.Insert(6) == kNullHandle);
  CHECK(pool.Remove(first));
  CHECK_FALSE(pool.Remove(first));
  CHECK(pool.Get(first) == nullptr);
  const Handle second = pool.Insert(7);
  CHECK(HandleIndex(second) == HandleIndex(first));
  CHECK(second != first);
  CHECK(pool.Get(first) == nullptr);
  CHECK(*pool.Get(second) == 7);
}

TEST_CASE("slot pool: null and foreign handles are refused") {
  SlotPool<int> pool(2);
  CHECK(pool.Get(kNullHandle) == nullptr);
  CHECK(pool.Get((Handle{1} << 32) | 2) == nullptr);
  CHECK(pool.Get((Handle{1} << 32) | 0) == nullptr);
  CHECK_FALSE(pool.Remove(UINT64_MAX));
}

TEST_CASE("slot pool: handles fit a double after any number of generations") {
  SlotPool<int> pool(1);
  Handle previous = kNullHandle;
  bool fresh = true;
  bool exact = true;
  for (uint32_t i = 0; i < SlotPool<int>::kMaxGeneration + 10; ++i) {
    const Handle handle = pool.Insert(1);
    fresh = fresh && handle != previous && handle != kNullHandle;
    exact = exact && handle < (Handle{1} << 53);
    pool.Remove(handle);
    previous = handle;
  }
  CHECK(fresh);
  CHECK(exact);
}

TEST_CASE("slot pool: removal frees what the value owns") {
  SlotPool<std::shared_ptr<int>> pool(3);
  const auto value = std::make_shared<int>(1);
  const Handle handle = pool.Insert(value);
  CHECK(value.use_count() == 2);
  pool.Remove(handle);
  CHECK(value.use_count() == 1);
}

TEST_CASE("slot pool: agrees with a map under random use") {
  testing::Random random(3);
  SlotPool<uint64_t> pool(20);
  std::unordered_map<Handle, uint64_t> model;
  std::vector<Handle> stale;
  for (uint64_t i = 0; i < 20000; ++i) {
    if (random.Chance(0.55)) {
      const Handle handle = pool.Insert(i);
      REQUIRE((handle == kNullHandle) == (model.size() == 20));
      if (handle != kNullHandle) REQUIRE(model.emplace(handle, i).second);
    } else if (!model.empty()) {
      const Handle handle = model.begin()->first;
      REQUIRE(pool.Remove(handle));
      model.erase(handle);
      stale.push_back(handle);
    }
    REQUIRE(pool.size() == model.size());
    if (!stale.empty()) REQUIRE(pool.Get(stale[random.Next() % stale.size()]) == nullptr);
  }
  size_t visited = 0;
  pool.ForEach([&](Handle handle, uint64_t value) {
    ++visited;
    CHECK(model.at(handle) == value);
  });
  CHECK(visited == model.size());
}
