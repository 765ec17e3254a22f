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
  const MemoryDatagram* Front() const noexcept;  // nullptr when it is empty
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
  explicit MemoryPacketIo(size_t ring_capacity = 4096, size_t listener_capacity = 64);

  bool Attach(const PortPair& ports, uint32_t key) noexcept override;
  void Detach(const PortPair& ports) noexcept override;
  int Read(const PortPair& ports, bool rtcp, const Datagram** out) noexcept override;
  int PollRtcp(uint32_t* keys, int capacity) noexcept override;
  void SetTimes(int64_t monotonic_ns, int64_t wall_ns) noexcept override;
  void WaitIdle(int) noexcept override {}
  void Wake() noexcept override {}

  // Delivers a datagram to a local address; false when nobody listens there or the ring is full.
  bool Inject(const TransportAddress& local, const TransportAddress& remote, const uint8_t* data,
              size_t size);
  // The oldest datagram that was sent, or nullptr; DropSent removes it.
  const MemoryDatagram* FrontSent() const noexcept { return sent_.Front(); }
  void DropSent() noexcept { sent_.Drop(); }

 protected:
  bool DoSend(const PortPair& ports, bool rtcp, const TransportAddress& to, const uint8_t* data,
              size_t size) noexcept override;

 private:
  // A port that is listened to, with what waits there.
  struct Listener {
    Listener(const TransportAddress& its_local, uint32_t its_key, bool is_rtcp, size_t capacity)
        : local(its_local), key(its_key), rtcp(is_rtcp), waiting(capacity) {}
    const TransportAddress local;
    const uint32_t key;
    const bool rtcp;
    DatagramRing waiting;
  };

  Listener* Find(const TransportAddress& local) noexcept;

  const size_t listener_capacity_;
  std::unordered_multimap<uint16_t, Listener> listeners_;  // by local port
  DatagramRing sent_;
  size_t rtcp_waiting_ = 0;  // datagrams on all RTCP ports
  Datagram datagrams_[kBatch];
  uint8_t buffers_[kBatch][kMaxDatagramBytes];
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
