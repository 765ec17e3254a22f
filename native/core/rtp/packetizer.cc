// RTP header writing (RFC 3550 §5.1). Pure.

#include "core/rtp/packetizer.h"

#include "core/base/bytes.h"

namespace mixminus {

Packetizer::Packetizer(uint32_t ssrc, uint16_t first_sequence, uint32_t first_timestamp) noexcept
    : ssrc_(ssrc), timestamp_(first_timestamp), sequence_(first_sequence) {}

void Packetizer::WriteHeader(uint8_t payload_type, bool marker, uint32_t timestamp_units,
                             uint8_t* packet) noexcept {
  WriteFields(payload_type, marker || marker_due_, timestamp_, packet);
  marker_due_ = false;
  timestamp_ += timestamp_units;
}

void Packetizer::WriteHeaderAt(uint8_t payload_type, bool marker, uint32_t timestamp,
                               uint8_t* packet) noexcept {
  WriteFields(payload_type, marker, timestamp, packet);
}

void Packetizer::WriteFields(uint8_t payload_type, bool marker, uint32_t timestamp,
                             uint8_t* packet) noexcept {
  packet[0] = 0x80;  // version 2, no padding, extension or CSRC
  packet[1] = static_cast<uint8_t>((marker ? 0x80 : 0) | (payload_type & 0x7F));
  StoreBe16(sequence_, packet + 2);
  StoreBe32(timestamp, packet + 4);
  StoreBe32(ssrc_, packet + 8);
  ++sequence_;
}

void Packetizer::Skip(uint32_t timestamp_units) noexcept {
  timestamp_ += timestamp_units;
  marker_due_ = true;
}

}  // namespace mixminus
