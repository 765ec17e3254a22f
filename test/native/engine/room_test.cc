// Rooms in manual mode: everybody hears exactly the others. Phones send constant codes, so that
// what must come back is known to the bit whatever the playout delay.
#include "engine/rig.h"

using namespace mixminus;
using namespace mixminus::rig;

namespace {

constexpr int kA = 0x21;
constexpr int kB = 0x95;
constexpr int kC = 0x3C;
constexpr int kSettle = 15;  // ticks until every buffer plays

}  // namespace

TEST_CASE("two members hear exactly each other") {
  Rig rig;
  Phone a = rig.Call();
  Phone b = rig.Call();
  rig.Room({&a, &b});
  rig.Talk({&a, &b}, {kA, kB}, kSettle);
  CHECK(AllOf(a.Heard(), kB));
  CHECK(AllOf(b.Heard(), kA));
  CHECK(rig.Stat(a, LegStat::kInMix) == 1);
}

TEST_CASE("the codes of a changing voice arrive all, in order, to the bit") {
  Rig rig;
  Phone a = rig.Call();
  Phone b = rig.Call();
  // A target that adapts would take time out of the voice.
  auto fixed = Settings(a.remote);
  fixed->receive.jitter_fixed_ms = 35;  // 15 ms to the tick, and a frame
  rig.Configure(a, std::move(fixed));
  rig.Room({&a, &b});
  std::vector<uint8_t> said;
  for (int tick = 0; tick < 60; ++tick) {
    std::vector<uint8_t> frame(kFrameBytes);
    for (size_t i = 0; i < frame.size(); ++i)
      frame[i] = static_cast<uint8_t>(0x80 + (tick * 37 + i * 11) % 100);
    said.insert(said.end(), frame.begin(), frame.end());
    rig.Say(&a, frame);
    rig.Say(&b, 0xFF);
    rig.Tick({&a, &b});
  }
  std::vector<uint8_t> heard;
  for (const Received& packet : b.rtp)
    heard.insert(heard.end(), packet.data.begin() + kRtpHeaderSize, packet.data.end());
  // Once the leg has found its delay, what is heard is what was said.
  REQUIRE(heard.size() > 40 * kFrameBytes);
  heard.erase(heard.begin(), heard.end() - 40 * kFrameBytes);
  CHECK(std::search(said.begin(), said.end(), heard.begin(), heard.end()) != said.end());
}

TEST_CASE("three members each hear the sum of the other two, also at full scale") {
  Rig rig;
  Phone a = rig.Call();
  Phone b = rig.Call();
  Phone c = rig.Call();
  rig.Room({&a, &b, &c});
  SUBCASE("moderate") {
    rig.Talk({&a, &b, &c}, {kA, kB, kC}, kSettle);
    CHECK(AllOf(a.Heard(), MixOf({kB, kC})));
    CHECK(AllOf(b.Heard(), MixOf({kA, kC})));
    CHECK(AllOf(c.Heard(), MixOf({kA, kB})));
  }
  SUBCASE("full scale: clipped once, after the own voice was taken out") {
    rig.Talk({&a, &b, &c}, {0x00, 0x80, 0x80}, kSettle);
    CHECK(AllOf(a.Heard(), MixOf({0x80, 0x80})));
    CHECK(AllOf(b.Heard(), MixOf({0x00, 0x80})));
    CHECK(AllOf(c.Heard(), MixOf({0x00, 0x80})));
  }
}

TEST_CASE("PCMA and PCMU members hear each other") {
  Rig rig;
  Phone a = rig.Call();
  Phone b = rig.Open();
  auto settings = Settings(b.remote);
  settings->send_payload_type = 8;
  settings->send_stream.codec.id = CodecId::kPcma;
  rig.Configure(b, std::move(settings));
  rig.Room({&a, &b});
  for (int i = 0; i < kSettle; ++i) {
    rig.Say(&a, kA);
    rig.Say(&b, std::vector<uint8_t>(kFrameBytes, 0x2A), 8);
    rig.Tick({&a, &b});
  }
  CHECK(AllOf(a.Heard(), LinearToUlaw(AlawToLinear(0x2A))));
  CHECK((b.last()[1] & 0x7F) == 8);
  CHECK(AllOf(b.Heard(), LinearToAlaw(UlawToLinear(kA))));
}

