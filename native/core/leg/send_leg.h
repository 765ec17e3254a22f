#pragma once
// The sending half of a call: one 20 ms frame → codec → RTP packet. Owned by one worker, no
// allocation. The engine calls Send, SendEncoded or Skip exactly once a tick, so that the timestamp
// follows time.

#include <cstddef>
#include <cstdint>

#include "core/base/audio_frame.h"
#include "core/codec/codec.h"
#include "core/rtp/packetizer.h"

namespace mixminus {

struct SendLegConfig {
  uint32_t ssrc = 0;
  uint16_t first_sequence = 0;
  uint32_t first_timestamp = 0;
  uint8_t payload_type = 0;
  CodecId codec = CodecId::kPcmu;
};

struct SendStats {
  uint64_t packets = 0;
  uint64_t octets = 0;   // payload only, as the SR counts (RFC 3550 §6.4.1)
  uint64_t skipped = 0;  // frames without a packet
};

class SendLeg {
 public:
  explicit SendLeg(const SendLegConfig& config) noexcept;

  // Renegotiation; SSRC, sequence and timestamp go on.
  void Configure(uint8_t payload_type, CodecId codec) noexcept;

  // Encodes the frame behind a header into `packet`; returns the packet's size. 0, and time passes
  // as in Skip, when it does not fit, the frame's rate is not the codec's, or there is no codec.
  size_t Send(const AudioFrame& frame, bool marker, uint8_t* packet, size_t capacity) noexcept;

  // The same with a payload that was encoded already: listeners who hear the same mix share one.
  size_t SendEncoded(const uint8_t* payload, size_t size, bool marker, uint8_t* packet,
                     size_t capacity) noexcept;

  // Encodes a frame as Send would, without a packet and without passing time: the payload to share.
  // Returns its size, 0 as above.
  size_t Encode(const AudioFrame& frame, uint8_t* payload, size_t capacity) noexcept;

  // 20 ms without a packet (hold, gate closed); the next packet carries the marker.
  void Skip() noexcept;

  const SendStats& stats() const noexcept { return stats_; }
  CodecId codec() const noexcept { return codec_; }
  uint8_t payload_type() const noexcept { return payload_type_; }
  uint32_t ssrc() const noexcept { return packetizer_.ssrc(); }
  // Timestamp of the frame that the next tick sends; for sender reports.
  uint32_t next_timestamp() const noexcept { return packetizer_.next_timestamp(); }

 private:
  bool Fits(const AudioFrame& frame) const noexcept;
  size_t Finish(size_t payload_size, bool marker, uint8_t* packet) noexcept;

  Packetizer packetizer_;
  SendStats stats_;
  AudioEncoder* encoder_ = nullptr;
  const CodecInfo* info_ = nullptr;
  CodecId codec_ = CodecId::kNone;
  uint8_t payload_type_ = 0;
  uint32_t frame_units_ = 160;  // timestamp units of 20 ms
};

}  // namespace mixminus
