// UDP sockets of the engine, as plain file descriptors: opened and drained by the calling and the
// housekeeping thread, read and written by the worker that owns the leg. Nothing here blocks or
// allocates.
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>

#include "core/rtp/source_latch.h"

namespace mixminus {

// What each socket asks the kernel for: about 100 packets of one call, two seconds of a worker that
// does not run.
constexpr int kSocketBufferBytes = 128 * 1024;

struct OpenedSocket {
  int fd = -1;
  int error = 0;              // errno when fd < 0
  bool short_buffer = false;  // the kernel gave less than kSocketBufferBytes
};

// Binds a non-blocking socket with kernel timestamps and the expedited-forwarding class (RFC 3246,
// DSCP 46).
OpenedSocket OpenUdpSocket(const TransportAddress& local) noexcept;
void CloseUdpSocket(int fd) noexcept;

// Throws away what waits in the socket's buffer; returns how many datagrams that was.
int DrainUdpSocket(int fd) noexcept;

// The monotonic time at which the kernel received a datagram of recvmsg(2); now, where it did not
// say. `wall_offset_ns` is wall minus monotonic time.
int64_t ArrivalNs(msghdr* message, int64_t wall_offset_ns) noexcept;

// False when the kernel refused the datagram.
bool SendUdp(int fd, const TransportAddress& to, const uint8_t* data, size_t size) noexcept;

}  // namespace mixminus
