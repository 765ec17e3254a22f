#pragma once
// Writes the 12-byte RTP header of an outgoing stream and keeps its sequence number and timestamp
// (RFC 3550 §5.1). Pure; owned by a send leg. The payload is encoded straight behind the header by
// the caller, so that no byte is copied twice.

#include <cstddef>
#include <cstdint>

#include "core/rtp/packet.h"

namespace mixminus {

class Packetizer {
 public:
  // First values should be random (RFC 3550 §5.1); the caller has the randomness.
  Packetizer(uint32_t ssrc, uint16_t first_sequence, uint32_t first_timestamp) noexcept;

  // Writes the header for a packet of `timestamp_units` and moves on: sequence by one, timestamp by
  // that much. `packet` has room for kRtpHeaderSize bytes. A marker that Skip() owes is added.
  void WriteHeader(uint8_t payload_type, bool marker, uint32_t timestamp_units,
                   uint8_t* packet) noexcept;

  // A header whose timestamp is not that of the stream's time (RFC 4733 §2.2.1: that of the event's
  // beginning): the sequence moves on, the timestamp does not, and no owed marker is paid.
  void WriteHeaderAt(uint8_t payload_type, bool marker, uint32_t timestamp,
                     uint8_t* packet) noexcept;

  // Time passes without a packet: the timestamp moves, the sequence does not, and the next packet
  // carries the marker that begins a talkspurt (RFC 3551 §4.1).
  void Skip(uint32_t timestamp_units) noexcept;

  uint32_t ssrc() const noexcept { return ssrc_; }
  uint16_t next_sequence() const noexcept { return sequence_; }
  uint32_t next_timestamp() const noexcept { return timestamp_; }

 private:
  void WriteFields(uint8_t payload_type, bool marker, uint32_t timestamp, uint8_t* packet) noexcept;

  uint32_t ssrc_;
  uint32_t timestamp_;
  uint16_t sequence_;
  bool marker_due_ = true;  // the first packet begins a talkspurt
};

}  // namespace mixminus
