// Any bytes as an RTCP compound; what was read can be built again and reads the same.

#include <cstring>

#include "core/base/check.h"
#include "core/rtp/rtcp.h"

using namespace mixminus;

namespace {

void Rebuild(const RtcpCompound& seen) {
  RtcpReport report;
  report.ssrc = seen.sender_ssrc;
  report.sender_info = seen.has_sender_info ? &seen.sender_info : nullptr;
  report.blocks = seen.blocks;
  report.block_count = seen.block_count;
  report.cname = seen.cname[0] != 0 ? seen.cname : "x";
  report.bye = seen.bye_count > 0;
  uint8_t bytes[1200];
  const size_t size = BuildRtcp(report, bytes, sizeof(bytes));
  MIXMINUS_CHECK(size > 0);
  RtcpCompound again;
  MIXMINUS_CHECK(ParseRtcp(bytes, size, &again) == Status::kOk);
  MIXMINUS_CHECK(again.block_count == seen.block_count);
  MIXMINUS_CHECK(std::strcmp(again.cname, report.cname) == 0);
  for (int i = 0; i < seen.block_count; ++i) {
    MIXMINUS_CHECK(again.blocks[i].cumulative_lost == seen.blocks[i].cumulative_lost);
    MIXMINUS_CHECK(again.blocks[i].source_ssrc == seen.blocks[i].source_ssrc);
  }
}

// What an XR packet said is written as the same bytes' meaning.
void RebuildXr(const RtcpXr& seen) {
  uint8_t bytes[128];
  const size_t size = XrSize(seen);
  MIXMINUS_CHECK(size <= sizeof(bytes));
  if (size == 0) return;
  WriteXr(seen, bytes);
  RtcpXr again;
  MIXMINUS_CHECK(ParseXr(bytes + 4, size - 4, seen.dlrr.receiver_ssrc, &again) == Status::kOk);
  MIXMINUS_CHECK(again.has_reference_time == seen.has_reference_time);
  MIXMINUS_CHECK(again.reference_ntp == seen.reference_ntp);
  MIXMINUS_CHECK(again.has_dlrr == seen.has_dlrr && again.dlrr.delay == seen.dlrr.delay);
  MIXMINUS_CHECK(again.has_voip == seen.has_voip);
  MIXMINUS_CHECK(again.voip.burst_ms == seen.voip.burst_ms);
  MIXMINUS_CHECK(again.voip.r_factor == seen.voip.r_factor);
}

// Reduced-size packets (RFC 5506) are read by the same rules, apart from what comes first.
void ReadReducedSize(const uint8_t* data, size_t size) {
  RtcpCompound seen;
  if (ParseRtcp(data, size, {0x11223344, true}, &seen) != Status::kOk) return;
  RebuildXr(seen.xr);
  MIXMINUS_CHECK(RoundTripNs(seen.xr.dlrr.last_rr, seen.xr.dlrr.delay, 1) >= -1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ReadReducedSize(data, size);
  RtcpCompound seen;
  if (ParseRtcp(data, size, &seen) != Status::kOk) return 0;
  MIXMINUS_CHECK(seen.block_count >= 0 && seen.block_count <= kMaxReportBlocks);
  MIXMINUS_CHECK(seen.bye_count >= 0 && seen.bye_count <= kMaxReportBlocks);
  MIXMINUS_CHECK(seen.cname[seen.cname_size] == 0);
  for (int i = 0; i < seen.block_count; ++i) {
    MIXMINUS_CHECK(RoundTripNs(seen.blocks[i], 1'700'000'000'000'000'000) >= -1);
    MIXMINUS_CHECK(seen.BlockAbout(seen.blocks[i].source_ssrc) != nullptr);
  }
  for (int i = 0; i < seen.bye_count; ++i) MIXMINUS_CHECK(seen.HasBye(seen.byes[i]));
  Rebuild(seen);
  return 0;
}
