// Media threads do not allocate: 10,000 grid points of a busy engine without one operator new.
#include <atomic>
#include <cstdlib>
#include <new>

#include "engine/allocation_counter.h"
#include "engine/rig.h"

namespace {

std::atomic<uint64_t> allocations{0};

void* Allocate(size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(size > 0 ? size : 1)) return memory;
  throw std::bad_alloc();
}

void* AllocateAligned(size_t size, std::align_val_t alignment) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  const size_t unit = static_cast<size_t>(alignment);
  if (void* memory = std::aligned_alloc(unit, (size + unit - 1) / unit * unit)) return memory;
  throw std::bad_alloc();
}

}  // namespace

void* operator new(size_t size) { return Allocate(size); }
void* operator new[](size_t size) { return Allocate(size); }
void* operator new(size_t size, std::align_val_t alignment) {
  return AllocateAligned(size, alignment);
}
void* operator new[](size_t size, std::align_val_t alignment) {
  return AllocateAligned(size, alignment);
}
// The library's own go through the ones above; the sanitizers' do not, and would mix two heaps.
void* operator new(size_t size, const std::nothrow_t&) noexcept {
  allocations.fetch_add(1, std::memory_order_relaxed);
  return std::malloc(size > 0 ? size : 1);
}
void* operator new[](size_t size, const std::nothrow_t& nothrow) noexcept {
  return operator new(size, nothrow);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, size_t, std::align_val_t) noexcept { std::free(memory); }

namespace mixminus::rig {

uint64_t Allocations() noexcept { return allocations.load(std::memory_order_relaxed); }

}  // namespace mixminus::rig

using namespace mixminus;
using namespace mixminus::rig;

namespace {

struct Voice {
  TransportAddress local;
  TransportAddress remote;
  uint8_t packet[kRtpHeaderSize + kFrameBytes];
};

// Moves the packet to its next sequence number and timestamp in place.
void Next(Voice* voice) {
  const uint16_t sequence = static_cast<uint16_t>(((voice->packet[2] << 8) | voice->packet[3]) + 1);
  voice->packet[2] = static_cast<uint8_t>(sequence >> 8);
  voice->packet[3] = static_cast<uint8_t>(sequence);
  uint32_t timestamp = static_cast<uint32_t>(sequence) * kFrameBytes;
  for (int i = 7; i >= 4; --i, timestamp >>= 8) voice->packet[i] = static_cast<uint8_t>(timestamp);
}

}  // namespace

TEST_CASE(
    "10,000 grid points with rooms, lone legs, players, recorders, digits, loss and strangers "
    "allocate nothing") {
  Rig rig;
  std::vector<Phone> phones;
  std::vector<Voice> voices;
  for (int i = 0; i < 24; ++i) phones.push_back(rig.Call());
  std::vector<RoomChangeRequest> joins;
  for (size_t i = 0; i < 20; ++i) joins.push_back({RoomOp::kAdd, phones[i].leg, false, i == 19});
  // Gains, and some who hear others otherwise than all do.
  joins[4].member.gain_in = GainFromDb(-6);
  joins[5].member.gain_out = GainFromDb(3);
  for (size_t i = 6; i < 12; ++i) {
    const Relation relation = {static_cast<Hearing>(1 + i % 3), 0.5f};
    joins.push_back({RoomOp::kRelate, phones[i].leg, {}, phones[i + 1].leg, relation});
  }
  REQUIRE(rig.engine->ApplyRoom(rig.Room({}, 3), joins).ok());
  for (size_t i = 0; i < phones.size(); ++i) {
    Voice voice;
    voice.local = phones[i].local;
    voice.remote = phones[i].remote;
    const auto packet = Rtp(0, 1, 160, phones[i].ssrc,
                            std::vector<uint8_t>(kFrameBytes, static_cast<uint8_t>(0x90 + i)));
    std::memcpy(voice.packet, packet.data(), packet.size());
    voices.push_back(voice);
  }
  Handle object = kNullHandle;
  REQUIRE(
      rig.engine->Play(phones[0].leg, Pcm(std::vector<int16_t>(1000, 500), true), &object).ok());
  const std::string path = "/tmp/mixminus-allocation-test.wav";
  REQUIRE(rig.engine->Record(phones[1].leg, ToWav(path, TapSource::kSent), &object).ok());
  const auto event = Rtp(101, 1, 160, phones[2].ssrc, {5, 0x8A, 3, 32});
  const TransportAddress stranger = Address("203.0.113.1", 9);
  rig.Tick({});

  Engine* engine = rig.engine.get();
  std::vector<EngineFact> facts;
  facts.reserve(4096);
  int64_t now_ns = rig.now_ns();
  uint64_t sent = 0;
  const uint64_t before = Allocations();
  for (int grid = 0; grid < 10'000; ++grid) {
    for (size_t i = 0; grid % 4 == 0 && i < voices.size(); ++i) {
      Next(&voices[i]);
      if (grid % 40 == 0 && i == 3) continue;  // loss
      engine->Inject(voices[i].local, voices[i].remote, voices[i].packet, sizeof(voices[i].packet));
      engine->Inject(voices[i].local, stranger, voices[i].packet, sizeof(voices[i].packet));
    }
    if (grid % 100 == 0)
      engine->Inject(voices[2].local, voices[2].remote, event.data(), event.size());
    now_ns += kGridNs;
    engine->Advance(now_ns);
    while (engine->memory_io()->FrontSent() != nullptr) {
      engine->memory_io()->DropSent();
      ++sent;
    }
  }
  const uint64_t made = Allocations() - before;
  CHECK(made == 0);
  CHECK(sent >= 24 * 2499);
  CHECK(rig.Stat(phones[3], LegStat::kPacketsLost) > 100);
  CHECK(rig.Stat(phones[0], LegStat::kStrangers) > 2000);
  engine->TakeFacts(&facts);
  CHECK(!facts.empty());
  std::remove(path.c_str());
}

TEST_CASE("the counter counts") {
  const uint64_t before = Allocations();
  auto* memory = new std::vector<int>(10);
  CHECK(Allocations() - before == 2);
  delete memory;
}
