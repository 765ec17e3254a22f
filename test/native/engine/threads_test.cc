// The engine with its threads, over real sockets on loopback: media flows, a leg changes workers
// without losing the call, and a storm of commands while packets flow leaves nothing behind. Run
// under the address and thread sanitizers as well.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <random>
#include <thread>

#include "engine/rig.h"
#include "engine/udp_socket.h"

using namespace mixminus;
using namespace mixminus::rig;

namespace {

// A telephone with a socket of its own.
struct SocketPhone {
  Handle leg = kNullHandle;
  TransportAddress local;  // the engine's
  TransportAddress own;
  int fd = -1;
  uint16_t sequence = 0;
  uint32_t ssrc = 0;
  int heard = 0;
  // How often each code was heard since the talk began. The most frequent one is judged: on a busy
  // machine a frame may come late and be concealed.
  std::array<int, 256> codes{};
  int MostHeard() const {
    return static_cast<int>(std::max_element(codes.begin(), codes.end()) - codes.begin());
  }
};

EngineOptions ThreadedOptions(int workers) {
  EngineOptions options;
  options.workers = workers;
  options.max_legs = 64;
  options.max_rooms = 16;
  options.port_min = 24'000;
  options.port_max = 27'999;
  options.port_rest_ms = 50;
  return options;
}

class ThreadedRig {
 public:
  explicit ThreadedRig(const EngineOptions& options)
      : memory_(StatsTable::BytesFor(options.max_legs, static_cast<size_t>(options.workers)) /
                sizeof(double)),
        max_legs_(options.max_legs) {
    EngineStatus status;
    engine = Engine::Create(
        options, memory_.data(), [this] { wakes.fetch_add(1); }, &status);
    REQUIRE_MESSAGE(status.ok(), status.message());
  }
  ~ThreadedRig() {
    engine.reset();
    for (const int fd : fds_) close(fd);
  }

  SocketPhone Call(const std::string& address) {
    SocketPhone phone;
    phone.fd = OpenUdpSocket(Address(address, 0)).fd;
    REQUIRE(phone.fd >= 0);
    fds_.push_back(phone.fd);
    phone.own = BoundAddress(phone.fd);
    phone.ssrc = static_cast<uint32_t>(fds_.size());
    OpenLeg(&phone, address);
    return phone;
  }
  void OpenLeg(SocketPhone* phone, const std::string& address) {
    OpenedLeg opened;
    const EngineStatus status = engine->OpenLeg(address, &opened);
    REQUIRE_MESSAGE(status.ok(), status.message());
    phone->leg = opened.leg;
    phone->local = Address(address, opened.rtp_port);
    REQUIRE(engine->ConfigureLeg(phone->leg, Settings(phone->own)).ok());
  }

  // Each phone says its code for `frames` frames of 20 ms real time and counts what it hears.
  static void Talk(const std::vector<SocketPhone*>& phones, const std::vector<uint8_t>& codes,
                   int frames) {
    for (SocketPhone* phone : phones) phone->codes.fill(0);
    for (int i = 0; i < frames; ++i) {
      const int64_t next_ns = MonotonicNs() + 20 * kNsPerMs;
      for (size_t p = 0; p < phones.size(); ++p) Exchange(phones[p], codes[p]);
      SleepUntilNs(next_ns);
    }
  }
  static void Exchange(SocketPhone* phone, uint8_t code) {
    const auto packet = Rtp(0, phone->sequence, 160u * phone->sequence, phone->ssrc,
                            std::vector<uint8_t>(kFrameBytes, code));
    ++phone->sequence;
    SendUdp(phone->fd, phone->local, packet.data(), packet.size());
    std::vector<uint8_t> heard;
    while (ReceiveFrom(phone->fd, &heard) >= 0) {
      if (heard.size() != kRtpHeaderSize + kFrameBytes) continue;
      ++phone->heard;
      ++phone->codes[heard[kRtpHeaderSize]];
    }
  }

  StatsRow Worker(int index) {
    return StatsTable(memory_.data(), max_legs_).Worker(static_cast<size_t>(index));
  }
  StatsRow Leg(Handle leg) { return StatsTable(memory_.data(), max_legs_).Leg(HandleIndex(leg)); }

  // Takes facts until `legs` have been closed in all, for at most two seconds.
  void WaitForClosed(int legs) {
    for (int i = 0; i < 200 && closed < legs; ++i) {
      std::vector<EngineFact> facts;
      engine->TakeFacts(&facts);
      for (const EngineFact& fact : facts) closed += fact.kind == EngineFact::Kind::kLegClosed;
      if (closed < legs) SleepUntilNs(MonotonicNs() + 10 * kNsPerMs);
    }
    CHECK(closed == legs);
  }

 private:
  std::vector<double> memory_;
  size_t max_legs_;
  std::vector<int> fds_;

 public:
  std::atomic<int> wakes{0};
  int closed = 0;
  std::unique_ptr<Engine> engine;
};

}  // namespace

