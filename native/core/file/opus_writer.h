#pragma once
// Writes Ogg Opus (RFC 7845) as bytes: 20 ms frames of PCM in, pages out. Pure but for libopus;
// used by the engine's recorders on their writer thread.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/codec/opus_file_codec.h"
#include "core/file/ogg.h"

namespace mixminus {

class OpusWriter {
 public:
  // See OpusFileEncoder::Begin. `serial` tells streams apart that end up in one file.
  OpusWriter(int rate_hz, int channels, int bitrate_bps, uint32_t serial);

  // False when libopus refused.
  bool ok() const noexcept { return ok_; }
  // Each appends what is to be written to `out`, which may be nothing.
  void Begin(std::vector<uint8_t>* out);
  // 20 ms of interleaved samples.
  void Write(const int16_t* frames, std::vector<uint8_t>* out);
  // Ends the stream where its samples end (§4.4).
  void End(std::vector<uint8_t>* out);

 private:
  void Encode(const int16_t* frames, std::vector<uint8_t>* out);
  void FinishPage(uint8_t flags, std::vector<uint8_t>* out);

  const int rate_hz_;
  const int channels_;
  bool ok_ = false;
  OpusFileEncoder encoder_;
  OggPageWriter page_;
  int64_t pre_skip_ = 0;  // at 48 kHz
  int64_t granule_ = 0;   // of what was encoded
  int64_t taken_ = 0;     // samples at 48 kHz that came in
};

}  // namespace mixminus
