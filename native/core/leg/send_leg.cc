// Frame → codec → RTP packet. Pure; the codec writes straight behind the header.

#include "core/leg/send_leg.h"

#include <cstring>

#include "core/codec/registry.h"

namespace mixminus {

SendLeg::SendLeg(const SendLegConfig& config) noexcept
    : packetizer_(config.ssrc, config.first_sequence, config.first_timestamp) {
  Configure(config.payload_type, config.codec);
}

void SendLeg::Configure(uint8_t payload_type, CodecId codec) noexcept {
  payload_type_ = payload_type;
  codec_ = codec;
  encoder_ = SharedEncoder(codec);
  info_ = FindCodec(codec);
  if (info_ != nullptr) frame_units_ = static_cast<uint32_t>(SamplesPerFrame(info_->rtp_clock_hz));
}

bool SendLeg::Fits(const AudioFrame& frame) const noexcept {
  return encoder_ != nullptr && frame.rate_hz == info_->sample_rate_hz;
}

size_t SendLeg::Finish(size_t payload_size, bool marker, uint8_t* packet) noexcept {
  packetizer_.WriteHeader(payload_type_, marker, frame_units_, packet);
  ++stats_.packets;
  stats_.octets += payload_size;
  return kRtpHeaderSize + payload_size;
}

size_t SendLeg::Send(const AudioFrame& frame, bool marker, uint8_t* packet,
                     size_t capacity) noexcept {
  const size_t size = capacity > kRtpHeaderSize
                          ? Encode(frame, packet + kRtpHeaderSize, capacity - kRtpHeaderSize)
                          : 0;
  if (size == 0) {
    Skip();
    return 0;
  }
  return Finish(size, marker, packet);
}

size_t SendLeg::SendEncoded(const uint8_t* payload, size_t size, bool marker, uint8_t* packet,
                            size_t capacity) noexcept {
  if (size == 0 || capacity < kRtpHeaderSize || capacity - kRtpHeaderSize < size) {
    Skip();
    return 0;
  }
  std::memcpy(packet + kRtpHeaderSize, payload, size);
  return Finish(size, marker, packet);
}

size_t SendLeg::Encode(const AudioFrame& frame, uint8_t* payload, size_t capacity) noexcept {
  if (!Fits(frame)) return 0;
  return encoder_->Encode(frame.samples, frame.samples_per_channel, payload, capacity);
}

void SendLeg::Skip() noexcept {
  packetizer_.Skip(frame_units_);
  ++stats_.skipped;
}

}  // namespace mixminus
