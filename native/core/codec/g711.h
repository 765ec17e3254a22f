#pragma once
// G.711: PCMU (µ-law) and PCMA (A-law), exact to ITU-T G.711 for every code and every 16-bit
// sample. Without state, so one object per law serves every leg. Pure; the free functions are also
// used by file/wav.

#include "core/codec/codec.h"

namespace mixminus {

int16_t UlawToLinear(uint8_t code) noexcept;
int16_t AlawToLinear(uint8_t code) noexcept;
uint8_t LinearToUlaw(int16_t sample) noexcept;
uint8_t LinearToAlaw(int16_t sample) noexcept;

// Whole runs; in and out do not overlap.
void DecodeUlaw(const uint8_t* in, int count, int16_t* out) noexcept;
void DecodeAlaw(const uint8_t* in, int count, int16_t* out) noexcept;
void EncodeUlaw(const int16_t* in, int count, uint8_t* out) noexcept;
void EncodeAlaw(const int16_t* in, int count, uint8_t* out) noexcept;

class PcmuDecoder final : public AudioDecoder {
 public:
  int sample_rate_hz() const noexcept override { return 8000; }
  int PacketSamples(const uint8_t* payload, size_t size) const noexcept override;
  int Decode(const uint8_t* payload, size_t size, int first, int16_t* out,
             int count) noexcept override;
  void Reset() noexcept override {}
};

class PcmaDecoder final : public AudioDecoder {
 public:
  int sample_rate_hz() const noexcept override { return 8000; }
  int PacketSamples(const uint8_t* payload, size_t size) const noexcept override;
  int Decode(const uint8_t* payload, size_t size, int first, int16_t* out,
             int count) noexcept override;
  void Reset() noexcept override {}
};

class PcmuEncoder final : public AudioEncoder {
 public:
  CodecId id() const noexcept override { return CodecId::kPcmu; }
  int sample_rate_hz() const noexcept override { return 8000; }
  bool CloneStateFrom(const AudioEncoder& other) noexcept override { return other.id() == id(); }
  size_t Encode(const int16_t* samples, int count, uint8_t* out, size_t capacity) noexcept override;
  void Reset() noexcept override {}
};

class PcmaEncoder final : public AudioEncoder {
 public:
  CodecId id() const noexcept override { return CodecId::kPcma; }
  int sample_rate_hz() const noexcept override { return 8000; }
  bool CloneStateFrom(const AudioEncoder& other) noexcept override { return other.id() == id(); }
  size_t Encode(const int16_t* samples, int count, uint8_t* out, size_t capacity) noexcept override;
  void Reset() noexcept override {}
};

}  // namespace mixminus
