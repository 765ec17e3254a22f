#include "core/rtp/rtcp.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "core/testing.h"

using namespace mixminus;

namespace {

constexpr int64_t kNow = 1'700'000'000'123'456'789;

std::vector<uint8_t> Build(const RtcpReport& report) {
  std::vector<uint8_t> bytes(2000);
  bytes.resize(BuildRtcp(report, bytes.data(), bytes.size()));
  return bytes;
}

Status Parse(const std::vector<uint8_t>& bytes, RtcpCompound* out) {
  const std::unique_ptr<uint8_t[]> exact(new uint8_t[bytes.size()]);
  std::copy(bytes.begin(), bytes.end(), exact.get());
  return ParseRtcp(exact.get(), bytes.size(), out);
}

RtcpReport Simple() {
  RtcpReport report;
  report.ssrc = 0xAABBCCDD;
  report.cname = "u@h";
  return report;
}

}  // namespace

TEST_CASE("rtcp: what is built is read back, for every number of blocks") {
  for (int blocks = 0; blocks <= kMaxReportBlocks; ++blocks) {
    for (const bool sender : {false, true}) {
      std::vector<RtcpReportBlock> given(static_cast<size_t>(blocks) + 1);
      for (size_t i = 0; i < given.size(); ++i) {
        given[i].source_ssrc = static_cast<uint32_t>(1000 + i);
        given[i].fraction_lost = static_cast<uint8_t>(i * 8);
        given[i].cumulative_lost = i % 2 == 0 ? -static_cast<int32_t>(i) : 8'000'000;
        given[i].extended_highest_sequence = 0x12345678;
        given[i].jitter = 77;
        given[i].last_sr = 0xCAFEBABE;
        given[i].delay_since_last_sr = 65536;
      }
      RtcpSenderInfo info;
      info.ntp = NtpFromUnixNs(kNow);
      info.rtp_timestamp = 160;
      info.packets = 5;
      info.octets = 800;
      RtcpReport report = Simple();
      report.sender_info = sender ? &info : nullptr;
      report.blocks = given.data();
      report.block_count = blocks;
      report.bye = blocks % 3 == 0;
      const auto bytes = Build(report);
      REQUIRE(bytes.size() <= 64 + 24 * static_cast<size_t>(blocks) + 3);
      RtcpCompound seen;
      REQUIRE(Parse(bytes, &seen) == Status::kOk);
      CHECK(seen.sender_ssrc == 0xAABBCCDD);
      CHECK(seen.has_sender_info == sender);
      if (sender) {
        CHECK(seen.sender_info.ntp == info.ntp);
        CHECK(seen.sender_info.octets == 800);
      }
      REQUIRE(seen.block_count == blocks);
      for (int i = 0; i < blocks; ++i) {
        const auto& block = given[static_cast<size_t>(i)];
        CHECK(seen.blocks[i].reporter_ssrc == 0xAABBCCDD);
        CHECK(seen.blocks[i].source_ssrc == block.source_ssrc);
        CHECK(seen.blocks[i].fraction_lost == block.fraction_lost);
        CHECK(seen.blocks[i].cumulative_lost == block.cumulative_lost);
        CHECK(seen.blocks[i].last_sr == block.last_sr);
      }
      CHECK(std::string(seen.cname) == "u@h");
      CHECK(seen.HasBye(0xAABBCCDD) == report.bye);
      CHECK((seen.BlockAbout(1000) != nullptr) == (blocks > 0));
      CHECK(seen.BlockAbout(5) == nullptr);
    }
  }
}

TEST_CASE("rtcp: names of every length end on a boundary with an end mark") {
  for (size_t length = 1; length <= 255; ++length) {
    const std::string name(length, 'x');
    RtcpReport report = Simple();
    report.cname = name.c_str();
    const auto bytes = Build(report);
    REQUIRE(bytes.size() % 4 == 0);
    CHECK(bytes.back() == 0);
    RtcpCompound seen;
    REQUIRE(Parse(bytes, &seen) == Status::kOk);
    CHECK(std::string(seen.cname) == name);
    std::vector<uint8_t> small(bytes.size() - 1);
    CHECK(BuildRtcp(report, small.data(), small.size()) == 0);
  }
}

