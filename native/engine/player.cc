// See player.h.
#include "engine/player.h"

#include <algorithm>

namespace mixminus {

bool Player::AddFrame(AudioFrame* out) noexcept {
  AudioFrame frame;
  int filled = 0;
  while (filled < frame.samples_per_channel && position_ < samples_.size()) {
    const size_t wanted = static_cast<size_t>(frame.samples_per_channel - filled);
    const size_t count = std::min(wanted, samples_.size() - position_);
    std::copy_n(samples_.data() + position_, count, frame.samples + filled);
    filled += static_cast<int>(count);
    position_ += count;
    if (loop_ && position_ == samples_.size()) position_ = 0;
  }
  to_leg_.SetRates(frame.rate_hz, out->rate_hz);
  to_leg_.Convert(frame, &frame);
  for (int i = 0; i < out->samples_per_channel; ++i) {
    out->samples[i] = SaturateToInt16(out->samples[i] + frame.samples[i]);
  }
  return position_ < samples_.size();
}

}  // namespace mixminus
