#pragma once
// Opus (RFC 6716, RFC 7587) by libopus, one channel. Present where the build found libopus
// (MIXMINUS_OPUS); used by the registry alone. All of libopus's state stands in blocks that are
// taken in the constructors: a decoder needs 30 kB with its PCM at 48 kHz, an encoder 44 kB.
// Afterwards nothing allocates. One thread at a time.

#include <memory>

#include "core/codec/codec.h"

namespace mixminus {

// True for the rates that Opus has on its PCM side: 8, 12, 16, 24 and 48 kHz (RFC 6716 §2.1.1).
bool OpusHasRate(int sample_rate_hz) noexcept;
// Bytes of an encoder's state.
size_t OpusEncoderStateBytes() noexcept;

// Stereo packets come out as one channel. A packet is decoded whole on its first run, because
// libopus knows no other way, into a buffer of 120 ms.
class OpusAudioDecoder final : public AudioDecoder {
 public:
  explicit OpusAudioDecoder(int sample_rate_hz);
  int sample_rate_hz() const noexcept override { return rate_hz_; }
  int PacketSamples(const uint8_t* payload, size_t size) const noexcept override;
  int Decode(const uint8_t* payload, size_t size, int first, int16_t* out,
             int count) noexcept override;
  int FecSamples(const uint8_t* payload, size_t size) const noexcept override;
  int DecodeFec(const uint8_t* payload, size_t size, int first, int16_t* out,
                int count) noexcept override;
  int Conceal(int16_t* out, int count) noexcept override;
  void Reset() noexcept override;

 private:
  enum class Held : uint8_t { kNothing, kPacket, kFec, kConcealment };

  bool Continues(Held what, const uint8_t* payload, size_t size, int first) const noexcept;
  void Hold(Held what, const uint8_t* payload, size_t size, int samples) noexcept;
  int Serve(int first, int16_t* out, int count) noexcept;

  const int rate_hz_;
  std::unique_ptr<uint8_t[]> state_;  // libopus's
  std::unique_ptr<int16_t[]> pcm_;
  // What pcm_ holds, and how far it was served.
  Held held_ = Held::kNothing;
  const uint8_t* payload_ = nullptr;
  size_t size_ = 0;
  int samples_ = 0;
  int next_ = 0;
  bool last_was_celt_ = false;  // the mode of the last packet, which FEC depends on
};

class OpusAudioEncoder final : public AudioEncoder {
 public:
  OpusAudioEncoder(int sample_rate_hz, const OpusSettings& settings);
  CodecId id() const noexcept override { return CodecId::kOpus; }
  int sample_rate_hz() const noexcept override { return rate_hz_; }
  bool TakesSamples(int count) const noexcept override;
  size_t Encode(const int16_t* samples, int count, uint8_t* out, size_t capacity) noexcept override;
  bool needs_no_packet() const noexcept override { return silent_; }
  // Settings come along with the state.
  bool CloneStateFrom(const AudioEncoder& other) noexcept override;
  void SetBitrate(int bitrate_bps) noexcept override;
  void SetExpectedLoss(int percent) noexcept override;
  void SetComplexity(int complexity) noexcept override;
  void Reset() noexcept override;

 private:
  const int rate_hz_;
  bool dtx_;
  bool silent_ = false;
  std::unique_ptr<uint8_t[]> state_;  // libopus's
};

}  // namespace mixminus
