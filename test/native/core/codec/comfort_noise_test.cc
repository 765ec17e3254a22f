#include "core/codec/comfort_noise.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/testing.h"

using namespace mixminus;
using mixminus::testing::Random;

namespace {

double LevelDbov(const std::vector<int16_t>& samples) {
  double sum = 0;
  for (const int16_t sample : samples) sum += static_cast<double>(sample) * sample;
  return -10 * std::log10(sum / static_cast<double>(samples.size()) / (32767.0 * 32767));
}

// r₁ / r₀: near 1 for a low hum, near −1 for a hiss, 0 for white noise.
double Colour(const std::vector<int16_t>& samples) {
  double r0 = 0;
  double r1 = 0;
  for (size_t i = 1; i < samples.size(); ++i) {
    r0 += static_cast<double>(samples[i]) * samples[i];
    r1 += static_cast<double>(samples[i]) * samples[i - 1];
  }
  return r1 / r0;
}

std::vector<int16_t> Noise(ComfortNoiseGenerator* generator, int count) {
  std::vector<int16_t> samples(static_cast<size_t>(count));
  generator->Generate(samples.data(), count);
  return samples;
}

// White noise through one pole at `pole`.
std::vector<int16_t> Coloured(double rms, double pole, int count, uint64_t seed) {
  Random random(seed);
  std::vector<int16_t> samples;
  double state = 0;
  const double gain = rms * std::sqrt(3 * (1 - pole * pole));
  for (int i = 0; i < count; ++i) {
    state = pole * state + gain * (static_cast<double>(random.Between(-10000, 10000)) / 10000);
    samples.push_back(static_cast<int16_t>(std::lround(state)));
  }
  return samples;
}

}  // namespace

TEST_CASE("comfort noise: the payload of RFC 3389 is read and written") {
  const uint8_t payload[] = {0x80 | 62, 127, 0, 254, 255, 190};
  ComfortNoise noise;
  REQUIRE(ParseComfortNoise(payload, sizeof(payload), &noise));
  CHECK(noise.level_dbov == 62);
  REQUIRE(noise.order == 5);
  CHECK(noise.reflection[0] == 0);
  CHECK(noise.reflection[1] < -0.9f);
  CHECK(noise.reflection[1] > -1);
  CHECK(noise.reflection[2] > 0.9f);
  CHECK(noise.reflection[3] < 1);
  CHECK(noise.reflection[4] == doctest::Approx(63.0 / 127));
  uint8_t out[16];
  CHECK(WriteComfortNoise(noise, out, 5) == 0);
  REQUIRE(WriteComfortNoise(noise, out, sizeof(out)) == 6);
  CHECK(out[0] == 62);
  CHECK(out[1] == 127);
  CHECK(out[5] == 190);
  CHECK_FALSE(ParseComfortNoise(payload, 0, &noise));
  const std::vector<uint8_t> longer(100, 127);
  REQUIRE(ParseComfortNoise(longer.data(), longer.size(), &noise));
  CHECK(noise.order == kMaxNoiseOrder);
}

TEST_CASE("comfort noise: it is as loud as the payload says, whatever its spectrum") {
  Random random(3389);
  for (int i = 0; i < 60; ++i) {
    ComfortNoise noise;
    noise.level_dbov = 25 + i % 30;
    noise.order = i % (kMaxNoiseOrder + 1);
    for (float& k : noise.reflection) k = static_cast<float>(random.Between(-60, 60)) / 100;
    ComfortNoiseGenerator generator(static_cast<uint32_t>(i));
    generator.Update(noise);
    Noise(&generator, 1000);
    CHECK(LevelDbov(Noise(&generator, 48000)) == doctest::Approx(noise.level_dbov).epsilon(0.04));
  }
}

TEST_CASE("comfort noise: silence before the first packet, no click at the next") {
  ComfortNoiseGenerator generator;
  for (const int16_t sample : Noise(&generator, 160)) CHECK(sample == 0);
  ComfortNoise noise;
  noise.level_dbov = 70;
  generator.Update(noise);
  CHECK(LevelDbov(Noise(&generator, 1600)) == doctest::Approx(70).epsilon(0.05));
  noise.level_dbov = 40;
  generator.Update(noise);
  const auto rise = Noise(&generator, 160);
  CHECK(std::abs(rise[0]) < 60);
  CHECK(LevelDbov(Noise(&generator, 8000)) == doctest::Approx(40).epsilon(0.03));
  generator.Reset();
  CHECK_FALSE(generator.active());
  for (const int16_t sample : Noise(&generator, 160)) CHECK(sample == 0);
}

TEST_CASE("comfort noise: what an encoder measures sounds like what it heard") {
  for (const double pole : {-0.8, 0.0, 0.9}) {
    const auto background = Coloured(60, pole, 16000, 5);
    ComfortNoiseEncoder encoder(16000);
    for (int i = 0; i < 50; ++i) encoder.Observe(background.data() + i * 320, 320);
    uint8_t payload[kMaxNoisePayloadBytes];
    const size_t size = encoder.Write(payload, sizeof(payload));
    REQUIRE(size == 1 + ComfortNoiseEncoder::kOrder);
    ComfortNoise noise;
    REQUIRE(ParseComfortNoise(payload, size, &noise));
    ComfortNoiseGenerator generator;
    generator.Update(noise);
    const auto made = Noise(&generator, 48000);
    CHECK(LevelDbov(made) == doctest::Approx(LevelDbov(background)).epsilon(0.04));
    CHECK(std::abs(Colour(made) - Colour(background)) < 0.1);
  }
}

TEST_CASE("comfort noise: a packet is due at the start, after a change, and each second") {
  const auto quiet = Coloured(20, 0.5, 160 * 400, 9);
  const auto louder = Coloured(80, 0.5, 160 * 400, 9);
  ComfortNoiseEncoder encoder(8000);
  uint8_t payload[kMaxNoisePayloadBytes];
  REQUIRE(encoder.Observe(quiet.data(), 160));
  CHECK(encoder.Write(payload, 3) == 0);
  REQUIRE(encoder.Write(payload, sizeof(payload)) > 0);
  int due = 0;
  for (int i = 1; i <= 200; ++i) {
    if (!encoder.Observe(quiet.data() + i * 160, 160)) continue;
    ++due;
    encoder.Write(payload, sizeof(payload));
  }
  CHECK(due >= 4);  // of four seconds
  CHECK(due <= 8);
  int frames = 0;
  while (!encoder.Observe(louder.data() + frames * 160, 160)) REQUIRE(++frames < 10);
  encoder.Write(payload, sizeof(payload));
  encoder.OnSpeech();
  CHECK(encoder.Observe(quiet.data(), 160));
  // Digital silence has a level and no spectrum.
  ComfortNoiseEncoder silent(8000);
  const std::vector<int16_t> zeros(160);
  CHECK(silent.Observe(zeros.data(), 160));
  REQUIRE(silent.Write(payload, sizeof(payload)) == 1);
  CHECK(payload[0] == 127);
}
