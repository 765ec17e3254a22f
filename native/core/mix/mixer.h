#pragma once
// The mix of one room for one tick: a wide sum of all speakers, and for each listener the sum minus
// their own voice, clipped once at the very end. Three members at full scale each hear exactly the
// other two. Pure; the engine's conference calls Begin, then Add for each speaker, then MinusInto
// for each listener.

#include <cstdint>

#include "core/base/audio_frame.h"
#include "core/mix/gain_ramp.h"

namespace mixminus {

class Mixer {
 public:
  // Full-scale members that an int32 sum holds without overflow.
  static constexpr int kMaxMembers = 65535;

  Mixer() noexcept { Begin(8000); }

  // Starts a tick: empty sum at `rate_hz`.
  void Begin(int rate_hz) noexcept;

  // Starts a tick with a sum that was made elsewhere (at another rate): the caller fills all
  // SamplesPerFrame(rate_hz) samples.
  int32_t* BeginWith(int rate_hz) noexcept;

  // Adds one speaker. False, and nothing added, when the frame's rate is not the mixer's.
  bool Add(const AudioFrame& frame) noexcept;

  // The same for a speaker whose voice is made louder, quieter, or fades.
  bool AddScaled(const AudioFrame& frame, GainStep gain) noexcept;

  // After the last speaker: what the scaled ones add up to is rounded into the sum, once. What is
  // left of it is kept for PersonalInto.
  void Settle() noexcept;

  // out = clip(sum − own). `own` null: a listener who is not in the sum. `own` must be, unchanged,
  // a frame that was added (not a scaled one); it may be the same object as `out`.
  void MinusInto(const AudioFrame* own, AudioFrame* out) const noexcept;

  // out = clip(sum − own + extra): a player over the mix, still clipped once. Both may be null. A
  // frame of another rate is left out.
  void MinusPlusInto(const AudioFrame* own, const AudioFrame* extra,
                     AudioFrame* out) const noexcept;

  // out = clip((sum + correction) × gain + extra), rounded once: for listeners who hear something
  // that whole samples cannot say. `correction` null: none. Exact while the sum is below 2^24.
  void PersonalInto(const float* correction, GainStep gain, const AudioFrame* extra,
                    AudioFrame* out) const noexcept;

  int rate_hz() const noexcept { return rate_hz_; }
  int added() const noexcept { return added_; }
  const int32_t* sum() const noexcept { return sum_; }

 private:
  int rate_hz_ = 0;
  int samples_ = 0;
  int added_ = 0;
  bool scaled_ = false;  // fraction_ holds something
  alignas(16) int32_t sum_[AudioFrame::kMaxSamples];
  alignas(16) float fraction_[AudioFrame::kMaxSamples];  // of the scaled speakers
};

}  // namespace mixminus
