#pragma once
// The unit of audio inside the engine: one mono frame of exactly 20 ms at 8 to 48 kHz, held by
// value so that a worker never allocates for it. Plain data, owned by one thread at a time; used by
// codec, jitter, mix, leg and the engine.

#include <cstdint>
#include <cstring>

namespace mixminus {

constexpr int kFrameMs = 20;
constexpr int kFramesPerSecond = 1000 / kFrameMs;

// Samples in one 20 ms frame at `rate_hz` (8000 → 160, 48000 → 960).
constexpr int SamplesPerFrame(int rate_hz) noexcept { return rate_hz / kFramesPerSecond; }

// Clips a wide value to the range of a sample. The only rounding that a mix ever undergoes.
constexpr int16_t SaturateToInt16(int32_t value) noexcept {
  return static_cast<int16_t>(value > INT16_MAX   ? INT16_MAX
                              : value < INT16_MIN ? INT16_MIN
                                                  : value);
}

struct AudioFrame {
  static constexpr int kMaxRateHz = 48000;
  static constexpr int kMaxSamples = kMaxRateHz / kFramesPerSecond;  // 960

  int rate_hz;
  int samples_per_channel;
  // Only the first samples_per_channel are defined.
  alignas(16) int16_t samples[kMaxSamples];

  // Silence at 8 kHz.
  AudioFrame() noexcept { Clear(8000); }

  // Becomes 20 ms of silence at `rate`; a rate outside 50…48000 Hz is clamped into it.
  void Clear(int rate) noexcept {
    SetRate(rate);
    std::memset(samples, 0, static_cast<size_t>(samples_per_channel) * sizeof(int16_t));
  }

  // Sets the shape alone; the caller writes all samples afterwards.
  void SetRate(int rate) noexcept {
    rate_hz = rate < kFramesPerSecond ? kFramesPerSecond : rate > kMaxRateHz ? kMaxRateHz : rate;
    samples_per_channel = SamplesPerFrame(rate_hz);
  }

  // Copies shape and defined samples; the rest of the array is left alone, which is why assignment
  // is not used on the media path (it would move 1,920 bytes for 320).
  void CopyFrom(const AudioFrame& other) noexcept {
    rate_hz = other.rate_hz;
    samples_per_channel = other.samples_per_channel;
    std::memcpy(samples, other.samples, static_cast<size_t>(samples_per_channel) * sizeof(int16_t));
  }
};

}  // namespace mixminus
