#pragma once
// G.722 at 64 kbit/s (mode 1): 16 kHz in two sub-bands, one byte for each two samples. Bit-exact to
// ITU-T G.722. A packet is any number of bytes; the state runs through all packets of a stream.
// About 300 bytes each way. Pure; one thread at a time.

#include "core/codec/codec.h"

namespace mixminus {

// The adaptive predictor and quantiser scale of one sub-band (G.722 §3.5 and §3.6); numbers are
// 16-bit fixed point as there, held in wider variables.
struct G722Band {
  int32_t s = 0;   // prediction
  int32_t sz = 0;  // its zero section's part
  int32_t r1 = 0;  // reconstructed signal, one sample ago
  int32_t r2 = 0;  // and two
  int32_t p1 = 0;  // partially reconstructed signal
  int32_t p2 = 0;
  int32_t a1 = 0;  // pole coefficients
  int32_t a2 = 0;
  int32_t b[6] = {};  // zero coefficients
  int32_t d[6] = {};  // quantised differences, latest first
  int32_t nb = 0;     // log of the scale factor
  int32_t det = 0;    // scale factor
};

class G722Decoder final : public AudioDecoder {
 public:
  G722Decoder() noexcept { Reset(); }
  int sample_rate_hz() const noexcept override { return 16000; }
  int PacketSamples(const uint8_t* payload, size_t size) const noexcept override;
  int Decode(const uint8_t* payload, size_t size, int first, int16_t* out,
             int count) noexcept override;
  void Reset() noexcept override;

 private:
  static constexpr int kHistory = 11;  // of each of the QMF's two phases

  void DecodeCode(uint8_t code, int16_t* pair) noexcept;

  G722Band low_;
  G722Band high_;
  int32_t sums_[2 * (kHistory + 1)];         // low + high, latest first, twice in a row
  int32_t differences_[2 * (kHistory + 1)];  // low − high
  int phase_ = 0;                            // where the latest stands in both

  // The packet of the last run.
  const uint8_t* payload_ = nullptr;
  size_t size_ = 0;
  int next_ = 0;       // the sample that the next run continues with
  int16_t spare_ = 0;  // the second sample of a code that a run ended in
};

class G722Encoder final : public AudioEncoder {
 public:
  G722Encoder() noexcept { Reset(); }
  CodecId id() const noexcept override { return CodecId::kG722; }
  int sample_rate_hz() const noexcept override { return 16000; }
  bool TakesSamples(int count) const noexcept override { return count > 0 && count % 2 == 0; }
  size_t Encode(const int16_t* samples, int count, uint8_t* out, size_t capacity) noexcept override;
  bool CloneStateFrom(const AudioEncoder& other) noexcept override;
  void Reset() noexcept override;

 private:
  static constexpr int kTaps = 24;

  struct State {
    G722Band low;
    G722Band high;
    int16_t history[kTaps - 2];  // the samples before this packet
  };

  uint8_t EncodePair(const int16_t* window) noexcept;

  State state_;
};

}  // namespace mixminus
