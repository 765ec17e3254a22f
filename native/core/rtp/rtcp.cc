// Reading RTCP compound packets (RFC 3550 §6, A.2), NTP time and the report interval (A.7). Pure.
// Writing is in rtcp_build.cc.

#include "core/rtp/rtcp.h"

#include <algorithm>
#include <cstring>

#include "core/base/bytes.h"

namespace mixminus {

namespace {

constexpr uint8_t kSr = 200;
constexpr uint8_t kRr = 201;
constexpr uint8_t kSdes = 202;
constexpr uint8_t kBye = 203;
constexpr uint8_t kXr = 207;
constexpr size_t kHeaderSize = 4;
constexpr size_t kBlockSize = 24;
constexpr size_t kSenderInfoSize = 20;
constexpr uint8_t kSdesEnd = 0;
constexpr uint8_t kSdesCname = 1;
constexpr int64_t kNsPerSecond = 1'000'000'000;
constexpr uint64_t kUnixToNtpSeconds = 2'208'988'800;  // 1900 to 1970, RFC 868

// One packet of a compound, behind its header and without padding.
struct Section {
  uint8_t count;
  const uint8_t* body;
  size_t size;
};

int32_t SignExtend24(uint32_t value) noexcept { return static_cast<int32_t>(value << 8) >> 8; }

void ParseBlock(const uint8_t* p, uint32_t reporter, RtcpCompound* out) noexcept {
  if (out->block_count == kMaxReportBlocks) return;
  RtcpReportBlock& block = out->blocks[out->block_count++];
  block.reporter_ssrc = reporter;
  block.source_ssrc = LoadBe32(p);
  block.fraction_lost = p[4];
  block.cumulative_lost = SignExtend24(LoadBe32(p + 4) & 0xFFFFFF);
  block.extended_highest_sequence = LoadBe32(p + 8);
  block.jitter = LoadBe32(p + 12);
  block.last_sr = LoadBe32(p + 16);
  block.delay_since_last_sr = LoadBe32(p + 20);
}

// SR or RR. Profile-specific extensions behind the blocks (§6.4.3) are allowed and skipped.
Status ParseReport(const Section& section, bool sender, RtcpCompound* out) noexcept {
  size_t offset = 4 + (sender ? kSenderInfoSize : 0);
  if (section.size < offset + kBlockSize * section.count) return Status::kBadLength;
  const uint32_t reporter = LoadBe32(section.body);
  if (sender && !out->has_sender_info) {
    out->has_sender_info = true;
    out->sender_info.ntp = LoadBe64(section.body + 4);
    out->sender_info.rtp_timestamp = LoadBe32(section.body + 12);
    out->sender_info.packets = LoadBe32(section.body + 16);
    out->sender_info.octets = LoadBe32(section.body + 20);
  }
  for (int i = 0; i < section.count; ++i, offset += kBlockSize) {
    ParseBlock(section.body + offset, reporter, out);
  }
  return Status::kOk;
}

// One SDES chunk: items up to the end mark, then to the next 32-bit boundary (§6.5).
Status ParseChunk(const Section& section, size_t* offset, RtcpCompound* out) noexcept {
  if (section.size - *offset < 4) return Status::kBadLength;
  const uint32_t ssrc = LoadBe32(section.body + *offset);
  size_t at = *offset + 4;
  for (;;) {
    if (at >= section.size) return Status::kMalformed;  // no end mark
    const uint8_t type = section.body[at];
    if (type == kSdesEnd) break;
    if (section.size - at < 2) return Status::kMalformed;
    const size_t length = section.body[at + 1];
    if (section.size - at - 2 < length) return Status::kMalformed;
    if (type == kSdesCname && ssrc == out->sender_ssrc) {
      out->cname_size = static_cast<uint8_t>(length);
      std::memcpy(out->cname, section.body + at + 2, length);
      out->cname[length] = 0;
    }
    at += 2 + length;
  }
  // The end mark and the padding up to the boundary; sections begin on one and their sizes are
  // multiples of 4.
  *offset = (at + 4) & ~size_t{3};
  return Status::kOk;
}

Status ParseSdes(const Section& section, RtcpCompound* out) noexcept {
  size_t offset = 0;
  for (int i = 0; i < section.count; ++i) {
    const Status status = ParseChunk(section, &offset, out);
    if (status != Status::kOk) return status;
  }
  return Status::kOk;
}

Status ParseBye(const Section& section, RtcpCompound* out) noexcept {
  if (section.size < size_t{4} * section.count) return Status::kBadLength;
  for (int i = 0; i < section.count && out->bye_count < kMaxReportBlocks; ++i) {
    out->byes[out->bye_count++] = LoadBe32(section.body + size_t{4} * static_cast<size_t>(i));
  }
  return Status::kOk;
}

// Cuts the packet at `offset` out of the compound (A.2: version, length; padding only on the last
// one).
Status CutSection(const uint8_t* data, size_t size, size_t offset, Section* section,
                  size_t* next) noexcept {
  if (size - offset < kHeaderSize) return Status::kBadLength;
  const uint8_t* p = data + offset;
  if (p[0] >> 6 != 2) return Status::kBadVersion;
  const size_t bytes = (size_t{LoadBe16(p + 2)} + 1) * 4;
  if (size - offset < bytes) return Status::kBadLength;
  size_t padding = 0;
  if ((p[0] & 0x20) != 0) {
    if (offset + bytes != size) return Status::kBadPadding;
    padding = p[bytes - 1];
    if (padding == 0 || padding % 4 != 0 || padding > bytes - kHeaderSize)
      return Status::kBadPadding;
  }
  section->count = p[0] & 0x1F;
  section->body = p + kHeaderSize;
  section->size = bytes - kHeaderSize - padding;
  *next = offset + bytes;
  return Status::kOk;
}

Status ParseXrSection(const Section& section, const RtcpReading& reading,
                      RtcpCompound* out) noexcept {
  RtcpXr again;
  RtcpXr* xr = out->has_xr ? &again : &out->xr;
  out->has_xr = true;
  return ParseXr(section.body, section.size, reading.own_ssrc, xr);
}

Status ParseSection(uint8_t type, const Section& section, bool first, const RtcpReading& reading,
                    RtcpCompound* out) noexcept {
  // The first four bytes of every type name its sender (an empty SDES or BYE aside).
  if (first && section.size >= 4) out->sender_ssrc = LoadBe32(section.body);
  switch (type) {
    case kSr:
    case kRr:
      return ParseReport(section, type == kSr, out);
    case kSdes:
      return ParseSdes(section, out);
    case kBye:
      return ParseBye(section, out);
    case kXr:
      return ParseXrSection(section, reading, out);
    default:
      ++out->skipped;  // APP, RTPFB, PSFB: of no use here (RFC 3550 §6.1: ignore unknown types)
      return Status::kOk;
  }
}

}  // namespace

bool RtcpCompound::HasBye(uint32_t ssrc) const noexcept {
  return std::find(byes, byes + bye_count, ssrc) != byes + bye_count;
}

const RtcpReportBlock* RtcpCompound::BlockAbout(uint32_t ssrc) const noexcept {
  for (int i = 0; i < block_count; ++i) {
    if (blocks[i].source_ssrc == ssrc) return &blocks[i];
  }
  return nullptr;
}

Status ParseRtcp(const uint8_t* data, size_t size, const RtcpReading& reading,
                 RtcpCompound* out) noexcept {
  if (size < 8) return Status::kTruncated;
  if (data[0] >> 6 != 2) return Status::kBadVersion;
  // A.2: the first packet of a compound is SR or RR; RFC 5506 lifts that where it was negotiated.
  if (data[1] != kSr && data[1] != kRr && !reading.reduced_size) return Status::kBadType;
  out->sender_ssrc = 0;
  out->has_sender_info = false;
  out->block_count = 0;
  out->cname_size = 0;
  out->cname[0] = 0;
  out->bye_count = 0;
  out->has_xr = false;
  out->xr = RtcpXr();
  out->skipped = 0;
  size_t offset = 0;
  while (offset < size) {
    Section section;
    size_t next = 0;
    Status status = CutSection(data, size, offset, &section, &next);
    if (status == Status::kOk)
      status = ParseSection(data[offset + 1], section, offset == 0, reading, out);
    if (status != Status::kOk) return status;
    offset = next;
  }
  return Status::kOk;
}

uint64_t NtpFromUnixNs(int64_t unix_ns) noexcept {
  int64_t seconds = unix_ns / kNsPerSecond;
  int64_t rest = unix_ns % kNsPerSecond;
  if (rest < 0) {
    --seconds;
    rest += kNsPerSecond;
  }
  const uint64_t fraction = (static_cast<uint64_t>(rest) << 32) / kNsPerSecond;
  return ((static_cast<uint64_t>(seconds) + kUnixToNtpSeconds) << 32) | fraction;
}

int64_t UnixNsFromNtp(uint64_t ntp) noexcept {
  const int64_t seconds = static_cast<int64_t>(ntp >> 32) - static_cast<int64_t>(kUnixToNtpSeconds);
  // Rounded up, so that a time converted there and back is the same nanosecond.
  const uint64_t fraction = ((ntp & 0xFFFFFFFFu) * kNsPerSecond + 0xFFFFFFFFu) >> 32;
  return seconds * kNsPerSecond + static_cast<int64_t>(fraction);
}

int64_t RoundTripNs(uint32_t last_sr, uint32_t delay_since_last_sr, int64_t now_unix_ns) noexcept {
  if (last_sr == 0) return -1;
  const uint32_t arrival = CompactNtp(NtpFromUnixNs(now_unix_ns));
  const auto units = static_cast<int32_t>(arrival - last_sr - delay_since_last_sr);
  // Rounding on both sides may give a little less than nothing; more than that is a peer that
  // miscounts.
  if (units < 0) return units > -655 ? 0 : -1;
  return static_cast<int64_t>(units) * kNsPerSecond / 65536;
}

int64_t RoundTripNs(const RtcpReportBlock& block, int64_t now_unix_ns) noexcept {
  return RoundTripNs(block.last_sr, block.delay_since_last_sr, now_unix_ns);
}

void SenderReportClock::OnSenderReport(uint64_t ntp, int64_t now_unix_ns) noexcept {
  seen_ = true;
  last_sr_ = CompactNtp(ntp);
  arrived_unix_ns_ = now_unix_ns;
}

void SenderReportClock::Fill(int64_t now_unix_ns, RtcpReportBlock* block) const noexcept {
  block->last_sr = seen_ ? last_sr_ : 0;
  block->delay_since_last_sr = 0;
  if (!seen_ || now_unix_ns <= arrived_unix_ns_) return;
  const int64_t delay_ns = std::min(now_unix_ns - arrived_unix_ns_, 65535 * kNsPerSecond);
  block->delay_since_last_sr = static_cast<uint32_t>((delay_ns << 16) / kNsPerSecond);
}

int64_t RtcpIntervalNs(const RtcpIntervalInput& input, uint32_t random) noexcept {
  constexpr double kMinimumS = 5.0;
  constexpr double kSenderShare = 0.25;
  // e − 3/2: without it the reconsideration of §6.3.3 would settle below the intended bandwidth.
  constexpr double kCompensation = 2.71828182845904523536 - 1.5;

  double bandwidth = std::max(input.bandwidth_octets_per_s, 1.0);
  double count = std::max(input.members, 1);
  if (input.senders <= input.members * kSenderShare) {
    // Senders get a quarter of the bandwidth among themselves, so that their names and clocks come
    // soon.
    bandwidth *= input.we_sent ? kSenderShare : 1 - kSenderShare;
    count = input.we_sent ? input.senders : input.members - input.senders;
  }
  const double minimum = input.initial ? kMinimumS / 2 : kMinimumS;
  double seconds = std::max(input.average_size_octets * count / bandwidth, minimum);
  seconds *= (static_cast<double>(random) / 4294967296.0 + 0.5) / kCompensation;
  return static_cast<int64_t>(std::min(seconds, 3600.0) * kNsPerSecond);
}

}  // namespace mixminus
