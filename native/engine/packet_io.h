// How a worker exchanges datagrams: with sockets (SocketPacketIo) or with memory
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

// One datagram in the receiver's memory, valid until its next call.
struct Datagram {
  const uint8_t* data = nullptr;
  size_t size = 0;  // 0: it was longer than kMaxDatagramBytes
  TransportAddress from;
  int64_t arrival_ns = 0;  // monotonic
};

class PacketIo {
 public:
  // Datagrams that one call gives at most.
  static constexpr int kBatch = 8;

  virtual ~PacketIo() = default;

  // Starts and stops watching a pair; `key` is the leg's row. Attach answers false when the kernel
  // refuses.
  virtual bool Attach(const PortPair& ports, uint32_t key) noexcept = 0;
  virtual void Detach(const PortPair& ports) noexcept = 0;

  // Reads what waits on one of the pair's ports, up to kBatch datagrams; returns how many.
  virtual int Read(const PortPair& ports, bool rtcp, const Datagram** out) noexcept = 0;
  // Fills in the keys of pairs whose RTCP port has something to read, up to `capacity`. RTCP is
  // rare, so that it is asked for as a whole; RTP comes with every tick, so that each leg reads its
  // own.
  virtual int PollRtcp(uint32_t* keys, int capacity) noexcept = 0;

  // False when the datagram was refused; the others are counted.
  bool Send(const PortPair& ports, bool rtcp, const TransportAddress& to, const uint8_t* data,
            size_t size) noexcept {
    const bool sent = DoSend(ports, rtcp, to, data, size);
    if (sent) ++sent_;
    return sent;
  }
  uint64_t sent() const noexcept { return sent_; }
  uint64_t received() const noexcept { return received_; }

  // Called before each round of receiving.
  virtual void SetTimes(int64_t monotonic_ns, int64_t wall_ns) noexcept = 0;
  // Blocks until Wake or `timeout_ms`; for a worker that has nothing to do.
  virtual void WaitIdle(int timeout_ms) noexcept = 0;
  // Any thread.
  virtual void Wake() noexcept = 0;

 protected:
  virtual bool DoSend(const PortPair& ports, bool rtcp, const TransportAddress& to,
                      const uint8_t* data, size_t size) noexcept = 0;

  void CountReceived(int datagrams) noexcept { received_ += static_cast<uint64_t>(datagrams); }

 private:
  uint64_t sent_ = 0;
  uint64_t received_ = 0;
};

}  // namespace mixminus
