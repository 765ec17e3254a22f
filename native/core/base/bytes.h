#pragma once
// Loads and stores of integers in a given byte order, at any alignment. Pure, header only; the
// caller has checked that the bytes are there. Network order for rtp, little endian for WAVE files.

#include <cstdint>

namespace mixminus {

inline uint16_t LoadBe16(const uint8_t* p) noexcept {
  return static_cast<uint16_t>((p[0] << 8) | p[1]);
}

inline uint32_t LoadBe32(const uint8_t* p) noexcept {
  return (uint32_t{p[0]} << 24) | (uint32_t{p[1]} << 16) | (uint32_t{p[2]} << 8) | p[3];
}

inline uint64_t LoadBe64(const uint8_t* p) noexcept {
  return (uint64_t{LoadBe32(p)} << 32) | LoadBe32(p + 4);
}

inline uint16_t LoadLe16(const uint8_t* p) noexcept {
  return static_cast<uint16_t>((p[1] << 8) | p[0]);
}

inline uint32_t LoadLe32(const uint8_t* p) noexcept {
  return (uint32_t{p[3]} << 24) | (uint32_t{p[2]} << 16) | (uint32_t{p[1]} << 8) | p[0];
}

inline void StoreBe16(uint16_t value, uint8_t* p) noexcept {
  p[0] = static_cast<uint8_t>(value >> 8);
  p[1] = static_cast<uint8_t>(value);
}

inline void StoreBe32(uint32_t value, uint8_t* p) noexcept {
  p[0] = static_cast<uint8_t>(value >> 24);
  p[1] = static_cast<uint8_t>(value >> 16);
  p[2] = static_cast<uint8_t>(value >> 8);
  p[3] = static_cast<uint8_t>(value);
}

inline void StoreBe64(uint64_t value, uint8_t* p) noexcept {
  StoreBe32(static_cast<uint32_t>(value >> 32), p);
  StoreBe32(static_cast<uint32_t>(value), p + 4);
}

inline void StoreLe16(uint16_t value, uint8_t* p) noexcept {
  p[0] = static_cast<uint8_t>(value);
  p[1] = static_cast<uint8_t>(value >> 8);
}

inline void StoreLe32(uint32_t value, uint8_t* p) noexcept {
  p[0] = static_cast<uint8_t>(value);
  p[1] = static_cast<uint8_t>(value >> 8);
  p[2] = static_cast<uint8_t>(value >> 16);
  p[3] = static_cast<uint8_t>(value >> 24);
}

}  // namespace mixminus
