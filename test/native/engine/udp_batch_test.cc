// Several datagrams by one call, over real sockets on loopback.
#include "engine/udp_batch.h"

#include "engine/rig.h"
#include "engine/udp_socket.h"

using namespace mixminus;
using namespace mixminus::rig;

TEST_CASE("a batch gives what waits, in order, with source, size and arrival; too long is size 0") {
  for (const char* text : {"127.0.0.1", "::1"}) {
    const OpenedSocket to = OpenUdpSocket(Address(text, 0));
    const OpenedSocket caller = OpenUdpSocket(Address(text, 0));
    REQUIRE(to.fd >= 0);
    REQUIRE(caller.fd >= 0);
    const TransportAddress local = BoundAddress(to.fd);
    UdpBatch batch;
    CHECK(batch.Receive(to.fd) == 0);
    for (int round = 0; round < 3; ++round) {
      const int64_t before_ns = MonotonicNs();
      std::vector<uint8_t> data(kMaxDatagramBytes + 1, 7);
      for (size_t i = 0; i < 10; ++i) REQUIRE(SendUdp(caller.fd, local, data.data(), 20 + i));
      REQUIRE(SendUdp(caller.fd, local, data.data(), data.size()));
      REQUIRE(SendUdp(caller.fd, local, data.data(), kMaxDatagramBytes));
      std::vector<size_t> sizes;
      for (int count = batch.Receive(to.fd); count > 0; count = batch.Receive(to.fd)) {
        CHECK(count <= PacketIo::kBatch);
        for (int i = 0; i < count; ++i) {
          Datagram datagram;
          batch.Get(i, WallNs() - MonotonicNs(), &datagram);
          sizes.push_back(datagram.size);
          CHECK(datagram.from == BoundAddress(caller.fd));
          CHECK(datagram.arrival_ns > before_ns - kNsPerMs);
          CHECK(datagram.arrival_ns < MonotonicNs() + kNsPerMs);
          CHECK((datagram.size == 0 || datagram.data[datagram.size - 1] == 7));
        }
      }
      CHECK(sizes ==
            std::vector<size_t>{20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 0, kMaxDatagramBytes});
    }
    CloseUdpSocket(to.fd);
    CloseUdpSocket(caller.fd);
  }
}
