// A voice for the jitter bench: syllables of harmonics with a wandering pitch, breathy consonants
// between them, pauses of faint noise. Not speech, but as hard to stretch: periods change, half of
// the time nothing is periodic.
#pragma once

#include <cmath>
#include <cstdint>
#include <random>

#include "core/codec/g711.h"

namespace bench {

class Voice {
 public:
  Voice(uint64_t seed, bool pauses) : random_(seed), pauses_(pauses) {}

  int16_t Next() {
    if (left_ == 0) Begin();
    --left_;
    const double at = 1 - static_cast<double>(left_) / length_;
    const double shape = std::sin(3.14159265 * at);
    double value = noise_ * std::normal_distribution<double>()(random_);
    if (voiced_) {
      phase_ += pitch_hz_ * (1 + 0.15 * at) / 8000;
      if (phase_ >= 1) phase_ -= 1;
      for (int harmonic = 1; harmonic <= 10; ++harmonic) {
        value += 4500.0 / harmonic * shape * std::sin(2 * 3.14159265 * harmonic * phase_);
      }
    } else {
      value *= shape;
    }
    return static_cast<int16_t>(std::fmax(-32000, std::fmin(32000, value)));
  }

 private:
  double Uniform(double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random_);
  }

  void Begin() {
    if (--syllables_ < 0) {
      syllables_ = static_cast<int>(Uniform(4, 12));
      if (pauses_) {
        length_ = left_ = static_cast<int>(8 * Uniform(200, 900));
        voiced_ = false;
        noise_ = 6;
        return;
      }
    }
    voiced_ = !voiced_;
    length_ = left_ = static_cast<int>(8 * (voiced_ ? Uniform(80, 220) : Uniform(30, 90)));
    noise_ = voiced_ ? 60 : 900;
    pitch_hz_ = Uniform(90, 210);
  }

  std::mt19937_64 random_;
  bool pauses_;
  bool voiced_ = false;
  int left_ = 0;
  int length_ = 1;
  int syllables_ = 0;
  double noise_ = 0;
  double pitch_hz_ = 120;
  double phase_ = 0;
};

}  // namespace bench