TEST_CASE("rtcp: an illegal report is not built") {
  uint8_t out[100];
  RtcpReport report = Simple();
  report.cname = nullptr;
  CHECK(BuildRtcp(report, out, sizeof(out)) == 0);
  report.cname = "";
  CHECK(BuildRtcp(report, out, sizeof(out)) == 0);
  const std::string too_long(256, 'y');
  report.cname = too_long.c_str();
  CHECK(BuildRtcp(report, out, sizeof(out)) == 0);
  report = Simple();
  report.block_count = 32;
  CHECK(BuildRtcp(report, out, sizeof(out)) == 0);
}

TEST_CASE("rtcp: validity checks of A.2") {
  RtcpCompound seen;
  auto bytes = Build(Simple());
  auto broken = bytes;
  broken[0] = 0x41;
  CHECK(Parse(broken, &seen) == Status::kBadVersion);
  broken = bytes;
  broken[1] = 202;  // begins with SDES
  CHECK(Parse(broken, &seen) == Status::kBadType);
  broken = bytes;
  broken[8] = 0x01;  // version of the second packet
  CHECK(Parse(broken, &seen) == Status::kBadVersion);
  broken = bytes;
  broken[0] = static_cast<uint8_t>(broken[0] | 0x20);  // padding before the last packet
  CHECK(Parse(broken, &seen) == Status::kBadPadding);
  broken = bytes;
  broken[0] = static_cast<uint8_t>(broken[0] | 0x20);
  broken[7] = 4;  // even where the byte would do as a count
  CHECK(Parse(broken, &seen) == Status::kBadPadding);
  broken = bytes;
  broken[0] = 0x81;  // one block announced, none there
  CHECK(Parse(broken, &seen) == Status::kBadLength);
  broken = bytes;
  broken[11] = static_cast<uint8_t>(broken[11] + 1);
  CHECK(Parse(broken, &seen) == Status::kBadLength);
  for (size_t size = 0; size < bytes.size(); ++size) {
    const std::vector<uint8_t> part(bytes.begin(),
                                    bytes.begin() + static_cast<std::ptrdiff_t>(size));
    if (size == 8) continue;  // the RR alone is a compound of one
    CHECK(Parse(part, &seen) != Status::kOk);
  }
}

TEST_CASE("rtcp: an SDES chunk without end mark or with an item past the end is malformed") {
  RtcpCompound seen;
  std::vector<uint8_t> bytes = {0x80, 201, 0, 1, 0, 0, 0, 1, 0x81, 202,
                                0,    2,   0, 0, 0, 1, 1, 2, 'a',  'b'};
  CHECK(Parse(bytes, &seen) == Status::kMalformed);
  bytes[17] = 3;
  CHECK(Parse(bytes, &seen) == Status::kMalformed);
  bytes[17] = 1;
  bytes[19] = 0;
  REQUIRE(Parse(bytes, &seen) == Status::kOk);
  CHECK(std::string(seen.cname) == "a");
}

TEST_CASE("rtcp: a name belongs to the source of its chunk") {
  RtcpCompound seen;
  for (const uint8_t second : {uint8_t{1}, uint8_t{2}}) {
    const uint8_t first = second == 1 ? 2 : 1;
    const std::vector<uint8_t> bytes = {0x80, 201, 0, 1,      0, 0,     0,   1, 0x82, 202,
                                        0,    4,   0, 0,      0, first, 1,   1, 'a',  0,
                                        0,    0,   0, second, 1, 1,     'b', 0};
    REQUIRE(Parse(bytes, &seen) == Status::kOk);
    CHECK(std::string(seen.cname) == (first == 1 ? "a" : "b"));
  }
}

TEST_CASE("rtcp: cumulative loss is clamped to its 24 bits") {
  for (const int32_t lost : {-0x800000, 0x7FFFFF, -0x800001, 0x800000, INT32_MIN, INT32_MAX}) {
    RtcpReportBlock block;
    block.cumulative_lost = lost;
    RtcpReport report = Simple();
    report.blocks = &block;
    report.block_count = 1;
    RtcpCompound seen;
    REQUIRE(Parse(Build(report), &seen) == Status::kOk);
    CHECK(seen.blocks[0].cumulative_lost == std::clamp(lost, -0x800000, 0x7FFFFF));
  }
}

