// See port_pool.h.
#include "engine/port_pool.h"

#include <cerrno>
#include <cstring>

#include "engine/address.h"

namespace mixminus {
namespace {

uint32_t FirstEven(uint16_t port) noexcept { return (static_cast<uint32_t>(port) + 1) & ~1u; }

uint32_t PairsBetween(uint32_t first_even, uint16_t last) noexcept {
  return last > first_even ? (last - first_even + 1) / 2 : 0;
}

std::string Describe(const PortPoolOptions& options) {
  return std::to_string(options.port_min) + "-" + std::to_string(options.port_max);
}

}  // namespace

PortPool::PortPool(SocketFactory* factory, const PortPoolOptions& options, uint32_t first_pair)
    : factory_(factory),
      options_(options),
      first_port_(FirstEven(options.port_min)),
      pair_count_(PairsBetween(first_port_, options.port_max)),
      first_pair_(pair_count_ > 0 ? first_pair % pair_count_ : 0) {}

PortPool::~PortPool() {
  for (auto& entry : pools_) {
    for (const PortPair& pair : entry.second->free) ClosePair(pair);
    for (const Resting& resting : entry.second->resting) ClosePair(resting.pair);
  }
}

EngineStatus PortPool::Lease(const TransportAddress& address, int64_t now_ns, PortPair* out) {
  std::lock_guard<std::mutex> lock(mutex_);
  AddressPool* pool = PoolFor(address);
  FreeRested(pool, now_ns);
  if (pool->free.empty()) {
    EngineStatus status = BindNext(pool, out);
    if (!status.ok()) return status;
  } else {
    *out = pool->free.front();
    pool->free.pop_front();
    // A bound socket listens while it waits in the list: what strangers sent to it is not this
    // call's.
    Drain(*out);
  }
  ++pool->leased;
  return {};
}

void PortPool::Return(const PortPair& pair, int64_t now_ns) {
  std::lock_guard<std::mutex> lock(mutex_);
  AddressPool* pool = PoolFor(pair.local);
  --pool->leased;
  pool->resting.push_back({pair, now_ns + options_.rest_ns});
}

void PortPool::Maintain(int64_t now_ns) {
  while (GrowByOne(now_ns)) {
  }
}

bool PortPool::GrowByOne(int64_t now_ns) {
  std::lock_guard<std::mutex> lock(mutex_);
  for (auto& entry : pools_) {
    AddressPool* pool = entry.second.get();
    FreeRested(pool, now_ns);
    const int free = static_cast<int>(pool->free.size());
    if (free < options_.ready_pairs / 2) pool->growing = true;
    if (free >= options_.ready_pairs) pool->growing = false;
    if (!pool->growing) continue;
    PortPair pair;
    // A failure is not a fact for anybody yet: a lease that needs the pair reports it with its
    // reason.
    pool->growing = BindNext(pool, &pair).ok();
    if (!pool->growing) continue;
    pool->free.push_back(pair);
    return true;
  }
  return false;
}

EngineStatus PortPool::Warm(const TransportAddress& address, int64_t now_ns) {
  std::lock_guard<std::mutex> lock(mutex_);
  AddressPool* pool = PoolFor(address);
  FreeRested(pool, now_ns);
  while (static_cast<int>(pool->free.size()) < options_.ready_pairs) {
    PortPair pair;
    EngineStatus status = BindNext(pool, &pair);
    if (!status.ok()) return status;
    pool->free.push_back(pair);
  }
  return {};
}

PortCounts PortPool::Counts() const {
  std::lock_guard<std::mutex> lock(mutex_);
  PortCounts counts;
  for (const auto& entry : pools_) {
    counts.leased += entry.second->leased;
    counts.resting += static_cast<int>(entry.second->resting.size());
    counts.free += static_cast<int>(entry.second->free.size());
  }
  counts.sockets = 2 * (counts.leased + counts.resting + counts.free);
  return counts;
}

bool PortPool::TakeShortBufferWarning() {
  std::lock_guard<std::mutex> lock(mutex_);
  if (!short_buffer_ || short_buffer_told_) return false;
  short_buffer_told_ = true;
  return true;
}

PortPool::AddressPool* PortPool::PoolFor(const TransportAddress& address) {
  std::unique_ptr<AddressPool>& pool = pools_[FormatAddress(address)];
  if (!pool) {
    pool = std::make_unique<AddressPool>();
    pool->address = address;
    pool->address.port = 0;
    pool->taken.assign(pair_count_, false);
    pool->cursor = first_pair_;
  }
  return pool.get();
}

void PortPool::FreeRested(AddressPool* pool, int64_t now_ns) {
  while (!pool->resting.empty() && pool->resting.front().ready_ns <= now_ns) {
    Drain(pool->resting.front().pair);
    pool->free.push_back(pool->resting.front().pair);
    pool->resting.pop_front();
  }
}

// Tries each pair of the range at most once; pairs that another process holds are passed over.
EngineStatus PortPool::BindNext(AddressPool* pool, PortPair* out) {
  for (uint32_t tried = 0; tried < pair_count_; ++tried) {
    const uint32_t index = pool->cursor;
    pool->cursor = (pool->cursor + 1) % pair_count_;
    if (pool->taken[index]) continue;
    const int error = BindPair(pool, index, out);
    if (error == 0) return {};
    if (error != EADDRINUSE && error != EACCES) return BindError(*pool, error);
  }
  return {"ERR_NO_PORTS", "no free pair of UDP ports on " + FormatAddress(pool->address) + " in " +
                              Describe(options_) + " (" + std::to_string(pool->leased) +
                              " leased, " + std::to_string(pool->resting.size()) +
                              " resting after a call)"};
}

int PortPool::BindPair(AddressPool* pool, uint32_t pair_index, PortPair* out) {
  TransportAddress local = pool->address;
  local.port = static_cast<uint16_t>(first_port_ + 2 * pair_index);
  TransportAddress control = local;
  control.port = static_cast<uint16_t>(local.port + 1);
  const OpenedSocket rtp = factory_->Open(local);
  if (rtp.fd < 0) return rtp.error;
  const OpenedSocket rtcp = factory_->Open(control);
  if (rtcp.fd < 0) {
    factory_->Close(rtp.fd);
    return rtcp.error;
  }
  pool->taken[pair_index] = true;
  short_buffer_ = short_buffer_ || rtp.short_buffer || rtcp.short_buffer;
  *out = {local, rtp.fd, rtcp.fd};
  return 0;
}

EngineStatus PortPool::BindError(const AddressPool& pool, int error) const {
  const std::string where = FormatAddress(pool.address);
  if (error == EMFILE || error == ENFILE) {
    return {"ERR_FILE_DESCRIPTORS", "no file descriptor left for the sockets of a call on " +
                                        where + "; raise the limit (ulimit -n)"};
  }
  return {"ERR_ADDRESS_NOT_AVAILABLE",
          "cannot bind UDP ports on " + where + ": " + std::strerror(error)};
}

void PortPool::ClosePair(const PortPair& pair) noexcept {
  factory_->Close(pair.rtp_fd);
  factory_->Close(pair.rtcp_fd);
}

void PortPool::Drain(const PortPair& pair) noexcept {
  factory_->Drain(pair.rtp_fd);
  factory_->Drain(pair.rtcp_fd);
}

}  // namespace mixminus
