// Plays PCM from memory into what one leg hears. The samples are decoded and resampled before the
// worker sees the player; the worker that owns the leg reads it frame by frame and gives it back
// when it ended.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "core/base/audio_frame.h"
#include "core/base/slot_pool.h"
#include "core/dsp/rate_converter.h"
#include "engine/fact_hub.h"

namespace mixminus {

class Player final : public Returned {
 public:
  // Mono 8 kHz samples.
  Player(std::vector<int16_t> samples, bool loop)
      : Returned(ReturnedKind::kPlayer), samples_(std::move(samples)), loop_(loop) {}

  // Adds the next 20 ms to `out`, at whatever rate that is, clipping the sum. False when nothing is
  // left after it.
  bool AddFrame(AudioFrame* out) noexcept;

  // Set once by the engine before the worker knows the player.
  Handle handle = kNullHandle;
  Handle leg = kNullHandle;
  // The list of the leg; worker only.
  Player* next = nullptr;

 private:
  const std::vector<int16_t> samples_;
  const bool loop_;
  size_t position_ = 0;
  RateConverter to_leg_;
};

}  // namespace mixminus
