#include "core/dsp/vad.h"

#include <doctest/doctest.h>

using namespace mixminus;

namespace {

// Feeds `frames` of one level; how many events of the kind came.
int Feed(Vad* vad, int level_dbov, int frames, VadEvent kind) {
  int events = 0;
  for (int i = 0; i < frames; ++i) events += vad->Update(level_dbov) == kind ? 1 : 0;
  return events;
}

}  // namespace

TEST_CASE("vad: talk begins after 60 ms and ends after the hangover") {
  Vad vad;
  Feed(&vad, 127, 100, VadEvent::kNone);
  CHECK(vad.Update(20) == VadEvent::kNone);
  CHECK(vad.IsSpeech(20));
  CHECK_FALSE(vad.IsSpeech(56));
  CHECK_FALSE(vad.talking());
  CHECK(vad.Update(20) == VadEvent::kNone);
  CHECK(vad.Update(20) == VadEvent::kStarted);
  CHECK(vad.talking());
  CHECK(Feed(&vad, 20, 100, VadEvent::kStarted) == 0);
  CHECK(Feed(&vad, 127, Vad::kHangoverFrames - 1, VadEvent::kStopped) == 0);
  CHECK(vad.talking());
  CHECK(vad.Update(127) == VadEvent::kStopped);
  CHECK_FALSE(vad.talking());
  CHECK(Feed(&vad, 127, 100, VadEvent::kStopped) == 0);
}

TEST_CASE("vad: gaps between words do not end talk, single clicks do not start it") {
  Vad vad;
  for (int i = 0; i < 200; ++i) {
    CHECK(vad.Update(10) == VadEvent::kNone);
    Feed(&vad, 127, 3, VadEvent::kNone);
  }
  CHECK_FALSE(vad.talking());
  Feed(&vad, 20, 10, VadEvent::kStarted);
  int stops = 0;
  for (int i = 0; i < 50; ++i) {
    stops += Feed(&vad, 80, 15, VadEvent::kStopped);
    Feed(&vad, 20, 5, VadEvent::kNone);
  }
  CHECK(stops == 0);
}

TEST_CASE("vad: steady background noise becomes the floor, steady loud sound does not") {
  Vad vad;
  Feed(&vad, 50, 3000, VadEvent::kNone);
  CHECK_FALSE(vad.talking());
  CHECK(vad.noise_floor_dbov() == 50);
  CHECK(Feed(&vad, 30, 10, VadEvent::kStarted) == 1);
  Vad tone;
  CHECK(Feed(&tone, 10, 30000, VadEvent::kStarted) == 1);
  CHECK(tone.talking());
}

TEST_CASE("vad: faint sound is never speech") {
  Vad vad;
  CHECK(Feed(&vad, Vad::kQuietestSpeechDbov + 1, 1000, VadEvent::kStarted) == 0);
  Feed(&vad, 20, 10, VadEvent::kNone);
  vad.Reset();
  CHECK_FALSE(vad.talking());
}
