// Properties of the jitter buffer under random networks: what must hold whatever comes.

#include <doctest/doctest.h>

#include <algorithm>
#include <initializer_list>
#include <queue>
#include <vector>

#include "core/jitter/jitter_buffer.h"
#include "core/testing.h"

using namespace mixminus;

namespace {

constexpr int kUnitsPerMs = 8;
constexpr int64_t kUsPerMs = 1000;

struct Arrival {
  int64_t at_us;
  int number;
  bool operator<(const Arrival& other) const { return at_us > other.at_us; }
};

// A sender, a network and a tick, in virtual time. Packet n stands for units [n × units, (n + 1) ×
// units) and leaves at its end.
struct World {
  explicit World(uint64_t seed, const JitterBufferConfig& config = {})
      : random(seed), buffer(config) {
    first_sequence = static_cast<uint16_t>(random.Next());
    first_timestamp = static_cast<uint32_t>(random.Next());
    phase_us = random.Between(0, 19999);
  }

  void Send(int number, int64_t delay_us) {
    network.push(
        {static_cast<int64_t>(number + 1) * units / kUnitsPerMs * kUsPerMs + delay_us, number});
  }

  void Deliver(int number, int64_t at_us) {
    const std::vector<uint8_t> payload(static_cast<size_t>(units), static_cast<uint8_t>(number));
    JitterPacket packet;
    packet.sequence = static_cast<uint16_t>(first_sequence + number);
    packet.timestamp = first_timestamp + static_cast<uint32_t>(number * units);
    packet.payload = payload.data();
    packet.payload_size = payload.size();
    packet.duration = units;
    packet.arrival_ns = at_us * 1000;
    ++results[static_cast<size_t>(buffer.Insert(packet))];
  }

  // Runs one tick: everything that has arrived, then a pull. Checks order and content.
  void Tick() {
    now_us = phase_us + int64_t{tick++} * 20 * kUsPerMs;
    while (!network.empty() && network.top().at_us <= now_us) {
      Deliver(network.top().number, network.top().at_us);
      network.pop();
    }
    buffer.Tick(now_us * 1000, 160, 0);
    // A leg that can stretch and compress anything by up to 15 ms a frame.
    const int wanted = 160 + std::clamp(buffer.excess_units(), -120, 120);
    const int pulled = wanted <= 160 ? wanted : std::max(160, buffer.AvailableUnits(wanted));
    if (pulled < 160) buffer.NoteInserted(160 - pulled);
    if (pulled > 160) buffer.NoteRemoved(pulled - 160);
    Pull(pulled);
  }

  void Pull(int wanted) {
    JitterPlan plan;
    buffer.Pull(wanted, &plan);
    int total = 0;
    for (int i = 0; i < plan.count; ++i) {
      const JitterSegment& segment = plan.segments[i];
      REQUIRE(segment.length > 0);
      total += segment.length;
      if (segment.kind != JitterSegmentKind::kPacket) continue;
      const int number = static_cast<uint16_t>(segment.sequence - first_sequence);
      REQUIRE(segment.payload[0] == static_cast<uint8_t>(number));
      REQUIRE(segment.offset + segment.length <= units);
      const int64_t unit = int64_t{number} * units + segment.offset;
      REQUIRE(unit >= heard_to);  // in order, nothing twice
      skipped += unit - heard_to;
      heard += segment.length;
      heard_to = unit + segment.length;
      longest_us = std::max(longest_us, now_us - segment.arrival_ns / 1000);
    }
    REQUIRE(total == wanted);
  }

  uint64_t Result(JitterInsert result) const { return results[static_cast<size_t>(result)]; }

  testing::Random random;
  JitterBuffer buffer;
  std::priority_queue<Arrival> network;
  int units = 160;
  uint16_t first_sequence = 0;
  uint32_t first_timestamp = 0;
  int64_t phase_us = 0;
  int64_t now_us = 0;
  int tick = 0;
  int64_t heard_to = 0;    // unit behind the last one heard
  int64_t heard = 0;       // units
  int64_t skipped = 0;     // units never heard
  int64_t longest_us = 0;  // from arrival to being heard
  uint64_t results[4] = {};
};

}  // namespace

