#include "engine/leg_digits.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "rig.h"

using namespace mixminus;
using namespace mixminus::rig;

namespace {

std::vector<TelephoneEventRequest> Events(const std::string& digits, uint16_t duration_ms = 100,
                                          uint16_t gap_ms = 60) {
  std::vector<TelephoneEventRequest> events;
  for (const char digit : digits) {
    const int code = TelephoneEventCode(digit);
    REQUIRE(code >= 0);
    events.push_back({static_cast<uint8_t>(code), duration_ms, gap_ms, 10});
  }
  return events;
}

uint64_t SendDigits(Rig* rig, const Phone& phone, const std::string& digits) {
  uint64_t number = 0;
  REQUIRE(rig->engine->SendDigits(phone.leg, Events(digits), &number).ok());
  return number;
}

// What a receiver makes of the packets that came to the phone.
std::string DigitsHeard(const Phone& phone) {
  TelephoneEventReceiver receiver(8000);
  std::string heard;
  int64_t now_ns = 0;
  for (const Received& received : phone.rtp) {
    RtpPacketView view;
    REQUIRE(ParseRtp(received.data.data(), received.data.size(), &view) == Status::kOk);
    now_ns += 20'000'000;
    if (view.payload_type != 101) continue;
    receiver.Insert(view.timestamp, view.marker, view.payload, view.payload_size, now_ns);
    TelephoneEvent event;
    while (receiver.Pop(&event)) heard += event.digit;
  }
  return heard;
}

void Run(Rig* rig, Phone* phone, int ticks) {
  for (int i = 0; i < ticks; ++i) rig->Tick({phone});
}

}  // namespace

TEST_CASE("digits: sent in order, in the place of audio, and told when they are over") {
  Rig rig;
  Phone phone = rig.Call();
  Run(&rig, &phone, 5);
  const uint64_t first = SendDigits(&rig, phone, "12");
  const uint64_t second = SendDigits(&rig, phone, "#A!");
  CHECK(rig.Facts(EngineFact::Kind::kDigitsSent).empty());
  Run(&rig, &phone, 60);
  CHECK(DigitsHeard(phone) == "12#A!");
  const auto facts = rig.Facts(EngineFact::Kind::kDigitsSent);
  REQUIRE(facts.size() == 2);
  CHECK(facts[0].count == first);
  CHECK(facts[1].count == second);
  CHECK(facts[0].completed);
  CHECK(facts[0].leg == phone.leg);
}

TEST_CASE(
    "digits: sequence numbers go on, timestamps of audio follow time, markers stand where due") {
  Rig rig;
  Phone phone = rig.Call();
  Run(&rig, &phone, 3);
  SendDigits(&rig, phone, "5");
  Run(&rig, &phone, 20);
  RtpPacketView before;
  uint32_t event_timestamp = 0;
  int events = 0;
  for (size_t i = 0; i < phone.rtp.size(); ++i) {
    const std::vector<uint8_t>& data = phone.rtp[i].data;
    RtpPacketView view;
    REQUIRE(ParseRtp(data.data(), data.size(), &view) == Status::kOk);
    if (i > 0) CHECK(view.sequence == static_cast<uint16_t>(before.sequence + 1));
    if (view.payload_type == 101) {
      if (events++ == 0) event_timestamp = view.timestamp;
      CHECK(view.timestamp == event_timestamp);
      CHECK(view.marker == (events == 1));
      CHECK(view.payload_size == 4);
    } else if (i > 0) {
      // The first audio after the event begins a talkspurt, as late as the event was long.
      const bool after = before.payload_type == 101;
      CHECK(view.marker == after);
      CHECK(view.timestamp - (after ? event_timestamp : before.timestamp) ==
            (after ? 7u * 160 : 160u));
    }
    before = view;
  }
  CHECK(events == 7);
}

TEST_CASE("digits: in a room the others hear the talker, the dialled one hears events") {
  Rig rig;
  Phone a = rig.Call();
  Phone b = rig.Call();
  rig.Room({&a, &b});
  rig.Talk({&a, &b}, {0x20, -1}, 10);
  SendDigits(&rig, b, "9");
  rig.Talk({&a, &b}, {0x20, -1}, 20);
  CHECK(DigitsHeard(b) == "9");
  CHECK(DigitsHeard(a).empty());
}

TEST_CASE("digits: a hold stops time for them") {
  Rig rig;
  Phone phone = rig.Call();
  auto held = Settings(phone.remote);
  held->send = false;
  rig.Configure(phone, std::move(held));
  SendDigits(&rig, phone, "7");
  Run(&rig, &phone, 50);
  CHECK(rig.Facts(EngineFact::Kind::kDigitsSent).empty());
  rig.Configure(phone, Settings(phone.remote));
  Run(&rig, &phone, 20);
  CHECK(DigitsHeard(phone) == "7");
  CHECK(rig.Facts(EngineFact::Kind::kDigitsSent).at(0).completed);
}

TEST_CASE("digits: what cannot be sent comes back unsent") {
  Rig rig;
  Phone phone = rig.Call();
  SUBCASE("the leg ends") {
    SendDigits(&rig, phone, "1234567890");
    Run(&rig, &phone, 10);
    REQUIRE(rig.engine->CloseLeg(phone.leg).ok());
  }
  SUBCASE("events were negotiated away") {
    SendDigits(&rig, phone, "1234567890");
    Run(&rig, &phone, 10);
    auto without = Settings(phone.remote);
    without->event_payload_type = -1;
    rig.Configure(phone, std::move(without));
  }
  SUBCASE("before they were negotiated") {
    auto without = Settings(phone.remote);
    without->event_payload_type = -1;
    rig.Configure(phone, std::move(without));
    SendDigits(&rig, phone, "1");
  }
  Run(&rig, &phone, 5);
  const auto facts = rig.Facts(EngineFact::Kind::kDigitsSent);
  REQUIRE(facts.size() == 1);
  CHECK_FALSE(facts[0].completed);
}

TEST_CASE("digits: the engine's end frees what was never taken") {
  Rig rig;
  Phone phone = rig.Call();
  SendDigits(&rig, phone, "123");
  rig.engine->Close();
  rig.engine->TakeFacts(&rig.facts);
  CHECK(rig.Facts(EngineFact::Kind::kDigitsSent).size() == 1);
}
