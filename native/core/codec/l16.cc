// L16: samples are bytes, most significant first. Pure; the loops become vector code.

#include "core/codec/l16.h"

namespace mixminus {

// An odd number of bytes holds no whole number of samples; such a packet is damaged.
int L16Decoder::PacketSamples(const uint8_t*, size_t size) const noexcept {
  return size % 2 == 0 ? static_cast<int>(size / 2) : 0;
}

int L16Decoder::Decode(const uint8_t* payload, size_t size, int first, int16_t* out,
                       int count) noexcept {
  const int samples = static_cast<int>(size / 2);
  if (first < 0 || count <= 0 || first >= samples) return 0;
  if (count > samples - first) count = samples - first;
  const uint8_t* in = payload + 2 * first;
  for (int i = 0; i < count; ++i) {
    out[i] = static_cast<int16_t>((in[2 * i] << 8) | in[2 * i + 1]);
  }
  return count;
}

size_t L16Encoder::Encode(const int16_t* samples, int count, uint8_t* out,
                          size_t capacity) noexcept {
  if (count <= 0 || static_cast<size_t>(count) > capacity / 2) return 0;
  for (int i = 0; i < count; ++i) {
    const auto sample = static_cast<uint16_t>(samples[i]);
    out[2 * i] = static_cast<uint8_t>(sample >> 8);
    out[2 * i + 1] = static_cast<uint8_t>(sample);
  }
  return 2 * static_cast<size_t>(count);
}

}  // namespace mixminus
