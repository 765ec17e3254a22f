#include "core/rtp/rtcp_xr.h"

#include <doctest/doctest.h>

#include <vector>

#include "core/rtp/rtcp.h"

using namespace mixminus;

namespace {

VoipMetrics Metrics() {
  VoipMetrics voip;
  voip.source_ssrc = 0x11223344;
  voip.loss_rate = 1;
  voip.discard_rate = 2;
  voip.burst_density = 3;
  voip.gap_density = 4;
  voip.burst_ms = 500;
  voip.gap_ms = 6000;
  voip.round_trip_ms = 70;
  voip.end_system_delay_ms = 80;
  voip.signal_level_dbm0 = -21;
  voip.noise_level_dbm0 = -60;
  voip.r_factor = 91;
  voip.mos_lq_tenths = 43;
  voip.mos_cq_tenths = 42;
  voip.rx_config = 0xAB;
  voip.jitter_nominal_ms = 40;
  voip.jitter_maximum_ms = 120;
  voip.jitter_absolute_ms = 400;
  return voip;
}

RtcpXr Everything() {
  RtcpXr xr;
  xr.reporter_ssrc = 0xAAAAAAAA;
  xr.has_reference_time = true;
  xr.reference_ntp = 0x0123456789ABCDEFull;
  xr.has_dlrr = true;
  xr.dlrr = {0xBBBBBBBB, 0x456789AB, 65'536};
  xr.has_voip = true;
  xr.voip = Metrics();
  return xr;
}

}  // namespace

TEST_CASE("rtcp xr: what is written is read again") {
  const RtcpXr xr = Everything();
  std::vector<uint8_t> packet(XrSize(xr));
  REQUIRE(packet.size() == 8 + 12 + 16 + 36);
  WriteXr(xr, packet.data());
  RtcpXr read;
  REQUIRE(ParseXr(packet.data() + 4, packet.size() - 4, 0xBBBBBBBB, &read) == Status::kOk);
  CHECK(read.reporter_ssrc == xr.reporter_ssrc);
  CHECK(read.reference_ntp == xr.reference_ntp);
  CHECK(read.dlrr.last_rr == xr.dlrr.last_rr);
  CHECK(read.dlrr.delay == xr.dlrr.delay);
  CHECK(read.voip.source_ssrc == 0x11223344);
  CHECK(read.voip.burst_ms == 500);
  CHECK(read.voip.gap_ms == 6000);
  CHECK(read.voip.signal_level_dbm0 == -21);
  CHECK(read.voip.gmin == 16);
  CHECK(read.voip.r_factor == 91);
  CHECK(read.voip.external_r_factor == 127);
  CHECK(read.voip.mos_cq_tenths == 42);
  CHECK(read.voip.rx_config == 0xAB);
  CHECK(read.voip.jitter_absolute_ms == 400);
  // A DLRR about somebody else is not ours.
  RtcpXr other;
  REQUIRE(ParseXr(packet.data() + 4, packet.size() - 4, 1, &other) == Status::kOk);
  CHECK_FALSE(other.has_dlrr);
}

TEST_CASE("rtcp xr: nothing to say is no packet") { CHECK(XrSize(RtcpXr()) == 0); }

TEST_CASE("rtcp xr: blocks that reach past the end are refused, unknown ones skipped") {
  std::vector<uint8_t> body = {0, 0, 0, 1, 99, 0, 0, 1, 1, 2, 3, 4};
  RtcpXr read;
  CHECK(ParseXr(body.data(), body.size(), 1, &read) == Status::kOk);
  body[7] = 2;
  CHECK(ParseXr(body.data(), body.size(), 1, &read) == Status::kBadLength);
  CHECK(ParseXr(body.data(), 3, 1, &read) == Status::kBadLength);
  CHECK(ParseXr(body.data(), 6, 1, &read) == Status::kBadLength);
  // A VoIP block of a wrong length says nothing.
  body = {0, 0, 0, 1, 7, 0, 0, 1, 1, 2, 3, 4};
  CHECK(ParseXr(body.data(), body.size(), 1, &read) == Status::kOk);
  CHECK_FALSE(read.has_voip);
}

TEST_CASE("rtcp xr: part of a compound, between SDES and BYE") {
  const RtcpXr xr = Everything();
  RtcpReport report;
  report.ssrc = 0xAAAAAAAA;
  report.cname = "a@b";
  report.xr = &xr;
  report.bye = true;
  uint8_t packet[512];
  const size_t size = BuildRtcp(report, packet, sizeof(packet));
  REQUIRE(size > 0);
  RtcpCompound compound;
  REQUIRE(ParseRtcp(packet, size, {0xBBBBBBBB, false}, &compound) == Status::kOk);
  REQUIRE(compound.has_xr);
  CHECK(compound.xr.has_dlrr);
  CHECK(compound.xr.voip.r_factor == 91);
  CHECK(compound.HasBye(0xAAAAAAAA));
  CHECK(compound.skipped == 0);
  for (size_t room = 0; room < size; ++room) CHECK(BuildRtcp(report, packet, room) == 0);
}

TEST_CASE("rtcp xr: reduced size (RFC 5506) is read only where it was negotiated") {
  const RtcpXr xr = Everything();
  std::vector<uint8_t> packet(XrSize(xr));
  WriteXr(xr, packet.data());
  RtcpCompound compound;
  CHECK(ParseRtcp(packet.data(), packet.size(), &compound) == Status::kBadType);
  REQUIRE(ParseRtcp(packet.data(), packet.size(), {0, true}, &compound) == Status::kOk);
  CHECK(compound.sender_ssrc == 0xAAAAAAAA);
  CHECK(compound.xr.has_voip);
}

TEST_CASE("rtcp xr: the round trip of a side that sends nothing") {
  // Asked at 10.0 s, answered 0.5 s after it came, back at 10.75 s: 250 ms on the way.
  const int64_t asked_ns = 10'000'000'000;
  const uint32_t asked = CompactNtp(NtpFromUnixNs(asked_ns));
  const int64_t trip = RoundTripNs(asked, 32'768, asked_ns + 750'000'000);
  CHECK(static_cast<double>(trip) / 1e6 == doctest::Approx(250).epsilon(0.001));
  CHECK(RoundTripNs(0u, 0u, asked_ns) < 0);
}
