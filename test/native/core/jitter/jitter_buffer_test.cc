#include "core/jitter/jitter_buffer.h"

#include <doctest/doctest.h>

#include <initializer_list>
#include <string>
#include <vector>

#include "core/testing.h"

using namespace mixminus;

namespace {

constexpr int kFrame = 160;

// A buffer and a sender at its side. Payload bytes name the packet, so that every pull can be
// checked.
struct Stream {
  explicit Stream(const JitterBufferConfig& config = {}, uint16_t first = 100,
                  uint32_t timestamp = 5000)
      : buffer(config), sequence(first), base_timestamp(timestamp) {}

  JitterInsert Put(int number, int units = kFrame, int shift = 0) {
    std::vector<uint8_t> payload(static_cast<size_t>(units), static_cast<uint8_t>(number));
    JitterPacket packet;
    packet.sequence = static_cast<uint16_t>(sequence + number);
    packet.timestamp =
        base_timestamp + static_cast<uint32_t>(number * units) + static_cast<uint32_t>(shift);
    packet.payload = payload.data();
    packet.payload_size = payload.size();
    packet.duration = units;
    packet.arrival_ns = number;
    return buffer.Insert(packet);
  }

  // One tick as text: "7" packet 7 whole, "7[80+80]" a part, "c160" concealed, "s160" silence.
  std::string Pull(int units = kFrame) {
    buffer.Pull(units, &plan);
    std::string text;
    int total = 0;
    for (int i = 0; i < plan.count; ++i) {
      const JitterSegment& segment = plan.segments[i];
      REQUIRE(segment.length > 0);
      total += segment.length;
      if (!text.empty()) text += ' ';
      switch (segment.kind) {
        case JitterSegmentKind::kConceal:
          text += "c" + std::to_string(segment.length);
          break;
        case JitterSegmentKind::kSilence:
          text += "s" + std::to_string(segment.length);
          break;
        case JitterSegmentKind::kPacket: {
          const int number = static_cast<uint16_t>(segment.sequence - sequence);
          REQUIRE(segment.payload[0] == static_cast<uint8_t>(number));
          REQUIRE(segment.offset + segment.length <= static_cast<int>(segment.payload_size));
          text += std::to_string(number);
          if (segment.length != static_cast<int>(segment.payload_size)) {
            text +=
                "[" + std::to_string(segment.offset) + "+" + std::to_string(segment.length) + "]";
          }
        }
      }
    }
    REQUIRE(total == units);
    return text;
  }

  // Packets 0 and 1, and the two pulls that play 0.
  void Start() {
    Put(0);
    REQUIRE(Pull() == "s160");
    Put(1);
    REQUIRE(Pull() == "0");
  }

  JitterBuffer buffer;
  JitterPlan plan;
  uint16_t sequence;
  uint32_t base_timestamp;
};

}  // namespace

TEST_CASE("jitter buffer: waits for its target, then plays in order through both wraps") {
  Stream stream({}, 65500, 0xFFFFF000);
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
  CHECK(stats.target_ms == 40);
  CHECK(stats.average_level_ms == 40);
  CHECK(stream.buffer.Advice() == JitterAdvice::kNone);
}

TEST_CASE("jitter buffer: a larger target waits longer") {
  JitterBufferConfig config;
  config.target_ms = 100;
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
  CHECK(stream.Pull() == "c160");
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
  CHECK(stream.Pull() == "c160");
  CHECK(stream.Pull() == "3");
  CHECK(stream.buffer.stats().lost == 1);
  CHECK(stream.Put(2) == JitterInsert::kLate);
  CHECK(stream.Put(2) == JitterInsert::kDuplicate);
  const JitterStats stats = stream.buffer.stats();
  CHECK(stats.lost == 0);
  CHECK(stats.late == 1);
  CHECK(stats.duplicate == 1);
}

TEST_CASE("jitter buffer: a late packet whose end is still useful gives its end") {
  Stream stream;
  const int units = 480;  // 60 ms
  stream.Put(0, units);
  stream.Pull();
  for (const char* expected : {"0[0+160]", "0[160+160]", "0[320+160]"})
    CHECK(stream.Pull() == expected);
  stream.Put(2, units);
  CHECK(stream.Pull() == "c160");
  stream.Put(1, units);
  CHECK(stream.Pull() == "1[160+160]");
  CHECK(stream.Pull() == "1[320+160]");
  CHECK(stream.buffer.level_units() == 480);
  CHECK(stream.Pull() == "2[0+160]");
  CHECK(stream.buffer.level_units() == 320);
  CHECK(stream.buffer.stats().lost == 0);
}

