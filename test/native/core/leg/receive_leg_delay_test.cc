// Delay, concealment and clock drift of a receiving leg.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <initializer_list>
#include <vector>

#include "core/leg/phone.h"
#include "core/leg/receive_leg.h"

using namespace mixminus;
using namespace mixminus::testing;

TEST_CASE("receive leg: the delay of a clean stream is the target") {
  Phone phone;
  for (int i = 0; i < 50; ++i) {
    phone.Speak();
    phone.Pull();
  }
  CHECK(phone.leg.playout_delay_ms() == 40);
  CHECK(Find(phone.heard, phone.spoken) == -1);  // the last packet is still in the buffer
  phone.spoken.resize(49 * 160);
  CHECK(Find(phone.heard, phone.spoken) == 160);
  CHECK(phone.now_ns - phone.leg.played_arrival_ns() == 2 * kTickNs);
}

TEST_CASE("receive leg: a lost packet is concealed and the rest is untouched") {
  Phone phone;
  for (int i = 0; i < 40; ++i) {
    if (i == 20) {
      phone.Lose();
    } else {
      phone.Speak();
    }
    const PullResult result = phone.Pull();
    if (i > 1) CHECK((result == PullResult::kConcealed) == (i == 21));
  }
  CHECK(phone.leg.jitter_stats().lost == 1);
  CHECK(phone.leg.stats().cumulative_lost() == 1);
  double error = 0;
  double energy = 0;
  for (size_t i = 20 * 160; i < 21 * 160; ++i) {
    error += std::pow(phone.heard[i + 160] - phone.spoken[i], 2);
    energy += std::pow(phone.spoken[i], 2);
  }
  CHECK(error < energy / 2);
  for (size_t i = 21 * 160 + 40; i < 38 * 160; ++i)
    REQUIRE(phone.heard[i + 160] == phone.spoken[i]);
}

TEST_CASE("receive leg: a stream that stops fades out and is silence") {
  Phone phone(SilentConfig());
  for (int i = 0; i < 20; ++i) {
    phone.Speak();
    phone.Pull();
  }
  phone.Pull();
  CHECK(phone.Pull() == PullResult::kConcealed);
  for (int i = 0; i < 4; ++i) phone.Pull();
  CHECK(phone.leg.level_dbov() == 127);
  CHECK(phone.Pull() == PullResult::kSilence);
  VadEvent event = VadEvent::kNone;
  for (int i = 0; i < 30 && event == VadEvent::kNone; ++i) {
    phone.Pull();
    event = phone.leg.last_vad_event();
  }
  CHECK(event == VadEvent::kStopped);
}

namespace {

// A tone like a voiced sound, with pauses if wanted; and what of it cannot be: steps.
struct DriftResult {
  JitterStats stats;
  int highest_ms = 0;
  int lowest_ms = 1000;
  int largest_step = 0;
  double turns_per_second = 0;
};

DriftResult Drift(int ppm, bool pauses) {
  ReceiveLegConfig config = Config();
  config.jitter_fixed_ms = JitterBufferConfig::kAdaptive;
  Phone phone(config);
  Random random(static_cast<uint64_t>(1000 + ppm));
  DriftResult result;
  double arrival_ms = 1007;
  int before = 0;
  int64_t crossings = 0;
  constexpr int kTicks = 10 * 60 * 50;
  for (int tick = 0; tick < kTicks; ++tick) {
    const double next_tick_ms = static_cast<double>(phone.now_ns + kTickNs) / 1e6;
    // What is sent at one time comes within a millisecond.
    for (; arrival_ms <= next_tick_ms; arrival_ms += 20.0 / (1 + ppm / 1e6)) {
      phone.arrival_ns = static_cast<int64_t>(arrival_ms * 1e6) + random.Between(0, 1'000'000);
      if (pauses && tick / 75 % 2 == 1) {
        std::vector<uint8_t> noise(160);
        for (uint8_t& code : noise)
          code = LinearToUlaw(static_cast<int16_t>(random.Between(-8, 8)));
        phone.Give(noise);
      } else {
        phone.Speak();
      }
    }
    phone.heard.clear();
    phone.spoken.clear();
    phone.Pull();
    if (tick == 200) before = phone.heard[0];
    if (tick < 200) continue;
    for (const int16_t sample : phone.heard) {
      result.largest_step = std::max(result.largest_step, std::abs(sample - before));
      if ((sample >= 0) != (before >= 0)) ++crossings;
      before = sample;
    }
    result.highest_ms = std::max(result.highest_ms, phone.leg.playout_delay_ms());
    result.lowest_ms = std::min(result.lowest_ms, phone.leg.playout_delay_ms());
  }
  result.turns_per_second = static_cast<double>(crossings) / 2 / ((kTicks - 200) / 50.0);
  result.stats = phone.leg.jitter_stats();
  return result;
}

}  // namespace

TEST_CASE("receive leg: clocks 200 ppm apart stay in step for ten minutes, and nobody hears it") {
  for (const int ppm : {-200, 200}) {
    for (const bool pauses : {false, true}) {
      const DriftResult result = Drift(ppm, pauses);
      const JitterStats& stats = result.stats;
      CAPTURE(ppm);
      CAPTURE(pauses);
      // 600 s × 200 ppm are 120 ms.
      const uint64_t inserted = stats.inserted_samples;
      const uint64_t removed = stats.removed_samples;
      CHECK(std::abs(static_cast<double>(removed) - static_cast<double>(inserted) -
                     (ppm > 0 ? 960 : -960)) <= 400);
      CHECK(inserted + removed <= 2400);
      CHECK(result.highest_ms <= 45);
      CHECK(stats.concealment_events <= 1);  // while the leg is new to the stream
      CHECK(stats.lost + stats.late + stats.discarded == 0);
      if (pauses) continue;
      // The steepest step of 440 Hz at 12,000 is 4,150; µ-law adds its own coarseness.
      CHECK(result.largest_step <= 4150 * 9 / 8);
      CHECK(std::abs(result.turns_per_second - 440) < 1);
    }
  }
}
