// PacketIo in memory, for manual mode and tests: datagrams come by Inject and leave by TakeSent,
// both in fixed rings, so that a run of ticks does not allocate. One thread. Also gives the port
// pool its numbers instead of sockets.
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "engine/packet_io.h"

namespace mixminus {

struct MemoryDatagram {
  TransportAddress local;
  TransportAddress remote;
  int64_t arrival_ns = 0;
  size_t size = 0;
  uint8_t data[kMaxDatagramBytes];
};

// A ring of datagrams whose slots are reused. The memory of slots that were never used is never
// touched.
class DatagramRing {
 public:
  explicit DatagramRing(size_t capacity);

  // The slot to fill, or nullptr when the ring is full; it counts from then on.
  MemoryDatagram* Append() noexcept;
  const MemoryDatagram* At(size_t offset) const noexcept;  // offset < size()
  void Drop() noexcept;
  size_t size() const noexcept { return size_; }

 private:
  MemoryDatagram* Slot(size_t offset) const noexcept;

  const size_t capacity_;
  std::unique_ptr<unsigned char[]> memory_;
  size_t head_ = 0;
  size_t size_ = 0;
};

class MemoryPacketIo final : public PacketIo {
 public:
  explicit MemoryPacketIo(size_t ring_capacity = 4096);

  bool Attach(const PortPair& ports, uint32_t key) noexcept override;
  void Detach(const PortPair& ports) noexcept override;
  int Poll(Ready* out, int capacity) noexcept override;
  int Receive(const Ready& ready, uint8_t* buffer, size_t capacity, TransportAddress* from,
              int64_t* arrival_ns) noexcept override;
  void SetTimes(int64_t monotonic_ns, int64_t wall_ns) noexcept override;
  void WaitIdle(int) noexcept override {}
  void Wake() noexcept override {}

  // Delivers a datagram to a local address; false when nobody listens there or the ring is full.
  bool Inject(const TransportAddress& local, const TransportAddress& remote, const uint8_t* data,
              size_t size);
  // The oldest datagram that was sent, or nullptr; DropSent removes it.
  const MemoryDatagram* FrontSent() const noexcept;
  void DropSent() noexcept { sent_.Drop(); }

 protected:
  bool DoSend(const PortPair& ports, bool rtcp, const TransportAddress& to, const uint8_t* data,
              size_t size) noexcept override;

 private:
  struct Listener {
    TransportAddress local;
    uint32_t key;
    bool rtcp;
  };

  const Listener* Find(const TransportAddress& local) const noexcept;

  std::unordered_multimap<uint16_t, Listener> listeners_;  // by local port
  DatagramRing inbound_;
  DatagramRing sent_;
  int64_t now_ns_ = 0;
};

// Hands out numbers instead of sockets. Ports may be declared taken, to test the pool.
class MemorySocketFactory final : public SocketFactory {
 public:
  OpenedSocket Open(const TransportAddress& local) noexcept override;
  void Close(int) noexcept override { --open_; }
  int Drain(int) noexcept override { return 0; }
  int open() const noexcept { return open_; }
  void FailPort(uint16_t port) { failing_.push_back(port); }

 private:
  int next_fd_ = 1000;
  int open_ = 0;
  std::vector<uint16_t> failing_;
};

}  // namespace mixminus
