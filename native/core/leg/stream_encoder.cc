// Cutting and gathering around a codec. Pure after construction.

#include "core/leg/stream_encoder.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/codec/registry.h"

namespace mixminus {

namespace {

constexpr int kShortestMs = 10;
constexpr int kLongestMs = 60;

int BytesPerPacket(const CodecInfo& info, int packet_ms) noexcept {
  // Opus keeps to the room that it is given (RFC 6716 3.4 R3: a frame may be any size).
  if (info.id == CodecId::kOpus) return 0;
  return info.max_frame_bytes * packet_ms / kFrameMs;
}

bool OpusTakes(int packet_ms) noexcept { return packet_ms != 30 && packet_ms != 50; }

}  // namespace

bool StreamSettings::operator==(const StreamSettings& other) const noexcept {
  if (codec.id != other.codec.id || ptime_ms != other.ptime_ms) return false;
  if (codec.rtp_clock_hz != other.codec.rtp_clock_hz) return false;
  if (silence_suppression != other.silence_suppression) return false;
  if (SampleRateOf(codec) != SampleRateOf(other.codec)) return false;
  return codec.id != CodecId::kOpus || codec.opus == other.codec.opus;
}

int SampleRateOf(const CodecSettings& codec) noexcept {
  const CodecInfo* info = FindCodec(codec.id, codec.rtp_clock_hz);
  if (info == nullptr) return 0;
  return codec.sample_rate_hz > 0 ? codec.sample_rate_hz : info->sample_rate_hz;
}

int PacketMs(const CodecSettings& codec, int wanted_ms) noexcept {
  const CodecInfo* info = FindCodec(codec.id, codec.rtp_clock_hz);
  int packet_ms = std::clamp(wanted_ms, kShortestMs, kLongestMs) / kShortestMs * kShortestMs;
  if (info == nullptr) return packet_ms;
  while (packet_ms > kShortestMs && (BytesPerPacket(*info, packet_ms) > EncodedAudio::kMostBytes ||
                                     (info->id == CodecId::kOpus && !OpusTakes(packet_ms)))) {
    packet_ms -= kShortestMs;
  }
  return packet_ms;
}

std::unique_ptr<StreamEncoder> StreamEncoder::Make(const StreamSettings& settings) {
  const CodecInfo* info = FindCodec(settings.codec.id, settings.codec.rtp_clock_hz);
  std::unique_ptr<AudioEncoder> encoder = MakeEncoder(settings.codec);
  if (info == nullptr || encoder == nullptr) return nullptr;
  StreamSettings used = settings;
  used.ptime_ms = PacketMs(settings.codec, settings.ptime_ms);
  used.silence_suppression = settings.silence_suppression && info->id != CodecId::kOpus;
  return std::unique_ptr<StreamEncoder>(new StreamEncoder(used, *info, std::move(encoder)));
}

StreamEncoder::StreamEncoder(const StreamSettings& settings, const CodecInfo& info,
                             std::unique_ptr<AudioEncoder> encoder)
    : settings_(settings),
      rate_hz_(encoder->sample_rate_hz()),
      clock_hz_(info.rtp_clock_hz),
      has_state_(info.has_state || settings.silence_suppression),
      packet_samples_(rate_hz_ / 1000 * settings.ptime_ms),
      encoder_(std::move(encoder)) {
  if (settings.silence_suppression) suppressor_ = std::make_unique<SilenceSuppressor>(rate_hz_);
  if (settings.ptime_ms <= kFrameMs) return;
  const int most = packet_samples_ + SamplesPerFrame(rate_hz_);
  samples_ = std::make_unique<int16_t[]>(static_cast<size_t>(most));
}

void StreamEncoder::Encode(const AudioFrame& frame, EncodedAudio* out) noexcept {
  static constexpr int16_t kSilence[AudioFrame::kMaxSamples] = {};
  const int16_t* samples = frame.rate_hz == rate_hz_ ? frame.samples : kSilence;
  const int count = SamplesPerFrame(rate_hz_);
  out->count = 0;
  out->lead_units = Units(gathered_);
  out->packet_units = Units(packet_samples_);
  if (suppressor_ != nullptr) suppressor_->Listen(samples, count);
  if (samples_ == nullptr) {
    for (int at = 0; at < count; at += packet_samples_) EncodePacket(samples + at, out);
    return;
  }
  std::memcpy(samples_.get() + gathered_, samples, static_cast<size_t>(count) * sizeof(int16_t));
  gathered_ += count;
  if (gathered_ < packet_samples_) return;
  EncodePacket(samples_.get(), out);
  gathered_ -= packet_samples_;
  std::memmove(samples_.get(), samples_.get() + packet_samples_,
               static_cast<size_t>(gathered_) * sizeof(int16_t));
}

void StreamEncoder::EncodePacket(const int16_t* samples, EncodedAudio* out) noexcept {
  const EncodedAudio::Packet* before = out->count > 0 ? &out->packets[out->count - 1] : nullptr;
  EncodedAudio::Packet* packet = &out->packets[out->count++];
  packet->offset = static_cast<uint16_t>(before == nullptr ? 0 : before->offset + before->size);
  packet->noise = false;
  const size_t room =
      std::min(sizeof(out->payload) - packet->offset, size_t{EncodedAudio::kMostBytes});
  // The encoder works in silence too: it goes on without a step when talk begins.
  const size_t size =
      encoder_->Encode(samples, packet_samples_, out->payload + packet->offset, room);
  packet->size = encoder_->needs_no_packet() ? uint16_t{0} : static_cast<uint16_t>(size);
  if (suppressor_ != nullptr) Suppress(samples, room, out, packet);
}

// Silence becomes a comfort-noise packet, or none.
void StreamEncoder::Suppress(const int16_t* samples, size_t room, EncodedAudio* out,
                             EncodedAudio::Packet* packet) noexcept {
  const SilenceSuppressor::Verdict verdict = suppressor_->Judge(samples, packet_samples_);
  if (verdict == SilenceSuppressor::Verdict::kSpeech) return;
  packet->noise = verdict == SilenceSuppressor::Verdict::kNoisePacket;
  packet->size = 0;
  if (!packet->noise) return;
  packet->size = static_cast<uint16_t>(suppressor_->Write(out->payload + packet->offset, room));
}

void StreamEncoder::SetExpectedLoss(int percent) noexcept {
  OpusSettings* opus = &settings_.codec.opus;
  if (settings_.codec.id != CodecId::kOpus || !opus->fec) return;
  if (opus->expected_loss_percent == percent) return;
  opus->expected_loss_percent = percent;
  encoder_->SetExpectedLoss(percent);
}

void StreamEncoder::CloneFrom(const StreamEncoder& other) noexcept {
  if (other.settings_ != settings_) return;
  encoder_->CloneStateFrom(*other.encoder_);
  if (suppressor_ != nullptr) *suppressor_ = *other.suppressor_;
  gathered_ = other.gathered_;
  if (gathered_ == 0) return;
  std::memcpy(samples_.get(), other.samples_.get(),
              static_cast<size_t>(gathered_) * sizeof(int16_t));
}

}  // namespace mixminus