TEST_CASE("a muted member is heard by nobody and hears everybody; a deaf one the other way round") {
  Rig rig;
  Phone a = rig.Call();
  Phone b = rig.Call();
  Phone c = rig.Call();
  const Handle room = rig.Room({&a, &b, &c});
  const std::vector<Phone*> all = {&a, &b, &c};
  rig.Talk(all, {kA, kB, kC}, kSettle);

  REQUIRE(rig.Change(room, RoomOp::kSet, a, true, false).ok());
  rig.Talk(all, {kA, kB, kC}, 2);
  CHECK(AllOf(a.Heard(), MixOf({kB, kC})));
  CHECK(AllOf(b.Heard(), kC));
  CHECK(AllOf(c.Heard(), kB));
  CHECK(rig.Stat(a, LegStat::kInMix) == 0);

  REQUIRE(rig.Change(room, RoomOp::kSet, a, false, true).ok());
  rig.Talk(all, {kA, kB, kC}, 2);
  CHECK(AllOf(a.Heard(), 0xFF));
  CHECK(AllOf(b.Heard(), MixOf({kA, kC})));

  REQUIRE(rig.Change(room, RoomOp::kSet, a, false, false).ok());
  rig.Talk(all, {kA, kB, kC}, 2);
  CHECK(AllOf(a.Heard(), MixOf({kB, kC})));
}

TEST_CASE("joining and leaving take effect together, at one tick edge") {
  Rig rig;
  Phone a = rig.Call();
  Phone b = rig.Call();
  Phone c = rig.Call();
  const Handle room = rig.Room({&a, &b});
  const std::vector<Phone*> all = {&a, &b, &c};
  rig.Talk(all, {kA, kB, kC}, kSettle);
  CHECK(AllOf(a.Heard(), kB));
  CHECK(AllOf(c.Heard(), 0xFF));

  // b out and c in, in one call: a never hears both and never nobody.
  const size_t before = a.rtp.size();
  REQUIRE(rig.engine
              ->ApplyRoom(room, {{RoomOp::kRemove, b.leg, false, false},
                                 {RoomOp::kAdd, c.leg, false, false}})
              .ok());
  rig.Talk(all, {kA, kB, kC}, 3);
  for (size_t i = before; i < a.rtp.size(); ++i) {
    const std::vector<uint8_t> heard(a.rtp[i].data.begin() + kRtpHeaderSize, a.rtp[i].data.end());
    CHECK((AllOf(heard, kB) || AllOf(heard, kC)));
  }
  CHECK(AllOf(a.Heard(), kC));
  CHECK(AllOf(b.Heard(), 0xFF));
  CHECK(AllOf(c.Heard(), kA));
}

TEST_CASE("a closed room leaves its members as calls that hear nothing") {
  Rig rig;
  Phone a = rig.Call();
  Phone b = rig.Call();
  const Handle room = rig.Room({&a, &b});
  rig.Talk({&a, &b}, {kA, kB}, kSettle);
  REQUIRE(rig.engine->CloseRoom(room).ok());
  rig.Talk({&a, &b}, {kA, kB}, 3);
  CHECK(AllOf(a.Heard(), 0xFF));
  CHECK(rig.engine->Counts().rooms == 0);
  // Both may join another room.
  rig.Room({&a, &b});
  rig.Talk({&a, &b}, {kA, kB}, 3);
  CHECK(AllOf(a.Heard(), kB));
}

