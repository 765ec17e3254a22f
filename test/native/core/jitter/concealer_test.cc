#include "core/jitter/concealer.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <vector>

#include "core/dsp/level.h"
#include "core/dsp/tone.h"
#include "core/testing.h"

using namespace mixminus;

namespace {

// A buzz of harmonics, a little like a vowel.
std::vector<int16_t> Vowel(int rate, double pitch_hz, int count) {
  std::vector<int16_t> samples(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) {
    double value = 0;
    for (int harmonic = 1; harmonic <= 8; ++harmonic) {
      value += std::sin(2 * 3.14159265 * pitch_hz * harmonic * i / rate + harmonic) / harmonic;
    }
    samples[static_cast<size_t>(i)] = static_cast<int16_t>(5000 * value);
  }
  return samples;
}

int LargestStep(const std::vector<int16_t>& samples, size_t from, size_t to) {
  int largest = 0;
  for (size_t i = from; i < to; ++i)
    largest = std::max(largest, std::abs(samples[i] - samples[i - 1]));
  return largest;
}

}  // namespace

TEST_CASE("concealer: audio without a gap passes unchanged") {
  Concealer concealer(8000);
  testing::Random random(1);
  for (int i = 0; i < 200; ++i) {
    std::vector<int16_t> samples(static_cast<size_t>(random.Between(1, 400)));
    for (int16_t& sample : samples) sample = static_cast<int16_t>(random.Next());
    auto seen = samples;
    concealer.OnAudio(seen.data(), static_cast<int>(seen.size()));
    REQUIRE(seen == samples);
  }
}

TEST_CASE("concealer: a gap in a vowel is the vowel, at first") {
  for (const int rate : {8000, 16000, 48000}) {
    for (const double pitch : {80.0, 125.0, 210.0, 330.0}) {
      const int frame = rate / 50;
      const auto speech = Vowel(rate, pitch, 6 * frame);
      Concealer concealer(rate);
      auto played = speech;
      for (int i = 0; i < 4; ++i) concealer.OnAudio(played.data() + i * frame, frame);
      concealer.Conceal(played.data() + 4 * frame, frame);
      double error = 0;
      double energy = 0;
      for (int i = 4 * frame; i < 4 * frame + frame / 2; ++i) {
        const auto at = static_cast<size_t>(i);
        error += std::pow(played[at] - speech[at], 2);
        energy += std::pow(speech[at], 2);
      }
      CAPTURE(rate);
      CAPTURE(pitch);
      CHECK(10 * std::log10(energy / error) > 6);
    }
  }
}

TEST_CASE("concealer: fades to digital silence within 60 ms and stays there") {
  const auto speech = Vowel(8000, 120, 640);
  for (const int piece : {1, 7, 80, 160}) {
    Concealer concealer(8000);
    auto seen = speech;
    concealer.OnAudio(seen.data(), 640);
    std::vector<int16_t> made(1600);
    for (int at = 0; at < 1600; at += piece)
      concealer.Conceal(made.data() + at, std::min(piece, 1600 - at));
    const int before = LevelDbov(speech.data(), 640);
    CHECK(std::abs(LevelDbov(made.data(), 80) - before) <= 2);
    CHECK(LevelDbov(made.data() + 160, 160) > before + 2);
    CHECK(LevelDbov(made.data() + 320, 160) > before + 8);
    for (size_t i = 480; i < made.size(); ++i) REQUIRE(made[i] == 0);
    CHECK(concealer.concealing());
  }
}

TEST_CASE("concealer: neither the begin nor the end of a gap clicks") {
  testing::Random random(2);
  for (int run = 0; run < 100; ++run) {
    const double pitch = 70 + static_cast<double>(random.Between(0, 250));
    auto played = Vowel(8000, pitch, 4800);
    const int largest = LargestStep(played, 1, played.size());
    Concealer concealer(8000);
    const int gap = static_cast<int>(random.Between(1, 8));
    for (int i = 0; i < 30; ++i) {
      int16_t* frame = played.data() + i * 160;
      if (i >= 10 && i < 10 + gap) {
        concealer.Conceal(frame, 160);
      } else {
        concealer.OnAudio(frame, 160);
      }
    }
    CAPTURE(pitch);
    CAPTURE(gap);
    CHECK(LargestStep(played, 1, played.size()) <= largest * 5 / 4);
  }
}

