// G.711 companding by arithmetic. Both laws are a floating-point format of three exponent and four
// mantissa bits, so the code of a sample stands, apart from an offset, in the top bits of its
// magnitude written as an IEEE 754 float, and the other way round. That needs no tables (which
// would compete for cache with 500 legs) and no branches, and compilers turn the loops into vector
// code. Pure.
//
// On a decision value the two signs round alike in µ-law, and one unit of 16 bits apart in A-law.
// G.711 leaves both open (it says "between"); this is what most implementations do.

#include "core/codec/g711.h"

#include <cstring>

namespace mixminus {

namespace {

static_assert(sizeof(float) == sizeof(uint32_t), "the codes are read out of IEEE 754 floats");

constexpr int kMantissaShift = 19;  // leaves exponent and the top four mantissa bits
constexpr int kUlawBias = 132;      // 33 in the 14-bit units of G.711 table 2
constexpr int kMaxMagnitude = 32767;
constexpr int kSegmentExponent = 127 + 7;  // segment 0 begins at 2^7 × 1.03…
constexpr int32_t kCodeOffset = kSegmentExponent << 4;
constexpr uint32_t kFloatOffset = (static_cast<uint32_t>(kSegmentExponent) << 23) | (1u << 18);

inline uint32_t FloatBits(int32_t value) noexcept {
  const float f = static_cast<float>(value);
  uint32_t bits;
  std::memcpy(&bits, &f, sizeof(bits));
  return bits;
}

inline int32_t FromFloatBits(uint32_t bits) noexcept {
  float f;
  std::memcpy(&f, &bits, sizeof(f));
  return static_cast<int32_t>(f);
}

// The middle of the interval of a seven-bit code, in biased units: (33 + 2 × mantissa) × 2^(segment
// + 2).
inline int32_t Magnitude(uint32_t code) noexcept {
  return FromFloatBits((code << kMantissaShift) + kFloatOffset);
}

inline int16_t DecodeUlawSample(uint8_t code) noexcept {
  const uint32_t inverted = ~uint32_t{code};
  const int32_t magnitude = Magnitude(inverted & 0x7F) - kUlawBias;
  const int32_t sign = -static_cast<int32_t>((inverted >> 7) & 1);
  return static_cast<int16_t>((magnitude ^ sign) - sign);
}

inline int16_t DecodeAlawSample(uint8_t code) noexcept {
  const uint32_t plain = uint32_t{code} ^ 0x55;
  const uint32_t low = plain & 0x7F;
  // Segment 0 is as linear as segment 1, one segment's width below it.
  const uint32_t first = low < 16 ? 1 : 0;
  const int32_t magnitude = Magnitude(low + (first << 4)) - static_cast<int32_t>(first << 8);
  const int32_t sign = -static_cast<int32_t>(((plain >> 7) & 1) ^ 1);
  return static_cast<int16_t>((magnitude ^ sign) - sign);
}

inline uint8_t EncodeUlawSample(int16_t sample) noexcept {
  const int32_t sign = sample >> 15;  // 0 or −1
  const int32_t biased = ((int32_t{sample} ^ sign) - sign) + kUlawBias;
  const int32_t magnitude = biased > kMaxMagnitude ? kMaxMagnitude : biased;
  const int32_t code = static_cast<int32_t>(FloatBits(magnitude) >> kMantissaShift) - kCodeOffset;
  return static_cast<uint8_t>(code ^ (0xFF ^ (sign & 0x80)));
}

inline uint8_t EncodeAlawSample(int16_t sample) noexcept {
  const int32_t sign = sample >> 15;
  const int32_t magnitude = int32_t{sample} ^ sign;
  // Segments 1…7 as above; adding 256 brings segment 0 to where its codes have the same form.
  const int32_t first = magnitude < 256 ? 1 : 0;
  const uint32_t bits = FloatBits(magnitude + (first << 8));
  const int32_t code = static_cast<int32_t>(bits >> kMantissaShift) - kCodeOffset - (first << 4);
  return static_cast<uint8_t>(code ^ (0xD5 ^ (sign & 0x80)));
}

int Clamp(size_t size, int first, int count) noexcept {
  if (first < 0 || count <= 0 || static_cast<size_t>(first) >= size) return 0;
  const size_t rest = size - static_cast<size_t>(first);
  return static_cast<size_t>(count) < rest ? count : static_cast<int>(rest);
}

}  // namespace

int16_t UlawToLinear(uint8_t code) noexcept { return DecodeUlawSample(code); }
int16_t AlawToLinear(uint8_t code) noexcept { return DecodeAlawSample(code); }
uint8_t LinearToUlaw(int16_t sample) noexcept { return EncodeUlawSample(sample); }
uint8_t LinearToAlaw(int16_t sample) noexcept { return EncodeAlawSample(sample); }

void DecodeUlaw(const uint8_t* __restrict in, int count, int16_t* __restrict out) noexcept {
  for (int i = 0; i < count; ++i) out[i] = DecodeUlawSample(in[i]);
}

void DecodeAlaw(const uint8_t* __restrict in, int count, int16_t* __restrict out) noexcept {
  for (int i = 0; i < count; ++i) out[i] = DecodeAlawSample(in[i]);
}

void EncodeUlaw(const int16_t* __restrict in, int count, uint8_t* __restrict out) noexcept {
  for (int i = 0; i < count; ++i) out[i] = EncodeUlawSample(in[i]);
}

void EncodeAlaw(const int16_t* __restrict in, int count, uint8_t* __restrict out) noexcept {
  for (int i = 0; i < count; ++i) out[i] = EncodeAlawSample(in[i]);
}

int PcmuDecoder::PacketSamples(const uint8_t*, size_t size) const noexcept {
  return static_cast<int>(size);
}

int PcmuDecoder::Decode(const uint8_t* payload, size_t size, int first, int16_t* out,
                        int count) noexcept {
  const int samples = Clamp(size, first, count);
  DecodeUlaw(payload + first, samples, out);
  return samples;
}

int PcmaDecoder::PacketSamples(const uint8_t*, size_t size) const noexcept {
  return static_cast<int>(size);
}

int PcmaDecoder::Decode(const uint8_t* payload, size_t size, int first, int16_t* out,
                        int count) noexcept {
  const int samples = Clamp(size, first, count);
  DecodeAlaw(payload + first, samples, out);
  return samples;
}

size_t PcmuEncoder::Encode(const int16_t* samples, int count, uint8_t* out,
                           size_t capacity) noexcept {
  if (count < 0 || static_cast<size_t>(count) > capacity) return 0;
  EncodeUlaw(samples, count, out);
  return static_cast<size_t>(count);
}

size_t PcmaEncoder::Encode(const int16_t* samples, int count, uint8_t* out,
                           size_t capacity) noexcept {
  if (count < 0 || static_cast<size_t>(count) > capacity) return 0;
  EncodeAlaw(samples, count, out);
  return static_cast<size_t>(count);
}

}  // namespace mixminus
