// Writing RTCP compound packets: SR or RR, SDES with CNAME, XR, BYE (RFC 3550 §6.4, §6.5, §6.6;
// RFC 3611). Pure.

#include <algorithm>
#include <cstring>

#include "core/base/bytes.h"
#include "core/rtp/rtcp.h"

namespace mixminus {

namespace {

constexpr uint8_t kSr = 200;
constexpr uint8_t kRr = 201;
constexpr uint8_t kSdes = 202;
constexpr uint8_t kBye = 203;

uint8_t* WriteHeader(uint8_t count, uint8_t type, size_t bytes, uint8_t* p) noexcept {
  p[0] = static_cast<uint8_t>(0x80 | count);
  p[1] = type;
  StoreBe16(static_cast<uint16_t>(bytes / 4 - 1), p + 2);
  return p + 4;
}

uint8_t* WriteBlock(const RtcpReportBlock& block, uint8_t* p) noexcept {
  const int32_t lost = std::clamp(block.cumulative_lost, -0x800000, 0x7FFFFF);
  StoreBe32(block.source_ssrc, p);
  StoreBe32((uint32_t{block.fraction_lost} << 24) | (static_cast<uint32_t>(lost) & 0xFFFFFF),
            p + 4);
  StoreBe32(block.extended_highest_sequence, p + 8);
  StoreBe32(block.jitter, p + 12);
  StoreBe32(block.last_sr, p + 16);
  StoreBe32(block.delay_since_last_sr, p + 20);
  return p + 24;
}

uint8_t* WriteReport(const RtcpReport& report, size_t bytes, uint8_t* p) noexcept {
  const bool sender = report.sender_info != nullptr;
  p = WriteHeader(static_cast<uint8_t>(report.block_count), sender ? kSr : kRr, bytes, p);
  StoreBe32(report.ssrc, p);
  p += 4;
  if (sender) {
    StoreBe64(report.sender_info->ntp, p);
    StoreBe32(report.sender_info->rtp_timestamp, p + 8);
    StoreBe32(report.sender_info->packets, p + 12);
    StoreBe32(report.sender_info->octets, p + 16);
    p += 20;
  }
  for (int i = 0; i < report.block_count; ++i) p = WriteBlock(report.blocks[i], p);
  return p;
}

uint8_t* WriteSdes(uint32_t ssrc, const char* cname, size_t length, size_t bytes,
                   uint8_t* p) noexcept {
  uint8_t* end = p + bytes;
  p = WriteHeader(1, kSdes, bytes, p);
  StoreBe32(ssrc, p);
  p[4] = 1;  // CNAME
  p[5] = static_cast<uint8_t>(length);
  std::memcpy(p + 6, cname, length);
  p += 6 + length;
  std::memset(p, 0, static_cast<size_t>(end - p));  // end mark and padding
  return end;
}

}  // namespace

size_t BuildRtcp(const RtcpReport& report, uint8_t* out, size_t capacity) noexcept {
  if (report.cname == nullptr || report.block_count < 0 || report.block_count > kMaxReportBlocks)
    return 0;
  const size_t cname_size = std::strlen(report.cname);
  if (cname_size == 0 || cname_size > 255) return 0;
  const size_t report_bytes = 8 + (report.sender_info != nullptr ? 20u : 0u) +
                              size_t{24} * static_cast<size_t>(report.block_count);
  // Header, SSRC, item header, name, at least one end mark, up to the boundary.
  const size_t sdes_bytes = (4 + 4 + 2 + cname_size + 1 + 3) & ~size_t{3};
  const size_t bye_bytes = report.bye ? 8 : 0;
  const size_t xr_bytes = report.xr != nullptr ? XrSize(*report.xr) : 0;
  const size_t total = report_bytes + sdes_bytes + xr_bytes + bye_bytes;
  if (total > capacity) return 0;

  uint8_t* p = WriteReport(report, report_bytes, out);
  p = WriteSdes(report.ssrc, report.cname, cname_size, sdes_bytes, p);
  if (xr_bytes > 0) {
    WriteXr(*report.xr, p);
    p += xr_bytes;
  }
  if (report.bye) {
    p = WriteHeader(1, kBye, bye_bytes, p);
    StoreBe32(report.ssrc, p);
  }
  return total;
}

}  // namespace mixminus
