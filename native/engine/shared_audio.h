// One frame that several listeners hear in the same tick (the whole mix, or silence): its level and
// its encoding are made once, at the first listener who needs them. The codecs of this build have
// no state, so that sharing is exact. Owned by a conference or a worker.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/audio_frame.h"
#include "core/dsp/level.h"
#include "core/leg/send_leg.h"

namespace mixminus {

class SharedAudio {
 public:
  // A new frame: whoever fills `frame` calls this.
  void Changed() noexcept {
    level_ = kUnknown;
    for (Encoded& encoded : encoded_) encoded.size = 0;
  }

  int LevelDbovOnce() noexcept {
    if (level_ == kUnknown) level_ = LevelDbov(frame.samples, frame.samples_per_channel);
    return level_;
  }

  // The payload in the codec of `leg`; `size` 0 when it cannot be encoded.
  const uint8_t* EncodedFor(SendLeg* leg, size_t* size) noexcept {
    Encoded& encoded = encoded_[static_cast<int>(leg->codec())];
    if (encoded.size == 0)
      encoded.size = leg->Encode(frame, encoded.payload, sizeof(encoded.payload));
    *size = encoded.size;
    return encoded.payload;
  }

  AudioFrame frame;

 private:
  static constexpr int kUnknown = -1;
  static constexpr int kCodecs = static_cast<int>(CodecId::kPcma) + 1;

  struct Encoded {
    size_t size = 0;
    uint8_t payload[SamplesPerFrame(8000)];
  };

  int level_ = kUnknown;
  Encoded encoded_[kCodecs];
};

}  // namespace mixminus
