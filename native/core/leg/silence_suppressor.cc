// Talk detection and the measure of the background. Pure.

#include "core/leg/silence_suppressor.h"

#include "core/dsp/level.h"

namespace mixminus {

// A beginning is never cut off: a frame counts as soon as it stands out, without the confirmation
// that an event to the application needs.
void SilenceSuppressor::Listen(const int16_t* samples, int count) noexcept {
  const int level_dbov = LevelDbov(samples, count);
  if (vad_.IsSpeech(level_dbov)) {
    hangover_ = kHangoverFrames;
  } else if (hangover_ > 0) {
    --hangover_;
  }
  vad_.Update(level_dbov);
  now_ = hangover_ > 0 || vad_.talking();
  speech_ = speech_ || now_;
}

SilenceSuppressor::Verdict SilenceSuppressor::Judge(const int16_t* samples, int count) noexcept {
  const bool speech = speech_;
  speech_ = now_;
  if (speech) {
    encoder_.OnSpeech();
    return Verdict::kSpeech;
  }
  return encoder_.Observe(samples, count) ? Verdict::kNoisePacket : Verdict::kNothing;
}

}  // namespace mixminus
