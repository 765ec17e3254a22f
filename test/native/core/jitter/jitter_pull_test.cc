// How the jitter buffer keeps time: pauses, spikes, jumps, packet lengths and the steering of the
// delay.

#include <doctest/doctest.h>

#include <initializer_list>
#include <string>
#include <vector>

#include "core/jitter/jitter_buffer.h"
#include "core/jitter/stream.h"

using namespace mixminus;
using namespace mixminus::testing;

TEST_CASE("jitter buffer: a late packet whose end is still useful gives its end") {
  Stream stream;
  const int units = 480;  // 60 ms
  stream.Put(0, units);
  stream.Pull();
  for (const char* expected : {"0[0+160]", "0[160+160]", "0[320+160]"})
    CHECK(stream.Pull() == expected);
  stream.Put(2, units);
  CHECK(stream.Pull() == "r160");
  stream.Put(1, units);
  CHECK(stream.Pull() == "1[160+160]");
  CHECK(stream.Pull() == "1[320+160]");
  CHECK(stream.buffer.level_units() == 480);
  CHECK(stream.Pull() == "2[0+160]");
  CHECK(stream.buffer.level_units() == 320);
  CHECK(stream.buffer.stats().lost == 0);
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
  stream.Put(2, kFrame, 26 * kFrame);  // a talkspurt, with a timestamp to match
  CHECK(stream.Pull() == "s160");
  stream.Put(3, kFrame, 26 * kFrame);
  CHECK(stream.Pull() == "2");
  CHECK(stream.Pull() == "3");
  CHECK(stream.buffer.stats().lost == 0);
}

