#include "core/rtp/telephone_event.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "core/testing.h"

using namespace mixminus;

namespace {

constexpr int64_t kMs = 1'000'000;

struct Sender {
  explicit Sender(int hz = 8000) : receiver(hz), clock_hz(hz) {}

  void Packet(uint32_t timestamp, int code, bool end, int duration, bool marker = false) {
    const uint8_t payload[] = {static_cast<uint8_t>(code),
                               static_cast<uint8_t>((end ? 0x80 : 0) | 10),
                               static_cast<uint8_t>(duration >> 8), static_cast<uint8_t>(duration)};
    receiver.Insert(timestamp, marker, payload, sizeof(payload), now_ms * kMs);
  }

  // An event as RFC 4733 senders send it: updates each 20 ms, the end three times.
  void Event(uint32_t timestamp, int code, int duration_ms) {
    const int step = clock_hz / 50;
    const int units = duration_ms * clock_hz / 1000;
    for (int at = step; at < units; at += step) {
      Packet(timestamp, code, false, at, at == step);
      now_ms += 20;
    }
    for (int i = 0; i < 3; ++i) {
      Packet(timestamp, code, true, units);
      now_ms += 20;
    }
  }

  std::string Digits() {
    std::string digits;
    TelephoneEvent event;
    while (receiver.Pop(&event)) {
      digits += event.digit;
      durations.push_back(event.duration_ms);
      ends.push_back(event.ended);
    }
    return digits;
  }

  TelephoneEventReceiver receiver;
  int clock_hz;
  int64_t now_ms = 1000;
  std::vector<int> durations;
  std::vector<bool> ends;
};

}  // namespace

TEST_CASE("telephone event: every digit once, with its duration, at each clock") {
  for (const int clock_hz : {8000, 16000, 48000}) {
    Sender sender(clock_hz);
    uint32_t timestamp = 0xFFFFFE00;  // crosses the wrap
    for (int code = 0; code <= 16; ++code) {
      sender.Event(timestamp, code, 100 + code);
      timestamp += static_cast<uint32_t>(clock_hz / 4);
      CHECK(sender.Digits() == std::string(1, "0123456789*#ABCD!"[code]));
    }
    for (int code = 0; code <= 16; ++code)
      CHECK(sender.durations[static_cast<size_t>(code)] == 100 + code);
  }
}

TEST_CASE("telephone event: the same digit twice is two events") {
  Sender sender;
  sender.Event(1000, 5, 80);
  sender.Event(2000, 5, 80);
  CHECK(sender.Digits() == "55");
}

TEST_CASE("telephone event: any loss that leaves one packet reports the digit exactly once") {
  for (int kept = 1; kept < 256; ++kept) {
    Sender sender;
    for (int i = 0; i < 8; ++i) {
      if ((kept >> i & 1) != 0)
        sender.Packet(1000, 7, i >= 5, i >= 5 ? 800 : 160 * (i + 1), i == 0);
      sender.now_ms += 20;
      sender.receiver.Flush(sender.now_ms * kMs);
    }
    sender.now_ms += 300;
    sender.receiver.Flush(sender.now_ms * kMs);
    CAPTURE(kept);
    CHECK(sender.Digits() == "7");
    CHECK(sender.ends[0] == (kept >= 32));
  }
}

TEST_CASE("telephone event: updates that stop end it after a while, not before") {
  Sender sender;
  sender.Packet(1000, 3, false, 160, true);
  sender.now_ms += 199;
  sender.receiver.Flush(sender.now_ms * kMs);
  CHECK(sender.Digits().empty());
  CHECK(sender.receiver.active());
  sender.now_ms += 1;
  sender.receiver.Flush(sender.now_ms * kMs);
  CHECK(sender.Digits() == "3");
  sender.Packet(1000, 3, true, 800);  // a very late end is not another digit
  CHECK(sender.Digits().empty());
}

