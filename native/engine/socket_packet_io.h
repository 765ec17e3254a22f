// PacketIo on the kernel's UDP. RTP is read by its leg at the leg's tick, one recvmmsg for what
// came since the last one: a packet that comes every 20 ms needs no announcement (watching RTP by
// epoll as well cost 10 to 15 % more CPU in a room of 100). RTCP sockets, which are nearly always
// empty, are watched by one level-triggered epoll set.
#pragma once

#include "engine/packet_io.h"
#include "engine/udp_batch.h"

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
  int Read(const PortPair& ports, bool rtcp, const Datagram** out) noexcept override;
  int PollRtcp(uint32_t* keys, int capacity) noexcept override;
  void SetTimes(int64_t monotonic_ns, int64_t wall_ns) noexcept override;
  void WaitIdle(int timeout_ms) noexcept override;
  void Wake() noexcept override;

 protected:
  bool DoSend(const PortPair& ports, bool rtcp, const TransportAddress& to, const uint8_t* data,
              size_t size) noexcept override;

 private:
  int epoll_fd_ = -1;
  int wake_fd_ = -1;  // eventfd
  int64_t wall_offset_ns_ = 0;
  UdpBatch batch_;
  Datagram datagrams_[kBatch];
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
