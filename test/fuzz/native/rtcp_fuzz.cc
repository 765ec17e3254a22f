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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
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