TEST_CASE("jitter buffer: a short pause that the timestamps show is silence, and keeps time") {
  Stream stream;
  stream.Start();
  stream.late_ns = kTickNs / 2;
  stream.Put(2, kFrame, 80);
  CHECK(stream.Pull() == "1");
  stream.Put(3, kFrame, 80);
  CHECK(stream.Pull() == "s80 2[0+80]");
  CHECK(stream.Pull() == "2[80+80] 3[0+80]");
  CHECK(stream.buffer.stats().concealed_samples == 0);
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
  CHECK(stream.Pull() == "r160");
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

TEST_CASE("jitter buffer: a pull of any length works, longer ones are cut at 100 ms") {
  Stream stream;
  stream.Start();
  for (int i = 2; i < 6; ++i) stream.Put(i);
  CHECK(stream.Pull(40) == "1[0+40]");
  CHECK(stream.Pull(1) == "1[40+1]");
  CHECK(stream.Pull(279) == "1[41+119] 2");
  stream.buffer.Pull(100000, &stream.plan);
  int total = 0;
  for (int i = 0; i < stream.plan.count; ++i) total += stream.plan.segments[i].length;
  CHECK(total == 800);
}

TEST_CASE("jitter buffer: says how far the delay is from the target, and follows what is done") {
  Stream stream;
  stream.Start();
  int number = 2;
  for (; number < 7; ++number) stream.Put(number);  // five packets at once: another route?
  CHECK(stream.Pull() == "1");
  // They were early, not the others late: against them everything else is 80 ms late now.
  for (; number < 200; ++number) {
    stream.Put(number);
    stream.Pull();
  }
  CHECK(stream.buffer.delay_ms() == 100);
  CHECK(stream.buffer.excess_units() == 80 * 8);
  CHECK(stream.buffer.AvailableUnits(500) == 500);
  for (int i = 0; i < 8; ++i) {
    stream.Put(number++);
    stream.Pull();
    stream.PullMore(80);
  }
  stream.Put(number++);
  stream.Pull();
  CHECK(stream.buffer.excess_units() == 0);
  CHECK(stream.buffer.delay_ms() == 20);
  for (int i = 0; i < 3; ++i) {
    stream.Put(number++);
    stream.Pull(120);
  }
  stream.Put(number++);
  stream.Pull();
  CHECK(stream.buffer.excess_units() == 15 * 8);
}

TEST_CASE("jitter buffer: what is held by the leg is part of the delay") {
  Stream stream;
  stream.Start();
  stream.Put(2);
  stream.buffer.Tick(stream.now_ns += kTickNs, kFrame, 0);
  CHECK(stream.buffer.delay_ms() == 20);
  CHECK(stream.PullMore(kFrame + 40) == "1 2[0+40]");
  stream.Put(3);
  stream.buffer.Tick(stream.now_ns += kTickNs, kFrame, 40);
  CHECK(stream.buffer.delay_ms() == 20);
  CHECK(stream.buffer.last_level_ms() == 40);
}

TEST_CASE("jitter buffer: silence of the sender is made shorter or longer to reach the target") {
  for (const bool late : {false, true}) {
    JitterBufferConfig config;
    config.fixed_ms = late ? 20 : 60;
    Stream stream(config);
    int number = 0;
    for (; number < 20; ++number) {
      stream.Put(number);
      stream.Pull();
    }
    config.fixed_ms = late ? 60 : 20;
    stream.buffer.SetBounds(config);
    // A pause of 60 ms that timestamps tell, then more.
    for (int i = 0; i < 3; ++i) stream.Pull();
    for (; number < 30; ++number) {
      stream.Put(number, kFrame, 3 * kFrame);
      stream.Pull();
    }
    CAPTURE(late);
    CHECK(stream.buffer.delay_ms() == config.fixed_ms);
    CHECK(stream.buffer.excess_units() == 0);
    const JitterStats stats = stream.buffer.stats();
    CHECK(stats.inserted_samples == (late ? 320 : 0));
    CHECK(stats.removed_samples == (late ? 0 : 320));
    CHECK(stats.lost == 0);
  }
}

TEST_CASE("jitter buffer: the end of a gap may come from the packet behind it") {
  JitterBufferConfig config;
  config.fixed_ms = 60;
  Stream stream(config);
  for (int i = 0; i < 8; ++i) {
    if (i != 4 && i != 5) stream.Put(i);
    stream.Pull();
  }
  CHECK(stream.buffer.stats().concealed_samples == 160);  // packet 4: nothing can be done
  stream.Put(8);
  CHECK(stream.Pull(80) == "r80");
  CHECK(stream.plan.segments[0].sequence == 106);
  CHECK(stream.plan.segments[0].offset == -160);
  CHECK(stream.plan.segments[0].payload[0] == 6);
  CHECK(stream.PullMore(80) == "r80");
  CHECK(stream.plan.segments[0].offset == -80);
  CHECK(stream.buffer.stats().concealed_samples == 320);
  stream.buffer.NoteRepaired(160);
  CHECK(stream.buffer.stats().concealed_samples == 160);
  CHECK(stream.buffer.stats().repaired_samples == 160);
  CHECK(stream.PullMore(160) == "6");
}

TEST_CASE("jitter buffer: a redundant copy fills a hole and nothing else") {
  JitterBufferConfig config;
  config.fixed_ms = 60;
  Stream stream(config);
  for (int i = 0; i < 6; ++i) {
    if (i != 3) stream.Put(i);
    stream.Pull();
  }
  std::vector<uint8_t> payload(kFrame, 3);
  JitterPacket copy;
  copy.payload = payload.data();
  copy.payload_size = payload.size();
  copy.duration = kFrame;
  const auto insert = [&](int number) {
    copy.sequence = static_cast<uint16_t>(100 + number);
    copy.timestamp = static_cast<uint32_t>(5000 + number * kFrame);
    return stream.buffer.InsertRedundant(copy);
  };
  const int64_t delay = stream.buffer.delay_ms();
  CHECK_FALSE(insert(0));  // played
  CHECK_FALSE(insert(4));  // there
  CHECK_FALSE(insert(9));  // ahead of everything: the packet itself will come
  CHECK(insert(3));
  CHECK_FALSE(insert(3));
  CHECK(stream.Pull() == "3");
  CHECK(stream.Pull() == "4");
  CHECK(stream.Put(3) == JitterInsert::kDuplicate);
  const JitterStats stats = stream.buffer.stats();
  CHECK(stats.redundant == 1);
  CHECK(stats.lost + stats.late + stats.reordered + stats.concealed_samples == 0);
  CHECK(stream.buffer.delay_ms() == delay);
}

TEST_CASE(
    "jitter pull: after a wait the delay is left alone for 200 ms, because more may be late") {
  Stream stream;
  stream.Start();
  REQUIRE(stream.Pull() == "1");
  REQUIRE(stream.Pull() == "c160");
  stream.Put(2);
  int number = 3;
  int held = 0;
  stream.Put(number++);
  CHECK(stream.Pull() == "2");
  for (; held < 20; ++held) {
    stream.Put(number++);
    stream.Pull();
    if (stream.buffer.excess_units() != 0) break;
  }
  CHECK(stream.buffer.excess_units() == 160);
  CHECK(held == 9);
}

TEST_CASE("jitter pull: of a longer loss only the last packet can be in the one behind it") {
  Stream stream;
  stream.Start();
  REQUIRE(stream.Pull() == "1");
  stream.Put(4);
  stream.Put(5);
  CHECK(stream.Pull(320) == "c160 r160");
}

TEST_CASE("jitter pull: when all payloads are in use the oldest audio goes, the rest follows on") {
  JitterBufferConfig config = Stream::OneFrame();
  config.max_ms = 2000;
  config.slots = 16;
  Stream stream(config);
  stream.Start();
  for (int i = 2; i <= 20; ++i) CHECK(stream.Put(i) == JitterInsert::kInserted);
  CHECK(stream.buffer.packets() == 12);
  CHECK(stream.buffer.stats().discarded == 8);
  CHECK(stream.Put(15) == JitterInsert::kDuplicate);
  CHECK(stream.Put(3) != JitterInsert::kInserted);
  CHECK(stream.buffer.stats().discarded == 8);
  CHECK(stream.Pull() == "9");
  CHECK(stream.Pull() == "10");
}
