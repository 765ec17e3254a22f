// The twelve octets of an RTP header (RFC 3550 5.1) for the bench tools: written, and read with
// every bound checked.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mixminus::bench {

inline constexpr size_t kRtpHeaderBytes = 12;
inline constexpr size_t kFrameSamples = 160;  // 20 ms at 8 kHz.
inline constexpr int64_t kFrameNs = 20'000'000;

struct RtpHeader {
  uint8_t payload_type;
  uint16_t sequence;
  uint32_t timestamp;
  uint32_t ssrc;
};

struct RtpView {
  RtpHeader header;
  const uint8_t* payload;
  size_t payload_size;
};

inline void WriteRtpHeader(const RtpHeader& header, uint8_t* out) {
  out[0] = 0x80;
  out[1] = header.payload_type;
  out[2] = static_cast<uint8_t>(header.sequence >> 8);
  out[3] = static_cast<uint8_t>(header.sequence);
  for (int i = 0; i < 4; ++i) {
    out[4 + i] = static_cast<uint8_t>(header.timestamp >> (24 - 8 * i));
    out[8 + i] = static_cast<uint8_t>(header.ssrc >> (24 - 8 * i));
  }
}

inline uint32_t Read32(const uint8_t* in) {
  return static_cast<uint32_t>(in[0]) << 24 | static_cast<uint32_t>(in[1]) << 16 |
         static_cast<uint32_t>(in[2]) << 8 | static_cast<uint32_t>(in[3]);
}

// False for what is not RTP, RTCP on the same port among it (RFC 5761 4: types 72 to 76).
inline bool ReadRtp(const uint8_t* data, size_t size, RtpView* out) {
  if (size < kRtpHeaderBytes || (data[0] >> 6) != 2) return false;
  const uint8_t type = data[1] & 0x7f;
  if (type >= 72 && type <= 76) return false;
  size_t start = kRtpHeaderBytes + 4 * (data[0] & 0x0f);
  if ((data[0] & 0x10) != 0) {
    if (size < start + 4) return false;
    start += 4 + 4 * (static_cast<size_t>(data[start + 2]) << 8 | data[start + 3]);
  }
  size_t end = size;
  if ((data[0] & 0x20) != 0) end = data[size - 1] <= end ? end - data[size - 1] : 0;
  if (start > end) return false;
  const uint16_t sequence = static_cast<uint16_t>(data[2] << 8 | data[3]);
  *out = {{type, sequence, Read32(data + 4), Read32(data + 8)}, data + start, end - start};
  return true;
}

}  // namespace mixminus::bench
