// See memory_packet_io.h.
#include "engine/memory_packet_io.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

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

const MemoryDatagram* DatagramRing::At(size_t offset) const noexcept { return Slot(offset); }

void DatagramRing::Drop() noexcept {
  if (size_ == 0) return;
  head_ = (head_ + 1) % capacity_;
  --size_;
}

MemoryPacketIo::MemoryPacketIo(size_t ring_capacity)
    : inbound_(ring_capacity), sent_(ring_capacity) {}

bool MemoryPacketIo::Attach(const PortPair& ports, uint32_t key) noexcept {
  const TransportAddress control = ControlAddress(ports);
  listeners_.insert({ports.local.port, {ports.local, key, false}});
  listeners_.insert({control.port, {control, key, true}});
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

int MemoryPacketIo::Poll(Ready* out, int capacity) noexcept {
  // What was meant for a leg that is gone is lost, as it would be with a socket that was drained.
  while (inbound_.size() > 0 && Find(inbound_.At(0)->local) == nullptr) inbound_.Drop();
  const int limit = std::min(capacity, static_cast<int>(inbound_.size()));
  int count = 0;
  for (; count < limit; ++count) {
    const Listener* listener = Find(inbound_.At(static_cast<size_t>(count))->local);
    if (listener == nullptr) break;
    out[count] = {listener->key, 0, listener->rtcp};
  }
  return count;
}

// Poll listed the datagrams from the front and the worker reads them in that order.
int MemoryPacketIo::Receive(const Ready&, uint8_t* buffer, size_t capacity, TransportAddress* from,
                            int64_t* arrival_ns) noexcept {
  if (inbound_.size() == 0) return -1;
  const MemoryDatagram* front = inbound_.At(0);
  const size_t size = front->size;
  if (size <= capacity) std::memcpy(buffer, front->data, size);
  *from = front->remote;
  *arrival_ns = front->arrival_ns;
  inbound_.Drop();
  return size <= capacity ? static_cast<int>(size) : 0;
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
  if (size > kMaxDatagramBytes || Find(local) == nullptr) return false;
  MemoryDatagram* slot = inbound_.Append();
  if (slot == nullptr) return false;
  slot->local = local;
  slot->remote = remote;
  slot->arrival_ns = now_ns_;
  slot->size = size;
  std::memcpy(slot->data, data, size);
  return true;
}

const MemoryDatagram* MemoryPacketIo::FrontSent() const noexcept {
  return sent_.size() > 0 ? sent_.At(0) : nullptr;
}

const MemoryPacketIo::Listener* MemoryPacketIo::Find(const TransportAddress& local) const noexcept {
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
