// Reads several datagrams of one socket with one call (recvmmsg): the look that finds the socket
// empty is then part of the call that read its packet. Memory is part of the object; one worker
// owns it.
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <ctime>

#include "engine/packet_io.h"

namespace mixminus {

class UdpBatch {
 public:
  UdpBatch() noexcept;
  UdpBatch(const UdpBatch&) = delete;
  UdpBatch& operator=(const UdpBatch&) = delete;

  // Returns how many datagrams there were, 0 … PacketIo::kBatch.
  int Receive(int fd) noexcept;
  // The n-th of the last Receive, each to be taken once before the next. `wall_offset_ns` is wall
  // minus monotonic time.
  void Get(int n, int64_t wall_offset_ns, Datagram* out) noexcept;

 private:
  static constexpr size_t kControlBytes = CMSG_SPACE(sizeof(timespec));

  // What the kernel overwrites has to be set anew before each call, for the slots that were used.
  void Prepare(int n) noexcept;

  mmsghdr messages_[PacketIo::kBatch];
  iovec data_[PacketIo::kBatch];
  sockaddr_storage sources_[PacketIo::kBatch];
  alignas(cmsghdr) uint8_t control_[PacketIo::kBatch][kControlBytes];
  uint8_t buffers_[PacketIo::kBatch][kMaxDatagramBytes];
};

}  // namespace mixminus