TEST_CASE("rtcp: padding at the end, unknown packets and extensions are skipped") {
  RtcpCompound seen;
  auto bytes = Build(Simple());
  bytes.insert(bytes.end(), {0x80, 204, 0, 2, 0, 0, 0, 1, 't', 'e', 's', 't'});
  bytes.insert(bytes.end(), {0xA1, 203, 0, 2, 0, 0, 0, 9, 0, 0, 0, 4});
  REQUIRE(Parse(bytes, &seen) == Status::kOk);
  CHECK(seen.skipped == 1);
  CHECK(seen.HasBye(9));
  bytes.back() = 12;
  CHECK(Parse(bytes, &seen) == Status::kBadPadding);
  bytes.back() = 3;
  CHECK(Parse(bytes, &seen) == Status::kBadPadding);
  const std::vector<uint8_t> extended = {0x80, 201, 0, 2, 0, 0, 0, 1, 9, 9, 9, 9};
  CHECK(Parse(extended, &seen) == Status::kOk);
}

TEST_CASE("rtcp: more than 31 blocks and byes in a compound are cut, not overrun") {
  std::vector<uint8_t> bytes;
  for (int i = 0; i < 3; ++i) {
    std::vector<RtcpReportBlock> blocks(31);
    RtcpReport report = Simple();
    report.blocks = blocks.data();
    report.block_count = 31;
    const auto part = Build(report);
    bytes.insert(bytes.end(), part.begin(), part.end());
    std::vector<uint8_t> bye = {0x9F, 203, 0, 31};
    bye.resize(4 + 31 * 4);
    bytes.insert(bytes.end(), bye.begin(), bye.end());
  }
  RtcpCompound seen;
  REQUIRE(Parse(bytes, &seen) == Status::kOk);
  CHECK(seen.block_count == 31);
  CHECK(seen.bye_count == 31);
}

TEST_CASE("rtcp: NTP time there and back") {
  // RFC 868's example: 2,208,988,800 is 00:00 1 January 1970.
  CHECK(NtpFromUnixNs(0) == uint64_t{2'208'988'800} << 32);
  CHECK((NtpFromUnixNs(500'000'000) & 0xFFFFFFFF) == 0x80000000);
  testing::Random random(6);
  for (int i = 0; i < 10000; ++i) {
    const int64_t ns = random.Between(0, 2'000'000'000'000'000'000);
    REQUIRE(UnixNsFromNtp(NtpFromUnixNs(ns)) == ns);
  }
  CHECK(CompactNtp(0x0123456789ABCDEF) == 0x456789AB);
}

TEST_CASE("rtcp: round trip from LSR and DLSR, the example of RFC 3550 figure 2") {
  // A = 0xb710:8000, LSR = 0xb705:2000, DLSR = 0x0005:4000 give 6.125 s.
  SenderReportClock peer;
  RtcpReportBlock block;
  peer.Fill(kNow, &block);
  CHECK(block.last_sr == 0);
  CHECK(RoundTripNs(block, kNow) == -1);
  const uint64_t sent_ntp = NtpFromUnixNs(kNow);
  peer.OnSenderReport(sent_ntp, kNow + 3'000'000);  // 3 ms to the peer
  peer.Fill(kNow + 5'253'000'000, &block);          // which answers 5.25 s later
  CHECK(block.last_sr == CompactNtp(sent_ntp));
  const int64_t rtt = RoundTripNs(block, kNow + 5'257'000'000);  // 4 ms back
  CHECK(std::llabs(rtt - 7'000'000) < 40'000);
  block.delay_since_last_sr += 65536;  // claims to have waited longer than it can have
  CHECK(RoundTripNs(block, kNow + 5'257'000'000) == -1);
}

TEST_CASE("rtcp: report interval (A.7)") {
  RtcpIntervalInput input;
  const double compensation = 2.718281828 - 1.5;
  const auto seconds = [&](uint32_t random) {
    return static_cast<double>(RtcpIntervalNs(input, random)) / 1e9;
  };
  CHECK(std::fabs(seconds(0) - 2.5 / compensation) < 0.001);
  CHECK(std::fabs(seconds(0xFFFFFFFF) - 7.5 / compensation) < 0.001);
  input.initial = true;
  CHECK(std::fabs(seconds(0x80000000) - 2.5 / compensation) < 0.001);
  input.initial = false;
  input.members = 1000;
  input.senders = 10;
  // Senders share a quarter of the bandwidth: 120 octets × 10 / 100 octets a second.
  CHECK(std::fabs(seconds(0x80000000) - 12.0 / compensation) < 0.01);
  input.we_sent = false;
  CHECK(std::fabs(seconds(0x80000000) - 120.0 * 990 / 300 / compensation) < 0.1);
  input.bandwidth_octets_per_s = 0;
  CHECK(seconds(1) <= 3600);
}
