// Order, duplicates, markers and limits of the jitter buffer.

#include "core/jitter/jitter_buffer.h"

#include <doctest/doctest.h>

#include <initializer_list>
#include <string>
#include <vector>

#include "core/jitter/stream.h"

using namespace mixminus;
using namespace mixminus::testing;

TEST_CASE("jitter buffer: waits for its target, then plays in order through both wraps") {
  Stream stream(Stream::OneFrame(), 65500, 0xFFFFF000);
  CHECK(stream.Pull() == "s160");
  stream.Put(0);
  CHECK(stream.Pull() == "s160");
  for (int i = 1; i < 200; ++i) {
    CHECK(stream.Put(i) == JitterInsert::kInserted);
    REQUIRE(stream.Pull() == std::to_string(i - 1));
    REQUIRE(stream.buffer.last_level_ms() == 40);
  }
  const JitterStats stats = stream.buffer.stats();
  CHECK(stats.inserted == 200);
  CHECK(stats.lost + stats.late + stats.duplicate + stats.reordered + stats.discarded == 0);
  CHECK(stats.concealed_samples == 0);
  CHECK(stats.target_ms == 20);
  CHECK(stats.delay_ms == 20);
  CHECK(stream.buffer.excess_units() == 0);
}

TEST_CASE("jitter buffer: a larger target waits longer") {
  JitterBufferConfig config;
  config.fixed_ms = 80;
  Stream stream(config);
  for (int i = 0; i < 4; ++i) {
    stream.Put(i);
    CHECK(stream.Pull() == "s160");
  }
  stream.Put(4);
  CHECK(stream.Pull() == "0");
  CHECK(stream.buffer.last_level_ms() == 100);
}

TEST_CASE("jitter buffer: what piled up before the first pull is not kept as delay") {
  Stream stream;
  for (int i = 0; i < 15; ++i) stream.Put(i);
  CHECK(stream.Pull() == "13");
  CHECK(stream.buffer.last_level_ms() == 40);
  CHECK(stream.buffer.stats().discarded == 13);
  CHECK(stream.buffer.stats().lost == 0);
}

TEST_CASE("jitter buffer: reordered packets are put in order, from the first on") {
  Stream stream;
  stream.Put(1);
  CHECK(stream.Put(0) == JitterInsert::kInserted);
  CHECK(stream.Pull() == "0");
  stream.Put(3);
  stream.Put(2);
  stream.Put(5);
  stream.Put(4);
  for (int i = 1; i < 6; ++i) CHECK(stream.Pull() == std::to_string(i));
  CHECK(stream.buffer.stats().reordered == 3);
  CHECK(stream.buffer.stats().lost == 0);
}

TEST_CASE("jitter buffer: a lost packet is concealed in its place and counted once") {
  Stream stream;
  stream.Start();
  stream.Put(3);
  CHECK(stream.Pull() == "1");
  stream.Put(4);
  CHECK(stream.Pull() == "r160");
  stream.Put(5);
  CHECK(stream.Pull() == "3");
  CHECK(stream.Pull() == "4");
  const JitterStats stats = stream.buffer.stats();
  CHECK(stats.lost == 1);
  CHECK(stats.concealed_samples == 160);
  CHECK(stats.concealment_events == 1);
  CHECK(stats.inserted_samples == 0);
}

TEST_CASE("jitter buffer: a packet after its turn is late, and no longer lost") {
  Stream stream;
  stream.Start();
  stream.Put(3);
  stream.Pull();
  stream.Put(4);
  CHECK(stream.Pull() == "r160");
  CHECK(stream.Pull() == "3");
  CHECK(stream.buffer.stats().lost == 1);
  CHECK(stream.Put(2) == JitterInsert::kLate);
  CHECK(stream.Put(2) == JitterInsert::kDuplicate);
  const JitterStats stats = stream.buffer.stats();
  CHECK(stats.lost == 0);
  CHECK(stats.late == 1);
  CHECK(stats.duplicate == 1);
}

