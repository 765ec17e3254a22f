// See leg_rtcp.h.
#include "engine/leg_rtcp.h"

#include "engine/time_source.h"

namespace mixminus {

bool LegRtcp::Due(const TickTime& time) noexcept {
  if (next_ns_ == 0) {
    RtcpIntervalInput input;
    input.initial = true;
    next_ns_ = time.now_ns + RtcpIntervalNs(input, random_.Next());
  }
  return time.now_ns >= next_ns_;
}

size_t LegRtcp::Build(const TickTime& time, ReceiveLeg* receive, const SendLeg& send, bool bye,
                      uint8_t* out, size_t capacity) noexcept {
  const bool we_sent = send.stats().packets != packets_told_;
  packets_told_ = send.stats().packets;
  RtcpIntervalInput input;
  input.we_sent = we_sent;
  next_ns_ = time.now_ns + RtcpIntervalNs(input, random_.Next());

  RtcpSenderInfo info;
  info.ntp = NtpFromUnixNs(time.wall_ns);
  // The timestamp of the frame that this very tick sends: the same instant as the NTP field (RFC
  // 3550 6.4.1).
  info.rtp_timestamp = send.next_timestamp();
  info.packets = static_cast<uint32_t>(send.stats().packets);
  info.octets = static_cast<uint32_t>(send.stats().octets);

  RtcpReportBlock block;
  RtcpReport report;
  report.ssrc = send.ssrc();
  report.sender_info = we_sent ? &info : nullptr;
  report.cname = cname_;
  report.bye = bye;
  if (receive->has_source()) {
    const ReceptionReport heard = receive->TakeReport();
    block.source_ssrc = receive->remote_ssrc();
    block.fraction_lost = heard.fraction_lost;
    block.cumulative_lost = heard.cumulative_lost;
    block.extended_highest_sequence = heard.extended_highest_sequence;
    block.jitter = heard.jitter;
    sender_clock_.Fill(time.wall_ns, &block);
    report.blocks = &block;
    report.block_count = 1;
  }
  const size_t size = BuildRtcp(report, out, capacity);
  if (size > 0) ++sent_;
  return size;
}

LegRtcp::Heard LegRtcp::Handle(const uint8_t* data, size_t size, const ReceiveLeg& receive,
                               const SendLeg& send, int64_t wall_ns) noexcept {
  RtcpCompound compound;
  if (ParseRtcp(data, size, &compound) != Status::kOk) return Heard::kInvalid;
  // Another SSRC than the one that we hear is another participant's report, or a stranger's.
  if (receive.has_source() && compound.sender_ssrc != receive.remote_ssrc()) return Heard::kInvalid;
  ++received_;
  if (compound.has_sender_info) sender_clock_.OnSenderReport(compound.sender_info.ntp, wall_ns);
  if (const RtcpReportBlock* block = compound.BlockAbout(send.ssrc())) {
    ReadBlock(*block, send.clock_hz(), wall_ns);
  }
  return compound.HasBye(compound.sender_ssrc) ? Heard::kBye : Heard::kReport;
}

void LegRtcp::ReadBlock(const RtcpReportBlock& block, int clock_hz, int64_t wall_ns) noexcept {
  remote_lost_fraction_ = block.fraction_lost / 256.0;
  remote_lost_packets_ = block.cumulative_lost;
  remote_jitter_ms_ = block.jitter * 1000.0 / clock_hz;
  const int64_t round_trip_ns = RoundTripNs(block, wall_ns);
  if (round_trip_ns >= 0) rtt_ms_ = static_cast<double>(round_trip_ns) / kNsPerMs;
}

}  // namespace mixminus
