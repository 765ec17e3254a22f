#pragma once
// A plan of tones as something to play. See pcm_source.h and core/dsp/tone_plan.h.

#include <utility>
#include <vector>

#include "core/dsp/tone_plan.h"
#include "core/file/pcm_source.h"

namespace mixminus {

class ToneSource final : public PcmSource {
 public:
  ToneSource(std::vector<ToneStep> steps, int rate_hz)
      : player_(std::move(steps), rate_hz), rate_hz_(rate_hz) {}

  InputState Open() noexcept override { return InputState::kOk; }
  int rate_hz() const noexcept override { return rate_hz_; }
  InputState Read(int16_t* out, size_t max, size_t* count) noexcept override {
    *count = static_cast<size_t>(player_.Generate(out, static_cast<int>(max)));
    return *count > 0 ? InputState::kOk : InputState::kEnd;
  }
  bool Seek(uint64_t sample) noexcept override {
    player_.Seek(sample);
    return true;
  }

 private:
  TonePlayer player_;
  const int rate_hz_;
};

}  // namespace mixminus
