#include "core/rtp/telephone_event_sender.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "core/rtp/telephone_event.h"

using namespace mixminus;

namespace {

struct Sent {
  int tick;
  TelephoneEventSender::Packet packet;
  bool end() const { return (packet.payload[1] & 0x80) != 0; }
  int duration() const { return packet.payload[2] << 8 | packet.payload[3]; }
};

// Sends one request to its end; the stream's timestamp begins at `first`.
std::vector<Sent> SendOne(const TelephoneEventRequest& request, int clock_hz, uint32_t first,
                          int* ticks = nullptr) {
  TelephoneEventSender sender;
  sender.Start(request);
  std::vector<Sent> sent;
  int tick = 0;
  for (; !sender.idle(); ++tick) {
    REQUIRE(tick < 10'000);
    const auto now = first + static_cast<uint32_t>(tick * clock_hz / 50);
    TelephoneEventSender::Packet packet;
    const bool sounding = sender.sounding();
    const bool any = sender.Tick(now, clock_hz, &packet);
    CHECK(any == sounding);
    if (any) sent.push_back({tick, packet});
  }
  if (ticks != nullptr) *ticks = tick;
  return sent;
}

}  // namespace

TEST_CASE("telephone event out: durations grow, the marker is on the first, the end comes thrice") {
  for (const int clock_hz : {8000, 16'000, 48'000}) {
    const int frame = clock_hz / 50;
    const std::vector<Sent> sent = SendOne({5, 100, 100, 10}, clock_hz, 0xFFFFFFF0u);
    REQUIRE(sent.size() == 7);
    for (size_t i = 0; i < sent.size(); ++i) {
      CHECK(sent[i].tick == static_cast<int>(i));
      CHECK(sent[i].packet.timestamp == 0xFFFFFFF0u);
      CHECK(sent[i].packet.marker == (i == 0));
      CHECK(sent[i].packet.payload[0] == 5);
      CHECK((sent[i].packet.payload[1] & 0x7F) == 10);
      CHECK(sent[i].end() == (i >= 4));
      CHECK(sent[i].duration() == std::min(static_cast<int>(i) + 1, 5) * frame);
    }
  }
}

TEST_CASE("telephone event out: a duration between two ticks is told exactly") {
  const std::vector<Sent> sent = SendOne({1, 110, 40, 10}, 8000, 0);
  REQUIRE(sent.size() == 8);
  CHECK(sent.back().duration() == 880);
  CHECK(sent[4].duration() == 800);
}

TEST_CASE("telephone event out: the gap holds the repeats of the end") {
  int ticks = 0;
  SendOne({1, 100, 100, 10}, 8000, 0, &ticks);
  CHECK(ticks == 10);
  SendOne({1, 100, 40, 10}, 8000, 0, &ticks);
  CHECK(ticks == 7);
  SendOne({1, 100, 0, 10}, 8000, 0, &ticks);
  CHECK(ticks == 7);
}

TEST_CASE("telephone event out: a pause sends nothing") {
  int ticks = 0;
  CHECK(SendOne({TelephoneEventRequest::kPause, 500, 0, 0}, 8000, 0, &ticks).empty());
  CHECK(ticks == 25);
}

TEST_CASE("telephone event out: a long event goes on in segments without a marker") {
  for (const int clock_hz : {8000, 48'000}) {
    const std::vector<Sent> sent = SendOne({3, 20'000, 100, 10}, clock_hz, 1000);
    const uint32_t total = 20u * static_cast<uint32_t>(clock_hz);
    uint32_t start = 1000;
    int before = 0;
    for (size_t i = 1; i < sent.size(); ++i) {
      CHECK_FALSE(sent[i].packet.marker);
      if (sent[i].packet.timestamp != start) {
        // A full segment, told three times, then the next one where it ended.
        CHECK(sent[i].packet.timestamp == start + 0xFFFF);
        CHECK(before == 0xFFFF);
        CHECK(sent[i - 3].duration() == 0xFFFF);
        CHECK_FALSE(sent[i - 1].end());
        start = sent[i].packet.timestamp;
      } else {
        CHECK(sent[i].duration() >= before);
      }
      before = sent[i].duration();
    }
    CHECK(start - 1000 + static_cast<uint32_t>(before) == total);
    CHECK(sent.back().end());
  }
}

TEST_CASE("telephone event out: our own receiver hears each event once, with its duration") {
  const std::string digits = "0123456789*#ABCD!";
  for (const int clock_hz : {8000, 16'000, 48'000}) {
    for (const int duration_ms : {40, 100, 1000, 9000}) {
      TelephoneEventReceiver receiver(clock_hz);
      TelephoneEventSender sender;
      std::string heard;
      uint32_t timestamp = 0xFFFF0000u;
      int64_t now_ns = 1;
      for (const char digit : digits) {
        const int code = TelephoneEventCode(digit);
        REQUIRE(code >= 0);
        sender.Start({static_cast<uint8_t>(code), static_cast<uint16_t>(duration_ms), 40, 10});
        while (!sender.idle()) {
          TelephoneEventSender::Packet packet;
          if (sender.Tick(timestamp, clock_hz, &packet)) {
            CHECK(receiver.Insert(packet.timestamp, packet.marker, packet.payload,
                                  sizeof(packet.payload), now_ns));
          }
          timestamp += static_cast<uint32_t>(clock_hz / 50);
          now_ns += 20'000'000;
          receiver.Flush(now_ns);
        }
        TelephoneEvent event;
        REQUIRE(receiver.Pop(&event));
        heard += event.digit;
        CHECK(event.ended);
        CHECK(event.duration_ms == duration_ms);
        CHECK_FALSE(receiver.Pop(&event));
      }
      CHECK(heard == digits);
    }
  }
}

TEST_CASE("telephone event out: a long event of which whole segments are lost is heard once") {
  const std::vector<Sent> sent = SendOne({3, 10'000, 100, 10}, 48'000, 1000);
  for (const bool given_up : {false, true}) {
    TelephoneEventReceiver receiver(48'000);
    for (const Sent& one : sent) {
      const int64_t now_ns = int64_t{one.tick} * 20'000'000;
      if (one.tick > 30 && one.tick < 300) continue;
      if (given_up) receiver.Flush(now_ns);
      receiver.Insert(one.packet.timestamp, one.packet.marker, one.packet.payload, 4, now_ns);
    }
    TelephoneEvent event;
    REQUIRE(receiver.Pop(&event));
    CHECK(event.digit == '3');
    CHECK(event.ended == !given_up);
    if (!given_up) CHECK(event.duration_ms == 10'000);
    CHECK_FALSE(receiver.Pop(&event));
  }
}

TEST_CASE("telephone event out: codes of digits") {
  CHECK(TelephoneEventCode('#') == 11);
  CHECK(TelephoneEventCode('d') == 15);
  CHECK(TelephoneEventCode('!') == 16);
  for (const char no : {'e', ' ', '\0', ',', '/', ':'}) CHECK(TelephoneEventCode(no) == -1);
}

TEST_CASE("telephone event out: breaking off ends at once") {
  TelephoneEventSender sender;
  sender.Start({1, 1000, 100, 10});
  TelephoneEventSender::Packet packet;
  REQUIRE(sender.Tick(0, 8000, &packet));
  sender.Abort();
  CHECK(sender.idle());
  CHECK_FALSE(sender.Tick(160, 8000, &packet));
}
