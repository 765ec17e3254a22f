#pragma once
// Says when somebody starts and stops talking, from the level of each 20 ms frame: energy over an
// adaptive noise floor, with a short confirmation and a hangover. Pure; owned by a receive leg.

namespace mixminus {

enum class VadEvent : unsigned char { kNone, kStarted, kStopped };

class Vad {
 public:
  static constexpr int kQuietestSpeechDbov = 55;  // fainter than −55 dBov is never speech
  static constexpr int kMarginDb = 9;             // speech stands this far above the noise floor
  static constexpr int kStartFrames = 3;          // 60 ms of it start talking
  static constexpr int kHangoverFrames = 20;      // 400 ms without stop it

  // One frame; `level_dbov` as of dsp/level (0 loud…127 silent).
  VadEvent Update(int level_dbov) noexcept;

  // Whether a frame of this level stands out of the noise; without confirmation or hangover.
  bool IsSpeech(int level_dbov) const noexcept {
    return level_dbov <= kQuietestSpeechDbov && level_dbov * 256 <= floor_q8_ - kMarginDb * 256;
  }

  bool talking() const noexcept { return talking_; }
  int noise_floor_dbov() const noexcept { return floor_q8_ / 256; }
  void Reset() noexcept { *this = Vad(); }

 private:
  int floor_q8_ = 70 * 256;  // −dBov × 256
  int run_ = 0;              // speech frames in a row
  int hangover_ = 0;
  bool talking_ = false;
};

}  // namespace mixminus