TEST_CASE(
    "jitter property: random reorder within the target delivers all packets once, in order, "
    "untouched") {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    JitterBufferConfig config;
    config.fixed_ms = 40 + 20 * static_cast<int>(seed % 4);
    World world(seed, config);
    world.units = (seed % 3 == 0 ? 80 : seed % 3 == 1 ? 160 : 480);
    // The target counts from the fastest packet to the tick, which is up to 20 ms of waiting.
    const int64_t jitter_us = (config.fixed_ms - 20) * kUsPerMs - 250;
    const int count = 12000 * 8 / world.units;
    uint64_t copies = 0;
    for (int i = 0; i < count; ++i) {
      world.Send(i, world.random.Between(0, jitter_us));
      if (!world.random.Chance(0.1)) continue;
      world.Send(i, world.random.Between(0, jitter_us));
      ++copies;
    }
    while (!world.network.empty()) world.Tick();
    for (int i = 0; i < 20; ++i) world.Tick();
    CAPTURE(seed);
    const JitterStats stats = world.buffer.stats();
    CHECK(world.skipped == 0);
    CHECK(world.heard == int64_t{count} * world.units);
    CHECK(stats.lost == 0);
    CHECK(stats.late == 0);
    CHECK(stats.duplicate == copies);
    CHECK(stats.concealed_samples <= 960);  // the end of the stream alone
    CHECK(world.longest_us <= (config.fixed_ms + 60) * kUsPerMs);
  }
}

TEST_CASE(
    "jitter property: under any jitter, loss and duplication nothing is heard twice and delay is "
    "bounded") {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    World world(seed);
    world.units = (seed % 3 == 0 ? 80 : seed % 3 == 1 ? 160 : 320);
    const int64_t jitter_ms = world.random.Between(0, 300);
    const double loss = static_cast<double>(seed % 5) / 20;
    const int count = 20000 * 8 / world.units;
    uint64_t sent = 0;
    uint64_t lost = 0;
    int64_t base_us = 0;
    for (int i = 0; i < count; ++i) {
      if (world.random.Chance(0.01)) base_us = world.random.Between(0, jitter_ms) * kUsPerMs;
      if (world.random.Chance(loss)) {
        ++lost;
        continue;
      }
      ++sent;
      world.Send(i, base_us + world.random.Between(0, jitter_ms) * kUsPerMs / 4);
      if (world.random.Chance(0.05)) {
        ++sent;
        world.Send(i, world.random.Between(0, jitter_ms) * kUsPerMs);
      }
    }
    while (!world.network.empty()) world.Tick();
    for (int i = 0; i < 40; ++i) world.Tick();
    CAPTURE(seed);
    CAPTURE(jitter_ms);
    const JitterStats stats = world.buffer.stats();
    CHECK(world.longest_us < 620 * kUsPerMs);
    // Every packet is accounted for, by one cause.
    CHECK(stats.inserted + stats.duplicate + world.Result(JitterInsert::kLate) == sent);
    CHECK(stats.inserted >= stats.discarded);
    CHECK(world.heard + static_cast<int64_t>(stats.discarded) * world.units <=
          static_cast<int64_t>(stats.inserted) * world.units);
    CHECK(stats.lost <= lost);
    CHECK(world.buffer.packets() == 0);
    if (loss == 0 && jitter_ms < 60) CHECK(world.skipped * 20 < world.heard);
  }
}

