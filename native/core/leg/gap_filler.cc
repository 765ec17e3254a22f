// Fades and noise. See gap_filler.h. Pure.

#include "core/leg/gap_filler.h"

#include <algorithm>
#include <cstring>

#include "core/base/audio_frame.h"

namespace mixminus {

void GapFiller::SetRate(int rate_hz) noexcept {
  per_ms_ = std::max(1, rate_hz / 1000);
  made_ = 0;
  gain_ = kUnity;
  return_left_ = 0;
}

void GapFiller::Reset() noexcept {
  noise_.Reset();
  told_ = false;
  background_dbov_ = 127;
  guess_dbov_ = -1;
  SetRate(per_ms_ * 1000);
}

bool GapFiller::OnNoisePacket(const uint8_t* payload, size_t size) noexcept {
  ComfortNoise noise;
  if (!ParseComfortNoise(payload, size, &noise)) return false;
  noise_.Update(noise);
  told_ = true;
  return true;
}

// A peer that negotiated comfort noise expects its silence to sound like its background (RFC 3389
// §4); until it says how, white noise at the floor that was heard between its words.
bool GapFiller::HasNoise() noexcept {
  if (told_) return true;
  if (!negotiated_ || background_dbov_ >= 127) return false;
  const int level = std::max(background_dbov_, kLoudestGuessDbov);
  if (level != guess_dbov_) {
    ComfortNoise noise;
    noise.level_dbov = level;
    noise_.Update(noise);
    guess_dbov_ = level;
  }
  return true;
}

int GapFiller::Gain(int made, int hold_ms, int fade_ms) const noexcept {
  const int hold = hold_ms * per_ms_;
  const int fade = fade_ms * per_ms_;
  if (made < hold) return kUnity;
  if (made >= fade) return 0;
  return static_cast<int>(int64_t{kUnity} * (fade - made) / (fade - hold));
}

void GapFiller::FadeCodec(int16_t* samples, int count) noexcept {
  for (int i = 0; i < count; ++i) {
    gain_ = Gain(made_ + i, kCodecHoldMs, kCodecFadeMs);
    samples[i] = static_cast<int16_t>(samples[i] * gain_ / kUnity);
  }
  return_left_ = 0;
}

void GapFiller::AddNoise(int16_t* samples, int count, int hold_ms, int fade_ms) noexcept {
  constexpr int kRun = 160;
  const int begin = hold_ms * per_ms_ - made_;
  // Nothing is made while nothing would be heard of it.
  for (int at = std::clamp(begin, 0, count); at < count && HasNoise(); at += kRun) {
    int16_t noise[kRun];
    const int run = std::min(kRun, count - at);
    noise_.Generate(noise, run);
    for (int i = 0; i < run; ++i) {
      const int share = kUnity - Gain(made_ + at + i, hold_ms, fade_ms);
      samples[at + i] = SaturateToInt16(samples[at + i] + noise[i] * share / kUnity);
    }
  }
  made_ = std::min(made_ + count, fade_ms * per_ms_);
}

bool GapFiller::Fill(int16_t* samples, int count) noexcept {
  made_ = 0;
  gain_ = kUnity;
  return_left_ = 0;
  if (HasNoise()) {
    noise_.Generate(samples, count);
    return true;
  }
  std::memset(samples, 0, static_cast<size_t>(count) * sizeof(int16_t));
  return false;
}

void GapFiller::OnAudio(int16_t* samples, int count) noexcept {
  made_ = 0;
  const int total = kReturnMs * per_ms_;
  if (gain_ < kUnity && return_left_ == 0) return_left_ = total;
  for (int i = 0; i < count && return_left_ > 0; ++i) {
    const int gain = kUnity - (kUnity - gain_) * return_left_ / (total + 1);
    samples[i] = static_cast<int16_t>(samples[i] * gain / kUnity);
    if (--return_left_ == 0) gain_ = kUnity;
  }
}

}  // namespace mixminus
