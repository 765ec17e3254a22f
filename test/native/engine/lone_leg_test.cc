// A leg in no room, in manual mode: what arrives is received, silence or a player goes out, and
// nothing goes to an address that did not ask for it.
#include "engine/rig.h"

using namespace mixminus;
using namespace mixminus::rig;

TEST_CASE("a configured leg sends one PCMU packet of silence per 20 ms, in order") {
  Rig rig;
  Phone phone = rig.Call();
  rig.Talk({&phone}, {-1}, 50);
  CHECK(phone.rtp.size() == 50);
  for (size_t i = 0; i < phone.rtp.size(); ++i) {
    RtpPacketView first;
    RtpPacketView packet;
    REQUIRE(ParseRtp(phone.rtp[0].data.data(), phone.rtp[0].data.size(), &first) == Status::kOk);
    REQUIRE(ParseRtp(phone.rtp[i].data.data(), phone.rtp[i].data.size(), &packet) == Status::kOk);
    CHECK(packet.payload_type == 0);
    CHECK(packet.payload_size == kFrameBytes);
    CHECK(packet.ssrc == first.ssrc);
    CHECK(packet.sequence == static_cast<uint16_t>(first.sequence + i));
    CHECK(packet.timestamp == first.timestamp + 160 * i);
    CHECK(packet.marker == (i == 0));
    CHECK(AllOf({packet.payload, packet.payload + packet.payload_size}, LinearToUlaw(0)));
    CHECK(phone.rtp[i].to == phone.remote);
  }
}

TEST_CASE("what arrives is counted, heard and measured") {
  Rig rig;
  Phone phone = rig.Call();
  rig.Talk({&phone}, {0x10}, 100);
  CHECK(rig.Stat(phone, LegStat::kPacketsReceived) == 100);
  CHECK(rig.Stat(phone, LegStat::kBytesReceived) == 100 * 172);
  CHECK(rig.Stat(phone, LegStat::kPacketsLost) == 0);
  CHECK(rig.Stat(phone, LegStat::kLatched) == 1);
  CHECK(rig.Stat(phone, LegStat::kSending) == 1);
  CHECK(rig.Stat(phone, LegStat::kLevelInDbov) > -20);
  CHECK(rig.Stat(phone, LegStat::kLevelOutDbov) == -127);
  CHECK(rig.Stat(phone, LegStat::kTalking) == 1);
  CHECK(rig.Stat(phone, LegStat::kGeneration) == HandleGeneration(phone.leg));
  CHECK(rig.Stat(phone, LegStat::kPlayoutDelayMs) >= 10);
  CHECK(rig.Facts(EngineFact::Kind::kTalking).size() == 1);
}

TEST_CASE("the send gate stays shut until an ACK or a packet") {
  Rig rig;
  Phone phone = rig.Open();
  auto settings = Settings(phone.remote);
  settings->allow_send = false;
  rig.Configure(phone, std::move(settings));
  rig.Talk({&phone}, {-1}, 20);
  CHECK(phone.rtp.empty());
  CHECK(phone.rtcp.empty());
  CHECK(rig.Stat(phone, LegStat::kSending) == 0);

  SUBCASE("the ACK opens it") { CHECK(rig.engine->AllowSend(phone.leg).ok()); }
  SUBCASE("a packet from the address opens it") { rig.Say(&phone, 0x20); }
  rig.Talk({&phone}, {-1}, 3);
  CHECK(phone.rtp.size() == 3);
  CHECK((phone.rtp[0].data[1] & 0x80) == 0x80);  // the marker begins the talkspurt
}

TEST_CASE("a new address in the negotiation shuts the gate again, the same one does not") {
  Rig rig;
  Phone phone = rig.Call();
  rig.Talk({&phone}, {-1}, 5);
  REQUIRE(phone.rtp.size() == 5);
  auto settings = Settings(phone.remote);
  settings->allow_send = false;

  SUBCASE("the same address goes on") {
    rig.Configure(phone, std::move(settings));
    rig.Talk({&phone}, {-1}, 5);
    CHECK(phone.rtp.size() == 10);
  }
  SUBCASE("another address has to prove itself") {
    settings->remote_rtp = Address("192.0.2.66", 9000);
    rig.Configure(phone, std::move(settings));
    rig.Talk({&phone}, {-1}, 5);
    CHECK(phone.rtp.size() == 5);
    CHECK(rig.engine->AllowSend(phone.leg).ok());
    rig.Talk({&phone}, {-1}, 1);
    CHECK(phone.rtp.size() == 6);
    CHECK(phone.rtp.back().to == Address("192.0.2.66", 9000));
  }
}

TEST_CASE("strangers are counted and never followed or heard") {
  Rig rig;
  Phone phone = rig.Call();
  Phone stranger = phone;
  stranger.ssrc = 0xBAD;
  stranger.remote = Address("203.0.113.9", 7777);
  for (int i = 0; i < 200; ++i) {
    rig.Say(&phone, 0xFF);  // digital silence
    for (int flood = 0; flood < 3; ++flood) rig.Say(&stranger, 0x00);
    rig.Tick({&phone});
  }
  CHECK(rig.Stat(phone, LegStat::kStrangers) == 600);
  CHECK(rig.Stat(phone, LegStat::kPacketsReceived) == 200);
  CHECK(rig.Stat(phone, LegStat::kLevelInDbov) == -127);
  for (const Received& received : phone.rtp) CHECK(received.to == phone.remote);
  const auto latched = rig.Facts(EngineFact::Kind::kLatched);
  REQUIRE(latched.size() == 1);
  CHECK(latched[0].address == phone.remote);
}

