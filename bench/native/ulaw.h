// PCMU (ITU-T G.711) for the bench tools, by table. Own code, so that neither the load generator
// nor the yardstick leans on the engine that they judge.
#pragma once

#include <array>
#include <cstdint>

namespace mixminus::bench {

inline constexpr uint8_t kUlawSilence = 0xff;

inline int16_t UlawToPcm(uint8_t octet) {
  const int code = ~octet & 0x7f;
  const int magnitude = (((code & 0x0f) * 8 + 132) << (code >> 4)) - 132;
  return static_cast<int16_t>((octet & 0x80) != 0 ? magnitude : -magnitude);
}

inline uint8_t PcmToUlaw(int pcm) {
  const int sign = pcm < 0 ? 0x80 : 0;
  int magnitude = (pcm < 0 ? -pcm : pcm) + 132;
  if (magnitude > 32767) magnitude = 32767;
  int segment = 0;
  while ((magnitude >> (segment + 8)) != 0) ++segment;
  return static_cast<uint8_t>(~(sign | (segment << 4) | ((magnitude >> (segment + 3)) & 0x0f)));
}

struct UlawTables {
  std::array<int16_t, 256> decode;
  std::array<uint8_t, 65536> encode;  // Indexed by the sample's 16 bits.

  UlawTables() {
    for (int i = 0; i < 256; ++i) decode[i] = UlawToPcm(static_cast<uint8_t>(i));
    for (int i = -32768; i < 32768; ++i) encode[static_cast<uint16_t>(i)] = PcmToUlaw(i);
  }
};

}  // namespace mixminus::bench
