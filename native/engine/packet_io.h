// How a worker exchanges datagrams: with sockets (SocketPacketIo, through epoll) or with memory
// (MemoryPacketIo, for manual mode and tests). Worker code is the same with both. Owned by one
// worker; nothing here allocates after construction, apart from the ends of MemoryPacketIo that the
// test or the JavaScript thread calls.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/rtp/source_latch.h"
#include "engine/port_pool.h"

namespace mixminus {

// The largest datagram that is read; anything longer cannot be RTP audio on an Ethernet path.
constexpr size_t kMaxDatagramBytes = 1500;

class PacketIo {
 public:
  // A socket with something to read. `key` is what Attach was given: the leg's row.
  struct Ready {
    uint32_t key;
    int fd;
    bool rtcp;
  };
  static constexpr uint32_t kMaxKey = (1u << 31) - 2;

  virtual ~PacketIo() = default;

  // Starts and stops watching a pair. Attach answers false when the kernel refuses.
  virtual bool Attach(const PortPair& ports, uint32_t key) noexcept = 0;
  virtual void Detach(const PortPair& ports) noexcept = 0;

  // Fills up to `capacity` sockets that have a datagram now; each may be read once before the next
  // call.
  virtual int Poll(Ready* out, int capacity) noexcept = 0;
  // Size of the datagram, 0 for one that was too long, -1 for none. `arrival_ns` is monotonic.
  virtual int Receive(const Ready& ready, uint8_t* buffer, size_t capacity, TransportAddress* from,
                      int64_t* arrival_ns) noexcept = 0;
  // False when the datagram was refused; the others are counted.
  bool Send(const PortPair& ports, bool rtcp, const TransportAddress& to, const uint8_t* data,
            size_t size) noexcept {
    const bool sent = DoSend(ports, rtcp, to, data, size);
    if (sent) ++sent_;
    return sent;
  }
  uint64_t sent() const noexcept { return sent_; }

  // Called before each round of receiving.
  virtual void SetTimes(int64_t monotonic_ns, int64_t wall_ns) noexcept = 0;
  // Blocks until Wake or `timeout_ms`; for a worker that has nothing to do.
  virtual void WaitIdle(int timeout_ms) noexcept = 0;
  // Any thread.
  virtual void Wake() noexcept = 0;

 protected:
  virtual bool DoSend(const PortPair& ports, bool rtcp, const TransportAddress& to,
                      const uint8_t* data, size_t size) noexcept = 0;

 private:
  uint64_t sent_ = 0;
};

}  // namespace mixminus
