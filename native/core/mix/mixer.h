#pragma once
// The mix of one room for one tick: a wide sum of all speakers, and for each listener the sum minus
// their own voice, clipped once at the very end. Three members at full scale each hear exactly the
// other two. Pure; the engine's conference calls Begin, then Add for each speaker, then MinusInto
// for each listener.

#include <cstdint>

#include "core/base/audio_frame.h"

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

  // out = clip(sum − own). `own` null: a listener who is not in the sum. `own` must be, unchanged,
  // a frame that was added; it may be the same object as `out`.
  void MinusInto(const AudioFrame* own, AudioFrame* out) const noexcept;

  // out = clip(sum − own + extra): a player over the mix, still clipped once. Both may be null. A
  // frame of another rate is left out.
  void MinusPlusInto(const AudioFrame* own, const AudioFrame* extra,
                     AudioFrame* out) const noexcept;

  // The same for an own voice that is part of the sum as wide samples. `own` null as above.
  void MinusWidePlusInto(const int32_t* own, const AudioFrame* extra,
                         AudioFrame* out) const noexcept;

  int rate_hz() const noexcept { return rate_hz_; }
  int added() const noexcept { return added_; }
  const int32_t* sum() const noexcept { return sum_; }

 private:
  int rate_hz_ = 0;
  int samples_ = 0;
  int added_ = 0;
  alignas(16) int32_t sum_[AudioFrame::kMaxSamples];
};

}  // namespace mixminus
