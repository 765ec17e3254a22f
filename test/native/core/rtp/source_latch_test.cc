#include "core/rtp/source_latch.h"

#include <doctest/doctest.h>

using namespace mixminus;

namespace {

constexpr int64_t kS = 1'000'000'000;

TransportAddress Ip4(uint8_t last, uint16_t port) {
  TransportAddress address;
  address.family = 4;
  address.bytes[0] = 192;
  address.bytes[3] = last;
  address.port = port;
  return address;
}

const TransportAddress kSdp = Ip4(1, 4000);
const TransportAddress kNat = Ip4(2, 5000);
const TransportAddress kStranger = Ip4(66, 6666);

// Sends packets from one address until one is accepted; how many it took, or `limit` + 1.
int UntilAccepted(SourceLatch* latch, const TransportAddress& from, uint32_t ssrc, uint16_t first,
                  int64_t now_ns, int limit = 20) {
  for (int i = 0; i < limit; ++i) {
    const LatchVerdict verdict =
        latch->OnPacket(from, ssrc, static_cast<uint16_t>(first + i), now_ns);
    if (verdict == LatchVerdict::kAccept || verdict == LatchVerdict::kLatched) return i + 1;
  }
  return limit + 1;
}

}  // namespace

TEST_CASE("latch: addresses compare by family, bytes and port") {
  CHECK(kSdp == Ip4(1, 4000));
  CHECK(kSdp != Ip4(1, 4001));
  CHECK(SameHost(kSdp, Ip4(1, 9)));
  TransportAddress six = kSdp;
  six.family = 6;
  CHECK(six != kSdp);
  CHECK(IsUsable(kSdp));
  CHECK_FALSE(IsUsable(TransportAddress()));
  CHECK_FALSE(IsUsable(Ip4(1, 0)));
  TransportAddress hold;
  hold.family = 4;
  hold.port = 4000;
  CHECK_FALSE(IsUsable(hold));
}

TEST_CASE("latch: the signalled address is accepted at once, strangers never") {
  SourceLatch latch;
  latch.SetSignalled(kSdp, 0);
  CHECK(latch.destination() == kSdp);
  CHECK_FALSE(latch.latched());
  CHECK(latch.OnPacket(kSdp, 1, 10, 0) == LatchVerdict::kAccept);
  CHECK(latch.latched());
  CHECK(UntilAccepted(&latch, kStranger, 1, 11, kS) == 21);
  CHECK(UntilAccepted(&latch, kNat, 99, 11, 100 * kS) == 21);
  CHECK(latch.rejected() == 40);
  CHECK(latch.destination() == kSdp);
}

TEST_CASE("latch: another address needs packets in a row of one SSRC, then stays") {
  SourceLatch latch;
  latch.SetSignalled(kSdp, 0);
  CHECK(latch.OnPacket(kNat, 1, 10, 0) == LatchVerdict::kProbation);
  CHECK(latch.OnPacket(kNat, 1, 12, 0) == LatchVerdict::kProbation);  // a hole begins anew
  CHECK(latch.OnPacket(kNat, 1, 13, 0) == LatchVerdict::kProbation);
  CHECK(latch.OnPacket(kNat, 2, 14, 0) == LatchVerdict::kProbation);  // another SSRC too
  CHECK(latch.OnPacket(kNat, 2, 15, 0) == LatchVerdict::kProbation);
  CHECK(latch.destination() == kSdp);
  CHECK(latch.OnPacket(kNat, 2, 16, 0) == LatchVerdict::kLatched);
  CHECK(latch.destination() == kNat);
  CHECK(latch.OnPacket(kNat, 2, 17, 0) == LatchVerdict::kAccept);
  CHECK(UntilAccepted(&latch, kStranger, 3, 1, 0) == 21);
}

