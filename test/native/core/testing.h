#pragma once
// Helpers of the core tests: a seeded generator, RTP packets as bytes, and a plain store of what
// was sent.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/rtp/packet.h"

namespace mixminus::testing {

// SplitMix64: small, seeded, the same everywhere.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t Next() {
    uint64_t z = (state_ += 0x9E3779B97F4A7C15ull);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
  }

  // Uniform in [low, high].
  int64_t Between(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(Next() % static_cast<uint64_t>(high - low + 1));
  }

  bool Chance(double probability) {
    return static_cast<double>(Next() >> 11) / 9007199254740992.0 < probability;
  }

 private:
  uint64_t state_;
};

struct RtpFields {
  uint8_t payload_type = 0;
  bool marker = false;
  uint16_t sequence = 0;
  uint32_t timestamp = 0;
  uint32_t ssrc = 0x1234;
};

// The bytes of a plain packet.
inline std::vector<uint8_t> RtpBytes(const RtpFields& fields, const std::vector<uint8_t>& payload) {
  std::vector<uint8_t> bytes = {
      0x80, static_cast<uint8_t>((fields.marker ? 0x80 : 0) | fields.payload_type),
      static_cast<uint8_t>(fields.sequence >> 8), static_cast<uint8_t>(fields.sequence)};
  for (const uint32_t word : {fields.timestamp, fields.ssrc}) {
    for (int shift = 24; shift >= 0; shift -= 8)
      bytes.push_back(static_cast<uint8_t>(word >> shift));
  }
  bytes.insert(bytes.end(), payload.begin(), payload.end());
  return bytes;
}

}  // namespace mixminus::testing
