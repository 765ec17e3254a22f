#pragma once
// What a player plays, as mono samples that are asked for in runs: a sound file, samples in memory,
// tones. Pure; the engine's file thread calls one source at a time.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/file/byte_input.h"

namespace mixminus {

class PcmSource {
 public:
  virtual ~PcmSource() = default;

  // Reads as far as the first sample. kLater: call again. kFailed: problem() says why, or is null
  // when the input failed. kEnd is never answered: an input that ends too early is a problem.
  virtual InputState Open() noexcept = 0;

  // From here on after Open has answered kOk.
  virtual int rate_hz() const noexcept = 0;  // 4000…192000
  // Up to `max` samples. `count` is above 0 with kOk and 0 otherwise.
  virtual InputState Read(int16_t* out, size_t max, size_t* count) noexcept = 0;
  // Goes to a sample, counted from the beginning; behind the end is the end. False where the input
  // cannot seek.
  virtual bool Seek(uint64_t sample) noexcept = 0;

  // What is wrong with the bytes, as the end of a sentence about them; null while nothing is.
  virtual const char* problem() const noexcept { return nullptr; }
};

// Samples in memory.
class MemorySource final : public PcmSource {
 public:
  MemorySource(std::vector<int16_t> samples, int rate_hz)
      : samples_(std::move(samples)), rate_hz_(rate_hz) {}

  InputState Open() noexcept override { return InputState::kOk; }
  int rate_hz() const noexcept override { return rate_hz_; }
  InputState Read(int16_t* out, size_t max, size_t* count) noexcept override {
    *count = std::min(max, samples_.size() - at_);
    std::copy_n(samples_.data() + at_, *count, out);
    at_ += *count;
    return *count > 0 ? InputState::kOk : InputState::kEnd;
  }
  bool Seek(uint64_t sample) noexcept override {
    at_ = static_cast<size_t>(std::min<uint64_t>(sample, samples_.size()));
    return true;
  }

 private:
  const std::vector<int16_t> samples_;
  const int rate_hz_;
  size_t at_ = 0;
};

}  // namespace mixminus
