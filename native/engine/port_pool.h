// Pairs of bound UDP ports (RTP even, RTCP the odd one above it; RFC 3550 11) by local address. A
// lease is a pop from a list of sockets bound beforehand, so that no INVITE waits for the kernel; a
// returned pair rests and is drained before another leg may have it, so that the previous caller's
// late packets are never heard by the next. Guarded by a mutex: the calling thread leases and
// returns, the housekeeping thread grows. Workers never come here.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/rtp/source_latch.h"
#include "engine/engine_status.h"
#include "engine/udp_socket.h"

namespace mixminus {

struct PortPair {
  TransportAddress local;  // with the RTP port
  int rtp_fd = -1;
  int rtcp_fd = -1;
};

// Where sockets come from: the kernel, or a counter in manual mode and tests.
class SocketFactory {
 public:
  virtual ~SocketFactory() = default;
  virtual OpenedSocket Open(const TransportAddress& local) noexcept = 0;
  virtual void Close(int fd) noexcept = 0;
  virtual int Drain(int fd) noexcept = 0;
};

struct PortPoolOptions {
  uint16_t port_min = 16384;
  uint16_t port_max = 32767;
  int64_t rest_ns = 5'000'000'000;
  int ready_pairs = 32;  // free pairs that growing aims at, per address
};

struct PortCounts {
  int leased = 0;
  int resting = 0;
  int free = 0;
  int sockets = 0;
};

class PortPool {
 public:
  // `first_pair` is where the search for ports starts, counted in pairs; random in production.
  PortPool(SocketFactory* factory, const PortPoolOptions& options, uint32_t first_pair);
  ~PortPool();
  PortPool(const PortPool&) = delete;
  PortPool& operator=(const PortPool&) = delete;

  // ERR_NO_PORTS, ERR_ADDRESS_NOT_AVAILABLE, ERR_FILE_DESCRIPTORS. Binds on the spot only when the
  // list is empty.
  EngineStatus Lease(const TransportAddress& address, int64_t now_ns, PortPair* out);
  void Return(const PortPair& pair, int64_t now_ns);

  // Housekeeping: frees rested pairs and binds new ones where fewer than half of `ready_pairs` are
  // free. The lock is taken for one pair at a time, so that a lease never waits for more than one
  // bind.
  void Maintain(int64_t now_ns);
  // Binds the first pairs of an address; answers what makes the address unusable.
  EngineStatus Warm(const TransportAddress& address, int64_t now_ns);

  PortCounts Counts() const;
  // True once when a socket's buffer came out shorter than asked for.
  bool TakeShortBufferWarning();

 private:
  struct Resting {
    PortPair pair;
    int64_t ready_ns;
  };
  struct AddressPool {
    TransportAddress address;  // port 0
    std::deque<PortPair> free;
    std::deque<Resting> resting;
    std::vector<bool> taken;  // by pair of the range: bound by us
    uint32_t cursor = 0;
    int leased = 0;
    bool growing = false;
  };

  AddressPool* PoolFor(const TransportAddress& address);
  void FreeRested(AddressPool* pool, int64_t now_ns);
  EngineStatus BindNext(AddressPool* pool, PortPair* out);
  int BindPair(AddressPool* pool, uint32_t pair_index, PortPair* out);
  EngineStatus BindError(const AddressPool& pool, int error) const;
  bool GrowByOne(int64_t now_ns);
  void ClosePair(const PortPair& pair) noexcept;
  void Drain(const PortPair& pair) noexcept;

  SocketFactory* const factory_;
  const PortPoolOptions options_;
  const uint32_t first_port_;  // even
  const uint32_t pair_count_;
  const uint32_t first_pair_;
  mutable std::mutex mutex_;
  std::map<std::string, std::unique_ptr<AddressPool>> pools_;
  bool short_buffer_ = false;
  bool short_buffer_told_ = false;
};

}  // namespace mixminus
