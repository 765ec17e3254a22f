#pragma once
// Plays Ogg Opus (RFC 7845) from any input: pre-skip, the header's gain, end trimming, chained
// streams one after the other; seeks by bisection with 80 ms of pre-roll (§4.6). Always 48 kHz
// mono. See pcm_source.h.

#include <memory>
#include <vector>

#include "core/codec/opus_file_codec.h"
#include "core/file/ogg.h"
#include "core/file/opus_header.h"
#include "core/file/pcm_source.h"

namespace mixminus {

class OpusSource final : public PcmSource {
 public:
  explicit OpusSource(InputBuffer* input);

  InputState Open() noexcept override;
  int rate_hz() const noexcept override { return kOpusGranuleHz; }
  InputState Read(int16_t* out, size_t max, size_t* count) noexcept override;
  bool Seek(uint64_t sample) noexcept override;
  const char* problem() const noexcept override { return problem_; }

 private:
  enum class Stage : uint8_t { kHead, kTags, kAudio };

  InputState Fill() noexcept;
  InputState NextPacket(OggPacket* packet) noexcept;
  InputState TakeHead(const OggPacket& packet) noexcept;
  InputState DecodeNext() noexcept;
  void Place(const OggPacket& packet, int samples) noexcept;
  bool Rewind() noexcept;
  void FindStart() noexcept;
  bool GoTo(uint64_t position) noexcept;
  uint64_t Bisect(int64_t granule) noexcept;
  int64_t FirstGranuleFrom(uint64_t position) noexcept;
  InputState Wrong(const char* problem) noexcept {
    problem_ = problem;
    return InputState::kFailed;
  }

  InputBuffer* const input_;
  OggReader reader_;
  OpusFileDecoder decoder_;
  OpusHead head_;
  Stage stage_ = Stage::kHead;
  uint32_t serial_ = 0;
  bool ended_ = false;        // the followed stream; another may be chained to it
  uint64_t audio_begin_ = 0;  // bytes: the page of the first stream's comments
  int64_t first_start_ = 0;   // start_granule_ of the first stream of a chain
  bool first_start_known_ = false;
  int64_t start_granule_ = 0;  // what granules begin with: not 0 in a piece of a longer stream
  bool start_known_ = false;
  bool granule_known_ = true;
  int64_t granule_ = 0;  // of the next packet's first sample, less start_granule_
  int64_t wanted_ = 0;   // samples before this granule are decoded and not played
  const char* problem_ = nullptr;
  std::vector<int16_t> pcm_;  // one packet
  size_t pcm_begin_ = 0;
  size_t pcm_end_ = 0;
};

}  // namespace mixminus
