// Redundant audio (RFC 2198 §3). Pure. All headers are read before any block is cut, each length
// against what remains.

#include "core/rtp/red.h"

#include <algorithm>
#include <cstring>

#include "core/base/bytes.h"

namespace mixminus {

namespace {

constexpr size_t kHeaderSize = 4;  // F, type, 14 bits of offset, 10 bits of length
constexpr uint8_t kMoreBit = 0x80;
constexpr uint32_t kMostOffset = (1u << 14) - 1;

}  // namespace

Status ParseRed(const uint8_t* payload, size_t size, uint8_t own_payload_type,
                RedPacket* out) noexcept {
  out->count = 0;
  size_t offset = 0;
  for (;;) {
    if (offset >= size) return Status::kTruncated;
    if (out->count == RedPacket::kMaxBlocks) return Status::kMalformed;
    RedBlock& block = out->blocks[out->count++];
    block = RedBlock();
    block.payload_type = payload[offset] & 0x7F;
    if (block.payload_type == own_payload_type) return Status::kMalformed;
    if ((payload[offset] & kMoreBit) == 0) break;
    if (size - offset < kHeaderSize) return Status::kTruncated;
    const uint32_t header = LoadBe32(payload + offset);
    block.timestamp_offset = static_cast<uint16_t>(header >> 10 & kMostOffset);
    block.size = header & 0x3FF;
    offset += kHeaderSize;
  }
  ++offset;
  for (int i = 0; i < out->count - 1; ++i) {
    RedBlock& block = out->blocks[i];
    if (size - offset < block.size) return Status::kTruncated;
    block.payload = payload + offset;
    offset += block.size;
  }
  // The primary has no length of its own: it is what remains.
  out->blocks[out->count - 1].payload = payload + offset;
  out->blocks[out->count - 1].size = size - offset;
  return Status::kOk;
}

void RedBuilder::Configure(int redundant) noexcept {
  redundant = std::clamp(redundant, 0, kMaxRedundant);
  if (redundant != redundant_) Clear();
  redundant_ = redundant;
}

bool RedBuilder::Fits(const Kept& kept, uint32_t timestamp) const noexcept {
  const uint32_t offset = timestamp - kept.timestamp;
  return offset > 0 && offset <= kMostOffset;
}

size_t RedBuilder::Build(uint8_t payload_type, uint32_t timestamp, const uint8_t* payload,
                         size_t size, uint8_t* out, size_t capacity) noexcept {
  if (size == 0 || capacity < 1 + size) return 0;
  // The newest first, so that it stays when not all of them fit.
  const Kept* chosen[kMaxRedundant] = {};
  int chosen_count = 0;
  size_t total = 1 + size;
  for (int i = 0; i < count_; ++i) {
    const Kept& kept = kept_[(newest_ + kMaxRedundant - i) % kMaxRedundant];
    const size_t bytes = kHeaderSize + kept.size;
    if (kept.size == 0 || !Fits(kept, timestamp) || capacity - total < bytes) break;
    chosen[chosen_count++] = &kept;
    total += bytes;
  }
  uint8_t* header = out;
  uint8_t* body = out + kHeaderSize * static_cast<size_t>(chosen_count) + 1;
  for (int i = chosen_count - 1; i >= 0; --i) {
    const Kept& kept = *chosen[i];
    StoreBe32(uint32_t{kMoreBit} << 24 | uint32_t{kept.payload_type} << 24 |
                  (timestamp - kept.timestamp) << 10 | kept.size,
              header);
    std::memcpy(body, kept.payload, kept.size);
    header += kHeaderSize;
    body += kept.size;
  }
  *header = payload_type & 0x7F;
  std::memcpy(body, payload, size);
  Keep(payload_type, timestamp, payload, size);
  return total;
}

void RedBuilder::Keep(uint8_t payload_type, uint32_t timestamp, const uint8_t* payload,
                      size_t size) noexcept {
  if (redundant_ == 0) return;
  newest_ = (newest_ + 1) % kMaxRedundant;
  count_ = std::min(count_ + 1, redundant_);
  Kept& kept = kept_[newest_];
  kept.payload_type = payload_type & 0x7F;
  kept.timestamp = timestamp;
  kept.size = static_cast<uint16_t>(size <= kMaxBlockBytes ? size : 0);
  std::memcpy(kept.payload, payload, kept.size);
}

}  // namespace mixminus
