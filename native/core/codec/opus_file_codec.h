#pragma once
// libopus as sound files need it: a decoder that always gives 48 kHz mono, with the file's gain,
// and an encoder of 20 ms frames, mono or stereo. Apart from the codec of legs (opus.h), whose
// settings come from SDP and whose packets get lost. Begin allocates; the rest does not. For the
// engine's file threads.

#include <cstddef>
#include <cstdint>
#include <memory>

struct OpusDecoder;
struct OpusEncoder;

namespace mixminus {

#ifdef MIXMINUS_OPUS

class OpusFileDecoder {
 public:
  OpusFileDecoder() noexcept;
  ~OpusFileDecoder();

  // A new stream. `gain_q8` in dB × 256. False when there is no memory.
  bool Begin(int gain_q8) noexcept;
  // One packet of `samples` (48 kHz) to mono; `out` has room for them. A broken packet becomes as
  // much concealment, so that time goes on.
  int Decode(const uint8_t* packet, size_t size, int samples, int16_t* out) noexcept;
  void Reset() noexcept;

 private:
  struct Deleter {
    void operator()(OpusDecoder* decoder) const noexcept;
  };
  std::unique_ptr<OpusDecoder, Deleter> decoder_;
};

class OpusFileEncoder {
 public:
  static constexpr size_t kMostPacket = 1275;

  OpusFileEncoder() noexcept;
  ~OpusFileEncoder();

  // `rate_hz` 8000, 16000, 24000 or 48000; `bitrate_bps` 6000…510000 for all channels together.
  bool Begin(int rate_hz, int channels, int bitrate_bps) noexcept;
  // Samples at rate_hz that come out later than they went in.
  int lookahead() const noexcept { return lookahead_; }
  // 20 ms of interleaved samples; returns the packet's size, 0 when it failed.
  size_t Encode(const int16_t* frames, uint8_t* out) noexcept;

 private:
  struct Deleter {
    void operator()(OpusEncoder* encoder) const noexcept;
  };
  std::unique_ptr<OpusEncoder, Deleter> encoder_;
  int frame_samples_ = 0;
  int lookahead_ = 0;
};

#else

// A build without libopus: files of this kind are refused when they are opened.
class OpusFileDecoder {
 public:
  bool Begin(int) noexcept { return false; }
  int Decode(const uint8_t*, size_t, int, int16_t*) noexcept { return 0; }
  void Reset() noexcept {}
};

class OpusFileEncoder {
 public:
  static constexpr size_t kMostPacket = 1275;
  bool Begin(int, int, int) noexcept { return false; }
  int lookahead() const noexcept { return 0; }
  size_t Encode(const int16_t*, uint8_t*) noexcept { return 0; }
};

#endif

}  // namespace mixminus
