// See udp_socket.h.
#include "engine/udp_socket.h"

#include <netinet/in.h>
#include <netinet/ip.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>

#include "engine/address.h"
#include "engine/time_source.h"

namespace mixminus {
namespace {

void SetOption(int fd, int level, int name, int value) noexcept {
  setsockopt(fd, level, name, &value, sizeof(value));
}

// Linux doubles what is asked for and reports the double (socket(7)).
bool BufferIsShort(int fd, int name) noexcept {
  int value = 0;
  socklen_t size = sizeof(value);
  return getsockopt(fd, SOL_SOCKET, name, &value, &size) != 0 || value < 2 * kSocketBufferBytes;
}

// Options are wishes: a kernel that lacks one still carries audio, so that only the buffers are
// read back.
void Prepare(OpenedSocket* opened, uint8_t family) noexcept {
  constexpr int kExpedited = 46 << 2;
  const int fd = opened->fd;
  SetOption(fd, SOL_SOCKET, SO_RCVBUF, kSocketBufferBytes);
  SetOption(fd, SOL_SOCKET, SO_SNDBUF, kSocketBufferBytes);
  SetOption(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
  if (family == 4) {
    SetOption(fd, IPPROTO_IP, IP_TOS, kExpedited);
  } else {
    SetOption(fd, IPPROTO_IPV6, IPV6_TCLASS, kExpedited);
  }
  opened->short_buffer = BufferIsShort(fd, SO_RCVBUF) || BufferIsShort(fd, SO_SNDBUF);
}

}  // namespace

OpenedSocket OpenUdpSocket(const TransportAddress& local) noexcept {
  OpenedSocket opened;
  const int domain = local.family == 4 ? AF_INET : AF_INET6;
  opened.fd = socket(domain, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (opened.fd < 0) {
    opened.error = errno;
    return opened;
  }
  // Without this a wildcard IPv6 socket would take the IPv4 port of another pool as well.
  if (domain == AF_INET6) SetOption(opened.fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
  sockaddr_storage address{};
  const socklen_t size = ToSockaddr(local, &address);
  if (bind(opened.fd, reinterpret_cast<sockaddr*>(&address), size) != 0) {
    opened.error = errno;
    close(opened.fd);
    opened.fd = -1;
    return opened;
  }
  Prepare(&opened, local.family);
  return opened;
}

void CloseUdpSocket(int fd) noexcept {
  if (fd >= 0) close(fd);
}

int DrainUdpSocket(int fd) noexcept {
  // One byte is enough: the rest of a datagram is discarded with it. The bound keeps a flood from
  // holding us.
  constexpr int kMost = 4096;
  uint8_t byte;
  int count = 0;
  while (count < kMost && recv(fd, &byte, sizeof(byte), MSG_DONTWAIT) >= 0) ++count;
  return count;
}

int64_t ArrivalNs(msghdr* message, int64_t wall_offset_ns) noexcept {
  for (cmsghdr* item = CMSG_FIRSTHDR(message); item != nullptr; item = CMSG_NXTHDR(message, item)) {
    if (item->cmsg_level != SOL_SOCKET || item->cmsg_type != SO_TIMESTAMPNS) continue;
    timespec stamp{};
    std::memcpy(&stamp, CMSG_DATA(item), sizeof(stamp));
    return static_cast<int64_t>(stamp.tv_sec) * kNsPerSecond + stamp.tv_nsec - wall_offset_ns;
  }
  return MonotonicNs();
}

bool SendUdp(int fd, const TransportAddress& to, const uint8_t* data, size_t size) noexcept {
  sockaddr_storage address{};
  const socklen_t length = ToSockaddr(to, &address);
  return sendto(fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL, reinterpret_cast<sockaddr*>(&address),
                length) == static_cast<ssize_t>(size);
}

}  // namespace mixminus
