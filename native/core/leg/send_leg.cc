// Payloads → RTP packets. Pure.

#include "core/leg/send_leg.h"

#include <cstring>
#include <utility>

namespace mixminus {

SendLeg::SendLeg(const SendLegConfig& config) noexcept
    : packetizer_(config.ssrc, config.first_sequence, config.first_timestamp),
      tick_timestamp_(config.first_timestamp) {}

void SendLeg::Configure(uint8_t payload_type, std::unique_ptr<StreamEncoder>* encoder,
                        uint8_t noise_payload_type) noexcept {
  payload_type_ = payload_type;
  noise_payload_type_ = noise_payload_type;
  const bool same =
      encoder_ != nullptr && *encoder != nullptr && encoder_->settings() == (*encoder)->settings();
  if (!same) std::swap(encoder_, *encoder);
  frame_units_ = static_cast<uint32_t>(SamplesPerFrame(clock_hz()));
}

void SendLeg::Encode(const AudioFrame& frame, EncodedAudio* out) noexcept {
  out->count = 0;
  if (encoder_ != nullptr) encoder_->Encode(frame, out);
}

size_t SendLeg::Write(const EncodedAudio& audio, int index, uint8_t* packet,
                      size_t capacity) noexcept {
  const size_t size = audio.packets[index].size;
  if (size == 0 || size + kRtpHeaderSize > capacity) return 0;
  const uint32_t timestamp =
      tick_timestamp_ - audio.lead_units + static_cast<uint32_t>(index) * audio.packet_units;
  const auto gap = static_cast<int32_t>(timestamp - packetizer_.next_timestamp());
  if (gap < 0) return 0;
  if (gap > 0) packetizer_.Skip(static_cast<uint32_t>(gap));
  if (audio.packets[index].noise) {
    // Comfort noise begins no talkspurt: the marker is for the first packet of talk behind it.
    packetizer_.WriteHeaderAt(noise_payload_type_, false, timestamp, packet);
    packetizer_.Skip(audio.packet_units);
  } else {
    packetizer_.WriteHeader(payload_type_, false, audio.packet_units, packet);
  }
  std::memcpy(packet + kRtpHeaderSize, audio.PayloadOf(index), size);
  ++stats_.packets;
  stats_.octets += size;
  return kRtpHeaderSize + size;
}

size_t SendLeg::WriteEvent(uint8_t payload_type, const TelephoneEventSender::Packet& event,
                           uint8_t* packet) noexcept {
  packetizer_.WriteHeaderAt(payload_type, event.marker, event.timestamp, packet);
  std::memcpy(packet + kRtpHeaderSize, event.payload, TelephoneEventSender::kPayloadSize);
  ++stats_.packets;
  stats_.octets += TelephoneEventSender::kPayloadSize;
  return kRtpHeaderSize + TelephoneEventSender::kPayloadSize;
}

void SendLeg::Skip() noexcept {
  Pass();
  ++stats_.skipped;
  if (encoder_ != nullptr) encoder_->Drop();
}

}  // namespace mixminus