TEST_CASE("a member that hangs up is gone from the mix at the next tick") {
  Rig rig;
  Phone a = rig.Call();
  Phone b = rig.Call();
  Phone c = rig.Call();
  rig.Room({&a, &b, &c});
  rig.Talk({&a, &b, &c}, {kA, kB, kC}, kSettle);
  REQUIRE(rig.engine->CloseLeg(b.leg).ok());
  rig.Talk({&a, &c}, {kA, kC}, 2);
  CHECK(AllOf(a.Heard(), kC));
  CHECK(AllOf(c.Heard(), kA));
  CHECK(rig.Facts(EngineFact::Kind::kLegClosed).size() == 1);
  CHECK(rig.engine->Counts().legs == 2);
}

TEST_CASE("with loudest 2 the quietest of three talkers is left out") {
  Rig rig;
  Phone loud = rig.Call();
  Phone medium = rig.Call();
  Phone quiet = rig.Call();
  Phone listener = rig.Call();
  rig.Room({&loud, &medium, &quiet, &listener}, 2);
  rig.Talk({&loud, &medium, &quiet, &listener}, {0x90, 0xA8, 0xC0, -1}, 60);
  CHECK(AllOf(listener.Heard(), MixOf({0x90, 0xA8})));
  CHECK(AllOf(loud.Heard(), 0xA8));
  CHECK(AllOf(quiet.Heard(), MixOf({0x90, 0xA8})));
  CHECK(rig.Stat(quiet, LegStat::kInMix) == 0);
}

TEST_CASE("a muted talker does not hold a seat of the loudest") {
  Rig rig;
  Phone muted = rig.Call();
  Phone talker = rig.Call();
  Phone listener = rig.Call();
  const Handle room = rig.Room({&muted, &talker, &listener}, 1);
  REQUIRE(rig.Change(room, RoomOp::kSet, muted, true, false).ok());
  rig.Talk({&muted, &talker, &listener}, {0x80, 0xB0, -1}, 60);
  CHECK(AllOf(listener.Heard(), 0xB0));
}

TEST_CASE("a room grows past its first memory in one call, and everybody hears everybody") {
  Rig rig;
  std::vector<Phone> phones;
  for (int i = 0; i < 40; ++i) phones.push_back(rig.Call());
  std::vector<Phone*> all;
  std::vector<RoomChangeRequest> changes;
  std::vector<int> codes;
  for (size_t i = 0; i < phones.size(); ++i) {
    all.push_back(&phones[i]);
    changes.push_back({RoomOp::kAdd, phones[i].leg, false, false});
    codes.push_back(i < 3 ? 0xB0 + static_cast<int>(i) : 0xFF);
  }
  Handle room = kNullHandle;
  REQUIRE(rig.engine->OpenRoom(0, &room).ok());
  REQUIRE(rig.engine->ApplyRoom(room, changes).ok());
  rig.Talk(all, codes, kSettle);
  CHECK(AllOf(phones[0].Heard(), MixOf({0xB1, 0xB2})));
  CHECK(AllOf(phones[39].Heard(), MixOf({0xB0, 0xB1, 0xB2})));
}

TEST_CASE("a flood on one member's port disturbs nobody else") {
  Rig rig;
  Phone a = rig.Call();
  Phone b = rig.Call();
  Phone flooded = rig.Call();
  rig.Room({&a, &b, &flooded});
  rig.Talk({&a, &b, &flooded}, {kA, kB, 0xFF}, kSettle);
  rig.Talk({&a, &b, &flooded}, {kA, kB, -1}, 20);
  const auto junk = Rtp(0, 1, 1, 0xBAD, std::vector<uint8_t>(kFrameBytes, 0));
  for (int i = 0; i < 50; ++i) {
    for (int j = 0; j < 200; ++j) rig.InjectFrom(flooded, Address("203.0.113.5", 9), junk);
    rig.Talk({&a, &b, &flooded}, {kA, kB, -1}, 1);
    REQUIRE(AllOf(a.Heard(), kB));
    REQUIRE(AllOf(b.Heard(), kA));
    REQUIRE(AllOf(flooded.Heard(), MixOf({kA, kB})));
  }
  CHECK(rig.Stat(flooded, LegStat::kStrangers) > 1000);
  CHECK(rig.Stat(a, LegStat::kPacketsLost) == 0);
}

