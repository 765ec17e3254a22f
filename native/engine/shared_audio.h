// One frame that several listeners hear in the same tick (the whole mix, or silence), with its
// level, which is measured once, at the first listener. Owned by a worker.
#pragma once

#include "core/base/audio_frame.h"
#include "core/dsp/level.h"

namespace mixminus {

class SharedAudio {
 public:
  // A new frame: whoever fills `frame` calls this.
  void Changed() noexcept { level_ = kUnknown; }

  int LevelDbovOnce() noexcept {
    if (level_ == kUnknown) level_ = LevelDbov(frame.samples, frame.samples_per_channel);
    return level_;
  }

  AudioFrame frame;

 private:
  static constexpr int kUnknown = -1;

  int level_ = kUnknown;
};

}  // namespace mixminus
