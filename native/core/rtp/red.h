#pragma once
// Redundant audio (RFC 2198): a packet carries the audio of its own time and, before it, that of
// earlier packets, so that a lost one comes again 20 or 40 ms later. Pure; a receive leg parses, a
// send leg builds.

#include <cstddef>
#include <cstdint>

#include "core/base/status.h"

namespace mixminus {

struct RedBlock {
  uint8_t payload_type = 0;
  // How much earlier than the packet's timestamp this audio began; 0 for the primary block.
  uint16_t timestamp_offset = 0;
  const uint8_t* payload = nullptr;  // in the packet
  size_t size = 0;
};

struct RedPacket {
  static constexpr int kMaxBlocks = 8;  // primary included; nobody sends so many
  int count = 0;
  RedBlock blocks[kMaxBlocks];  // in the packet's order: oldest first by custom, the primary last

  const RedBlock& primary() const noexcept { return blocks[count - 1]; }
};

// Cuts an RTP payload into its blocks. kTruncated: headers or blocks reach past the end;
// kMalformed: more than kMaxBlocks, or a block of type `own_payload_type` (RED inside RED is
// nothing that RFC 2198 knows). After an error `out` is of no use.
Status ParseRed(const uint8_t* payload, size_t size, uint8_t own_payload_type,
                RedPacket* out) noexcept;

// Keeps the last payloads of one stream and writes them before the next.
class RedBuilder {
 public:
  static constexpr int kMaxRedundant = 2;
  static constexpr size_t kMaxBlockBytes = 480;  // larger payloads are sent, but not again

  // `redundant` blocks of 0…kMaxRedundant before each primary.
  void Configure(int redundant) noexcept;
  // What was sent before is not repeated after this (a pause, another codec).
  void Clear() noexcept { count_ = 0; }

  // The payload of a RED packet whose primary is `payload`, and remembers it. Redundant blocks that
  // do not fit into `capacity`, or whose time is out of the header's reach (14 bits of timestamp),
  // are left out. 0 when not even the primary fits.
  size_t Build(uint8_t payload_type, uint32_t timestamp, const uint8_t* payload, size_t size,
               uint8_t* out, size_t capacity) noexcept;

 private:
  struct Kept {
    uint8_t payload_type = 0;
    uint16_t size = 0;
    uint32_t timestamp = 0;
    uint8_t payload[kMaxBlockBytes];
  };
  bool Fits(const Kept& kept, uint32_t timestamp) const noexcept;
  void Keep(uint8_t payload_type, uint32_t timestamp, const uint8_t* payload, size_t size) noexcept;

  int redundant_ = 0;
  int count_ = 0;
  int newest_ = 0;  // index of the newest, while count_ > 0
  Kept kept_[kMaxRedundant];
};

}  // namespace mixminus
