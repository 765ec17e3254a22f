// See udp_batch.h.
#include "engine/udp_batch.h"

#include <cstring>

#include "engine/address.h"
#include "engine/udp_socket.h"

namespace mixminus {

UdpBatch::UdpBatch() noexcept {
  std::memset(messages_, 0, sizeof(messages_));
  for (int n = 0; n < PacketIo::kBatch; ++n) {
    data_[n] = {buffers_[n], kMaxDatagramBytes};
    msghdr* header = &messages_[n].msg_hdr;
    header->msg_name = &sources_[n];
    header->msg_iov = &data_[n];
    header->msg_iovlen = 1;
    header->msg_control = control_[n];
    Prepare(n);
  }
}

void UdpBatch::Prepare(int n) noexcept {
  msghdr* header = &messages_[n].msg_hdr;
  header->msg_namelen = sizeof(sources_[n]);
  header->msg_controllen = kControlBytes;
  header->msg_flags = 0;
}

int UdpBatch::Receive(int fd) noexcept {
  const int count = recvmmsg(fd, messages_, PacketIo::kBatch, MSG_DONTWAIT, nullptr);
  return count > 0 ? count : 0;
}

void UdpBatch::Get(int n, int64_t wall_offset_ns, Datagram* out) noexcept {
  msghdr* header = &messages_[n].msg_hdr;
  out->data = buffers_[n];
  out->size = (header->msg_flags & MSG_TRUNC) != 0 ? 0 : messages_[n].msg_len;
  out->from = FromSockaddr(sources_[n]);
  out->arrival_ns = ArrivalNs(header, wall_offset_ns);
  Prepare(n);
}

}  // namespace mixminus
