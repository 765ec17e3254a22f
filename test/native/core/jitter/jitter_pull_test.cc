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
  CHECK(stream.Pull() == "c160");
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
