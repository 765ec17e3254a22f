// RTCP of a leg in manual mode: what its reports say, what it takes from the peer's, and BYE.
#include "core/rtp/rtcp.h"
#include "engine/rig.h"

using namespace mixminus;
using namespace mixminus::rig;

namespace {

std::vector<uint8_t> Report(const RtcpReport& report) {
  std::vector<uint8_t> packet(512);
  packet.resize(BuildRtcp(report, packet.data(), packet.size()));
  REQUIRE(!packet.empty());
  return packet;
}

RtcpCompound Parsed(const Received& received) {
  RtcpCompound compound;
  REQUIRE(ParseRtcp(received.data.data(), received.data.size(), &compound) == Status::kOk);
  return compound;
}

uint32_t SsrcOf(const std::vector<uint8_t>& rtp) {
  RtpPacketView packet;
  REQUIRE(ParseRtp(rtp.data(), rtp.size(), &packet) == Status::kOk);
  return packet.ssrc;
}

}  // namespace

TEST_CASE(
    "the first report comes within 1 to 4 seconds and is a sender report about both directions") {
  Rig rig;
  Phone phone = rig.Call();
  int ticks = 0;
  for (; phone.rtcp.empty() && ticks < 250; ++ticks) rig.Talk({&phone}, {0x20}, 1);
  CHECK(ticks >= 50);
  CHECK(ticks <= 200);
  REQUIRE(phone.rtcp.size() == 1);
  const RtcpCompound report = Parsed(phone.rtcp[0]);
  CHECK(phone.rtcp[0].to.port == phone.remote.port + 1);
  CHECK(report.sender_ssrc == SsrcOf(phone.last()));
  CHECK(std::string(report.cname) == "rig@example.invalid");
  REQUIRE(report.has_sender_info);
  CHECK(std::abs(static_cast<int>(report.sender_info.packets) -
                 static_cast<int>(phone.rtp.size())) <= 1);
  CHECK(report.sender_info.octets == report.sender_info.packets * 160);
  REQUIRE(report.block_count == 1);
  CHECK(report.blocks[0].source_ssrc == phone.ssrc);
  CHECK(report.blocks[0].fraction_lost == 0);
  CHECK(report.blocks[0].cumulative_lost == 0);
  CHECK(static_cast<uint16_t>(report.blocks[0].extended_highest_sequence) ==
        static_cast<uint16_t>(phone.sequence - 1));
  CHECK(rig.Stat(phone, LegStat::kRtcpSent) == 1);
}