TEST_CASE("telephone event: reordered and repeated packets of an older event change nothing") {
  Sender sender;
  sender.Event(1000, 1, 60);
  sender.Packet(9000, 2, false, 160, true);
  sender.Packet(1000, 1, true, 480);
  sender.Packet(9000, 2, false, 320);
  sender.Packet(9000, 2, true, 400);
  sender.Packet(9000, 2, false, 320);  // an update that was overtaken by the end
  CHECK(sender.Digits() == "12");
  CHECK(sender.durations[1] == 50);
}

TEST_CASE("telephone event: an event cut off by the next is reported") {
  Sender sender;
  sender.Packet(1000, 1, false, 400, true);
  sender.Packet(2000, 2, false, 160, true);
  sender.Packet(2000, 2, true, 320);
  CHECK(sender.Digits() == "12");
  CHECK_FALSE(sender.ends[0]);
  CHECK(sender.ends[1]);
}

TEST_CASE("telephone event: one longer than the duration field stays one (2.5.1.3)") {
  Sender sender;
  sender.Packet(1000, 11, false, 0xFFFF, true);
  sender.Packet(1000 + 0xFFFF, 11, false, 1000);
  sender.Packet(1000 + 0xFFFF, 11, true, 2000);
  CHECK(sender.Digits() == "#");
  CHECK(sender.durations[0] == (0xFFFF + 2000) / 8);
}

TEST_CASE("telephone event: a marker there begins another event of the same key") {
  Sender sender;
  sender.Packet(1000, 11, false, 0xFFFF, true);
  sender.Packet(1000 + 0xFFFF, 11, true, 2000, true);
  CHECK(sender.Digits() == "##");
}

TEST_CASE("telephone event: an overtaken update does not shorten the event") {
  Sender sender;
  sender.Packet(1000, 9, false, 800, true);
  sender.Packet(1000, 9, false, 320);
  sender.receiver.FlushNow();
  CHECK(sender.Digits() == "9");
  CHECK(sender.durations[0] == 100);
}

TEST_CASE("telephone event: several events in one packet (2.5.1.5)") {
  Sender sender;
  const uint8_t payload[] = {1, 0x8A, 0x01, 0x90, 2, 0x8A, 0x01, 0x90};
  CHECK(sender.receiver.Insert(5000, true, payload, 8, 0));
  CHECK(sender.receiver.Insert(5000, true, payload, 8, 0));
  CHECK(sender.Digits() == "12");
}

TEST_CASE("telephone event: other codes and wrong sizes are counted") {
  Sender sender;
  sender.Packet(1000, 32, true, 100, true);
  CHECK(sender.receiver.ignored() == 1);
  const uint8_t payload[5] = {};
  CHECK_FALSE(sender.receiver.Insert(0, false, payload, 0, 0));
  CHECK_FALSE(sender.receiver.Insert(0, false, payload, 3, 0));
  CHECK_FALSE(sender.receiver.Insert(0, false, payload, 5, 0));
  CHECK(sender.Digits().empty());
  CHECK(TelephoneEventDigit(17) == 0);
}

TEST_CASE("telephone event: a full queue counts what it cannot hold") {
  Sender sender;
  for (int i = 0; i < TelephoneEventReceiver::kQueueSize + 3; ++i) {
    sender.Packet(static_cast<uint32_t>(1000 + 1000 * i), i % 10, true, 400, true);
  }
  CHECK(sender.receiver.overflows() == 3);
  CHECK(sender.Digits() == "0123456789012345");
}

TEST_CASE("telephone event: a source that began anew is heard") {
  Sender sender;
  sender.Event(0x50000000, 4, 60);
  sender.Event(0x10000000, 5, 60);  // timestamps far behind
  CHECK(sender.Digits() == "45");
  sender.Packet(0x10005000, 6, false, 160, true);
  sender.receiver.Reset();
  sender.Packet(0x10000100, 7, true, 160, true);
  CHECK(sender.Digits() == "67");
}
