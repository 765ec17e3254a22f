#pragma once
// The two headers of Opus in Ogg (RFC 7845 §5) and the length of an Opus packet (RFC 6716 §3.1).
// Pure; every bound is checked.

#include <cstddef>
#include <cstdint>

#include "core/base/status.h"

namespace mixminus {

constexpr int kOpusGranuleHz = 48000;  // of granule positions and pre-skip, whatever is coded

struct OpusHead {
  int channels = 0;            // 1…2
  int pre_skip = 0;            // samples at 48 kHz that are decoded and not played
  uint32_t input_rate_hz = 0;  // of what was encoded; for people
  int gain_q8 = 0;             // dB × 256, to be applied by every player
};

// kBadType: not the header. kBadVersion: a major version that nobody reads. kUnsupported: more
// channels than stereo (mapping family other than 0). kTruncated, kMalformed.
Status ParseOpusHead(const uint8_t* packet, size_t size, OpusHead* out) noexcept;

constexpr size_t kOpusHeadSize = 19;
void WriteOpusHead(const OpusHead& head, uint8_t* out) noexcept;

bool IsOpusTags(const uint8_t* packet, size_t size) noexcept;
constexpr size_t kMostOpusTags = 64;
// Tags with the vendor alone; returns their size.
size_t WriteOpusTags(uint8_t* out) noexcept;

// Samples at 48 kHz; 0 when the packet is broken (empty, or longer than 120 ms).
int OpusPacketSamples(const uint8_t* packet, size_t size) noexcept;

}  // namespace mixminus
