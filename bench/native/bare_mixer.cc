// The yardstick of `bench:room`: the least that a conference mixer on UDP can do. One thread; once
// a 20 ms tick it drains all sockets, decodes PCMU by table, sums, and sends each member the sum
// minus its own, encoded by table. No jitter buffer, no RTCP, no statistics, no signalling: the
// last packet that came before the tick is what is heard.
//
// Usage: bare_mixer --members N [--bind ADDRESS]. Prints {"event":"bound","ports":[…]} and mixes
// until SIGTERM or the end of its parent. A member's address is that of the first packet to its
// port.
#include <sys/prctl.h>

#include <algorithm>
#include <csignal>
#include <vector>

#include "rtp_wire.h"
#include "udp.h"
#include "ulaw.h"

namespace mixminus::bench {
namespace {

struct Member {
  int fd = -1;
  bool known = false;
  bool heard = false;  // In this tick.
  Address remote;
  RtpHeader header{};
  int16_t frame[kFrameSamples];
};

void Drain(const UlawTables& tables, Member* member) {
  uint8_t data[2048];
  member->heard = false;
  for (;;) {
    Address from;
    from.size = sizeof from.storage;
    const ssize_t size = recvfrom(member->fd, data, sizeof data, 0, from.get(), &from.size);
    if (size < 0) return;
    RtpView view{};
    if (!ReadRtp(data, static_cast<size_t>(size), &view)) continue;
    if (view.header.payload_type != 0 || view.payload_size != kFrameSamples) continue;
    if (!member->known) member->remote = from;
    member->known = true;
    member->heard = true;
    for (size_t i = 0; i < kFrameSamples; ++i) member->frame[i] = tables.decode[view.payload[i]];
  }
}

void SendMix(const UlawTables& tables, const int32_t* sum, Member* member) {
  uint8_t packet[kRtpHeaderBytes + kFrameSamples];
  WriteRtpHeader(member->header, packet);
  ++member->header.sequence;
  uint8_t* payload = packet + kRtpHeaderBytes;
  for (size_t i = 0; i < kFrameSamples; ++i) {
    const int32_t own = member->heard ? member->frame[i] : 0;
    const int32_t mix = std::clamp<int32_t>(sum[i] - own, -32768, 32767);
    payload[i] = tables.encode[static_cast<uint16_t>(mix)];
  }
  // A full buffer or a peer that left is the peer's loss.
  (void)sendto(member->fd, packet, sizeof packet, 0, member->remote.get(), member->remote.size);
}

void Tick(const UlawTables& tables, std::vector<Member>* members) {
  int32_t sum[kFrameSamples] = {};
  for (Member& member : *members) {
    Drain(tables, &member);
    if (!member.heard) continue;
    for (size_t i = 0; i < kFrameSamples; ++i) sum[i] += member.frame[i];
  }
  for (Member& member : *members) {
    if (member.known) SendMix(tables, sum, &member);
    member.header.timestamp += kFrameSamples;
  }
}

std::vector<Member> OpenMembers(int count, const char* bind_address) {
  std::vector<Member> members(static_cast<size_t>(count));
  std::printf("{\"event\":\"bound\",\"ports\":[");
  for (size_t i = 0; i < members.size(); ++i) {
    uint16_t port = 0;
    members[i].fd = OpenUdp(bind_address, &port, false);
    members[i].header.ssrc = 0x1000 + static_cast<uint32_t>(i);
    std::printf("%s%u", i == 0 ? "" : ",", port);
  }
  std::printf("]}\n");
  std::fflush(stdout);
  return members;
}

int Main(int argc, char** argv) {
  int count = 0;
  const char* bind_address = "127.0.0.1";
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--members") == 0) count = std::atoi(argv[i + 1]);
    if (std::strcmp(argv[i], "--bind") == 0) bind_address = argv[i + 1];
  }
  if (count < 1) {
    std::fprintf(stderr, "usage: bare_mixer --members N [--bind ADDRESS]\n");
    return 1;
  }
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  const UlawTables tables;
  std::vector<Member> members = OpenMembers(count, bind_address);
  for (int64_t deadline_ns = MonotonicNs();; deadline_ns += kFrameNs) {
    SleepUntil(deadline_ns);
    Tick(tables, &members);
  }
}

}  // namespace
}  // namespace mixminus::bench

int main(int argc, char** argv) { return mixminus::bench::Main(argc, argv); }