TEST_CASE("over sockets two members hear each other, on IPv4 and IPv6") {
  for (const char* address : {"127.0.0.1", "::1"}) {
    ThreadedRig rig(ThreadedOptions(1));
    SocketPhone a = rig.Call(address);
    SocketPhone b = rig.Call(address);
    Handle room = kNullHandle;
    REQUIRE(rig.engine->OpenRoom(0, &room).ok());
    REQUIRE(rig.engine->ApplyRoom(room, {{RoomOp::kAdd, a.leg}, {RoomOp::kAdd, b.leg}}).ok());
    ThreadedRig::Talk({&a, &b}, {0xA1, 0xB5}, 40);
    CHECK(a.MostHeard() == 0xB5);
    CHECK(b.MostHeard() == 0xA1);
    CHECK(a.heard >= 30);
    CHECK(rig.Leg(a.leg).Get(LegStat::kPacketsReceived) >= 36);
    CHECK(rig.Worker(0).Get(WorkerStat::kLegs) == 2);
    CHECK(rig.wakes > 0);
  }
}

TEST_CASE("a leg changes workers between rooms and goes on, its sequence unbroken") {
  ThreadedRig rig(ThreadedOptions(2));
  // Legs go round the workers: a and c on the first, b on the second.
  SocketPhone a = rig.Call("127.0.0.1");
  SocketPhone b = rig.Call("127.0.0.1");
  SocketPhone c = rig.Call("127.0.0.1");
  Handle first = kNullHandle;
  REQUIRE(rig.engine->OpenRoom(0, &first).ok());
  const std::vector<SocketPhone*> all = {&a, &b, &c};
  const std::vector<uint8_t> codes = {0xA1, 0xB5, 0xC0};
  REQUIRE(
      rig.engine
          ->ApplyRoom(first, {{RoomOp::kAdd, a.leg}, {RoomOp::kAdd, b.leg}, {RoomOp::kAdd, c.leg}})
          .ok());
  ThreadedRig::Talk(all, codes, 25);
  CHECK(a.MostHeard() == MixOf({0xB5, 0xC0}));
  CHECK(b.MostHeard() == MixOf({0xA1, 0xC0}));
  const double on_one =
      std::max(rig.Worker(0).Get(WorkerStat::kLegs), rig.Worker(1).Get(WorkerStat::kLegs));
  CHECK(on_one == 3);

  // A second room lands on the idle worker; a moves there and back, again and again.
  Handle second = kNullHandle;
  REQUIRE(rig.engine->OpenRoom(0, &second).ok());
  for (int i = 0; i < 10; ++i) {
    REQUIRE(rig.engine->ApplyRoom(first, {{RoomOp::kRemove, a.leg}}).ok());
    REQUIRE(rig.engine->ApplyRoom(second, {{RoomOp::kAdd, a.leg}}).ok());
    REQUIRE(rig.engine->AllowSend(a.leg).ok());
    REQUIRE(rig.engine->ApplyRoom(second, {{RoomOp::kRemove, a.leg}}).ok());
    REQUIRE(rig.engine->ApplyRoom(first, {{RoomOp::kAdd, a.leg}}).ok());
    ThreadedRig::Talk(all, codes, 2);
  }
  ThreadedRig::Talk(all, codes, 25);
  CHECK(a.MostHeard() == MixOf({0xB5, 0xC0}));
  CHECK(b.MostHeard() == MixOf({0xA1, 0xC0}));
  // One packet per frame throughout: moves cost at most a frame each.
  CHECK(a.heard >= 70 - 15);
  CHECK(rig.Leg(a.leg).Get(LegStat::kStrangers) == 0);
  for (SocketPhone* phone : all) CHECK(rig.engine->CloseLeg(phone->leg).ok());
  rig.WaitForClosed(3);
}

TEST_CASE("an idle engine sleeps and wakes for the next command") {
  ThreadedRig rig(ThreadedOptions(2));
  SleepUntilNs(MonotonicNs() + 100 * kNsPerMs);
  CHECK(rig.Worker(0).Get(WorkerStat::kTicks) == 0);
  SocketPhone phone = rig.Call("127.0.0.1");
  ThreadedRig::Talk({&phone}, {0xFF}, 10);
  CHECK(rig.Worker(0).Get(WorkerStat::kTicks) > 20);
  CHECK(rig.Worker(1).Get(WorkerStat::kTicks) == 0);
  CHECK(phone.heard > 0);
}

TEST_CASE("a recorder's thread writes the file while the call goes on") {
  ThreadedRig rig(ThreadedOptions(1));
  SocketPhone phone = rig.Call("127.0.0.1");
  const std::string path = "/tmp/mixminus-threads-" + std::to_string(getpid()) + ".wav";
  Handle recorder = kNullHandle;
  REQUIRE(rig.engine->Record(phone.leg, ToWav(path, TapSource::kSent), &recorder).ok());
  ThreadedRig::Talk({&phone}, {0xFF}, 15);
  REQUIRE(rig.engine->StopRecorder(recorder).ok());
  std::vector<EngineFact> facts;
  for (int i = 0; i < 200 && rig.engine->Counts().recorders > 0; ++i) {
    rig.engine->TakeFacts(&facts);
    SleepUntilNs(MonotonicNs() + 10 * kNsPerMs);
  }
  REQUIRE(!facts.empty());
  CHECK(facts.back().kind == EngineFact::Kind::kRecorderClosed);
  CHECK(facts.back().count >= 10 * 160);
  unlink(path.c_str());
}