TEST_CASE("behind a NAT the real address is latched and media follows it") {
  Rig rig;
  Phone phone = rig.Call();
  phone.remote = Address("198.51.100.7", 61'000);
  rig.Talk({&phone}, {0x30}, 10);
  CHECK(phone.rtp.back().to == phone.remote);
  const auto latched = rig.Facts(EngineFact::Kind::kLatched);
  REQUIRE(latched.size() == 1);
  CHECK(latched[0].address == phone.remote);
}

TEST_CASE("malformed packets and unknown payload types are counted") {
  Rig rig;
  Phone phone = rig.Call();
  rig.Talk({&phone}, {0x20}, 5);
  rig.Inject(phone, {0x80, 0x00, 0x01});
  rig.Inject(phone, std::vector<uint8_t>(172, 0x40));
  rig.Say(&phone, std::vector<uint8_t>(kFrameBytes, 1), 96);
  rig.Tick({&phone});
  CHECK(rig.Stat(phone, LegStat::kMalformed) == 2);
  CHECK(rig.Stat(phone, LegStat::kUnknownPayload) == 1);
}

TEST_CASE(
    "held: nothing is sent and what comes is not heard; resumed, audio goes on with a marker") {
  Rig rig;
  Phone phone = rig.Call();
  rig.Talk({&phone}, {0x10}, 20);
  auto hold = Settings(phone.remote);
  hold->send = false;
  hold->receive_media = false;
  rig.Configure(phone, std::move(hold));
  rig.Tick({&phone});
  const size_t before = phone.rtp.size();
  const uint32_t timestamp_before = [&] {
    RtpPacketView packet;
    ParseRtp(phone.last().data(), phone.last().size(), &packet);
    return packet.timestamp;
  }();
  rig.Talk({&phone}, {0x10}, 10);
  CHECK(phone.rtp.size() == before);
  CHECK(rig.Stat(phone, LegStat::kLevelInDbov) == -127);
  CHECK(rig.Stat(phone, LegStat::kTalking) == 0);
  CHECK(rig.Stat(phone, LegStat::kDiscarded) >= 10);

  rig.Configure(phone, Settings(phone.remote));
  rig.Talk({&phone}, {0x10}, 10);
  REQUIRE(phone.rtp.size() == before + 10);
  RtpPacketView resumed;
  REQUIRE(ParseRtp(phone.rtp[before].data.data(), phone.rtp[before].data.size(), &resumed) ==
          Status::kOk);
  CHECK(resumed.marker);
  CHECK(resumed.timestamp == timestamp_before + 160 * 12);
  CHECK(rig.Stat(phone, LegStat::kLevelInDbov) > -30);
  CHECK(rig.Stat(phone, LegStat::kPacketsLost) == 0);
}

TEST_CASE("a telephone event is told once, with its duration, however often its end is repeated") {
  Rig rig;
  Phone phone = rig.Call();
  rig.Talk({&phone}, {0xFF}, 5);
  const uint32_t start = phone.timestamp;
  for (int i = 1; i <= 8; ++i) {
    const int units = 160 * i > 800 ? 800 : 160 * i;
    const uint8_t end = i >= 6 ? 0x8A : 0x0A;
    rig.Inject(phone, Rtp(101, phone.sequence++, start, phone.ssrc,
                          {5, end, static_cast<uint8_t>(units >> 8), static_cast<uint8_t>(units)}));
    phone.timestamp += kFrameBytes;
    rig.Tick({&phone});
  }
  rig.Talk({&phone}, {0xFF}, 20);
  const auto digits = rig.Facts(EngineFact::Kind::kDtmf);
  REQUIRE(digits.size() == 1);
  CHECK(digits[0].digit == '5');
  CHECK(digits[0].duration_ms == 100);
  CHECK(digits[0].leg == phone.leg);
  CHECK(rig.Stat(phone, LegStat::kTelephoneEvents) == 1);
}

TEST_CASE("silence of a peer that should send is told once, and again after it spoke") {
  EngineOptions options = ManualOptions();
  options.rtp_timeout_ms = 1000;
  Rig rig(options);
  Phone phone = rig.Call();
  rig.Talk({&phone}, {0x20}, 10);
  rig.Talk({&phone}, {-1}, 45);
  CHECK(rig.Facts(EngineFact::Kind::kRtpTimeout).empty());
  rig.Talk({&phone}, {-1}, 100);
  CHECK(rig.Facts(EngineFact::Kind::kRtpTimeout).size() == 1);
  rig.Talk({&phone}, {0x20}, 5);
  rig.Talk({&phone}, {-1}, 100);
  CHECK(rig.Facts(EngineFact::Kind::kRtpTimeout).size() == 2);
}

TEST_CASE("a held leg and a leg that nobody answered do not time out") {
  EngineOptions options = ManualOptions();
  options.rtp_timeout_ms = 200;
  Rig rig(options);
  Phone held = rig.Open();
  auto hold = Settings(held.remote);
  hold->receive_media = false;
  rig.Configure(held, std::move(hold));
  Phone ringing = rig.Open();
  auto unanswered = Settings(ringing.remote);
  unanswered->allow_send = false;
  rig.Configure(ringing, std::move(unanswered));
  rig.Talk({&held, &ringing}, {-1, -1}, 50);
  CHECK(rig.Facts(EngineFact::Kind::kRtpTimeout).empty());
}