TEST_CASE("jitter property: a sender whose clock is off by 200 ppm is followed for ten minutes") {
  for (const int ppm : {-200, 200}) {
    for (const int units : {80, 160, 240, 320, 480}) {
      for (const int64_t jitter_us : {int64_t{0}, int64_t{8000}}) {
        World world(static_cast<uint64_t>(units + ppm + 1000));
        world.units = units;
        int next = 0;
        int highest = 0;
        const int ticks = 10 * 60 * 50;
        for (int i = 0; i < ticks; ++i) {
          // The sender's clock runs ppm faster: its packets come that much closer together.
          const auto due_us = [&] {
            const double nominal = static_cast<double>(next + 1) * units / kUnitsPerMs * kUsPerMs;
            return static_cast<int64_t>(nominal / (1 + ppm / 1e6));
          };
          while (due_us() <= world.now_us + 25000) {
            const int64_t nominal_us =
                static_cast<int64_t>(next + 1) * units / kUnitsPerMs * kUsPerMs;
            world.Send(next, due_us() - nominal_us + world.random.Between(0, jitter_us));
            ++next;
          }
          world.Tick();
          if (i < 100) continue;
          highest = std::max(highest, world.buffer.delay_ms());
        }
        CAPTURE(ppm);
        CAPTURE(units);
        CAPTURE(jitter_us);
        const JitterStats stats = world.buffer.stats();
        // 600 s × 200 ppm are 120 ms. Some more are the price of finding the target.
        CHECK(stats.removed_samples <= 2400);
        CHECK(stats.inserted_samples <= 2400);
        CHECK((ppm < 0 ? stats.inserted_samples : stats.removed_samples) >= 800);
        CHECK(stats.concealed_samples <= (jitter_us > 0 ? 1600 : 320));
        CHECK(stats.lost + stats.discarded + stats.late == 0);
        CHECK(world.skipped == 0);
        CHECK(highest <= 70);
      }
    }
  }
}

TEST_CASE("jitter property: after any chaos a clean stream is clean again within a second") {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    testing::Random random(seed);
    JitterBufferConfig config;
    config.fixed_ms = 20;
    config.slots = seed % 2 == 0 ? 64 : 16;
    JitterBuffer buffer(config);
    JitterPlan plan;
    const std::vector<uint8_t> payload(480, 1);
    JitterPacket packet;
    packet.payload = payload.data();
    int64_t now_ns = 0;
    for (int i = 0; i < 2000; ++i) {
      packet.arrival_ns = now_ns;
      if (random.Chance(0.4)) {
        now_ns += random.Between(0, 40'000'000);
        buffer.Tick(now_ns, 160, static_cast<int>(random.Between(0, 100)));
        buffer.Pull(static_cast<int>(random.Between(1, 480)), &plan);
        int total = 0;
        for (int k = 0; k < plan.count; ++k) total += plan.segments[k].length;
        REQUIRE(total > 0);
        REQUIRE(total <= 480);
      } else if (random.Chance(0.1)) {
        buffer.InsertMarker(static_cast<uint16_t>(packet.sequence + random.Between(-20, 20)));
      } else {
        const int range = random.Chance(0.02) ? 32768 : 12;
        packet.sequence =
            static_cast<uint16_t>(packet.sequence + random.Between(-range, range + 2));
        packet.timestamp += static_cast<uint32_t>(random.Chance(0.02) ? random.Next() : 160);
        packet.duration = static_cast<int>(random.Between(20, 480));
        packet.payload_size = static_cast<size_t>(packet.duration);
        buffer.Insert(packet);
      }
      REQUIRE(buffer.packets() >= 0);
      REQUIRE(buffer.packets() <= config.slots);
      REQUIRE(buffer.level_units() >= 0);
    }
    packet.duration = 160;
    packet.payload_size = 160;
    // A stream that goes on near where the chaos was. What RFC 3550 A.1 calls a restart is the
    // leg's to tell.
    buffer.Reset();
    for (int i = 0; i < 100; ++i) {
      ++packet.sequence;
      packet.timestamp += 160;
      now_ns += 20'000'000;
      packet.arrival_ns = now_ns;
      REQUIRE(buffer.Insert(packet) == JitterInsert::kInserted);
      buffer.Tick(now_ns, 160, 0);
      buffer.Pull(160, &plan);
      if (i < 20) continue;  // the clock of the ticks was chaos as well
      for (int k = 0; k < plan.count; ++k) {
        REQUIRE(plan.segments[k].kind == JitterSegmentKind::kPacket);
      }
      REQUIRE(buffer.last_level_ms() <= 200);
    }
  }
}
