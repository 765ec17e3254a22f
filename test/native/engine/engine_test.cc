// The engine's calls in manual mode: handles, limits, misuse, facts that wait, and the end.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/rig.h"

using namespace mixminus;
using namespace mixminus::rig;

namespace {

std::string CodeOf(const EngineStatus& status) { return status.ok() ? "" : status.code(); }

}  // namespace

TEST_CASE("handles of what is gone are refused and never reach what took its place") {
  Rig rig;
  Phone phone = rig.Call();
  const Handle room = rig.Room({&phone});
  REQUIRE(rig.engine->CloseRoom(room).ok());
  REQUIRE(rig.engine->CloseLeg(phone.leg).ok());
  CHECK(CodeOf(rig.engine->CloseLeg(phone.leg)) == "ERR_STALE_HANDLE");
  rig.Tick({});
  for (int i = 0; i < 200; ++i) {
    Phone next = rig.Call();
    CHECK(next.leg != phone.leg);
    CHECK(CodeOf(rig.engine->AllowSend(phone.leg)) == "ERR_STALE_HANDLE");
    REQUIRE(rig.engine->CloseLeg(next.leg).ok());
    rig.Tick({});
  }
  Handle player = kNullHandle;
  CHECK(CodeOf(rig.engine->ConfigureLeg(phone.leg, Settings(phone.remote))) == "ERR_STALE_HANDLE");
  CHECK(CodeOf(rig.engine->Play(phone.leg, Pcm({}, false), &player)) == "ERR_STALE_HANDLE");
  CHECK(CodeOf(rig.engine->Record(phone.leg, ToWav("/tmp/never", TapSource::kSent), &player)) ==
        "ERR_STALE_HANDLE");
  CHECK(CodeOf(rig.engine->ApplyRoom(room, {})) == "ERR_STALE_HANDLE");
  CHECK(CodeOf(rig.engine->CloseRoom(room)) == "ERR_STALE_HANDLE");
  CHECK(CodeOf(rig.engine->StopPlayer(12345)) == "ERR_STALE_HANDLE");
  CHECK(CodeOf(rig.engine->StopRecorder(kNullHandle)) == "ERR_STALE_HANDLE");
  CHECK(rig.engine->Counts().legs == 0);
}

TEST_CASE("a row's generation is zeroed with its leg") {
  Rig rig;
  Phone phone = rig.Call();
  rig.Tick({&phone});
  CHECK(rig.Stat(phone, LegStat::kGeneration) == HandleGeneration(phone.leg));
  REQUIRE(rig.engine->CloseLeg(phone.leg).ok());
  rig.Tick({&phone});
  CHECK(rig.Stat(phone, LegStat::kGeneration) == 0);
}

TEST_CASE("the limits are errors with numbers") {
  EngineOptions options = ManualOptions();
  options.max_legs = 2;
  options.max_rooms = 1;
  Rig rig(options);
  Phone a = rig.Call();
  Phone b = rig.Call();
  OpenedLeg third;
  const EngineStatus status = rig.engine->OpenLeg("10.0.0.1", &third);
  CHECK(CodeOf(status) == "ERR_LIMIT");
  CHECK(status.message().find('2') != std::string::npos);
  rig.Room({});
  Handle room = kNullHandle;
  CHECK(CodeOf(rig.engine->OpenRoom(0, &room)) == "ERR_LIMIT");
  REQUIRE(rig.engine->CloseLeg(a.leg).ok());
  rig.Tick({});
  CHECK(rig.engine->OpenLeg("10.0.0.1", &third).ok());
}

