#pragma once
// Arithmetic on numbers that wrap: 16-bit RTP sequence numbers and 32-bit RTP timestamps (RFC 3550
// §5.1). Pure, header only; used by rtp, jitter and leg.

#include <cstdint>

namespace mixminus {

// Signed distance a − b on the 16-bit circle, −32768…32767.
constexpr int16_t Diff16(uint16_t a, uint16_t b) noexcept {
  return static_cast<int16_t>(static_cast<uint16_t>(a - b));
}

// Signed distance a − b on the 32-bit circle.
constexpr int32_t Diff32(uint32_t a, uint32_t b) noexcept { return static_cast<int32_t>(a - b); }

// True when a comes after b; numbers exactly half a circle apart count as older.
constexpr bool IsNewer16(uint16_t a, uint16_t b) noexcept { return Diff16(a, b) > 0; }
constexpr bool IsNewer32(uint32_t a, uint32_t b) noexcept { return Diff32(a, b) > 0; }

// Extends a wrapping number to 64 bits by taking, each time, the value nearest to the last one
// given. The first value maps to itself; going back below it gives negative numbers, which is
// intended.
template <typename Unsigned, typename Signed>
class Unwrapper {
 public:
  // The extended value; becomes the reference for the next call.
  int64_t Unwrap(Unsigned value) noexcept {
    last_ = Peek(value);
    started_ = true;
    return last_;
  }

  // The extended value, without becoming the reference.
  int64_t Peek(Unsigned value) const noexcept {
    if (!started_) return static_cast<int64_t>(value);
    const auto step =
        static_cast<Signed>(static_cast<Unsigned>(value - static_cast<Unsigned>(last_)));
    return last_ + step;
  }

  void Reset() noexcept {
    started_ = false;
    last_ = 0;
  }

  bool started() const noexcept { return started_; }
  int64_t last() const noexcept { return last_; }

 private:
  int64_t last_ = 0;
  bool started_ = false;
};

using SequenceUnwrapper = Unwrapper<uint16_t, int16_t>;
using TimestampUnwrapper = Unwrapper<uint32_t, int32_t>;

}  // namespace mixminus
