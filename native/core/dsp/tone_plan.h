#pragma once
// A sequence of tones and pauses as telephones use them: one or two frequencies at a time, each
// step with its length. Pure; a player reads it
// through core/file/tone_source.h.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace mixminus {

struct ToneStep {
  // 0: no tone. Below half of the sampling rate.
  double frequency_hz[2] = {0, 0};
  double amplitude[2] = {0, 0};  // peak, 0…32767; a sum above that clips
  int duration_ms = 0;           // above 0
};

// Plays a plan once. Steps begin and end with a ramp of 2 ms, so that they do not click.
class TonePlayer {
 public:
  TonePlayer(std::vector<ToneStep> steps, int rate_hz);

  // Up to `count` samples; fewer at the end.
  int Generate(int16_t* out, int count) noexcept;
  // Goes to a sample from the beginning; behind the end is the end.
  void Seek(uint64_t sample) noexcept;
  uint64_t samples() const noexcept { return total_; }

 private:
  int64_t StepSamples(const ToneStep& step) const noexcept;
  double Sample(const ToneStep& step, int64_t at, int64_t length) const noexcept;

  const std::vector<ToneStep> steps_;
  const int rate_hz_;
  uint64_t total_ = 0;
  size_t step_ = 0;
  int64_t at_ = 0;  // samples into the step
};

}  // namespace mixminus
