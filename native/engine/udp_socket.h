// UDP sockets of the engine, as plain file descriptors: opened and drained by the calling and the
// housekeeping thread, read and written by the worker that owns the leg. Nothing here blocks or
// allocates.
#pragma once

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

// Returns the size of one datagram, or -1 when there is none. One that does not fit `capacity`
// comes as size 0. `arrival_ns` is the monotonic time of its arrival in the kernel;
// `wall_offset_ns` is wall minus monotonic time.
int ReceiveUdp(int fd, uint8_t* buffer, size_t capacity, int64_t wall_offset_ns,
               TransportAddress* from, int64_t* arrival_ns) noexcept;

// False when the kernel refused the datagram.
bool SendUdp(int fd, const TransportAddress& to, const uint8_t* data, size_t size) noexcept;

}  // namespace mixminus
