#pragma once
// Chooses who is heard in a big room: the N loudest, with hysteresis, so that seats do not flicker
// between talkers of equal level. Of those who say something, the ones of higher priority come
// first whatever their level; who is silent displaces nobody. Each member carries a Speaker record
// that the selector updates; the selector itself keeps only its setting. Pure; called by the
// engine's conference once a tick.

#include <cstdint>

namespace mixminus {

struct Speaker {
  // In, each tick:
  int level_dbov = 127;  // 0 loud…127 silent
  bool talking = false;  // from the VAD
  uint8_t priority = 0;  // 0 background…5 emergency
  // Out and kept:
  bool selected = false;
  uint8_t hold = 0;      // ticks that the seat is still kept after talking ends
  int16_t score_q4 = 0;  // smoothed loudness × 16; 0 = silent
};

class SpeakerSelector {
 public:
  static constexpr int kHoldTicks = 25;  // 500 ms
  static constexpr int kPriorities = 6;
  static constexpr int kQuietDbov = 50;  // quieter than this, and not talking, is silent
  static constexpr int kSeatBonusDb =
      6;  // a challenger must be this much louder than the seat's owner

  // `loudest`: how many are heard; 0 = all.
  explicit SpeakerSelector(int loudest = 0) noexcept : loudest_(loudest < 0 ? 0 : loudest) {}
  void SetLoudest(int loudest) noexcept { loudest_ = loudest < 0 ? 0 : loudest; }
  int loudest() const noexcept { return loudest_; }

  // Sets `selected` of each of the `count` speakers; returns how many are selected. With N = 0, or
  // N or fewer members, everybody is.
  int Select(Speaker* const* speakers, int count) const noexcept;

 private:
  int loudest_;
};

}  // namespace mixminus
