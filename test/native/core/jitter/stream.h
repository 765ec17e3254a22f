#pragma once
// A jitter buffer with a sender at its side; pulls are told as short texts.

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "core/jitter/jitter_buffer.h"

namespace mixminus::testing {

constexpr int kFrame = 160;
constexpr int64_t kTickNs = 20'000'000;

// A buffer and a sender at its side. Payload bytes name the packet, so that every pull can be
// checked.
struct Stream {
  // Without a configuration, the target is one frame: a packet that comes right at a tick is played
  // at the next one.
  explicit Stream(const JitterBufferConfig& config = OneFrame(), uint16_t first = 100,
                  uint32_t timestamp = 5000)
      : buffer(config), sequence(first), base_timestamp(timestamp) {}

  static JitterBufferConfig OneFrame() {
    JitterBufferConfig config;
    config.fixed_ms = 20;
    return config;
  }

  JitterInsert Put(int number, int units = kFrame, int shift = 0) {
    std::vector<uint8_t> payload(static_cast<size_t>(units), static_cast<uint8_t>(number));
    JitterPacket packet;
    packet.sequence = static_cast<uint16_t>(sequence + number);
    packet.timestamp =
        base_timestamp + static_cast<uint32_t>(number * units) + static_cast<uint32_t>(shift);
    packet.payload = payload.data();
    packet.payload_size = payload.size();
    packet.duration = units;
    packet.arrival_ns = now_ns + kTickNs + late_ns;
    return buffer.Insert(packet);
  }

  // One tick as text: "7" packet 7 whole, "7[80+80]" a part, "c160" concealed, "s160" silence.
  std::string Pull(int units = kFrame) {
    now_ns += kTickNs;
    buffer.Tick(now_ns, kFrame, 0);
    buffer.Pull(units, &plan);
    return Told(units);
  }

  // Another pull in the same tick.
  std::string PullMore(int units) {
    buffer.Pull(units, &plan);
    return Told(units);
  }

  std::string Told(int units) const {
    std::string text;
    int total = 0;
    for (int i = 0; i < plan.count; ++i) {
      const JitterSegment& segment = plan.segments[i];
      REQUIRE(segment.length > 0);
      total += segment.length;
      if (!text.empty()) text += ' ';
      switch (segment.kind) {
        case JitterSegmentKind::kRepair:
          REQUIRE(segment.offset + segment.length <= 0);
          text += "r" + std::to_string(segment.length);
          break;
        case JitterSegmentKind::kConceal:
          text += "c" + std::to_string(segment.length);
          break;
        case JitterSegmentKind::kSilence:
          text += "s" + std::to_string(segment.length);
          break;
        case JitterSegmentKind::kPacket: {
          const int number = static_cast<uint16_t>(segment.sequence - sequence);
          REQUIRE(segment.payload[0] == static_cast<uint8_t>(number));
          REQUIRE(segment.offset + segment.length <= static_cast<int>(segment.payload_size));
          text += std::to_string(number);
          if (segment.length != static_cast<int>(segment.payload_size)) {
            text +=
                "[" + std::to_string(segment.offset) + "+" + std::to_string(segment.length) + "]";
          }
        }
      }
    }
    REQUIRE(total == units);
    return text;
  }

  // Packets 0 and 1, and the two pulls that play 0.
  void Start() {
    Put(0);
    REQUIRE(Pull() == "s160");
    Put(1);
    REQUIRE(Pull() == "0");
  }

  JitterBuffer buffer;
  JitterPlan plan;
  int64_t late_ns = 0;  // 0: packets come just in time for the next pull
  int64_t now_ns = 1'000'000'000;
  uint16_t sequence;
  uint32_t base_timestamp;
};

}  // namespace mixminus::testing
