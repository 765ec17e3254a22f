#include "core/base/audio_frame.h"

#include <doctest/doctest.h>

#include <initializer_list>

using namespace mixminus;

TEST_CASE("audio frame: is 20 ms at every rate") {
  AudioFrame frame;
  CHECK(frame.rate_hz == 8000);
  CHECK(frame.samples_per_channel == 160);
  for (const int rate : {8000, 16000, 24000, 32000, 48000}) {
    frame.samples[SamplesPerFrame(rate) - 1] = 5;
    frame.Clear(rate);
    CHECK(frame.samples_per_channel * 50 == rate);
    for (int i = 0; i < frame.samples_per_channel; ++i) REQUIRE(frame.samples[i] == 0);
  }
  frame.Clear(1000000);
  CHECK(frame.samples_per_channel == AudioFrame::kMaxSamples);
  frame.Clear(-1);
  CHECK(frame.samples_per_channel == 1);
}

TEST_CASE("audio frame: a copy has shape and samples") {
  AudioFrame a;
  a.Clear(16000);
  a.samples[319] = -7;
  AudioFrame b;
  b.CopyFrom(a);
  CHECK(b.rate_hz == 16000);
  CHECK(b.samples[319] == -7);
}

TEST_CASE("audio frame: saturation changes only what does not fit") {
  CHECK(SaturateToInt16(32767) == 32767);
  CHECK(SaturateToInt16(32768) == 32767);
  CHECK(SaturateToInt16(-32768) == -32768);
  CHECK(SaturateToInt16(-32769) == -32768);
  CHECK(SaturateToInt16(INT32_MAX) == 32767);
  CHECK(SaturateToInt16(INT32_MIN) == -32768);
  CHECK(SaturateToInt16(-5) == -5);
}
