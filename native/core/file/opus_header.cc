// See opus_header.h.
#include "core/file/opus_header.h"

#include <cstring>

#include "core/base/bytes.h"

namespace mixminus {
namespace {

constexpr char kVendor[] = "mixminus";
constexpr size_t kVendorSize = sizeof(kVendor) - 1;
constexpr int kMostSamples = 5760;  // 120 ms

}  // namespace

Status ParseOpusHead(const uint8_t* packet, size_t size, OpusHead* out) noexcept {
  if (size < 8 || std::memcmp(packet, "OpusHead", 8) != 0) return Status::kBadType;
  if (size < kOpusHeadSize) return Status::kTruncated;
  // The upper four bits are the incompatible part of the version.
  if ((packet[8] & 0xF0) != 0) return Status::kBadVersion;
  out->channels = packet[9];
  out->pre_skip = LoadLe16(packet + 10);
  out->input_rate_hz = LoadLe32(packet + 12);
  out->gain_q8 = static_cast<int16_t>(LoadLe16(packet + 16));
  if (packet[18] != 0) return Status::kUnsupported;
  return out->channels == 1 || out->channels == 2 ? Status::kOk : Status::kMalformed;
}

void WriteOpusHead(const OpusHead& head, uint8_t* out) noexcept {
  std::memcpy(out, "OpusHead", 8);
  out[8] = 1;
  out[9] = static_cast<uint8_t>(head.channels);
  StoreLe16(static_cast<uint16_t>(head.pre_skip), out + 10);
  StoreLe32(head.input_rate_hz, out + 12);
  StoreLe16(static_cast<uint16_t>(head.gain_q8), out + 16);
  out[18] = 0;
}

bool IsOpusTags(const uint8_t* packet, size_t size) noexcept {
  return size >= 8 && std::memcmp(packet, "OpusTags", 8) == 0;
}

size_t WriteOpusTags(uint8_t* out) noexcept {
  std::memcpy(out, "OpusTags", 8);
  StoreLe32(kVendorSize, out + 8);
  std::memcpy(out + 12, kVendor, kVendorSize);
  StoreLe32(0, out + 12 + kVendorSize);  // no comments
  return 16 + kVendorSize;
}

int OpusPacketSamples(const uint8_t* packet, size_t size) noexcept {
  if (size == 0) return 0;
  const int config = packet[0] >> 3;
  int frame = 0;
  if (config >= 16) {
    frame = 120 << (config & 3);  // CELT: 2.5, 5, 10, 20 ms
  } else if (config >= 12) {
    frame = (config & 1) != 0 ? 960 : 480;  // hybrid
  } else {
    constexpr int kSilk[4] = {480, 960, 1920, 2880};
    frame = kSilk[config & 3];
  }
  int frames = 2;
  if ((packet[0] & 3) == 0) frames = 1;
  if ((packet[0] & 3) == 3) {
    if (size < 2) return 0;
    frames = packet[1] & 0x3F;
  }
  const int samples = frame * frames;
  return samples <= kMostSamples ? samples : 0;
}

}  // namespace mixminus
