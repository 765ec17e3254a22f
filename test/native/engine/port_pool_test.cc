// Port pairs: even and odd, rest and drain, exhaustion, both address families. With counted numbers
// instead of sockets, and with real ones on loopback where the kernel's behaviour is the point.
#include "engine/port_pool.h"

#include <sys/socket.h>
#include <unistd.h>

#include "engine/memory_packet_io.h"
#include "engine/rig.h"
#include "engine/socket_packet_io.h"

using namespace mixminus;
using namespace mixminus::rig;

namespace {

constexpr int64_t kSecond = kNsPerSecond;

PortPoolOptions Options(uint16_t min, uint16_t max) {
  PortPoolOptions options;
  options.port_min = min;
  options.port_max = max;
  options.rest_ns = 5 * kSecond;
  options.ready_pairs = 4;
  return options;
}

PortPair Leased(PortPool* pool, int64_t now_ns, const TransportAddress& address) {
  PortPair pair;
  const EngineStatus status = pool->Lease(address, now_ns, &pair);
  REQUIRE_MESSAGE(status.ok(), status.message());
  return pair;
}

}  // namespace

TEST_CASE("pairs are an even port and the odd one above it, each leased once") {
  MemorySocketFactory sockets;
  PortPool pool(&sockets, Options(20001, 20007), 0);
  const TransportAddress address = Address("10.0.0.1", 0);
  for (const int expected : {20002, 20004, 20006}) {
    const PortPair pair = Leased(&pool, 0, address);
    CHECK(pair.local.port == expected);
    CHECK(pair.rtp_fd != pair.rtcp_fd);
  }
  PortPair none;
  const EngineStatus status = pool.Lease(address, 0, &none);
  CHECK(std::string(status.code()) == "ERR_NO_PORTS");
  CHECK(status.message().find("3 leased") != std::string::npos);
  CHECK(pool.Counts().sockets == 6);
  // Another address has ports of its own.
  CHECK(Leased(&pool, 0, Address("10.0.0.2", 0)).local.port == 20002);
}

TEST_CASE("a range without a whole pair has no ports") {
  MemorySocketFactory sockets;
  PortPool pool(&sockets, Options(20001, 20002), 0);
  PortPair none;
  CHECK(std::string(pool.Lease(Address("10.0.0.1", 0), 0, &none).code()) == "ERR_NO_PORTS");
}

TEST_CASE("a returned pair rests before anybody has it again") {
  MemorySocketFactory sockets;
  PortPool pool(&sockets, Options(20000, 20001), 0);
  const TransportAddress address = Address("10.0.0.1", 0);
  const PortPair pair = Leased(&pool, 0, address);
  pool.Return(pair, 10 * kSecond);
  CHECK(pool.Counts().resting == 1);
  PortPair again;
  CHECK(std::string(pool.Lease(address, 10 * kSecond, &again).code()) == "ERR_NO_PORTS");
  CHECK(std::string(pool.Lease(address, 15 * kSecond - 1, &again).code()) == "ERR_NO_PORTS");
  CHECK(Leased(&pool, 15 * kSecond, address).local.port == 20000);
  CHECK(sockets.open() == 2);
}

TEST_CASE("the port that rested longest is used first") {
  MemorySocketFactory sockets;
  PortPool pool(&sockets, Options(20000, 20005), 0);
  const TransportAddress address = Address("10.0.0.1", 0);
  const PortPair first = Leased(&pool, 0, address);
  const PortPair second = Leased(&pool, 0, address);
  pool.Return(second, 0);
  pool.Return(first, 1);
  pool.Maintain(6 * kSecond);
  CHECK(Leased(&pool, 6 * kSecond, address).local.port == second.local.port);
  CHECK(Leased(&pool, 6 * kSecond, address).local.port == first.local.port);
}

TEST_CASE("ports of another process are passed over, and a half-bound pair is let go") {
  MemorySocketFactory sockets;
  sockets.FailPort(20000);
  sockets.FailPort(20003);
  PortPool pool(&sockets, Options(20000, 20007), 0);
  CHECK(Leased(&pool, 0, Address("10.0.0.1", 0)).local.port == 20004);
  CHECK(sockets.open() == 2);
}

TEST_CASE("housekeeping fills the list up again when half of it is gone, and keeps to the range") {
  MemorySocketFactory sockets;
  PortPool pool(&sockets, Options(20000, 20011), 0);
  const TransportAddress address = Address("10.0.0.1", 0);
  REQUIRE(pool.Warm(address, 0).ok());
  CHECK(pool.Counts().free == 4);
  Leased(&pool, 0, address);
  Leased(&pool, 0, address);
  pool.Maintain(0);
  CHECK(pool.Counts().free == 2);
  Leased(&pool, 0, address);
  pool.Maintain(0);
  CHECK(pool.Counts().free == 3);  // six pairs are all there are
  CHECK(sockets.open() == 12);
}

TEST_CASE("the pool closes every socket that is not leased") {
  MemorySocketFactory sockets;
  {
    PortPool pool(&sockets, Options(20000, 20099), 0);
    const TransportAddress address = Address("10.0.0.1", 0);
    REQUIRE(pool.Warm(address, 0).ok());
    pool.Return(Leased(&pool, 0, address), 0);
  }
  CHECK(sockets.open() == 0);
}

TEST_CASE(
    "what the previous caller sent late is gone when the port is used again, on IPv4 and IPv6") {
  KernelSocketFactory sockets;
  PortPoolOptions options = Options(23'000, 23'499);
  options.ready_pairs = 0;
  for (const char* text : {"127.0.0.1", "::1"}) {
    PortPool pool(&sockets, options, static_cast<uint32_t>(getpid()));
    const TransportAddress address = Address(text, 0);
    const PortPair pair = Leased(&pool, 0, address);
    pool.Return(pair, 0);
    const OpenedSocket caller = OpenUdpSocket(address);
    REQUIRE(caller.fd >= 0);
    const uint8_t late[] = {1, 2, 3};
    TransportAddress control = pair.local;
    ++control.port;
    REQUIRE(SendUdp(caller.fd, pair.local, late, sizeof(late)));
    pool.Maintain(6 * kSecond);
    // And what comes while the pair waits in the list.
    REQUIRE(SendUdp(caller.fd, pair.local, late, sizeof(late)));
    REQUIRE(SendUdp(caller.fd, control, late, sizeof(late)));
    const PortPair again = Leased(&pool, 6 * kSecond, address);
    CHECK(again.rtp_fd == pair.rtp_fd);
    std::vector<uint8_t> datagram;
    TransportAddress from;
    CHECK(ReceiveFrom(again.rtp_fd, &datagram) == -1);
    CHECK(ReceiveFrom(again.rtcp_fd, &datagram) == -1);
    // It still works.
    REQUIRE(SendUdp(caller.fd, pair.local, late, sizeof(late)));
    CHECK(ReceiveFrom(again.rtp_fd, &datagram, &from) == 3);
    CHECK(from == BoundAddress(caller.fd));
    pool.Return(again, 0);
    CloseUdpSocket(caller.fd);
  }
}

TEST_CASE("an address that is not ours is an error with its name") {
  KernelSocketFactory sockets;
  PortPool pool(&sockets, Options(23'500, 23'999), 0);
  PortPair none;
  const EngineStatus status = pool.Lease(Address("192.0.2.1", 0), 0, &none);
  CHECK(std::string(status.code()) == "ERR_ADDRESS_NOT_AVAILABLE");
  CHECK(status.message().find("192.0.2.1") != std::string::npos);
}