TEST_CASE("concealer: a sound slower than any period is continued without a step") {
  for (int phase = 0; phase < 33; ++phase) {
    std::vector<int16_t> played(1600);
    for (size_t i = 0; i < played.size(); ++i) {
      const double turns = 30.0 * static_cast<double>(i) / 8000 + phase / 33.0;
      played[i] = static_cast<int16_t>(10000 * std::sin(2 * 3.14159265 * turns));
    }
    Concealer concealer(8000);
    for (int i = 0; i < 10; ++i) {
      if (i == 5 || i == 6) {
        concealer.Conceal(played.data() + i * 160, 160);
      } else {
        concealer.OnAudio(played.data() + i * 160, 160);
      }
    }
    CAPTURE(phase);
    CHECK(LargestStep(played, 1, played.size()) < 2500);
  }
}

TEST_CASE("concealer: a vowel that dies away is continued at its present level") {
  auto speech = Vowel(8000, 330, 960);
  for (size_t i = 0; i < speech.size(); ++i) {
    speech[i] = static_cast<int16_t>(speech[i] * std::exp(-static_cast<double>(i) / 200));
  }
  Concealer concealer(8000);
  auto played = speech;
  for (int i = 0; i < 4; ++i) concealer.OnAudio(played.data() + i * 160, 160);
  concealer.Conceal(played.data() + 640, 80);
  CHECK(std::abs(LevelDbov(played.data() + 640, 80) - LevelDbov(speech.data() + 640, 80)) <= 3);
}

TEST_CASE("concealer: after the blend the signal is exact again") {
  const auto speech = Vowel(8000, 120, 1600);
  for (const int piece : {160, 13}) {
    Concealer concealer(8000);
    auto played = speech;
    concealer.OnAudio(played.data(), 640);
    concealer.Conceal(played.data() + 640, 160);
    for (int at = 800; at < 1600; at += piece)
      concealer.OnAudio(played.data() + at, std::min(piece, 1600 - at));
    CHECK_FALSE(std::equal(played.begin() + 800, played.begin() + 840, speech.begin() + 800));
    CHECK(std::equal(played.begin() + 840, played.end(), speech.begin() + 840));
  }
}

TEST_CASE("concealer: without history there is silence, after intended silence no echo of before") {
  Concealer concealer(8000);
  int16_t out[160];
  std::fill_n(out, 160, int16_t{9});
  concealer.Conceal(out, 160);
  CHECK(LevelDbov(out, 160) == 127);
  auto speech = Vowel(8000, 120, 640);
  concealer.OnAudio(speech.data(), 640);
  concealer.Silence(out, 160);
  CHECK(LevelDbov(out, 160) == 127);
  concealer.Conceal(out, 160);
  CHECK(LevelDbov(out, 160) == 127);
  // And speech that begins after intended silence is not faded in.
  concealer.Silence(out, 160);
  auto fresh = Vowel(8000, 120, 160);
  concealer.OnAudio(fresh.data(), 160);
  CHECK(fresh == Vowel(8000, 120, 160));
}

TEST_CASE("concealer: extreme samples do not overflow") {
  Concealer concealer(8000);
  testing::Random random(3);
  std::vector<int16_t> samples(160);
  for (int i = 0; i < 2000; ++i) {
    for (int16_t& sample : samples) sample = random.Chance(0.5) ? int16_t{32767} : int16_t{-32768};
    if (random.Chance(0.5)) {
      concealer.OnAudio(samples.data(), 160);
    } else {
      concealer.Conceal(samples.data(), 160);
    }
  }
}
