#pragma once
// Plays a RIFF/WAVE file from any input, piece by piece: chunks are walked as they come, nothing
// but the format is kept. Formats as in wav.h. See pcm_source.h.

#include "core/file/pcm_source.h"
#include "core/file/wav.h"

namespace mixminus {

class WavSource final : public PcmSource {
 public:
  explicit WavSource(InputBuffer* input) : input_(input) {}

  InputState Open() noexcept override;
  int rate_hz() const noexcept override { return info_.rate_hz; }
  InputState Read(int16_t* out, size_t max, size_t* count) noexcept override;
  bool Seek(uint64_t sample) noexcept override;
  const char* problem() const noexcept override { return problem_; }

 private:
  enum class Stage : uint8_t { kRiff, kChunk, kBody, kData };

  InputState OpenStep() noexcept;
  InputState ReadChunkHeader() noexcept;
  InputState Wrong(const char* problem) noexcept {
    problem_ = problem;
    return InputState::kFailed;
  }

  InputBuffer* const input_;
  Stage stage_ = Stage::kRiff;
  WavInfo info_;
  uint32_t riff_size_ = 0;
  uint64_t to_skip_ = 0;
  uint64_t data_begin_ = 0;
  uint64_t data_frames_ = 0;
  uint64_t at_ = 0;  // frames
  const char* problem_ = nullptr;
};

}  // namespace mixminus