TEST_CASE("a room that grows keeps who is in it, muted or not") {
  Rig rig;
  std::vector<Phone> phones;
  for (int i = 0; i < 20; ++i) phones.push_back(rig.Call());
  std::vector<Phone*> all;
  std::vector<int> codes;
  for (size_t i = 0; i < phones.size(); ++i) {
    all.push_back(&phones[i]);
    codes.push_back(i < 2 ? 0xB0 + static_cast<int>(i) : 0xFF);
  }
  const Handle room = rig.Room({});
  for (size_t i = 0; i < phones.size(); ++i) {
    REQUIRE(rig.Change(room, RoomOp::kAdd, phones[i], i == 1).ok());
    rig.Talk(all, codes, 2);
  }
  rig.Talk(all, codes, kSettle);
  CHECK(AllOf(phones[19].Heard(), 0xB0));
  CHECK(AllOf(phones[1].Heard(), 0xB0));
}

TEST_CASE(
    "a member's timestamps keep following time through two hundred moves in and out of rooms") {
  Rig rig;
  Phone a = rig.Call();
  std::vector<Handle> rooms;
  for (int i = 0; i < 4; ++i) rooms.push_back(rig.Room({}));
  rig.Talk({&a}, {-1}, 10);
  const auto timestamp = [&a] {
    RtpPacketView packet;
    ParseRtp(a.last().data(), a.last().size(), &packet);
    return packet.timestamp;
  };
  const uint32_t first = timestamp();
  const int64_t start_ns = rig.now_ns();
  for (int i = 0; i < 200; ++i) {
    const Handle room = rooms[static_cast<size_t>(i % 4)];
    REQUIRE(rig.Change(room, RoomOp::kAdd, a).ok());
    rig.Tick({&a}, 5 * (1 + i % 7));
    REQUIRE(rig.Change(room, RoomOp::kRemove, a).ok());
    rig.Tick({&a}, 5 * (1 + i % 3));
  }
  rig.Talk({&a}, {-1}, 5);
  const double elapsed_ms = static_cast<double>(rig.now_ns() - start_ns) / kNsPerMs;
  CHECK(std::abs((timestamp() - first) / 8.0 - elapsed_ms) <= 30.0);
}

TEST_CASE("who is alone with a silent member hears its background; in a bigger room nobody does") {
  Rig rig;
  Phone a = rig.Open();
  auto settings = Settings(a.remote);
  settings->receive.formats[2] = {13, CodecId::kNone};
  settings->receive.format_count = 3;
  rig.Configure(a, std::move(settings));
  Phone b = rig.Call();
  Phone c = rig.Call();
  const Handle room = rig.Room({&a, &b});
  rig.Talk({&a, &b}, {0x21, -1}, 20);
  rig.Inject(a, Rtp(13, a.sequence++, a.timestamp, a.ssrc, {40}));
  rig.Talk({&a, &b}, {-1, -1}, 45);  // past the hangover of talk
  const auto loud = [](const Phone& phone) {
    const std::vector<uint8_t> heard = phone.Heard();
    return std::count_if(heard.begin(), heard.end(),
                         [](uint8_t code) { return std::abs(UlawToLinear(code)) > 50; });
  };
  CHECK(loud(b) > 100);
  CHECK(loud(a) == 0);
  CHECK(rig.Stat(a, LegStat::kTalking) == 0);
  REQUIRE(rig.engine->ApplyRoom(room, {{RoomOp::kAdd, c.leg, false, false}}).ok());
  rig.Talk({&a, &b, &c}, {-1, -1, -1}, 5);
  CHECK(loud(b) == 0);
  CHECK(loud(c) == 0);
}
