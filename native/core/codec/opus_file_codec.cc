// See opus_file_codec.h.
#include "core/codec/opus_file_codec.h"

#include <opus/opus.h>

#include "core/base/audio_frame.h"

namespace mixminus {
namespace {

constexpr int kDecodedRateHz = 48000;

}  // namespace

void OpusFileDecoder::Deleter::operator()(OpusDecoder* decoder) const noexcept {
  opus_decoder_destroy(decoder);
}

OpusFileDecoder::OpusFileDecoder() noexcept = default;
OpusFileDecoder::~OpusFileDecoder() = default;

bool OpusFileDecoder::Begin(int gain_q8) noexcept {
  if (!decoder_) decoder_.reset(opus_decoder_create(kDecodedRateHz, 1, nullptr));
  if (!decoder_) return false;
  Reset();
  return opus_decoder_ctl(decoder_.get(), OPUS_SET_GAIN(gain_q8)) == OPUS_OK;
}

int OpusFileDecoder::Decode(const uint8_t* packet, size_t size, int samples,
                            int16_t* out) noexcept {
  const auto bytes = static_cast<opus_int32>(size);
  int made = opus_decode(decoder_.get(), packet, bytes, out, samples, 0);
  if (made < 0) made = opus_decode(decoder_.get(), nullptr, 0, out, samples, 0);
  return made < 0 ? 0 : made;
}

void OpusFileDecoder::Reset() noexcept {
  if (decoder_) opus_decoder_ctl(decoder_.get(), OPUS_RESET_STATE);
}

void OpusFileEncoder::Deleter::operator()(OpusEncoder* encoder) const noexcept {
  opus_encoder_destroy(encoder);
}

OpusFileEncoder::OpusFileEncoder() noexcept = default;
OpusFileEncoder::~OpusFileEncoder() = default;

bool OpusFileEncoder::Begin(int rate_hz, int channels, int bitrate_bps) noexcept {
  encoder_.reset(opus_encoder_create(rate_hz, channels, OPUS_APPLICATION_AUDIO, nullptr));
  if (!encoder_) return false;
  frame_samples_ = SamplesPerFrame(rate_hz);
  opus_int32 lookahead = 0;
  const bool set = opus_encoder_ctl(encoder_.get(), OPUS_SET_BITRATE(bitrate_bps)) == OPUS_OK &&
                   opus_encoder_ctl(encoder_.get(), OPUS_GET_LOOKAHEAD(&lookahead)) == OPUS_OK;
  lookahead_ = lookahead;
  return set;
}

size_t OpusFileEncoder::Encode(const int16_t* frames, uint8_t* out) noexcept {
  const opus_int32 size = opus_encode(encoder_.get(), frames, frame_samples_, out,
                                      static_cast<opus_int32>(kMostPacket));
  return size > 0 ? static_cast<size_t>(size) : 0;
}

}  // namespace mixminus
