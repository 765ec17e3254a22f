#pragma once
// Reads and writes WAVE files as bytes in memory; no file access. Every bound is checked: the bytes
// may come from anywhere. Pure; called by the engine's player when it opens a file (JavaScript
// thread) and by its recorder.

#include <cstddef>
#include <cstdint>

#include "core/base/status.h"

namespace mixminus {

enum class WavEncoding : uint8_t { kPcm, kFloat32, kAlaw, kUlaw };

struct WavInfo {
  WavEncoding encoding = WavEncoding::kPcm;
  int rate_hz = 0;          // 4000…192000
  int channels = 0;         // 1…8
  int bits_per_sample = 0;  // PCM 8, 16, 24, 32; float 32; A-law and µ-law 8
  int bytes_per_frame = 0;  // one sample of every channel
  size_t data_offset = 0;   // of the first sample
  size_t frames = 0;        // whole frames that are really there
};

// Reads the header of a RIFF/WAVE file: PCM 8/16/24/32, IEEE float 32, A-law, µ-law, also as
// WAVE_FORMAT_EXTENSIBLE; 1 to 8 channels. A data chunk longer than the file, or of size 0 or
// 0xFFFFFFFF as streaming writers leave it, reaches to the end of the file. kBadType: not
// RIFF/WAVE. kTruncated: ends before the data. kUnsupported: another encoding or depth (RF64 too).
// kOutOfRange: rate or channels. kBadLength: block size contradicts the format. kMalformed: no fmt
// chunk before the data.
Status ParseWav(const uint8_t* data, size_t size, WavInfo* out) noexcept;

// The body of a fmt chunk alone, for readers that see the file piece by piece; fills all of `out`
// but data_offset and frames. Same errors.
Status ReadWavFormat(const uint8_t* chunk, size_t size, WavInfo* out) noexcept;

// How many bytes of samples stand behind `offset` in a file of `file_size` bytes whose header says
// `riff_size` and, for the data chunk, `claimed`. Never more than are there.
uint64_t WavDataBytes(uint32_t riff_size, uint32_t claimed, uint64_t file_size,
                      uint64_t offset) noexcept;

// Decodes `count` whole frames to mono, channels averaged.
void WavToMono(const WavInfo& info, const uint8_t* frames, size_t count, int16_t* out) noexcept;

// Decodes frames [first, first + count) to mono, channels averaged; returns how many were there.
// `data` is the whole file that `info` was read from, `size` its size.
size_t ReadWavMono(const WavInfo& info, const uint8_t* data, size_t size, size_t first,
                   size_t count, int16_t* out) noexcept;

constexpr size_t kWavHeaderSize = 44;

// Writes the header of a PCM16 file with `data_bytes` of samples behind it (clamped to what RIFF's
// 32 bits hold). `out` has room for kWavHeaderSize bytes.
void WriteWavHeader(int rate_hz, int channels, uint64_t data_bytes, uint8_t* out) noexcept;

}  // namespace mixminus
