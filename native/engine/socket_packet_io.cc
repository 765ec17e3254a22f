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

constexpr int kEvents = 64;

}  // namespace

SocketPacketIo::SocketPacketIo()
    : epoll_fd_(epoll_create1(EPOLL_CLOEXEC)), wake_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

SocketPacketIo::~SocketPacketIo() {
  if (wake_fd_ >= 0) close(wake_fd_);
  if (epoll_fd_ >= 0) close(epoll_fd_);
}

bool SocketPacketIo::Attach(const PortPair& ports, uint32_t key) noexcept {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u32 = key;
  return epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, ports.rtcp_fd, &event) == 0;
}

void SocketPacketIo::Detach(const PortPair& ports) noexcept {
  epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, ports.rtcp_fd, nullptr);
}

int SocketPacketIo::PollRtcp(uint32_t* keys, int capacity) noexcept {
  epoll_event events[kEvents];
  const int count = epoll_wait(epoll_fd_, events, std::min(capacity, kEvents), 0);
  for (int i = 0; i < count; ++i) keys[i] = events[i].data.u32;
  return std::max(count, 0);
}

int SocketPacketIo::Read(const PortPair& ports, bool rtcp, const Datagram** out) noexcept {
  const int count = batch_.Receive(rtcp ? ports.rtcp_fd : ports.rtp_fd);
  for (int i = 0; i < count; ++i) batch_.Get(i, wall_offset_ns_, &datagrams_[i]);
  CountReceived(count);
  *out = datagrams_;
  return count;
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

}  // namespace mixminus
