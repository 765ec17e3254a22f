#pragma once
// A sound file of either kind, told apart by its first bytes: RIFF/WAVE or Ogg Opus. Allocates when
// it is opened. See pcm_source.h.

#include <memory>

#include "core/file/pcm_source.h"

namespace mixminus {

class SoundFile final : public PcmSource {
 public:
  explicit SoundFile(std::unique_ptr<ByteInput> input)
      : input_(std::move(input)), buffer_(input_.get()) {}

  InputState Open() noexcept override;
  int rate_hz() const noexcept override { return source_->rate_hz(); }
  InputState Read(int16_t* out, size_t max, size_t* count) noexcept override {
    return source_->Read(out, max, count);
  }
  bool Seek(uint64_t sample) noexcept override { return source_->Seek(sample); }
  const char* problem() const noexcept override { return source_ ? source_->problem() : problem_; }
  ByteInput* input() const noexcept { return input_.get(); }

 private:
  const std::unique_ptr<ByteInput> input_;
  InputBuffer buffer_;
  std::unique_ptr<PcmSource> source_;
  const char* problem_ = nullptr;
};

}  // namespace mixminus