TEST_CASE("a used-up port range is an error, and a rested port serves again") {
  EngineOptions options = ManualOptions();
  options.port_min = 20'000;
  options.port_max = 20'001;
  options.port_rest_ms = 5000;
  Rig rig(options);
  Phone phone = rig.Call();
  OpenedLeg second;
  CHECK(CodeOf(rig.engine->OpenLeg("10.0.0.1", &second)) == "ERR_NO_PORTS");
  CHECK(rig.engine->Counts().legs == 1);
  REQUIRE(rig.engine->CloseLeg(phone.leg).ok());
  rig.Tick({});
  CHECK(rig.engine->Counts().ports.resting == 1);
  CHECK(CodeOf(rig.engine->OpenLeg("10.0.0.1", &second)) == "ERR_NO_PORTS");
  rig.Tick({}, 5000);
  CHECK(rig.engine->Counts().ports.resting == 0);
  CHECK(rig.engine->OpenLeg("10.0.0.1", &second).ok());
  CHECK(second.rtp_port == 20'000);
}

TEST_CASE("misuse of rooms is refused as a whole") {
  Rig rig;
  Phone a = rig.Call();
  Phone b = rig.Call();
  const Handle first = rig.Room({&a});
  const Handle second = rig.Room({});
  CHECK(CodeOf(rig.Change(first, RoomOp::kAdd, a)) == "ERR_DUPLICATE");
  CHECK(CodeOf(rig.Change(second, RoomOp::kAdd, a)) == "ERR_INVALID_STATE");
  CHECK(CodeOf(rig.Change(second, RoomOp::kSet, b)) == "ERR_NOT_FOUND");
  CHECK(CodeOf(rig.Change(second, RoomOp::kRemove, a)) == "ERR_NOT_FOUND");
  // The first change of a refused call is undone too.
  CHECK(CodeOf(rig.engine->ApplyRoom(
            second, {{RoomOp::kAdd, b.leg, false, false}, {RoomOp::kAdd, a.leg, false, false}})) ==
        "ERR_INVALID_STATE");
  CHECK(rig.Change(first, RoomOp::kAdd, b).ok());
  // Out and in again in one call is no misuse.
  CHECK(rig.engine
            ->ApplyRoom(
                first, {{RoomOp::kRemove, b.leg, false, false}, {RoomOp::kAdd, b.leg, true, false}})
            .ok());
  rig.Tick({&a, &b});
}

TEST_CASE(
    "facts wait for whoever takes them: states coalesce, 64 digits stay, the rest are counted") {
  Rig rig;
  Phone phone = rig.Call();
  Phone undrained = phone;
  rig.Tick({&phone});
  rig.facts.clear();
  const auto tick_undrained = [&rig] { rig.Advance(20); };
  for (int digit = 0; digit < 80; ++digit) {
    const uint32_t start = undrained.timestamp;
    for (int i = 0; i < 3; ++i) {
      rig.Inject(undrained, Rtp(101, undrained.sequence++, start, undrained.ssrc,
                                {static_cast<uint8_t>(digit % 10), 0x8A, 3, 32}));
    }
    undrained.timestamp += 1600;
    tick_undrained();
  }
  for (int i = 0; i < 40; ++i) {
    rig.Say(&undrained, 0x10);
    tick_undrained();
  }
  CHECK(rig.engine->CloseLeg(phone.leg).ok());
  tick_undrained();
  rig.engine->TakeFacts(&rig.facts);
  const auto digits = rig.Facts(EngineFact::Kind::kDtmf);
  REQUIRE(digits.size() == 64);
  for (size_t i = 0; i < digits.size(); ++i)
    CHECK(digits[i].digit == static_cast<char>('0' + i % 10));
  const auto lost = rig.Facts(EngineFact::Kind::kEventsLost);
  REQUIRE(lost.size() == 1);
  CHECK(lost[0].count == 16);
  CHECK(rig.Facts(EngineFact::Kind::kTalking).size() == 1);
  CHECK(rig.Facts(EngineFact::Kind::kLatched).size() == 1);
  REQUIRE(rig.Facts(EngineFact::Kind::kLegClosed).size() == 1);
  CHECK(rig.facts.back().kind == EngineFact::Kind::kLegClosed);
}

TEST_CASE("one wake-up for all facts until they are taken") {
  Rig rig;
  Phone a = rig.Call();
  Phone b = rig.Call();
  rig.wakes = 0;
  for (int i = 0; i < 40; ++i) {
    rig.Say(&a, 0x10);
    rig.Say(&b, 0x10);
    rig.Advance(20);
  }
  CHECK(rig.wakes == 1);
  rig.Tick({});
  REQUIRE(rig.engine->CloseLeg(a.leg).ok());
  rig.Advance(20);
  CHECK(rig.wakes == 2);
}

TEST_CASE(
    "closing the engine ends legs, players and recorders, says BYE and refuses what comes later") {
  Rig rig;
  Phone a = rig.Call();
  Phone b = rig.Call();
  rig.Room({&a, &b});
  rig.Talk({&a, &b}, {0x20, 0x20}, 10);
  Handle player = kNullHandle;
  REQUIRE(rig.engine->Play(a.leg, Pcm(std::vector<int16_t>(100, 1), true), &player).ok());
  const std::string path = "/tmp/mixminus-engine-test.wav";
  Handle recorder = kNullHandle;
  REQUIRE(rig.engine->Record(b.leg, ToWav(path, TapSource::kSent), &recorder).ok());
  rig.engine->Close();
  rig.engine->Close();
  rig.Tick({&a, &b});
  CHECK(rig.Facts(EngineFact::Kind::kLegClosed).size() == 2);
  CHECK(rig.Facts(EngineFact::Kind::kPlayerEnded).size() == 1);
  CHECK(rig.Facts(EngineFact::Kind::kRecorderClosed).size() == 1);
  CHECK(a.rtcp.size() == 1);
  const EngineCounts counts = rig.engine->Counts();
  CHECK(counts.legs + counts.rooms + counts.players + counts.recorders == 0);
  CHECK(counts.ports.sockets == 0);
  OpenedLeg opened;
  CHECK(CodeOf(rig.engine->OpenLeg("10.0.0.1", &opened)) == "ERR_CLOSED");
  CHECK(CodeOf(rig.engine->AllowSend(a.leg)) == "ERR_CLOSED");
  std::remove(path.c_str());
}

TEST_CASE("an address that is none is refused at the start and at a leg's opening") {
  EngineOptions options = ManualOptions();
  options.bind_addresses = {"localhost"};
  EngineStatus status;
  std::vector<double> memory(StatsTable::BytesFor(64, 1) / sizeof(double));
  CHECK(Engine::Create(
            options, memory.data(), [] {}, &status) == nullptr);
  CHECK(CodeOf(status) == "ERR_INVALID_ARGUMENT");
  Rig rig;
  OpenedLeg opened;
  CHECK(CodeOf(rig.engine->OpenLeg("nowhere", &opened)) == "ERR_INVALID_ARGUMENT");
}

TEST_CASE("too few file descriptors are an error at the start, with numbers") {
  // In a child, because a lowered hard limit stays.
  const pid_t child = fork();
  if (child == 0) {
    const rlimit low = {300, 300};
    setrlimit(RLIMIT_NOFILE, &low);
    EngineOptions options;
    options.max_legs = 500;
    std::vector<double> memory(StatsTable::BytesFor(options.max_legs, 1) / sizeof(double));
    EngineStatus status;
    const bool refused = Engine::Create(
                             options, memory.data(), [] {}, &status) == nullptr;
    const bool told = refused && CodeOf(status) == "ERR_FILE_DESCRIPTORS" &&
                      status.message().find("1256") != std::string::npos &&
                      status.message().find("300") != std::string::npos;
    _exit(told ? 0 : 1);
  }
  int result = -1;
  REQUIRE(waitpid(child, &result, 0) == child);
  CHECK(WIFEXITED(result));
  CHECK(WEXITSTATUS(result) == 0);
}

TEST_CASE("with nothing open time leaps; with a leg open every grid point is run") {
  Rig rig;
  const double before = rig.Stat(WorkerStat::kTicks);
  rig.Tick({}, 60 * 60 * 1000);
  CHECK(rig.Stat(WorkerStat::kTicks) - before <= 2);
  Phone phone = rig.Call();
  const double opened = rig.Stat(WorkerStat::kTicks);
  rig.Tick({&phone}, 1000);
  CHECK(rig.Stat(WorkerStat::kTicks) - opened == 200);
  CHECK(rig.Stat(WorkerStat::kLegs) == 1);
  CHECK(rig.Stat(WorkerStat::kPacketsOut) ==
        static_cast<double>(phone.rtp.size() + phone.rtcp.size()));
}
