// See socket_packet_io.h.
#include "engine/socket_packet_io.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>

namespace mixminus {
namespace {

constexpr int kBatch = 256;

// What epoll hands back: descriptor above, then the RTCP bit, then the key.
uint64_t Pack(int fd, bool rtcp, uint32_t key) noexcept {
  return (static_cast<uint64_t>(fd) << 32) | (rtcp ? 1u << 31 : 0u) | key;
}

}  // namespace

SocketPacketIo::SocketPacketIo()
    : epoll_fd_(epoll_create1(EPOLL_CLOEXEC)), wake_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

SocketPacketIo::~SocketPacketIo() {
  if (wake_fd_ >= 0) close(wake_fd_);
  if (epoll_fd_ >= 0) close(epoll_fd_);
}

bool SocketPacketIo::Attach(const PortPair& ports, uint32_t key) noexcept {
  if (!Watch(ports.rtp_fd, key, false)) return false;
  if (Watch(ports.rtcp_fd, key, true)) return true;
  epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, ports.rtp_fd, nullptr);
  return false;
}

void SocketPacketIo::Detach(const PortPair& ports) noexcept {
  epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, ports.rtp_fd, nullptr);
  epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, ports.rtcp_fd, nullptr);
}

int SocketPacketIo::Poll(Ready* out, int capacity) noexcept {
  epoll_event events[kBatch];
  const int count = epoll_wait(epoll_fd_, events, std::min(capacity, kBatch), 0);
  for (int i = 0; i < count; ++i) {
    const uint64_t data = events[i].data.u64;
    out[i] = {static_cast<uint32_t>(data) & ~(1u << 31), static_cast<int>(data >> 32),
              (data & (1u << 31)) != 0};
  }
  return std::max(count, 0);
}

int SocketPacketIo::Receive(const Ready& ready, uint8_t* buffer, size_t capacity,
                            TransportAddress* from, int64_t* arrival_ns) noexcept {
  return ReceiveUdp(ready.fd, buffer, capacity, wall_offset_ns_, from, arrival_ns);
}

bool SocketPacketIo::DoSend(const PortPair& ports, bool rtcp, const TransportAddress& to,
                            const uint8_t* data, size_t size) noexcept {
  return SendUdp(rtcp ? ports.rtcp_fd : ports.rtp_fd, to, data, size);
}

void SocketPacketIo::SetTimes(int64_t monotonic_ns, int64_t wall_ns) noexcept {
  wall_offset_ns_ = wall_ns - monotonic_ns;
}

void SocketPacketIo::WaitIdle(int timeout_ms) noexcept {
  pollfd waiting{wake_fd_, POLLIN, 0};
  poll(&waiting, 1, timeout_ms);
  eventfd_t value = 0;
  eventfd_read(wake_fd_, &value);
}

void SocketPacketIo::Wake() noexcept { eventfd_write(wake_fd_, 1); }

bool SocketPacketIo::Watch(int fd, uint32_t key, bool rtcp) noexcept {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = Pack(fd, rtcp, key);
  return epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event) == 0;
}

}  // namespace mixminus
