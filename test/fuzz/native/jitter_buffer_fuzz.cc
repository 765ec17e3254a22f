// Any sequence of insertions, pulls and adjustments. Every pull is filled exactly, every segment
// lies inside the packet that it names, nothing is heard twice, and counters add up.

#include <algorithm>
#include <cstring>

#include "core/base/check.h"
#include "core/jitter/jitter_buffer.h"
#include "fuzz_input.h"

using namespace mixminus;

namespace {

JitterBufferConfig Bounds(fuzz::Input* input) {
  JitterBufferConfig config;
  config.fixed_ms = input->Byte() * 4 - 500;
  config.min_ms = input->Byte();
  config.max_ms = input->Byte() * 4;
  return config;
}

struct Driver {
  explicit Driver(fuzz::Input* bytes, const JitterBufferConfig& config)
      : input(bytes), buffer(config), slots(config.slots) {}

  void Insert(uint8_t control) {
    const int step = static_cast<int8_t>(input->Byte());
    packet.sequence =
        static_cast<uint16_t>((control & 0x08) != 0 ? input->Word() : packet.sequence + step);
    packet.timestamp = (control & 0x10) != 0 ? input->Long()
                                             : packet.timestamp + static_cast<uint32_t>(step * 160);
    packet.duration = (control & 0x20) != 0 ? input->Word() : 160;
    packet.payload_size = static_cast<size_t>(packet.duration % 600);
    packet.payload_type = static_cast<uint8_t>(packet.sequence & 0x7F);
    std::memset(payload, packet.sequence & 0xFF, sizeof(payload));
    packet.payload = payload;
    now_ns += (control & 0x40) != 0 ? int64_t{input->Word()} * 10'000 : 0;
    packet.arrival_ns = now_ns;
    if ((control & 0x80) != 0) {
      buffer.InsertRedundant(packet);
      return;
    }
    ++given;
    const uint64_t resets = buffer.stats().resets;
    const JitterInsert result = buffer.Insert(packet);
    if (result == JitterInsert::kDiscarded) ++discarded;
    if (result == JitterInsert::kLate) ++late;
    if (buffer.stats().resets != resets) heard_any = false;
  }

  void InsertMarker(uint16_t sequence) {
    const uint64_t resets = buffer.stats().resets;
    buffer.InsertMarker(sequence);
    if (buffer.stats().resets != resets) heard_any = false;
  }

  void Pull(int units) {
    const uint64_t resets = buffer.stats().resets;
    JitterPlan plan;
    buffer.Pull(units, &plan);
    MIXMINUS_CHECK(plan.count >= 1 && plan.count <= JitterPlan::kMaxSegments);
    int total = 0;
    for (int i = 0; i < plan.count; ++i) {
      const JitterSegment& segment = plan.segments[i];
      MIXMINUS_CHECK(segment.length > 0);
      total += segment.length;
      if (segment.kind == JitterSegmentKind::kRepair) {
        MIXMINUS_CHECK(segment.offset + segment.length <= 0);
        MIXMINUS_CHECK(segment.payload_size < 600);
        buffer.NoteRepaired(segment.length);
      }
      if (segment.kind == JitterSegmentKind::kPacket) CheckPacket(segment);
    }
    MIXMINUS_CHECK(total == (units < 1 ? 1 : units > 800 ? 800 : units));
    MIXMINUS_CHECK(buffer.stats().resets == resets);
  }

  void CheckPacket(const JitterSegment& segment) {
    MIXMINUS_CHECK(segment.payload_type == (segment.sequence & 0x7F));
    MIXMINUS_CHECK(segment.offset >= 0);
    for (size_t k = 0; k < segment.payload_size; ++k) {
      MIXMINUS_CHECK(segment.payload[k] == (segment.sequence & 0xFF));
    }
    // After a jump over half the circle of sequence numbers nobody can say what came before what.
    const uint64_t lost = buffer.stats().lost;
    if (heard_any && lost - lost_when_heard < 16384) {
      const int16_t ahead = Diff16(segment.sequence, heard_sequence);
      MIXMINUS_CHECK(ahead > 0 || (ahead == 0 && segment.offset == heard_to));
    }
    heard_any = true;
    lost_when_heard = lost;
    heard_sequence = segment.sequence;
    heard_to = segment.offset + segment.length;
  }

  void Step() {
    const uint8_t control = input->Byte();
    switch (control & 0x07) {
      case 0:
        now_ns += 20'000'000;
        buffer.Tick(now_ns, 160, 0);
        Pull(160);
        break;
      case 1:
        Pull(input->Word());
        break;
      case 2:
        InsertMarker(static_cast<uint16_t>(packet.sequence + (control >> 3)));
        break;
      case 3:
        now_ns += int64_t{input->Byte()} * 1'000'000;
        buffer.Tick(now_ns, 160, input->Byte() % 121);
        MIXMINUS_CHECK(buffer.AvailableUnits(300) <= 300);
        Pull(160 + std::clamp(buffer.excess_units(), -120, 120));
        break;
      case 4:
        if (control == 0xFC) {
          buffer.Reset();
          heard_any = false;
        } else {
          buffer.SetBounds(Bounds(input));
        }
        break;
      default:
        Insert(control);
        break;
    }
    const JitterStats stats = buffer.stats();
    MIXMINUS_CHECK(stats.inserted + stats.duplicate + late + discarded >= given);
    MIXMINUS_CHECK(buffer.packets() >= 0 && buffer.packets() <= slots);
    MIXMINUS_CHECK(buffer.level_units() >= 0);
    MIXMINUS_CHECK(stats.level_ms >= 0);
  }

  fuzz::Input* input;
  JitterBuffer buffer;
  JitterPacket packet;
  uint8_t payload[600] = {};
  int slots;
  int64_t now_ns = 0;
  uint64_t given = 0;
  uint64_t discarded = 0;
  uint64_t late = 0;
  bool heard_any = false;
  uint64_t lost_when_heard = 0;
  uint16_t heard_sequence = 0;
  int heard_to = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  JitterBufferConfig config = Bounds(&input);
  config.slots = 8 << (input.Byte() % 5);
  Driver driver(&input, config);
  while (!input.done()) driver.Step();
  return 0;
}
