// Random 32-bit numbers: from the kernel, or repeatable from a seed in manual mode. SSRCs, first
// sequence numbers and timestamps must not be guessable (RFC 3550 5.1, 9.1); report intervals only
// need to differ. One thread each.
#pragma once

#include <cstdint>

namespace mixminus {

// A small generator without a call into the kernel, for the randomised report intervals of one leg.
class Xorshift32 {
 public:
  explicit Xorshift32(uint32_t seed) noexcept : state_(seed != 0 ? seed : 0x9E3779B9u) {}

  uint32_t Next() noexcept {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 17;
    state_ ^= state_ << 5;
    return state_;
  }

 private:
  uint32_t state_;
};

class RandomSource {
 public:
  // Repeatable when `seeded`.
  RandomSource(bool seeded, uint32_t seed) noexcept : seeded_(seeded), generator_(seed) {}

  uint32_t Next() noexcept;

 private:
  const bool seeded_;
  Xorshift32 generator_;
};

}  // namespace mixminus
