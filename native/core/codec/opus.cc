// Opus by libopus. What libopus does not say, the RFC does: whether a packet carries in-band FEC is
// read from its first SILK frame. Pure, apart from libopus's own code.

#include "core/codec/opus.h"

#include <opus/opus.h>

#include <algorithm>
#include <cstring>

namespace mixminus {

namespace {

constexpr int kMaxPacketMs = 120;  // RFC 6716 §3.4, R5
constexpr size_t kMaxPayloadBytes = 48 * 1275;
constexpr int kConcealMs = 10;  // libopus conceals SILK in steps of that

::OpusDecoder* Decoder(const std::unique_ptr<uint8_t[]>& state) noexcept {
  return reinterpret_cast<::OpusDecoder*>(state.get());
}

::OpusEncoder* Encoder(const std::unique_ptr<uint8_t[]>& state) noexcept {
  return reinterpret_cast<::OpusEncoder*>(state.get());
}

size_t DecoderStateBytes() noexcept { return static_cast<size_t>(opus_decoder_get_size(1)); }

// Configurations 16 to 31 are CELT alone (RFC 6716 table 2), which has no in-band FEC.
bool IsCelt(const uint8_t* payload) noexcept { return (payload[0] & 0x80) != 0; }
bool IsStereo(const uint8_t* payload) noexcept { return (payload[0] & 0x04) != 0; }

struct Frames {
  int count = 0;
  const uint8_t* first = nullptr;
  int first_size = 0;
};

// Checks the whole framing (RFC 6716 §3.4): count 0 when it is not valid.
Frames ParseFrames(const uint8_t* payload, size_t size) noexcept {
  Frames frames;
  if (payload == nullptr || size == 0 || size > kMaxPayloadBytes) return frames;
  const uint8_t* data[48];
  opus_int16 sizes[48];
  const int count =
      opus_packet_parse(payload, static_cast<opus_int32>(size), nullptr, data, sizes, nullptr);
  if (count <= 0) return frames;
  frames.count = count;
  frames.first = data[0];
  frames.first_size = sizes[0];
  return frames;
}

int MaxBandwidth(int rate_hz) noexcept {
  if (rate_hz <= 8000) return OPUS_BANDWIDTH_NARROWBAND;
  if (rate_hz <= 12000) return OPUS_BANDWIDTH_MEDIUMBAND;
  if (rate_hz <= 16000) return OPUS_BANDWIDTH_WIDEBAND;
  if (rate_hz <= 24000) return OPUS_BANDWIDTH_SUPERWIDEBAND;
  return OPUS_BANDWIDTH_FULLBAND;
}

}  // namespace

bool OpusHasRate(int sample_rate_hz) noexcept {
  return sample_rate_hz == 8000 || sample_rate_hz == 12000 || sample_rate_hz == 16000 ||
         sample_rate_hz == 24000 || sample_rate_hz == 48000;
}

size_t OpusEncoderStateBytes() noexcept { return static_cast<size_t>(opus_encoder_get_size(1)); }

OpusAudioDecoder::OpusAudioDecoder(int sample_rate_hz)
    : rate_hz_(sample_rate_hz),
      state_(new uint8_t[DecoderStateBytes()]),
      pcm_(new int16_t[static_cast<size_t>(sample_rate_hz / 1000 * kMaxPacketMs)]) {
  opus_decoder_init(Decoder(state_), rate_hz_, 1);
}

void OpusAudioDecoder::Reset() noexcept {
  opus_decoder_ctl(Decoder(state_), OPUS_RESET_STATE);
  held_ = Held::kNothing;
  last_was_celt_ = false;
}

int OpusAudioDecoder::PacketSamples(const uint8_t* payload, size_t size) const noexcept {
  const Frames frames = ParseFrames(payload, size);
  return frames.count == 0 ? 0
                           : frames.count * opus_packet_get_samples_per_frame(payload, rate_hz_);
}

bool OpusAudioDecoder::Continues(Held what, const uint8_t* payload, size_t size,
                                 int first) const noexcept {
  return held_ == what && first > 0 && first == next_ && payload == payload_ && size == size_;
}

void OpusAudioDecoder::Hold(Held what, const uint8_t* payload, size_t size, int samples) noexcept {
  held_ = what;
  payload_ = payload;
  size_ = size;
  samples_ = samples;
  next_ = 0;
}

int OpusAudioDecoder::Serve(int first, int16_t* out, int count) noexcept {
  if (first >= samples_) return 0;
  count = std::min(count, samples_ - first);
  std::memcpy(out, pcm_.get() + first, static_cast<size_t>(count) * sizeof(int16_t));
  next_ = first + count;
  return count;
}

int OpusAudioDecoder::Decode(const uint8_t* payload, size_t size, int first, int16_t* out,
                             int count) noexcept {
  if (first < 0 || count <= 0) return 0;
  if (Continues(Held::kPacket, payload, size, first)) return Serve(first, out, count);
  held_ = Held::kNothing;
  const int samples = PacketSamples(payload, size);
  if (first >= samples) return 0;
  // The usual case, a packet as long as a frame, needs no copy.
  const bool whole = first == 0 && count >= samples;
  const int decoded = opus_decode(Decoder(state_), payload, static_cast<opus_int32>(size),
                                  whole ? out : pcm_.get(), samples, 0);
  if (decoded <= 0) return 0;
  last_was_celt_ = IsCelt(payload);
  if (whole) return decoded;
  Hold(Held::kPacket, payload, size, decoded);
  return Serve(first, out, count);
}

// RFC 6716 §4.2.3 and §4.2.4: a SILK frame begins with a VAD flag for each 20 ms and an LBRR flag,
// for the mid channel and then the side channel. These symbols of probability one half are the
// frame's first bits. LBRR data stands for the time before, as long as one frame.
int OpusAudioDecoder::FecSamples(const uint8_t* payload, size_t size) const noexcept {
  const Frames frames = ParseFrames(payload, size);
  if (frames.count == 0 || frames.first_size == 0 || IsCelt(payload)) return 0;
  const int samples = opus_packet_get_samples_per_frame(payload, rate_hz_);
  const int vad_flags = std::max(1, samples * 50 / rate_hz_);
  int flags = frames.first[0] >> (7 - vad_flags) & 1;
  if (IsStereo(payload)) flags |= frames.first[0] >> (6 - 2 * vad_flags) & 1;
  return flags == 0 ? 0 : samples;
}

int OpusAudioDecoder::DecodeFec(const uint8_t* payload, size_t size, int first, int16_t* out,
                                int count) noexcept {
  if (first < 0 || count <= 0) return 0;
  if (Continues(Held::kFec, payload, size, first)) return Serve(first, out, count);
  held_ = Held::kNothing;
  const int samples = FecSamples(payload, size);
  // After a packet in CELT mode libopus would conceal instead of using the FEC.
  if (first >= samples || last_was_celt_) return 0;
  const int decoded =
      opus_decode(Decoder(state_), payload, static_cast<opus_int32>(size), pcm_.get(), samples, 1);
  if (decoded <= 0) return 0;
  Hold(Held::kFec, payload, size, decoded);
  return Serve(first, out, count);
}

int OpusAudioDecoder::Conceal(int16_t* out, int count) noexcept {
  int written = 0;
  while (written < count) {
    if (held_ != Held::kConcealment || next_ == samples_) {
      const int step = rate_hz_ / 1000 * kConcealMs;
      const int steps = std::min(2, (count - written + step - 1) / step);
      const int made = opus_decode(Decoder(state_), nullptr, 0, pcm_.get(), steps * step, 0);
      if (made <= 0) return 0;
      Hold(Held::kConcealment, nullptr, 0, made);
    }
    written += Serve(next_, out + written, count - written);
  }
  return written;
}

OpusAudioEncoder::OpusAudioEncoder(int sample_rate_hz, const OpusSettings& settings)
    : rate_hz_(sample_rate_hz), dtx_(settings.dtx), state_(new uint8_t[OpusEncoderStateBytes()]) {
  ::OpusEncoder* encoder = Encoder(state_);
  opus_encoder_init(encoder, rate_hz_, 1, OPUS_APPLICATION_VOIP);
  opus_encoder_ctl(encoder, OPUS_SET_VBR(settings.cbr ? 0 : 1));
  opus_encoder_ctl(encoder, OPUS_SET_INBAND_FEC(settings.fec ? 1 : 0));
  opus_encoder_ctl(encoder, OPUS_SET_DTX(settings.dtx ? 1 : 0));
  opus_encoder_ctl(encoder, OPUS_SET_MAX_BANDWIDTH(MaxBandwidth(settings.max_playback_rate_hz)));
  SetBitrate(settings.bitrate_bps);
  SetExpectedLoss(settings.expected_loss_percent);
  SetComplexity(settings.complexity);
}

bool OpusAudioEncoder::TakesSamples(int count) const noexcept {
  if (count <= 0 || count * 400 % rate_hz_ != 0) return false;
  const int units = count * 400 / rate_hz_;  // of 2.5 ms
  return units == 1 || units == 2 || units == 4 || units == 8 || units == 16 || units == 24;
}

size_t OpusAudioEncoder::Encode(const int16_t* samples, int count, uint8_t* out,
                                size_t capacity) noexcept {
  silent_ = false;
  if (!TakesSamples(count)) return 0;
  const auto room = static_cast<opus_int32>(std::min(capacity, kMaxPayloadBytes));
  const opus_int32 size = opus_encode(Encoder(state_), samples, count, out, room);
  if (size <= 0) return 0;
  // A frame without content, which libopus makes for DTX, need not be sent (RFC 7587 §3.1.3).
  silent_ = dtx_ && size <= 2;
  return static_cast<size_t>(size);
}

bool OpusAudioEncoder::CloneStateFrom(const AudioEncoder& other) noexcept {
  if (other.id() != CodecId::kOpus || other.sample_rate_hz() != rate_hz_) return false;
  const auto& source = static_cast<const OpusAudioEncoder&>(other);
  if (&source == this) return true;
  // opus.h allows a shallow copy of the whole state.
  std::memcpy(state_.get(), source.state_.get(), OpusEncoderStateBytes());
  dtx_ = source.dtx_;
  silent_ = source.silent_;
  return true;
}

void OpusAudioEncoder::SetBitrate(int bitrate_bps) noexcept {
  opus_encoder_ctl(Encoder(state_), OPUS_SET_BITRATE(std::clamp(bitrate_bps, 6000, 510000)));
}

void OpusAudioEncoder::SetExpectedLoss(int percent) noexcept {
  opus_encoder_ctl(Encoder(state_), OPUS_SET_PACKET_LOSS_PERC(std::clamp(percent, 0, 100)));
}

void OpusAudioEncoder::SetComplexity(int complexity) noexcept {
  opus_encoder_ctl(Encoder(state_), OPUS_SET_COMPLEXITY(std::clamp(complexity, 0, 10)));
}

void OpusAudioEncoder::Reset() noexcept {
  opus_encoder_ctl(Encoder(state_), OPUS_RESET_STATE);
  silent_ = false;
}

}  // namespace mixminus
