#pragma once
// Silence suppression for codecs without one of their own: says for each packet's audio whether it
// is sent, gives way to a comfort-noise packet (RFC 3389), or needs nothing. Pure; owned by a
// stream encoder, so that listeners who share a stream share its silences.

#include "core/codec/comfort_noise.h"
#include "core/dsp/vad.h"

namespace mixminus {

class SilenceSuppressor {
 public:
  enum class Verdict : uint8_t { kSpeech, kNoisePacket, kNothing };

  // After the last frame that stood out of the noise: the end of a word is quiet.
  static constexpr int kHangoverFrames = 10;

  explicit SilenceSuppressor(int sample_rate_hz) noexcept : encoder_(sample_rate_hz) {}

  // 20 ms as they come: talk detection.
  void Listen(const int16_t* samples, int count) noexcept;

  // The packet that ends with what was heard last; kNoisePacket asks for Write.
  Verdict Judge(const int16_t* samples, int count) noexcept;

  // The comfort-noise payload; its size.
  size_t Write(uint8_t* out, size_t capacity) noexcept { return encoder_.Write(out, capacity); }

 private:
  Vad vad_;
  ComfortNoiseEncoder encoder_;
  int hangover_ = 0;
  bool speech_ = false;  // in a frame since the last Judge, or in its hangover
  bool now_ = false;     // of the last frame
};

}  // namespace mixminus
