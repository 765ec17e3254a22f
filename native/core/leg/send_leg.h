#pragma once
// The sending half of a call: what was encoded for a tick → RTP packets. Owned by one worker, no
// allocation. The engine does one of two things each tick, so that the timestamp follows time:
// Write for each packet and then Pass, or Skip.

#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/leg/stream_encoder.h"
#include "core/rtp/packetizer.h"
#include "core/rtp/telephone_event_sender.h"

namespace mixminus {

struct SendLegConfig {
  uint32_t ssrc = 0;
  uint16_t first_sequence = 0;
  uint32_t first_timestamp = 0;
};

struct SendStats {
  uint64_t packets = 0;
  uint64_t octets = 0;   // payload only, as the SR counts (RFC 3550 §6.4.1)
  uint64_t skipped = 0;  // frames that were not sent
};

class SendLeg {
 public:
  static constexpr uint8_t kStaticNoisePayloadType = 13;  // RFC 3389 §5.1, at 8000 Hz
  static constexpr size_t kMostPacketBytes = kRtpHeaderSize + EncodedAudio::kMostBytes;

  explicit SendLeg(const SendLegConfig& config) noexcept;

  // Renegotiation; SSRC, sequence and timestamp go on. The encoder in `encoder` is taken, unless
  // the one in use has the same settings: then that goes on. What is not needed comes back in
  // `encoder`. Null: there is no codec, and nothing can be sent. `noise_payload_type` is that of
  // comfort noise at the codec's clock, for an encoder that suppresses silence.
  void Configure(uint8_t payload_type, std::unique_ptr<StreamEncoder>* encoder,
                 uint8_t noise_payload_type = kStaticNoisePayloadType) noexcept;

  // Encodes this tick's frame with the leg's own encoder; without one there is nothing to send.
  void Encode(const AudioFrame& frame, EncodedAudio* out) noexcept;

  // Packet `index` of what was encoded for this tick, by this leg's encoder or one of the same
  // settings, as RTP. Returns its size; 0 when the time needs no packet, when part of its time was
  // sent before (the stream was joined in the middle of a packet), or when it does not fit.
  size_t Write(const EncodedAudio& audio, int index, uint8_t* packet, size_t capacity) noexcept;

  // The tick's 20 ms have been dealt with.
  void Pass() noexcept { tick_timestamp_ += frame_units_; }

  // A telephone event in the place of this tick's packets; the next audio carries the marker.
  // `packet` has room for the header and the event.
  size_t WriteEvent(uint8_t payload_type, const TelephoneEventSender::Packet& event,
                    uint8_t* packet) noexcept;

  // 20 ms without a packet (hold, gate closed); the next packet carries the marker.
  void Skip() noexcept;

  const SendStats& stats() const noexcept { return stats_; }
  StreamEncoder* encoder() noexcept { return encoder_.get(); }
  // Of the frames that it takes; 8000 without a codec.
  int rate_hz() const noexcept { return encoder_ == nullptr ? 8000 : encoder_->rate_hz(); }
  int clock_hz() const noexcept { return encoder_ == nullptr ? 8000 : encoder_->clock_hz(); }
  uint8_t payload_type() const noexcept { return payload_type_; }
  uint32_t ssrc() const noexcept { return packetizer_.ssrc(); }
  // Timestamp of the frame that the next tick sends; for sender reports.
  uint32_t next_timestamp() const noexcept { return tick_timestamp_; }

 private:
  Packetizer packetizer_;
  SendStats stats_;
  std::unique_ptr<StreamEncoder> encoder_;
  uint8_t payload_type_ = 0;
  uint8_t noise_payload_type_ = kStaticNoisePayloadType;
  uint32_t frame_units_ = 160;  // timestamp units of 20 ms
  uint32_t tick_timestamp_;
};

}  // namespace mixminus
