#pragma once
// The time at which frames are pulled, with the tick's own lateness taken out: a worker that wakes
// late, or makes up for missed ticks, changes nothing about when the audio is due. Counts frames,
// and follows the earliest tick of the last third of a second. Pure; owned by a jitter buffer.

#include <algorithm>
#include <cstdint>

namespace mixminus {

class TickClock {
 public:
  // One frame of `frame` units is due, and it is `now` (any origin, units of the same size).
  void Tick(int64_t now, int frame) noexcept {
    elapsed_ += frame;
    frame_ = frame;
    const int64_t offset = now - elapsed_;
    if (!started_ || doubtful_) {
      started_ = true;
      doubtful_ = false;
      earliest_ = previous_ = offset;
    } else if (++ticks_ >= kTicks) {
      ticks_ = 0;
      previous_ = earliest_;
      earliest_ = offset;
    } else {
      earliest_ = std::min(earliest_, offset);
    }
  }

  // Ticks may have been left out (a hold, a suspended machine): the next one is taken as it comes.
  void Doubt() noexcept { doubtful_ = true; }

  int64_t now() const noexcept { return elapsed_ + std::min(earliest_, previous_); }

  // The first tick at or after `time`: when a packet of that arrival can first be heard.
  int64_t TickAfter(int64_t time) const noexcept {
    if (!started_) return time;
    const int64_t last = now();
    const int64_t wait = time - last;
    if (wait > 0) return last + (wait + frame_ - 1) / frame_ * frame_;
    return last - -wait / frame_ * frame_;
  }

 private:
  static constexpr int kTicks = 8;  // of each of the two spans whose minimum is taken

  int64_t elapsed_ = 0;
  int64_t earliest_ = 0;
  int64_t previous_ = 0;
  int frame_ = 1;
  int ticks_ = 0;
  bool started_ = false;
  bool doubtful_ = false;
};

}  // namespace mixminus
