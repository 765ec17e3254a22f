// PacketIo on the kernel's UDP: one level-triggered epoll set for each worker, asked with timeout 0
// on the grid. Level triggering gives each ready socket one read per round, so that a call costs
// one recvmsg per packet and a flood on one port cannot starve the others.
#pragma once

#include "engine/packet_io.h"

namespace mixminus {

class SocketPacketIo final : public PacketIo {
 public:
  SocketPacketIo();
  ~SocketPacketIo() override;
  SocketPacketIo(const SocketPacketIo&) = delete;
  SocketPacketIo& operator=(const SocketPacketIo&) = delete;

  // False when the kernel gave no epoll set.
  bool ok() const noexcept { return epoll_fd_ >= 0 && wake_fd_ >= 0; }

  bool Attach(const PortPair& ports, uint32_t key) noexcept override;
  void Detach(const PortPair& ports) noexcept override;
  int Poll(Ready* out, int capacity) noexcept override;
  int Receive(const Ready& ready, uint8_t* buffer, size_t capacity, TransportAddress* from,
              int64_t* arrival_ns) noexcept override;
  void SetTimes(int64_t monotonic_ns, int64_t wall_ns) noexcept override;
  void WaitIdle(int timeout_ms) noexcept override;
  void Wake() noexcept override;

 protected:
  bool DoSend(const PortPair& ports, bool rtcp, const TransportAddress& to, const uint8_t* data,
              size_t size) noexcept override;

 private:
  bool Watch(int fd, uint32_t key, bool rtcp) noexcept;

  int epoll_fd_ = -1;
  int wake_fd_ = -1;  // eventfd
  int64_t wall_offset_ns_ = 0;
};

// Sockets from the kernel, for the port pool.
class KernelSocketFactory final : public SocketFactory {
 public:
  OpenedSocket Open(const TransportAddress& local) noexcept override {
    return OpenUdpSocket(local);
  }
  void Close(int fd) noexcept override { CloseUdpSocket(fd); }
  int Drain(int fd) noexcept override { return DrainUdpSocket(fd); }
};

}  // namespace mixminus
