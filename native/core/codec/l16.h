#pragma once
// L16: linear 16-bit samples in network byte order (RFC 3551 §4.5.11), one channel, at any rate of
// the engine. Its objects know their rate and hold nothing else. Pure.

#include "core/codec/codec.h"

namespace mixminus {

class L16Decoder final : public AudioDecoder {
 public:
  explicit L16Decoder(int sample_rate_hz) noexcept : rate_hz_(sample_rate_hz) {}
  int sample_rate_hz() const noexcept override { return rate_hz_; }
  int PacketSamples(const uint8_t* payload, size_t size) const noexcept override;
  int Decode(const uint8_t* payload, size_t size, int first, int16_t* out,
             int count) noexcept override;
  void Reset() noexcept override {}

 private:
  const int rate_hz_;
};

class L16Encoder final : public AudioEncoder {
 public:
  explicit L16Encoder(int sample_rate_hz) noexcept : rate_hz_(sample_rate_hz) {}
  CodecId id() const noexcept override { return CodecId::kL16; }
  int sample_rate_hz() const noexcept override { return rate_hz_; }
  size_t Encode(const int16_t* samples, int count, uint8_t* out, size_t capacity) noexcept override;
  bool CloneStateFrom(const AudioEncoder& other) noexcept override {
    return other.id() == id() && other.sample_rate_hz() == rate_hz_;
  }
  void Reset() noexcept override {}

 private:
  const int rate_hz_;
};

}  // namespace mixminus
