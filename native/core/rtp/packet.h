#pragma once
// Reads an RTP packet in place (RFC 3550 §5.1). Pure; called by the engine for each datagram,
// before the latch and the leg see it. Every bound is checked here, so that nobody behind it needs
// to.

#include <cstddef>
#include <cstdint>

#include "core/base/status.h"

namespace mixminus {

constexpr size_t kRtpHeaderSize = 12;
constexpr int kMaxCsrcs = 15;

// A view into the datagram: pointers are valid as long as its bytes are.
struct RtpPacketView {
  uint8_t payload_type = 0;  // 0…127
  bool marker = false;
  uint8_t csrc_count = 0;      // 0…15
  bool has_extension = false;  // the X bit was set; the extension may still be empty
  uint8_t padding_size = 0;    // bytes removed from the end, 0 without the P bit
  uint16_t sequence = 0;
  uint32_t timestamp = 0;
  uint32_t ssrc = 0;
  uint16_t extension_profile = 0;      // 0xBEDE for the one-byte headers of RFC 8285
  size_t extension_size = 0;           // bytes, a multiple of 4
  const uint8_t* extension = nullptr;  // null without extension
  const uint8_t* csrcs = nullptr;      // csrc_count × 4 bytes, network order
  const uint8_t* payload = nullptr;
  size_t payload_size = 0;  // may be 0

  // The n-th contributing source; n < csrc_count.
  uint32_t Csrc(int n) const noexcept;
};

// Fills `out` and returns kOk, or kTruncated, kBadVersion, kBadPadding or kBadExtension; after an
// error `out` holds nothing of use.
Status ParseRtp(const uint8_t* data, size_t size, RtpPacketView* out) noexcept;

// Tells RTCP from RTP on a muxed port by the second byte (RFC 5761 §4: packet types 192…223). False
// for anything shorter than two bytes or of another version.
bool LooksLikeRtcp(const uint8_t* data, size_t size) noexcept;

}  // namespace mixminus
