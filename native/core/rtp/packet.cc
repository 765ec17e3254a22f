// RTP header parsing (RFC 3550 §5.1, §5.3.1). Pure; every offset is compared with the datagram's
// size before it is used.

#include "core/rtp/packet.h"

#include "core/base/bytes.h"

namespace mixminus {

uint32_t RtpPacketView::Csrc(int n) const noexcept {
  return LoadBe32(csrcs + size_t{4} * static_cast<size_t>(n));
}

namespace {

// The header extension (RFC 3550 §5.3.1) at `offset`; moves `offset` behind it.
Status ParseExtension(const uint8_t* data, size_t size, size_t* offset,
                      RtpPacketView* out) noexcept {
  if (size - *offset < 4) return Status::kBadExtension;
  const uint8_t* header = data + *offset;
  const size_t bytes = size_t{LoadBe16(header + 2)} * 4;
  if (size - *offset - 4 < bytes) return Status::kBadExtension;
  out->extension_profile = LoadBe16(header);
  out->extension = header + 4;
  out->extension_size = bytes;
  *offset += 4 + bytes;
  return Status::kOk;
}

}  // namespace

Status ParseRtp(const uint8_t* data, size_t size, RtpPacketView* out) noexcept {
  if (size < kRtpHeaderSize) return Status::kTruncated;
  const uint8_t first = data[0];
  if (first >> 6 != 2) return Status::kBadVersion;
  *out = RtpPacketView();
  out->csrc_count = first & 0x0F;
  out->has_extension = (first & 0x10) != 0;
  out->marker = (data[1] & 0x80) != 0;
  out->payload_type = data[1] & 0x7F;
  out->sequence = LoadBe16(data + 2);
  out->timestamp = LoadBe32(data + 4);
  out->ssrc = LoadBe32(data + 8);

  size_t offset = kRtpHeaderSize + size_t{4} * out->csrc_count;
  if (offset > size) return Status::kTruncated;
  out->csrcs = data + kRtpHeaderSize;
  if (out->has_extension) {
    const Status status = ParseExtension(data, size, &offset, out);
    if (status != Status::kOk) return status;
  }
  if ((first & 0x20) != 0) {
    // The last octet counts the padding, itself included, so zero is never legal (RFC 3550 §5.1).
    if (offset == size) return Status::kBadPadding;
    const uint8_t padding = data[size - 1];
    if (padding == 0 || padding > size - offset) return Status::kBadPadding;
    out->padding_size = padding;
  }
  out->payload = data + offset;
  out->payload_size = size - offset - out->padding_size;
  return Status::kOk;
}

bool LooksLikeRtcp(const uint8_t* data, size_t size) noexcept {
  return size >= 2 && data[0] >> 6 == 2 && data[1] >= 192 && data[1] <= 223;
}

}  // namespace mixminus
