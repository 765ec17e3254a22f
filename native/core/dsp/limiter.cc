// Hard clip. Pure.

#include "core/dsp/limiter.h"

#include "core/base/audio_frame.h"

namespace mixminus {

int LimitToInt16(const int32_t* in, int count, int16_t* out) noexcept {
  int clipped = 0;
  for (int i = 0; i < count; ++i) {
    const int16_t limited = SaturateToInt16(in[i]);
    clipped += limited != in[i] ? 1 : 0;
    out[i] = limited;
  }
  return clipped;
}

}  // namespace mixminus