TEST_CASE("a storm of commands on four workers, with packets flowing, leaves nothing behind") {
  ThreadedRig rig(ThreadedOptions(4));
  std::mt19937 random(20260101);
  std::vector<SocketPhone> phones;
  std::vector<Handle> rooms(6, kNullHandle);
  for (int i = 0; i < 12; ++i) phones.push_back(rig.Call("127.0.0.1"));
  for (Handle& room : rooms)
    REQUIRE(rig.engine->OpenRoom(static_cast<int>(random() % 3), &room).ok());
  std::vector<Handle> seat(phones.size(), kNullHandle);
  int opened = static_cast<int>(phones.size());
  std::vector<EngineFact> facts;

  const auto leave = [&](size_t i) {
    if (seat[i] == kNullHandle) return;
    CHECK(rig.engine->ApplyRoom(seat[i], {{RoomOp::kRemove, phones[i].leg}}).ok());
    seat[i] = kNullHandle;
  };
  const auto act = [&](size_t i) {
    SocketPhone& phone = phones[i];
    Handle object = kNullHandle;
    switch (random() % 8) {
      case 0:
      case 1:
      case 2: {
        leave(i);
        seat[i] = rooms[random() % rooms.size()];
        CHECK(rig.engine
                  ->ApplyRoom(seat[i],
                              {{RoomOp::kAdd, phone.leg, random() % 2 == 0, random() % 4 == 0}})
                  .ok());
        break;
      }
      case 3:
        leave(i);
        break;
      case 4:
        CHECK(rig.engine->ConfigureLeg(phone.leg, Settings(phone.own)).ok());
        break;
      case 5:
        CHECK(rig.engine
                  ->Play(phone.leg, Pcm(std::vector<int16_t>(random() % 2000, 300), false), &object)
                  .ok());
        if (random() % 2 == 0) CHECK(rig.engine->StopPlayer(object).ok());
        break;
      case 6: {
        CHECK(rig.engine->CloseLeg(phone.leg).ok());
        seat[i] = kNullHandle;
        rig.OpenLeg(&phone, "127.0.0.1");
        ++opened;
        break;
      }
      default: {
        const size_t which = random() % rooms.size();
        CHECK(rig.engine->CloseRoom(rooms[which]).ok());
        for (Handle& each : seat) each = each == rooms[which] ? kNullHandle : each;
        CHECK(rig.engine->OpenRoom(0, &rooms[which]).ok());
        break;
      }
    }
  };
  const int64_t end_ns = MonotonicNs() + 2 * kNsPerSecond;
  while (MonotonicNs() < end_ns) {
    for (size_t i = 0; i < phones.size(); ++i) {
      ThreadedRig::Exchange(&phones[i], static_cast<uint8_t>(0xA0 + i));
      if (random() % 3 == 0) act(i);
    }
    rig.engine->TakeFacts(&facts);
    SleepUntilNs(MonotonicNs() + 4 * kNsPerMs);
  }
  for (const EngineFact& fact : facts) rig.closed += fact.kind == EngineFact::Kind::kLegClosed;
  for (SocketPhone& phone : phones) CHECK(rig.engine->CloseLeg(phone.leg).ok());
  rig.WaitForClosed(opened);
  // Players come back by way of the file thread's next round.
  for (int i = 0; i < 200 && rig.engine->Counts().players > 0; ++i) {
    SleepUntilNs(MonotonicNs() + 5 * kNsPerMs);
    rig.engine->TakeFacts(&facts);
  }
  const EngineCounts counts = rig.engine->Counts();
  CHECK(counts.legs == 0);
  CHECK(counts.players == 0);
  CHECK(counts.ports.leased == 0);
  CHECK(opened > 20);
}

TEST_CASE(
    "an engine that is closed in the middle of everything ends within a few ticks and frees all "
    "sockets") {
  for (int round = 0; round < 5; ++round) {
    ThreadedRig rig(ThreadedOptions(3));
    std::vector<SocketPhone> phones;
    Handle rooms[2];
    for (Handle& room : rooms) REQUIRE(rig.engine->OpenRoom(0, &room).ok());
    for (int i = 0; i < 9; ++i) {
      phones.push_back(rig.Call("127.0.0.1"));
      REQUIRE(rig.engine->ApplyRoom(rooms[i % 2], {{RoomOp::kAdd, phones.back().leg}}).ok());
    }
    ThreadedRig::Exchange(&phones[0], 0xA0);
    const int64_t start_ns = MonotonicNs();
    rig.engine->Close();
    CHECK(MonotonicNs() - start_ns < kNsPerSecond);
    rig.WaitForClosed(9);
    CHECK(rig.engine->Counts().ports.sockets == 0);
    CHECK(rig.engine->Counts().rooms == 0);
  }
}
