#pragma once
// A sine generator with continuous phase, for tests, benches and distinct callers without speech.
// Pure.

#include <cstdint>

namespace mixminus {

class ToneGenerator {
 public:
  // `frequency_hz` below half of `rate_hz`; `amplitude` is the peak, 0…32767.
  ToneGenerator(int rate_hz, double frequency_hz, double amplitude) noexcept;

  void Generate(int16_t* out, int count) noexcept;

 private:
  double step_;  // radians per sample
  double phase_ = 0;
  double amplitude_;
};

}  // namespace mixminus