TEST_CASE(
    "jitter buffer: a late packet whose time was concealed is dropped when younger ones wait") {
  Stream stream;
  stream.Start();
  stream.Put(4);
  CHECK(stream.Pull() == "1");
  CHECK(stream.Pull() == "c160");
  stream.Put(2);
  CHECK(stream.Pull() == "r160");
  CHECK(stream.Pull() == "4");
  CHECK(stream.buffer.stats().late == 1);
  CHECK(stream.buffer.stats().lost == 1);
}

TEST_CASE("jitter buffer: duplicates are counted wherever they come") {
  Stream stream;
  stream.Start();
  CHECK(stream.Put(1) == JitterInsert::kDuplicate);
  CHECK(stream.Put(0) == JitterInsert::kDuplicate);
  stream.Put(2);
  CHECK(stream.Put(2) == JitterInsert::kDuplicate);
  CHECK(stream.Pull() == "1");
  CHECK(stream.Pull() == "2");
  CHECK(stream.buffer.stats().duplicate == 3);
}

TEST_CASE(
    "jitter buffer: a delay spike is waited for, heard whole, and the delay has grown by it") {
  Stream stream;
  stream.Start();
  CHECK(stream.Pull() == "1");
  CHECK(stream.Pull() == "c160");
  CHECK(stream.Pull() == "c160");
  for (int i = 2; i < 6; ++i) stream.Put(i);
  for (int i = 2; i < 6; ++i) CHECK(stream.Pull() == std::to_string(i));
  const JitterStats stats = stream.buffer.stats();
  CHECK(stats.inserted_samples == 320);
  CHECK(stats.rebases == 0);
  CHECK(stats.concealed_samples == 320);
  CHECK(stats.concealment_events == 1);
  CHECK(stats.lost == 0);
}

TEST_CASE(
    "jitter buffer: every packet length from 2.5 to 60 ms fills 20 ms frames without a seam") {
  for (const int units : {20, 40, 80, 120, 160, 200, 240, 320, 400, 480}) {
    JitterBufferConfig config;
    config.fixed_ms = 60;
    Stream stream(config);
    int sent = 0;  // units
    int number = 0;
    int64_t expected = 0;  // next unit to be heard
    bool playing = false;
    for (int tick = 0; tick < 400; ++tick) {
      while (sent < tick * kFrame + 1) {
        stream.Put(number++, units);
        sent += units;
      }
      stream.Pull();
      for (int i = 0; i < stream.plan.count; ++i) {
        const JitterSegment& segment = stream.plan.segments[i];
        if (segment.kind != JitterSegmentKind::kPacket) {
          REQUIRE_FALSE(playing);
          continue;
        }
        playing = true;
        const int64_t at =
            int64_t{static_cast<uint16_t>(segment.sequence - stream.sequence)} * units +
            segment.offset;
        REQUIRE(at == expected);
        expected = at + segment.length;
      }
      if (playing && tick > 10) {
        REQUIRE(stream.buffer.last_level_ms() >= 20);
        REQUIRE(stream.buffer.last_level_ms() <= 120);
        REQUIRE(stream.buffer.delay_ms() <= 60);
      }
    }
    CAPTURE(units);
    CHECK(playing);
    CHECK(expected > 390 * kFrame);
    CHECK(stream.buffer.stats().concealed_samples == 0);
  }
}

TEST_CASE("jitter buffer: markers are no loss, and the time behind them is silence") {
  Stream stream;
  stream.Start();
  stream.Put(2);
  CHECK(stream.Pull() == "1");
  CHECK(stream.Pull() == "2");
  // Ten telephone-event packets in the place of ten packets of audio, the third of them lost.
  for (int i = 3; i < 13; ++i) {
    if (i != 5)
      CHECK(stream.buffer.InsertMarker(static_cast<uint16_t>(100 + i)) == JitterInsert::kInserted);
    CHECK(stream.Pull() == "s160");
  }
  // It comes a tick after its time, so nothing is waited for.
  stream.Put(13);
  CHECK(stream.Pull() == "13");
  stream.Put(14);
  CHECK(stream.Pull() == "14");
  const JitterStats stats = stream.buffer.stats();
  CHECK(stats.concealed_samples == 0);
  CHECK(stats.lost == 1);
  CHECK(stream.buffer.InsertMarker(107) == JitterInsert::kDuplicate);
  CHECK(stream.buffer.packets() == 0);
}