TEST_CASE("latch: the signalled address takes over from one that was found out, once") {
  SourceLatch latch;
  latch.SetSignalled(kSdp, 0);
  CHECK(UntilAccepted(&latch, kStranger, 3, 1, 0) == 3);
  CHECK(latch.OnPacket(kSdp, 1, 10, kS) == LatchVerdict::kLatched);
  CHECK(latch.destination() == kSdp);
  CHECK(UntilAccepted(&latch, kStranger, 3, 4, kS) == 21);
}

TEST_CASE("latch: the stream may come back from elsewhere after silence") {
  SourceLatch latch;
  latch.SetSignalled(kSdp, 0);
  UntilAccepted(&latch, kNat, 5, 100, 0);
  const TransportAddress moved = Ip4(2, 5001);
  CHECK(UntilAccepted(&latch, moved, 5, 103, 1 * kS) == 21);       // not silent yet
  CHECK(UntilAccepted(&latch, kStranger, 6, 103, 3 * kS) == 21);   // another SSRC
  CHECK(UntilAccepted(&latch, kStranger, 5, 50, 3 * kS) == 21);    // sequence goes back
  CHECK(UntilAccepted(&latch, kStranger, 5, 5000, 3 * kS) == 21);  // or far ahead
  CHECK(UntilAccepted(&latch, moved, 5, 200, 3 * kS) == 3);
  CHECK(latch.destination() == moved);
}

TEST_CASE("latch: silence counts from the last packet, not from the latching") {
  SourceLatch latch;
  latch.SetSignalled(kSdp, 0);
  UntilAccepted(&latch, kNat, 5, 100, 0);
  for (int i = 0; i < 10; ++i) {
    CHECK(latch.OnPacket(kNat, 5, static_cast<uint16_t>(103 + i), i * kS) == LatchVerdict::kAccept);
  }
  CHECK(UntilAccepted(&latch, kStranger, 5, 120, 10 * kS) == 21);
}

TEST_CASE("latch: a new signalled address re-arms, the same one or a hold does not") {
  SourceLatch latch;
  latch.SetSignalled(kSdp, 0);
  UntilAccepted(&latch, kNat, 5, 100, 0);
  latch.SetSignalled(kSdp, kS);
  CHECK(latch.latched());
  TransportAddress hold;
  hold.family = 4;
  hold.port = 4000;
  latch.SetSignalled(hold, kS);
  CHECK(latch.latched());
  CHECK(latch.signalled() == kSdp);

  const TransportAddress other = Ip4(7, 7000);
  latch.SetSignalled(other, 2 * kS);
  CHECK_FALSE(latch.latched());
  CHECK(latch.destination() == other);
  // What is still on its way from before does not latch again at once …
  CHECK(UntilAccepted(&latch, kNat, 5, 103, 2 * kS + 1) == 21);
  CHECK(latch.OnPacket(other, 9, 1, 2 * kS + 2) == LatchVerdict::kAccept);
  CHECK(latch.destination() == other);
}

TEST_CASE("latch: the old source may latch again when nothing comes from the new address") {
  SourceLatch latch;
  latch.SetSignalled(kSdp, 0);
  UntilAccepted(&latch, kNat, 5, 100, 0);
  latch.SetSignalled(Ip4(7, 7000), 2 * kS);
  CHECK(UntilAccepted(&latch, kNat, 5, 200, 3 * kS) == 3);
  CHECK(latch.destination() == kNat);
}

TEST_CASE("latch: signalling the address that was found out keeps it") {
  SourceLatch latch;
  latch.SetSignalled(kSdp, 0);
  UntilAccepted(&latch, kNat, 5, 100, 0);
  latch.SetSignalled(kNat, kS);
  CHECK(latch.latched());
  CHECK(latch.OnPacket(kNat, 5, 110, kS) == LatchVerdict::kAccept);
}

TEST_CASE("latch: without any signalled address the first steady source is taken") {
  SourceLatch latch;
  CHECK(latch.destination().family == 0);
  CHECK(UntilAccepted(&latch, kNat, 5, 100, 0) == 3);
  CHECK(latch.destination() == kNat);
}
