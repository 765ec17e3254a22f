// What a room needs only while it ticks: sums and frames at each rate, and the payloads that its
// listeners share. One for each worker, so that a room's own memory stays small and this one warm.
#pragma once

#include <cstdint>

#include "core/base/audio_frame.h"
#include "core/dsp/rate_converter.h"
#include "core/leg/stream_groups.h"
#include "core/mix/mixer.h"
#include "engine/shared_audio.h"

namespace mixminus {

struct RoomScratch {
  RoomScratch() {
    for (int i = 0; i < kEngineRates; ++i) silence[i].frame.Clear(RateAt(i));
  }

  Mixer sums[kEngineRates];  // of the room, at each rate that a listener has
  SharedAudio mix[kEngineRates];
  SharedAudio silence[kEngineRates];
  AudioFrame own_mix;
  AudioFrame from_players;
  // What is added to the sum for one listener, at the room's rate and at the listener's.
  float correction[AudioFrame::kMaxSamples];
  float converted[AudioFrame::kMaxSamples];
  StreamScratch streams;
};

// What listeners may share, as StreamGroups knows it.
constexpr int kHearMix = 0;
constexpr int kHearSilence = 1;

}  // namespace mixminus
