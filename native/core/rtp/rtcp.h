#pragma once
// RTCP: reads compound packets (RFC 3550 §6, validity checks A.2) and reduced-size ones (RFC 5506),
// writes SR or RR + SDES CNAME + XR + BYE, and computes the report interval (A.7). Pure; the engine
// owns sockets, times and randomness. 64-bit times are Unix nanoseconds given by the caller.

#include <cstddef>
#include <cstdint>

#include "core/base/status.h"
#include "core/rtp/rtcp_xr.h"

namespace mixminus {

constexpr int kMaxReportBlocks = 31;  // RC is five bits

struct RtcpReportBlock {
  uint32_t reporter_ssrc = 0;  // who says it (parsing only)
  uint32_t source_ssrc = 0;    // about whom
  uint8_t fraction_lost = 0;   // of 256
  int32_t cumulative_lost = 0;
  uint32_t extended_highest_sequence = 0;
  uint32_t jitter = 0;               // RTP timestamp units
  uint32_t last_sr = 0;              // middle 32 bits of the NTP time of the last SR, 0 = none
  uint32_t delay_since_last_sr = 0;  // 1/65,536 s
};

struct RtcpSenderInfo {
  uint64_t ntp = 0;  // 32.32
  uint32_t rtp_timestamp = 0;
  uint32_t packets = 0;
  uint32_t octets = 0;
};

// What one compound packet said. Packets of other types (APP, feedback) are skipped and counted.
struct RtcpCompound {
  uint32_t sender_ssrc = 0;  // of the first packet that names one
  bool has_sender_info = false;
  RtcpSenderInfo sender_info;  // of the first SR
  int block_count = 0;
  RtcpReportBlock blocks[kMaxReportBlocks];  // past 31 in one compound: dropped
  uint8_t cname_size = 0;
  char cname[256];  // of sender_ssrc, zero-terminated; empty when absent
  int bye_count = 0;
  uint32_t byes[kMaxReportBlocks];
  bool has_xr = false;
  RtcpXr xr;  // of the first XR packet
  int skipped = 0;

  // True when `ssrc` left.
  bool HasBye(uint32_t ssrc) const noexcept;
  // The first block about `ssrc`, or null.
  const RtcpReportBlock* BlockAbout(uint32_t ssrc) const noexcept;
};

struct RtcpReading {
  uint32_t own_ssrc = 0;      // chooses among the DLRR sub-blocks
  bool reduced_size = false;  // a=rtcp-rsize was negotiated: any packet type may come first
};

// Reads a compound packet. kTruncated, kBadVersion, kBadType (does not begin with SR or RR, without
// `reduced_size`), kBadPadding, kBadLength (lengths do not add up), kMalformed. After an error
// `out` is of no use.
Status ParseRtcp(const uint8_t* data, size_t size, const RtcpReading& reading,
                 RtcpCompound* out) noexcept;
inline Status ParseRtcp(const uint8_t* data, size_t size, RtcpCompound* out) noexcept {
  return ParseRtcp(data, size, RtcpReading(), out);
}

struct RtcpReport {
  uint32_t ssrc = 0;
  const RtcpSenderInfo* sender_info = nullptr;  // null: RR
  const RtcpReportBlock* blocks = nullptr;
  int block_count = 0;          // 0…31
  const char* cname = nullptr;  // required (RFC 3550 §6.1), 1…255 bytes, zero-terminated
  const RtcpXr* xr = nullptr;   // null, or without a block: none
  bool bye = false;
};

// Writes SR or RR, SDES with CNAME, XR and, with `bye`, BYE; returns the size, 0 when it does not
// fit or the report is not a legal one. 136 + 24 × blocks + strlen(cname) bytes always suffice.
size_t BuildRtcp(const RtcpReport& report, uint8_t* out, size_t capacity) noexcept;

// NTP 32.32 (seconds since 1900, RFC 3550 §4) from Unix nanoseconds, and back. The seconds wrap in
// 2036.
uint64_t NtpFromUnixNs(int64_t unix_ns) noexcept;
int64_t UnixNsFromNtp(uint64_t ntp) noexcept;
// The middle 32 bits: 16.16 seconds.
constexpr uint32_t CompactNtp(uint64_t ntp) noexcept { return static_cast<uint32_t>(ntp >> 16); }

// Round trip from the echo of a time of ours that came now: A − LSR − DLSR (RFC 3550 §6.4.1), also
// with the times of a DLRR block (RFC 3611 §4.5). Negative when `last_sr` is 0 or the figures make
// no sense.
int64_t RoundTripNs(uint32_t last_sr, uint32_t delay_since_last_sr, int64_t now_unix_ns) noexcept;
// Round trip from a report block about us that arrived now (RFC 3550 §6.4.1): A − LSR − DLSR.
// Negative when the block carries no LSR or the figures make no sense.
int64_t RoundTripNs(const RtcpReportBlock& block, int64_t now_unix_ns) noexcept;

// Remembers the peer's last SR, for the LSR and DLSR fields of our report blocks.
class SenderReportClock {
 public:
  void OnSenderReport(uint64_t ntp, int64_t now_unix_ns) noexcept;
  // Fills last_sr and delay_since_last_sr; zeros before the first SR.
  void Fill(int64_t now_unix_ns, RtcpReportBlock* block) const noexcept;
  bool seen() const noexcept { return seen_; }

 private:
  bool seen_ = false;
  uint32_t last_sr_ = 0;
  int64_t arrived_unix_ns_ = 0;
};

struct RtcpIntervalInput {
  int members = 2;                      // known participants, us included
  int senders = 1;                      // of which have sent lately
  double bandwidth_octets_per_s = 400;  // of RTCP for the whole session: 5 % of 64 kbit/s
  bool we_sent = true;
  double average_size_octets = 120;  // of RTCP packets, UDP and IP headers included
  bool initial = false;              // nothing sent yet: half the minimum
};

// Time until the next report, randomised over 0.5…1.5 and compensated (RFC 3550 A.7). `random` is
// uniform over 32 bits. The minimum is 5 s, 2.5 s for the first.
int64_t RtcpIntervalNs(const RtcpIntervalInput& input, uint32_t random) noexcept;

}  // namespace mixminus
