#pragma once
// Reads a fuzzer's bytes as numbers, so that one input can drive a sequence of calls. Past the end
// everything is 0.

#include <cstddef>
#include <cstdint>

namespace mixminus::fuzz {

class Input {
 public:
  Input(const uint8_t* data, size_t size) : data_(data), size_(size) {}

  bool done() const { return at_ >= size_; }

  uint8_t Byte() { return at_ < size_ ? data_[at_++] : uint8_t{0}; }

  uint16_t Word() {
    const int high = Byte();
    return static_cast<uint16_t>(high << 8 | Byte());
  }

  uint32_t Long() {
    const uint32_t high = Word();
    return high << 16 | Word();
  }

  // Up to `count` bytes in place; how many there were.
  size_t Take(size_t count, const uint8_t** bytes) {
    const size_t rest = size_ - at_;
    count = count < rest ? count : rest;
    *bytes = data_ + at_;
    at_ += count;
    return count;
  }

 private:
  const uint8_t* data_;
  size_t size_;
  size_t at_ = 0;
};

}  // namespace mixminus::fuzz