TEST_CASE("the sender report's two timestamps stand for the same instant") {
  Rig rig;
  Phone phone = rig.Call();
  while (phone.rtcp.size() < 2) rig.Talk({&phone}, {0x20}, 1);
  const RtcpCompound first = Parsed(phone.rtcp[0]);
  const RtcpCompound second = Parsed(phone.rtcp[1]);
  const int64_t wall_ns =
      UnixNsFromNtp(second.sender_info.ntp) - UnixNsFromNtp(first.sender_info.ntp);
  const double rtp_ms = (second.sender_info.rtp_timestamp - first.sender_info.rtp_timestamp) / 8.0;
  CHECK(std::abs(static_cast<double>(wall_ns) / kNsPerMs - rtp_ms) < 0.01);
  CHECK(wall_ns >= 2'000 * kNsPerMs);
  CHECK(wall_ns <= 9'000 * kNsPerMs);
}

TEST_CASE("loss is reported to the peer") {
  Rig rig;
  Phone phone = rig.Call();
  int tick = 0;
  while (phone.rtcp.empty()) {
    if (tick++ % 4 == 3) {
      ++phone.sequence;
      phone.timestamp += kFrameBytes;
      rig.Tick({&phone});
    } else {
      rig.Talk({&phone}, {0x20}, 1);
    }
  }
  const RtcpCompound report = Parsed(phone.rtcp[0]);
  REQUIRE(report.block_count == 1);
  CHECK(report.blocks[0].fraction_lost > 50);
  CHECK(report.blocks[0].fraction_lost < 80);
  CHECK(report.blocks[0].cumulative_lost >= tick / 4 - 1);
  CHECK(rig.Stat(phone, LegStat::kPacketsLost) >= tick / 4 - 2);
}

TEST_CASE("the peer's reports are read: loss, jitter, round trip; and answered with LSR and DLSR") {
  Rig rig;
  Phone phone = rig.Call();
  while (phone.rtcp.empty()) rig.Talk({&phone}, {0x20}, 1);
  const RtcpCompound ours = Parsed(phone.rtcp[0]);

  RtcpReportBlock block;
  block.source_ssrc = ours.sender_ssrc;
  block.fraction_lost = 64;
  block.cumulative_lost = 7;
  block.jitter = 80;
  block.last_sr = CompactNtp(ours.sender_info.ntp);
  block.delay_since_last_sr = 65'536 / 10;  // 100 ms
  RtcpSenderInfo info;
  info.ntp = NtpFromUnixNs(1'700'000'000 * kNsPerSecond);
  RtcpReport report;
  report.ssrc = phone.ssrc;
  report.sender_info = &info;
  report.blocks = &block;
  report.block_count = 1;
  report.cname = "phone";
  rig.Talk({&phone}, {0x20}, 6);  // 120 ms later
  rig.InjectRtcp(phone, Report(report));
  rig.Talk({&phone}, {0x20}, 1);
  CHECK(rig.Stat(phone, LegStat::kRtcpReceived) == 1);
  CHECK(rig.Stat(phone, LegStat::kRemoteLostFraction) == 0.25);
  CHECK(rig.Stat(phone, LegStat::kRemoteLostPackets) == 7);
  CHECK(rig.Stat(phone, LegStat::kRemoteJitterMs) == 10);
  CHECK(rig.Stat(phone, LegStat::kRttMs) > 15);
  CHECK(rig.Stat(phone, LegStat::kRttMs) < 50);

  while (phone.rtcp.size() < 2) rig.Talk({&phone}, {0x20}, 1);
  const RtcpCompound next = Parsed(phone.rtcp[1]);
  REQUIRE(next.block_count == 1);
  CHECK(next.blocks[0].last_sr == CompactNtp(info.ntp));
  CHECK(next.blocks[0].delay_since_last_sr > 0);
}

TEST_CASE("while it sends nothing a leg reports as a receiver") {
  Rig rig;
  Phone phone = rig.Open();
  auto settings = Settings(phone.remote);
  settings->send = false;
  rig.Configure(phone, std::move(settings));
  rig.Advance(5);
  while (phone.rtcp.empty()) rig.Talk({&phone}, {0x20}, 1);
  const RtcpCompound report = Parsed(phone.rtcp[0]);
  CHECK(!report.has_sender_info);
  CHECK(report.block_count == 1);
}

TEST_CASE("with rtcp-mux reports share the RTP port, both ways") {
  Rig rig;
  Phone phone = rig.Open();
  auto settings = Settings(phone.remote);
  settings->rtcp_mux = true;
  rig.Configure(phone, std::move(settings));
  rig.Advance(5);
  while (phone.rtcp.empty()) rig.Talk({&phone}, {0x20}, 1);
  CHECK(phone.rtcp[0].to == phone.remote);
  RtcpReport report;
  report.ssrc = phone.ssrc;
  report.cname = "phone";
  rig.Inject(phone, Report(report));
  rig.Talk({&phone}, {0x20}, 1);
  CHECK(rig.Stat(phone, LegStat::kRtcpReceived) == 1);
  CHECK(rig.Stat(phone, LegStat::kMalformed) == 0);
}

TEST_CASE("reports go back to where the peer's come from, and strangers' are refused") {
  Rig rig;
  Phone phone = rig.Call();
  rig.Talk({&phone}, {0x20}, 10);
  RtcpReport report;
  report.ssrc = phone.ssrc;
  report.cname = "phone";
  TransportAddress local = phone.local;
  ++local.port;
  TransportAddress stranger = Address("203.0.113.1", 5);
  const std::vector<uint8_t> packet = Report(report);
  rig.engine->Inject(local, stranger, packet.data(), packet.size());
  TransportAddress moved = phone.remote;
  moved.port = 61'001;
  rig.engine->Inject(local, moved, packet.data(), packet.size());
  while (phone.rtcp.empty()) rig.Talk({&phone}, {0x20}, 1);
  CHECK(phone.rtcp[0].to == moved);
  CHECK(rig.Stat(phone, LegStat::kStrangers) == 1);
  CHECK(rig.Stat(phone, LegStat::kRtcpReceived) == 1);
}

TEST_CASE("a closing leg says BYE once it has spoken, and nothing when it never might") {
  Rig rig;
  Phone spoke = rig.Call();
  rig.Talk({&spoke}, {0x20}, 10);
  Phone silent = rig.Open();
  auto settings = Settings(silent.remote);
  settings->allow_send = false;
  rig.Configure(silent, std::move(settings));
  rig.Talk({&spoke, &silent}, {0x20, -1}, 5);
  CHECK(rig.engine->CloseLeg(spoke.leg).ok());
  CHECK(rig.engine->CloseLeg(silent.leg).ok());
  rig.Tick({&spoke, &silent});
  REQUIRE(spoke.rtcp.size() == 1);
  const RtcpCompound bye = Parsed(spoke.rtcp[0]);
  CHECK(bye.HasBye(SsrcOf(spoke.last())));
  CHECK(bye.cname_size > 0);
  CHECK(silent.rtcp.empty());
}

TEST_CASE("the peer's BYE is told once; another's is not") {
  Rig rig;
  Phone phone = rig.Call();
  rig.Talk({&phone}, {0x20}, 10);
  RtcpReport report;
  report.cname = "phone";
  report.bye = true;
  report.ssrc = 0xBAD;
  rig.InjectRtcp(phone, Report(report));
  rig.Tick({&phone});
  CHECK(rig.Facts(EngineFact::Kind::kRtcpBye).empty());
  report.ssrc = phone.ssrc;
  rig.InjectRtcp(phone, Report(report));
  rig.InjectRtcp(phone, Report(report));
  rig.Tick({&phone});
  CHECK(rig.Facts(EngineFact::Kind::kRtcpBye).size() == 1);
}
