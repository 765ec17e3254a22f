// WAVE files as bytes. Pure. Chunks are walked with every offset checked against the real size; the
// sizes that the file claims are never trusted.

#include "core/file/wav.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/base/audio_frame.h"
#include "core/base/bytes.h"
#include "core/codec/g711.h"

namespace mixminus {

namespace {

constexpr uint16_t kTagPcm = 1;
constexpr uint16_t kTagFloat = 3;
constexpr uint16_t kTagAlaw = 6;
constexpr uint16_t kTagUlaw = 7;
constexpr uint16_t kTagExtensible = 0xFFFE;
constexpr size_t kRiffHeader = 12;
constexpr size_t kChunkHeader = 8;
constexpr int kMaxChannels = 8;
// What follows the two tag bytes in the sub-format GUIDs of WAVE_FORMAT_EXTENSIBLE.
constexpr uint8_t kGuidTail[14] = {0x00, 0x00, 0x00, 0x00, 0x10, 0x00, 0x80,
                                   0x00, 0x00, 0xAA, 0x00, 0x38, 0x9B, 0x71};

bool Is(const uint8_t* p, const char* id) noexcept { return std::memcmp(p, id, 4) == 0; }

void Put(const char* id, uint8_t* p) noexcept {
  for (int i = 0; i < 4; ++i) p[i] = static_cast<uint8_t>(id[i]);
}

Status ReadEncoding(uint16_t tag, int bits, WavInfo* out) noexcept {
  const bool byte_sized = bits == 8;
  switch (tag) {
    case kTagPcm:
      out->encoding = WavEncoding::kPcm;
      return byte_sized || bits == 16 || bits == 24 || bits == 32 ? Status::kOk
                                                                  : Status::kUnsupported;
    case kTagFloat:
      out->encoding = WavEncoding::kFloat32;
      return bits == 32 ? Status::kOk : Status::kUnsupported;
    case kTagAlaw:
      out->encoding = WavEncoding::kAlaw;
      return byte_sized ? Status::kOk : Status::kUnsupported;
    case kTagUlaw:
      out->encoding = WavEncoding::kUlaw;
      return byte_sized ? Status::kOk : Status::kUnsupported;
    default:
      return Status::kUnsupported;
  }
}

}  // namespace

Status ReadWavFormat(const uint8_t* p, size_t size, WavInfo* out) noexcept {
  if (size < 16) return Status::kBadLength;
  uint16_t tag = LoadLe16(p);
  const int channels = LoadLe16(p + 2);
  const uint32_t rate = LoadLe32(p + 4);
  const int block = LoadLe16(p + 12);
  const int bits = LoadLe16(p + 14);
  if (tag == kTagExtensible) {
    if (size < 40) return Status::kBadLength;
    if (std::memcmp(p + 26, kGuidTail, sizeof(kGuidTail)) != 0) return Status::kUnsupported;
    tag = LoadLe16(p + 24);
  }
  const Status status = ReadEncoding(tag, bits, out);
  if (status != Status::kOk) return status;
  if (channels < 1 || channels > kMaxChannels) return Status::kOutOfRange;
  if (rate < 4000 || rate > 192000) return Status::kOutOfRange;
  if (block != channels * bits / 8) return Status::kBadLength;
  out->rate_hz = static_cast<int>(rate);
  out->channels = channels;
  out->bits_per_sample = bits;
  out->bytes_per_frame = block;
  return Status::kOk;
}

// A size of 0xFFFFFFFF, or 0 in a file whose RIFF size is not its real one, is what a writer leaves
// that could not come back to its header.
uint64_t WavDataBytes(uint32_t riff_size, uint32_t claimed, uint64_t file_size,
                      uint64_t offset) noexcept {
  const uint64_t rest = file_size - offset;
  const bool closed = uint64_t{riff_size} + kChunkHeader == file_size;
  if (claimed == UINT32_MAX || (claimed == 0 && !closed)) return rest;
  return std::min<uint64_t>(claimed, rest);
}

namespace {

// One sample as a left-aligned 32-bit number.
int32_t ReadSample(const WavInfo& info, const uint8_t* p) noexcept {
  switch (info.encoding) {
    case WavEncoding::kAlaw:
      return AlawToLinear(*p) * 65536;
    case WavEncoding::kUlaw:
      return UlawToLinear(*p) * 65536;
    case WavEncoding::kFloat32: {
      const uint32_t bits = LoadLe32(p);
      float value;
      std::memcpy(&value, &bits, sizeof(value));
      if (!(value > -1.0f)) return value <= -1.0f ? INT32_MIN : 0;  // not a number is silence
      return value >= 1.0f ? INT32_MAX : static_cast<int32_t>(value * 2147483648.0f);
    }
    case WavEncoding::kPcm:
      break;
  }
  switch (info.bits_per_sample) {
    case 8:
      return (int32_t{*p} - 128) * 16777216;  // the only depth that is unsigned
    case 16:
      return static_cast<int16_t>(LoadLe16(p)) * 65536;
    case 24:
      return static_cast<int32_t>((uint32_t{p[2]} << 24) | (uint32_t{p[1]} << 16) |
                                  (uint32_t{p[0]} << 8));
    default:
      return static_cast<int32_t>(LoadLe32(p));
  }
}

}  // namespace

Status ParseWav(const uint8_t* data, size_t size, WavInfo* out) noexcept {
  if (size < kRiffHeader) return Status::kBadType;
  if (Is(data, "RF64") || Is(data, "RIFX")) return Status::kUnsupported;
  if (!Is(data, "RIFF") || !Is(data + 8, "WAVE")) return Status::kBadType;
  *out = WavInfo();
  size_t offset = kRiffHeader;
  while (size - offset >= kChunkHeader) {
    const uint8_t* chunk = data + offset;
    const uint32_t claimed = LoadLe32(chunk + 4);
    offset += kChunkHeader;
    if (Is(chunk, "data")) {
      if (out->channels == 0) return Status::kMalformed;
      out->data_offset = offset;
      out->frames = static_cast<size_t>(WavDataBytes(LoadLe32(data + 4), claimed, size, offset)) /
                    static_cast<size_t>(out->bytes_per_frame);
      return Status::kOk;
    }
    if (claimed > size - offset) return Status::kTruncated;
    if (Is(chunk, "fmt ")) {
      const Status status = ReadWavFormat(data + offset, claimed, out);
      if (status != Status::kOk) return status;
    }
    // Chunks begin at even offsets.
    offset += std::min<size_t>(size_t{claimed} + (claimed & 1), size - offset);
  }
  return Status::kTruncated;
}

void WavToMono(const WavInfo& info, const uint8_t* frames, size_t count, int16_t* out) noexcept {
  const auto sample_bytes = static_cast<size_t>(info.bits_per_sample / 8);
  for (size_t i = 0; i < count; ++i) {
    int64_t sum = 0;
    for (int channel = 0; channel < info.channels; ++channel, frames += sample_bytes)
      sum += ReadSample(info, frames);
    // Rounded to the nearest; 16-bit mono comes out unchanged.
    const int64_t mean = sum / info.channels;
    out[i] = SaturateToInt16(static_cast<int32_t>((mean + 32768) >> 16));
  }
}

size_t ReadWavMono(const WavInfo& info, const uint8_t* data, size_t size, size_t first,
                   size_t count, int16_t* out) noexcept {
  if (first >= info.frames || info.data_offset > size) return 0;
  const auto frame_bytes = static_cast<size_t>(info.bytes_per_frame);
  const auto sample_bytes = static_cast<size_t>(info.bits_per_sample / 8);
  if (frame_bytes == 0 || sample_bytes * static_cast<size_t>(info.channels) != frame_bytes)
    return 0;
  const size_t there = std::min(info.frames, (size - info.data_offset) / frame_bytes);
  if (first >= there) return 0;
  count = std::min(count, there - first);
  WavToMono(info, data + info.data_offset + first * frame_bytes, count, out);
  return count;
}

void WriteWavHeader(int rate_hz, int channels, uint64_t data_bytes, uint8_t* out) noexcept {
  constexpr uint64_t kMostData = UINT32_MAX - (kWavHeaderSize - kChunkHeader);
  const auto data_size = static_cast<uint32_t>(std::min(data_bytes, kMostData));
  const auto block = static_cast<uint16_t>(channels * 2);
  Put("RIFF", out);
  StoreLe32(data_size + static_cast<uint32_t>(kWavHeaderSize - kChunkHeader), out + 4);
  Put("WAVE", out + 8);
  Put("fmt ", out + 12);
  StoreLe32(16, out + 16);
  StoreLe16(kTagPcm, out + 20);
  StoreLe16(static_cast<uint16_t>(channels), out + 22);
  StoreLe32(static_cast<uint32_t>(rate_hz), out + 24);
  StoreLe32(static_cast<uint32_t>(rate_hz) * block, out + 28);
  StoreLe16(block, out + 32);
  StoreLe16(16, out + 34);
  Put("data", out + 36);
  StoreLe32(data_size, out + 40);
}

}  // namespace mixminus