TEST_CASE(
    "jitter buffer: a lost marker between markers and audio is silence too; later losses are "
    "concealed") {
  Stream stream;
  stream.Start();
  stream.buffer.InsertMarker(102);
  CHECK(stream.Pull() == "1");
  stream.buffer.InsertMarker(103);
  for (int i = 0; i < 2; ++i) CHECK(stream.Pull() == "s160");
  stream.Put(5);
  CHECK(stream.Pull() == "s160");
  CHECK(stream.buffer.stats().concealed_samples == 0);
  CHECK(stream.Pull() == "5");
  stream.Put(7);
  CHECK(stream.Pull() == "r160");
  CHECK(stream.Pull() == "7");
}

TEST_CASE("jitter buffer: markers between audio that goes on change nothing") {
  Stream stream;
  // Sequence numbers 100, 102, 104 … are audio with timestamps in a row; the odd ones are markers.
  const auto put = [&](int number) {
    std::vector<uint8_t> payload(kFrame, static_cast<uint8_t>(number));
    JitterPacket packet;
    packet.sequence = static_cast<uint16_t>(100 + 2 * number);
    packet.timestamp = static_cast<uint32_t>(number * kFrame);
    packet.payload = payload.data();
    packet.payload_size = payload.size();
    packet.duration = kFrame;
    packet.arrival_ns = stream.now_ns + kTickNs;
    stream.buffer.Insert(packet);
    stream.buffer.InsertMarker(static_cast<uint16_t>(101 + 2 * number));
  };
  const auto pull = [&] {
    stream.buffer.Tick(stream.now_ns += kTickNs, kFrame, 0);
    stream.buffer.Pull(kFrame, &stream.plan);
  };
  put(0);
  pull();
  for (int i = 1; i < 50; ++i) {
    put(i);
    pull();
    REQUIRE(stream.plan.count == 1);
    REQUIRE(stream.plan.segments[0].kind == JitterSegmentKind::kPacket);
    REQUIRE(stream.plan.segments[0].payload[0] == i - 1);
    REQUIRE(stream.buffer.last_level_ms() == 40);
  }
  CHECK(stream.buffer.stats().lost == 0);
}

TEST_CASE("jitter buffer: a jump past all slots begins anew") {
  JitterBufferConfig config = Stream::OneFrame();
  config.slots = 8;
  Stream stream(config);
  stream.Start();
  CHECK(stream.Put(40) == JitterInsert::kInserted);
  CHECK(stream.buffer.stats().resets == 1);
  CHECK(stream.Pull() == "s160");
  stream.Put(41);
  CHECK(stream.Pull() == "40");
}

TEST_CASE("jitter buffer: payloads too large and durations out of range are not played") {
  Stream stream;
  stream.Start();
  std::vector<uint8_t> payload(481, 2);
  JitterPacket packet;
  packet.sequence = 102;
  packet.timestamp = 5320;
  packet.payload = payload.data();
  packet.payload_size = payload.size();
  packet.duration = 481;
  CHECK(stream.buffer.Insert(packet) == JitterInsert::kDiscarded);
  for (const int duration : {0, -5, 19, 8001}) {
    packet.payload_size = 10;
    packet.duration = duration;
    packet.sequence = static_cast<uint16_t>(packet.sequence + 1);
    CHECK(stream.buffer.Insert(packet) == JitterInsert::kDiscarded);
  }
  CHECK(stream.buffer.stats().discarded == 5);
  CHECK(stream.Pull() == "1");
  CHECK(stream.Pull() == "s160");
  CHECK(stream.buffer.stats().lost == 0);
}

TEST_CASE("jitter buffer: a reset forgets the stream and keeps the counters") {
  Stream stream;
  stream.Start();
  stream.buffer.Reset();
  CHECK(stream.buffer.packets() == 0);
  CHECK(stream.Pull() == "s160");
  CHECK(stream.buffer.stats().inserted == 2);
  stream.sequence = 40000;
  stream.base_timestamp = 99;
  stream.Start();
}
