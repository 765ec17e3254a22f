#include "core/mix/mixer.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "core/testing.h"

using namespace mixminus;

namespace {

int16_t Clip(int64_t value) {
  return static_cast<int16_t>(std::clamp<int64_t>(value, INT16_MIN, INT16_MAX));
}

void Fill(AudioFrame* frame, int rate_hz, int16_t value) {
  frame->Clear(rate_hz);
  std::fill_n(frame->samples, frame->samples_per_channel, value);
}

}  // namespace

TEST_CASE("mixer: three members at full scale each hear exactly the other two") {
  // Constant frames at both ends of the scale, in every combination.
  const int16_t values[] = {32767, -32768, 32766, 0, 1, -1, 20000};
  for (const int16_t a : values) {
    for (const int16_t b : values) {
      for (const int16_t c : values) {
        AudioFrame frames[3];
        const int16_t own[] = {a, b, c};
        Mixer mixer;
        mixer.Begin(8000);
        for (int i = 0; i < 3; ++i) {
          Fill(&frames[i], 8000, own[i]);
          REQUIRE(mixer.Add(frames[i]));
        }
        for (int i = 0; i < 3; ++i) {
          AudioFrame out;
          mixer.MinusInto(&frames[i], &out);
          const int16_t expected = Clip(int64_t{own[(i + 1) % 3]} + own[(i + 2) % 3]);
          for (int k = 0; k < 160; ++k) REQUIRE(out.samples[k] == expected);
        }
      }
    }
  }
}

TEST_CASE("mixer: random rooms agree with a plain 64-bit model") {
  testing::Random random(9);
  for (int room = 0; room < 60; ++room) {
    const int rate = room % 5 == 0 ? 48000 : room % 5 == 1 ? 16000 : 8000;
    const int samples = SamplesPerFrame(rate);
    const auto members = static_cast<size_t>(random.Between(1, 40));
    std::vector<AudioFrame> frames(members);
    std::vector<int64_t> sums(static_cast<size_t>(samples), 0);
    Mixer mixer;
    mixer.Begin(rate);
    for (AudioFrame& frame : frames) {
      frame.Clear(rate);
      const int shift = static_cast<int>(random.Between(0, 12));
      for (int i = 0; i < samples; ++i) {
        const int16_t sample =
            random.Chance(0.1) ? int16_t{-32768} : static_cast<int16_t>(random.Next());
        frame.samples[i] = static_cast<int16_t>(sample >> shift);
        sums[static_cast<size_t>(i)] += frame.samples[i];
      }
      REQUIRE(mixer.Add(frame));
    }
    CHECK(mixer.added() == static_cast<int>(members));
    AudioFrame extra;
    extra.Clear(rate);
    for (int i = 0; i < samples; ++i) extra.samples[i] = static_cast<int16_t>(random.Next());
    for (size_t m = 0; m <= members; ++m) {
      const AudioFrame* own = m < members ? &frames[m] : nullptr;
      AudioFrame minus;
      AudioFrame plus;
      mixer.MinusInto(own, &minus);
      mixer.MinusPlusInto(own, &extra, &plus);
      REQUIRE(minus.rate_hz == rate);
      REQUIRE(minus.samples_per_channel == samples);
      for (int i = 0; i < samples; ++i) {
        const int64_t wide = sums[static_cast<size_t>(i)] - (own != nullptr ? own->samples[i] : 0);
        REQUIRE(minus.samples[i] == Clip(wide));
        REQUIRE(plus.samples[i] == Clip(wide + extra.samples[i]));
      }
    }
    mixer.MinusInto(&frames[0], &frames[0]);  // in place
    AudioFrame alone;
    mixer.MinusInto(nullptr, &alone);
    REQUIRE(alone.samples[0] == Clip(sums[0]));
  }
}

TEST_CASE("mixer: a full room of full scale does not overflow") {
  Mixer mixer;
  AudioFrame frame;
  Fill(&frame, 8000, -32768);
  mixer.Begin(8000);
  for (int i = 0; i < Mixer::kMaxMembers; ++i) REQUIRE(mixer.Add(frame));
  CHECK_FALSE(mixer.Add(frame));
  CHECK(mixer.sum()[5] == -32768 * 65535);
  AudioFrame out;
  mixer.MinusPlusInto(&frame, &frame, &out);
  CHECK(out.samples[5] == -32768);
}

TEST_CASE("mixer: an empty room is silent, a frame of another rate is left out") {
  Mixer mixer;
  AudioFrame out;
  Fill(&out, 8000, 9);
  mixer.Begin(8000);
  mixer.MinusInto(nullptr, &out);
  for (int i = 0; i < 160; ++i) REQUIRE(out.samples[i] == 0);
  AudioFrame wide;
  Fill(&wide, 16000, 100);
  CHECK_FALSE(mixer.Add(wide));
  mixer.MinusPlusInto(&wide, &wide, &out);
  CHECK(out.samples_per_channel == 160);
  CHECK(out.samples[0] == 0);
  mixer.Begin(16000);
  CHECK(mixer.Add(wide));
  mixer.MinusInto(nullptr, &out);
  CHECK(out.samples_per_channel == 320);
  CHECK(out.samples[319] == 100);
  mixer.Begin(8000);
  mixer.MinusInto(nullptr, &out);
  CHECK(out.samples[0] == 0);
}
