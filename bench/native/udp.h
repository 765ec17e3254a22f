// UDP sockets and clocks for the bench tools: bind, receive with the kernel's time of arrival,
// sleep to a deadline.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace mixminus::bench {

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

inline void Die(const char* what) {
  std::fprintf(stderr, "%s: %s\n", what, std::strerror(errno));
  std::exit(1);
}

// Numeric IPv4 or IPv6; false for anything else.
inline bool ParseAddress(const char* text, uint16_t port, Address* out) {
  *out = Address{};
  auto* v4 = reinterpret_cast<sockaddr_in*>(&out->storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&out->storage);
  if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    out->size = sizeof(sockaddr_in);
    return true;
  }
  if (inet_pton(AF_INET6, text, &v6->sin6_addr) != 1) return false;
  v6->sin6_family = AF_INET6;
  v6->sin6_port = htons(port);
  out->size = sizeof(sockaddr_in6);
  return true;
}

inline uint16_t PortOf(const Address& address) {
  if (address.storage.ss_family == AF_INET6) {
    return ntohs(reinterpret_cast<const sockaddr_in6*>(&address.storage)->sin6_port);
  }
  return ntohs(reinterpret_cast<const sockaddr_in*>(&address.storage)->sin_port);
}

inline bool SameAddress(const Address& a, const Address& b) {
  if (a.storage.ss_family != b.storage.ss_family || PortOf(a) != PortOf(b)) return false;
  if (a.storage.ss_family == AF_INET6) {
    return std::memcmp(&reinterpret_cast<const sockaddr_in6*>(&a.storage)->sin6_addr,
                       &reinterpret_cast<const sockaddr_in6*>(&b.storage)->sin6_addr, 16) == 0;
  }
  return reinterpret_cast<const sockaddr_in*>(&a.storage)->sin_addr.s_addr ==
         reinterpret_cast<const sockaddr_in*>(&b.storage)->sin_addr.s_addr;
}

// A non-blocking socket on a free port of `address`; ends the program where that fails.
inline int OpenUdp(const char* address, uint16_t* port, bool timestamps) {
  Address local;
  if (!ParseAddress(address, 0, &local)) {
    std::fprintf(stderr, "--bind %s: not a numeric address\n", address);
    std::exit(1);
  }
  const int fd = socket(local.storage.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) Die("socket");
  if (bind(fd, local.get(), local.size) != 0) Die("bind");
  if (getsockname(fd, local.get(), &local.size) != 0) Die("getsockname");
  const int on = 1;
  if (timestamps && setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) != 0)
    Die("SO_TIMESTAMPNS");
  *port = PortOf(local);
  return fd;
}

inline int64_t ClockNs(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

inline int64_t MonotonicNs() { return ClockNs(CLOCK_MONOTONIC); }

inline void SleepUntil(int64_t deadline_ns) {
  const timespec at{deadline_ns / 1'000'000'000, deadline_ns % 1'000'000'000};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr) == EINTR) {
  }
}

struct Datagram {
  uint8_t data[2048];
  size_t size;
  Address from;
  int64_t arrival_ns;  // Kernel's time of arrival, on the monotonic clock.
};

// One waiting datagram; false when there is none.
inline bool Receive(int fd, Datagram* out) {
  iovec part{out->data, sizeof out->data};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(timespec))];
  msghdr message{};
  message.msg_name = &out->from.storage;
  message.msg_namelen = sizeof out->from.storage;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  const ssize_t size = recvmsg(fd, &message, 0);
  if (size < 0) return false;
  out->size = static_cast<size_t>(size);
  out->from.size = message.msg_namelen;
  out->arrival_ns = MonotonicNs();
  for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS) continue;
    timespec stamp{};
    std::memcpy(&stamp, CMSG_DATA(c), sizeof stamp);
    // The stamp is wall time; moved to the monotonic clock at once, a later step of the wall clock
    // does no harm.
    const int64_t age_ns =
        ClockNs(CLOCK_REALTIME) - (stamp.tv_sec * 1'000'000'000LL + stamp.tv_nsec);
    out->arrival_ns = MonotonicNs() - age_ns;
  }
  return true;
}

}  // namespace mixminus::bench
