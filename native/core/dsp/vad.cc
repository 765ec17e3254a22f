// Talk detection by level. Pure. Levels are −dBov: a larger number is quieter.

#include "core/dsp/vad.h"

#include <algorithm>

namespace mixminus {

namespace {

// The floor stays between these: digital silence must not make breathing speech, and a steady loud
// sound (music, a tone) must not become the floor.
constexpr int kQuietestFloorQ8 = 75 * 256;
constexpr int kLoudestFloorQ8 = 40 * 256;
constexpr int kRiseQ8 = 10;    // towards louder: 2 dB/s
constexpr int kFallShift = 3;  // towards quieter: within some frames

}  // namespace

VadEvent Vad::Update(int level_dbov) noexcept {
  const int level_q8 = level_dbov * 256;
  const bool speech = IsSpeech(level_dbov);
  if (level_q8 > floor_q8_) {
    floor_q8_ += (level_q8 - floor_q8_) >> kFallShift;
  } else {
    floor_q8_ -= std::min(kRiseQ8, floor_q8_ - level_q8);
  }
  floor_q8_ = std::clamp(floor_q8_, kLoudestFloorQ8, kQuietestFloorQ8);

  run_ = speech ? std::min(run_ + 1, kStartFrames) : 0;
  if (talking_) {
    hangover_ = speech ? kHangoverFrames : hangover_ - 1;
    if (hangover_ > 0) return VadEvent::kNone;
    talking_ = false;
    return VadEvent::kStopped;
  }
  if (run_ < kStartFrames) return VadEvent::kNone;
  talking_ = true;
  hangover_ = kHangoverFrames;
  return VadEvent::kStarted;
}

}  // namespace mixminus
