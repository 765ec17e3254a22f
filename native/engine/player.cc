// See player.h.
#include "engine/player.h"

#include <algorithm>

namespace mixminus {

bool Player::AddFrame(AudioFrame* out) noexcept {
  int filled = 0;
  while (filled < out->samples_per_channel && position_ < samples_.size()) {
    const size_t wanted = static_cast<size_t>(out->samples_per_channel - filled);
    const size_t count = std::min(wanted, samples_.size() - position_);
    for (size_t i = 0; i < count; ++i) {
      int16_t* sample = &out->samples[static_cast<size_t>(filled) + i];
      *sample = SaturateToInt16(*sample + samples_[position_ + i]);
    }
    filled += static_cast<int>(count);
    position_ += count;
    if (loop_ && position_ == samples_.size()) position_ = 0;
  }
  return position_ < samples_.size();
}

}  // namespace mixminus
