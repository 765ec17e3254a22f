// RTCP extended reports (RFC 3611 §3, §4.4, §4.5, §4.7). Pure.

#include "core/rtp/rtcp_xr.h"

#include "core/base/bytes.h"

namespace mixminus {

namespace {

constexpr uint8_t kXr = 207;
constexpr uint8_t kReferenceTime = 4;
constexpr uint8_t kDlrr = 5;
constexpr uint8_t kVoip = 7;
constexpr size_t kHeadSize = 4;
constexpr size_t kReferenceSize = 8;  // of the blocks' contents
constexpr size_t kDlrrSize = 12;
constexpr size_t kVoipSize = 32;

void ReadVoip(const uint8_t* p, VoipMetrics* out) noexcept {
  out->source_ssrc = LoadBe32(p);
  out->loss_rate = p[4];
  out->discard_rate = p[5];
  out->burst_density = p[6];
  out->gap_density = p[7];
  out->burst_ms = LoadBe16(p + 8);
  out->gap_ms = LoadBe16(p + 10);
  out->round_trip_ms = LoadBe16(p + 12);
  out->end_system_delay_ms = LoadBe16(p + 14);
  out->signal_level_dbm0 = static_cast<int8_t>(p[16]);
  out->noise_level_dbm0 = static_cast<int8_t>(p[17]);
  out->residual_echo_db = p[18];
  out->gmin = p[19];
  out->r_factor = p[20];
  out->external_r_factor = p[21];
  out->mos_lq_tenths = p[22];
  out->mos_cq_tenths = p[23];
  out->rx_config = p[24];
  out->jitter_nominal_ms = LoadBe16(p + 26);
  out->jitter_maximum_ms = LoadBe16(p + 28);
  out->jitter_absolute_ms = LoadBe16(p + 30);
}

void ReadDlrr(const uint8_t* p, size_t size, uint32_t own_ssrc, RtcpXr* out) noexcept {
  for (size_t offset = 0; size - offset >= kDlrrSize; offset += kDlrrSize) {
    if (LoadBe32(p + offset) != own_ssrc) continue;
    out->has_dlrr = true;
    out->dlrr.receiver_ssrc = own_ssrc;
    out->dlrr.last_rr = LoadBe32(p + offset + 4);
    out->dlrr.delay = LoadBe32(p + offset + 8);
    return;
  }
}

uint8_t* WriteBlockHead(uint8_t type, size_t size, uint8_t* p) noexcept {
  p[0] = type;
  p[1] = 0;
  StoreBe16(static_cast<uint16_t>(size / 4), p + 2);
  return p + kHeadSize;
}

void WriteVoip(const VoipMetrics& voip, uint8_t* p) noexcept {
  StoreBe32(voip.source_ssrc, p);
  p[4] = voip.loss_rate;
  p[5] = voip.discard_rate;
  p[6] = voip.burst_density;
  p[7] = voip.gap_density;
  StoreBe16(voip.burst_ms, p + 8);
  StoreBe16(voip.gap_ms, p + 10);
  StoreBe16(voip.round_trip_ms, p + 12);
  StoreBe16(voip.end_system_delay_ms, p + 14);
  p[16] = static_cast<uint8_t>(voip.signal_level_dbm0);
  p[17] = static_cast<uint8_t>(voip.noise_level_dbm0);
  p[18] = voip.residual_echo_db;
  p[19] = voip.gmin;
  p[20] = voip.r_factor;
  p[21] = voip.external_r_factor;
  p[22] = voip.mos_lq_tenths;
  p[23] = voip.mos_cq_tenths;
  p[24] = voip.rx_config;
  p[25] = 0;
  StoreBe16(voip.jitter_nominal_ms, p + 26);
  StoreBe16(voip.jitter_maximum_ms, p + 28);
  StoreBe16(voip.jitter_absolute_ms, p + 30);
}

}  // namespace

Status ParseXr(const uint8_t* body, size_t size, uint32_t own_ssrc, RtcpXr* out) noexcept {
  if (size < 4) return Status::kBadLength;
  out->reporter_ssrc = LoadBe32(body);
  size_t offset = 4;
  while (offset < size) {
    if (size - offset < kHeadSize) return Status::kBadLength;
    const uint8_t type = body[offset];
    const size_t length = size_t{LoadBe16(body + offset + 2)} * 4;
    offset += kHeadSize;
    if (size - offset < length) return Status::kBadLength;
    const uint8_t* content = body + offset;
    if (type == kReferenceTime && length == kReferenceSize) {
      out->has_reference_time = true;
      out->reference_ntp = LoadBe64(content);
    } else if (type == kDlrr) {
      ReadDlrr(content, length, own_ssrc, out);
    } else if (type == kVoip && length == kVoipSize && !out->has_voip) {
      out->has_voip = true;
      ReadVoip(content, &out->voip);
    }
    offset += length;
  }
  return Status::kOk;
}

size_t XrSize(const RtcpXr& xr) noexcept {
  size_t blocks = 0;
  if (xr.has_reference_time) blocks += kHeadSize + kReferenceSize;
  if (xr.has_dlrr) blocks += kHeadSize + kDlrrSize;
  if (xr.has_voip) blocks += kHeadSize + kVoipSize;
  return blocks == 0 ? 0 : 8 + blocks;
}

void WriteXr(const RtcpXr& xr, uint8_t* out) noexcept {
  out[0] = 0x80;
  out[1] = kXr;
  StoreBe16(static_cast<uint16_t>(XrSize(xr) / 4 - 1), out + 2);
  StoreBe32(xr.reporter_ssrc, out + 4);
  uint8_t* p = out + 8;
  if (xr.has_reference_time) {
    p = WriteBlockHead(kReferenceTime, kReferenceSize, p);
    StoreBe64(xr.reference_ntp, p);
    p += kReferenceSize;
  }
  if (xr.has_dlrr) {
    p = WriteBlockHead(kDlrr, kDlrrSize, p);
    StoreBe32(xr.dlrr.receiver_ssrc, p);
    StoreBe32(xr.dlrr.last_rr, p + 4);
    StoreBe32(xr.dlrr.delay, p + 8);
    p += kDlrrSize;
  }
  if (!xr.has_voip) return;
  p = WriteBlockHead(kVoip, kVoipSize, p);
  WriteVoip(xr.voip, p);
}

}  // namespace mixminus
