// Any comfort-noise payloads. The noise stays within its level whatever the coefficients are:
// within 12 dB over a tenth of a second, which leaves room for chance.

#include <algorithm>
#include <cmath>

#include "core/base/check.h"
#include "core/codec/comfort_noise.h"
#include "fuzz_input.h"

using namespace mixminus;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  ComfortNoiseGenerator generator(input.Byte());
  double loudest = 1;
  while (!input.done()) {
    const uint8_t* payload = nullptr;
    const size_t length = input.Take(input.Byte() % 20, &payload);
    ComfortNoise noise;
    const bool valid = ParseComfortNoise(payload, length, &noise);
    MIXMINUS_CHECK(valid == (length > 0));
    if (!valid) continue;
    MIXMINUS_CHECK(noise.level_dbov >= 0 && noise.level_dbov <= 127);
    uint8_t again[kMaxNoisePayloadBytes];
    MIXMINUS_CHECK(WriteComfortNoise(noise, again, sizeof(again)) <= length);
    generator.Update(noise);
    int16_t samples[960];
    double power = 0;
    for (int i = 0; i < 5; ++i) {
      generator.Generate(samples, 960);
      if (i < 2) continue;  // gliding from the last noise
      for (const int16_t sample : samples) power += static_cast<double>(sample) * sample;
    }
    const double rms = std::sqrt(power / (3 * 960));
    loudest = std::max(loudest, 32767 * std::pow(10.0, -noise.level_dbov / 20.0) + 1);
    MIXMINUS_CHECK(rms <= 4 * loudest);
  }
  return 0;
}
