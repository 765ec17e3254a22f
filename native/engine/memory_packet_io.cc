// See memory_packet_io.h.
#include "engine/memory_packet_io.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <tuple>
#include <utility>

namespace mixminus {
namespace {

TransportAddress ControlAddress(const PortPair& ports) noexcept {
  TransportAddress address = ports.local;
  address.port = static_cast<uint16_t>(address.port + 1);
  return address;
}

}  // namespace

DatagramRing::DatagramRing(size_t capacity)
    : capacity_(capacity), memory_(new unsigned char[capacity * sizeof(MemoryDatagram)]) {}

MemoryDatagram* DatagramRing::Slot(size_t offset) const noexcept {
  const size_t index = (head_ + offset) % capacity_;
  return reinterpret_cast<MemoryDatagram*>(memory_.get() + index * sizeof(MemoryDatagram));
}

MemoryDatagram* DatagramRing::Append() noexcept {
  if (size_ == capacity_) return nullptr;
  return new (Slot(size_++)) MemoryDatagram;
}

const MemoryDatagram* DatagramRing::Front() const noexcept { return size_ > 0 ? Slot(0) : nullptr; }

void DatagramRing::Drop() noexcept {
  if (size_ == 0) return;
  head_ = (head_ + 1) % capacity_;
  --size_;
}

MemoryPacketIo::MemoryPacketIo(size_t ring_capacity, size_t listener_capacity)
    : listener_capacity_(listener_capacity), sent_(ring_capacity) {}

bool MemoryPacketIo::Attach(const PortPair& ports, uint32_t key) noexcept {
  const TransportAddress control = ControlAddress(ports);
  listeners_.emplace(std::piecewise_construct, std::forward_as_tuple(ports.local.port),
                     std::forward_as_tuple(ports.local, key, false, listener_capacity_));
  listeners_.emplace(std::piecewise_construct, std::forward_as_tuple(control.port),
                     std::forward_as_tuple(control, key, true, listener_capacity_));
  return true;
}

void MemoryPacketIo::Detach(const PortPair& ports) noexcept {
  for (const TransportAddress& local : {ports.local, ControlAddress(ports)}) {
    const auto range = listeners_.equal_range(local.port);
    const auto found = std::find_if(range.first, range.second,
                                    [&](const auto& entry) { return entry.second.local == local; });
    if (found != range.second) listeners_.erase(found);
  }
}

int MemoryPacketIo::PollRtcp(uint32_t* keys, int capacity) noexcept {
  if (rtcp_waiting_ == 0) return 0;
  int count = 0;
  for (auto& entry : listeners_) {
    const Listener& listener = entry.second;
    if (!listener.rtcp || listener.waiting.size() == 0 || count == capacity) continue;
    keys[count++] = listener.key;
  }
  return count;
}

int MemoryPacketIo::Read(const PortPair& ports, bool rtcp, const Datagram** out) noexcept {
  Listener* listener = Find(rtcp ? ControlAddress(ports) : ports.local);
  int count = 0;
  while (listener != nullptr && count < kBatch) {
    const MemoryDatagram* front = listener->waiting.Front();
    if (front == nullptr) break;
    std::memcpy(buffers_[count], front->data, front->size);
    datagrams_[count] = {buffers_[count], front->size, front->remote, front->arrival_ns};
    listener->waiting.Drop();
    ++count;
  }
  if (rtcp) rtcp_waiting_ -= static_cast<size_t>(count);
  CountReceived(count);
  *out = datagrams_;
  return count;
}

bool MemoryPacketIo::DoSend(const PortPair& ports, bool rtcp, const TransportAddress& to,
                            const uint8_t* data, size_t size) noexcept {
  if (size > kMaxDatagramBytes) return false;
  MemoryDatagram* slot = sent_.Append();
  if (slot == nullptr) return false;
  slot->local = rtcp ? ControlAddress(ports) : ports.local;
  slot->remote = to;
  slot->size = size;
  std::memcpy(slot->data, data, size);
  return true;
}

void MemoryPacketIo::SetTimes(int64_t monotonic_ns, int64_t) noexcept { now_ns_ = monotonic_ns; }

bool MemoryPacketIo::Inject(const TransportAddress& local, const TransportAddress& remote,
                            const uint8_t* data, size_t size) {
  Listener* listener = Find(local);
  if (size > kMaxDatagramBytes || listener == nullptr) return false;
  MemoryDatagram* slot = listener->waiting.Append();
  if (slot == nullptr) return false;
  if (listener->rtcp) ++rtcp_waiting_;
  slot->local = local;
  slot->remote = remote;
  slot->arrival_ns = now_ns_;
  slot->size = size;
  std::memcpy(slot->data, data, size);
  return true;
}

MemoryPacketIo::Listener* MemoryPacketIo::Find(const TransportAddress& local) noexcept {
  const auto range = listeners_.equal_range(local.port);
  for (auto entry = range.first; entry != range.second; ++entry) {
    if (entry->second.local == local) return &entry->second;
  }
  return nullptr;
}

OpenedSocket MemorySocketFactory::Open(const TransportAddress& local) noexcept {
  OpenedSocket opened;
  if (std::find(failing_.begin(), failing_.end(), local.port) != failing_.end()) {
    opened.error = EADDRINUSE;
    return opened;
  }
  opened.fd = next_fd_++;
  ++open_;
  return opened;
}

}  // namespace mixminus