TEST_CASE(
    "jitter buffer: a late packet whose time was concealed is dropped when younger ones wait") {
  Stream stream;
  stream.Start();
  stream.Put(4);
  CHECK(stream.Pull() == "1");
  CHECK(stream.Pull() == "c160");
  stream.Put(2);
  CHECK(stream.Pull() == "c160");
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

TEST_CASE("jitter buffer: a spike whose first packet is lost is heard from the second on") {
  Stream stream;
  stream.Start();
  CHECK(stream.Pull() == "1");
  for (int i = 0; i < 3; ++i) CHECK(stream.Pull() == "c160");
  for (int i = 3; i < 6; ++i) stream.Put(i);
  for (int i = 3; i < 6; ++i) CHECK(stream.Pull() == std::to_string(i));
  CHECK(stream.buffer.stats().lost == 1);
  CHECK(stream.buffer.stats().inserted_samples == 320);
}

TEST_CASE("jitter buffer: concealment while empty covers the loss that caused it") {
  Stream stream;
  stream.Start();
  CHECK(stream.Pull() == "1");
  CHECK(stream.Pull() == "c160");  // 2 is lost, 3 not there yet
  stream.Put(3);
  CHECK(stream.Pull() == "3");
  stream.Put(4);
  CHECK(stream.Pull() == "4");
  CHECK(stream.buffer.stats().lost == 1);
  CHECK(stream.buffer.stats().inserted_samples == 0);
  CHECK(stream.buffer.stats().concealed_samples == 160);
}

TEST_CASE("jitter buffer: after a pause the target is waited for again") {
  Stream stream;
  stream.Start();
  CHECK(stream.Pull() == "1");
  for (int i = 0; i < 5; ++i) CHECK(stream.Pull() == "c160");
  for (int i = 0; i < 20; ++i) CHECK(stream.Pull() == "s160");
  CHECK(stream.buffer.filling());
  stream.Put(2, kFrame, 25 * kFrame + 3);  // a talkspurt, with a timestamp to match
  CHECK(stream.Pull() == "s160");
  stream.Put(3, kFrame, 25 * kFrame + 3);
  CHECK(stream.Pull() == "2");
  CHECK(stream.Pull() == "3");
  CHECK(stream.buffer.stats().lost == 0);
}

TEST_CASE("jitter buffer: a short pause that the timestamps show is silence, and keeps time") {
  Stream stream;
  stream.Start();
  stream.Put(2, kFrame, 80);
  stream.Put(3, kFrame, 80);
  CHECK(stream.Pull() == "1");
  CHECK(stream.Pull() == "s80 2[0+80]");
  CHECK(stream.Pull() == "2[80+80] 3[0+80]");
  CHECK(stream.buffer.stats().concealed_samples == 0);
}

TEST_CASE(
    "jitter buffer: every packet length from 2.5 to 60 ms fills 20 ms frames without a seam") {
  for (const int units : {20, 40, 80, 120, 160, 200, 240, 320, 400, 480}) {
    JitterBufferConfig config;
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
        REQUIRE(stream.buffer.last_level_ms() <= 100);
        REQUIRE(stream.buffer.Advice() == JitterAdvice::kNone);
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
  stream.Put(13);
  CHECK(stream.Pull() == "s160");
  stream.Put(14);
  CHECK(stream.Pull() == "13");
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
  stream.buffer.InsertMarker(103);
  stream.Put(5);
  CHECK(stream.Pull() == "1");
  for (int i = 0; i < 3; ++i) CHECK(stream.Pull() == "s160");
  CHECK(stream.buffer.stats().concealed_samples == 0);
  stream.Put(7);
  CHECK(stream.Pull() == "5");
  CHECK(stream.Pull() == "c160");
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
    stream.buffer.Insert(packet);
    stream.buffer.InsertMarker(static_cast<uint16_t>(101 + 2 * number));
  };
  put(0);
  stream.buffer.Pull(kFrame, &stream.plan);
  for (int i = 1; i < 50; ++i) {
    put(i);
    stream.buffer.Pull(kFrame, &stream.plan);
    REQUIRE(stream.plan.count == 1);
    REQUIRE(stream.plan.segments[0].kind == JitterSegmentKind::kPacket);
    REQUIRE(stream.plan.segments[0].payload[0] == i - 1);
    REQUIRE(stream.buffer.last_level_ms() == 40);
  }
  CHECK(stream.buffer.stats().lost == 0);
}

TEST_CASE("jitter buffer: timestamps that jump while sequence goes on do not stop the audio") {
  for (const int jump : {-1000000, -8000, -160, 4000, 1000000, 0x7FFFFFF0}) {
    Stream stream;
    stream.Start();
    CHECK(stream.Put(2, kFrame, jump) == JitterInsert::kInserted);
    CHECK(stream.Pull() == "1");
    for (int i = 3; i < 30; ++i) {
      stream.Put(i, kFrame, jump);
      CAPTURE(jump);
      CAPTURE(i);
      REQUIRE(stream.Pull() == std::to_string(i - 1));
    }
    CHECK(stream.buffer.stats().rebases == 1);
    CHECK(stream.buffer.stats().concealed_samples == 0);
  }
}

TEST_CASE("jitter buffer: a jump back behind a loss does not stop the audio either") {
  Stream stream;
  stream.Start();
  stream.Put(3, kFrame, 0);
  CHECK(stream.Pull() == "1");
  CHECK(stream.Pull() == "c160");
  for (int i = 5; i < 8; ++i) stream.Put(i, kFrame, -1000000);
  CHECK(stream.Pull() == "3");
  for (int i = 5; i < 8; ++i) CHECK(stream.Pull() == std::to_string(i));
}

TEST_CASE("jitter buffer: one packet with a wild timestamp harms only itself") {
  Stream stream;
  stream.Start();
  for (int i = 2; i < 30; ++i) {
    stream.Put(i, kFrame, i == 10 ? 12345678 : 0);
    REQUIRE(stream.Pull() == std::to_string(i - 1));
  }
}

TEST_CASE("jitter buffer: burst loss is bridged and the stream goes on at the same delay") {
  for (const int burst : {1, 2, 3, 4, 6, 10, 30, 63, 64, 65, 200, 2000}) {
    Stream stream;
    stream.Put(0);
    int heard_after = 0;
    for (int tick = 0; tick < burst + 60; ++tick) {
      const int number = tick + 1;
      if (number < 20 || number >= 20 + burst) stream.Put(number);
      const std::string text = stream.Pull();
      if (tick > burst + 40) {
        REQUIRE(text.find_first_of("cs") == std::string::npos);
        ++heard_after;
      }
    }
    CAPTURE(burst);
    CHECK(heard_after > 10);
    CHECK(stream.buffer.stats().lost == static_cast<uint64_t>(burst));
    CHECK(stream.buffer.last_level_ms() <= 60);
    CHECK(stream.buffer.last_level_ms() >= 40);
  }
}

TEST_CASE("jitter buffer: past its maximum the oldest audio goes, down to the set point") {
  Stream stream;
  stream.Start();
  for (int i = 2; i < 21; ++i) stream.Put(i);
  CHECK(stream.Pull() == "1");
  CHECK(stream.buffer.last_level_ms() == 400);
  CHECK(stream.buffer.stats().discarded == 0);
  for (int i = 21; i < 30; ++i) stream.Put(i);
  const std::string text = stream.Pull();
  CHECK(text == "28");
  CHECK(stream.buffer.stats().discarded == 26);
  CHECK(stream.Pull() == "29");
}

TEST_CASE("jitter buffer: a jump past all slots begins anew") {
  JitterBufferConfig config;
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

TEST_CASE("jitter buffer: a pull of any length works, longer ones are cut at 60 ms") {
  Stream stream;
  stream.Start();
  for (int i = 2; i < 6; ++i) stream.Put(i);
  CHECK(stream.Pull(40) == "1[0+40]");
  CHECK(stream.Pull(1) == "1[40+1]");
  CHECK(stream.Pull(279) == "1[41+119] 2");
  stream.buffer.Pull(100000, &stream.plan);
  int total = 0;
  for (int i = 0; i < stream.plan.count; ++i) total += stream.plan.segments[i].length;
  CHECK(total == 480);
}

TEST_CASE("jitter buffer: says when to leave out and when to put in a frame") {
  Stream stream;
  stream.Start();
  for (int i = 2; i < 7; ++i) stream.Put(i);  // 100 ms more than the target
  int number = 7;
  int ticks = 0;
  while (stream.buffer.Advice() != JitterAdvice::kShrinkIfQuiet && ticks < 1000) {
    stream.Put(number++);
    stream.Pull();
    ++ticks;
  }
  CHECK(ticks < 100);
  // Not when the frame behind it is missing.
  JitterPlan plan;
  const int spare = stream.buffer.packets() - 1;
  for (int i = 0; i < spare; ++i) stream.buffer.Pull(kFrame, &plan);
  CHECK(stream.buffer.stats().average_level_ms > 60);
  CHECK(stream.buffer.Advice() == JitterAdvice::kNone);
  for (int i = 0; i < spare; ++i) stream.Put(number++);
  while (stream.buffer.Advice() != JitterAdvice::kShrinkNow && ticks < 1000) {
    stream.Put(number++);
    stream.Pull();
    ++ticks;
  }
  CHECK(ticks < 300);
  for (int i = 0; i < 2000; ++i) {
    stream.Put(number++);
    stream.Pull();
    if (stream.buffer.Advice() == JitterAdvice::kNone) continue;
    stream.Pull();
    stream.buffer.ShrinkBy(kFrame);
  }
  CHECK(stream.buffer.last_level_ms() <= 60);
  CHECK(stream.buffer.stats().removed_samples == 160 * 4);
  // Now pull more than is sent: underruns put the delay back by themselves, growth in silence comes
  // first.
  int grown = 0;
  for (int i = 0; i < 2000; ++i) {
    if (i % 200 != 0 || i > 400) stream.Put(number++);
    if (stream.buffer.Advice() == JitterAdvice::kGrowIfQuiet) {
      stream.buffer.GrowBy(kFrame);
      ++grown;
      continue;
    }
    stream.Pull();
  }
  CHECK(grown >= 1);
  CHECK(stream.buffer.last_level_ms() >= 40);
}
