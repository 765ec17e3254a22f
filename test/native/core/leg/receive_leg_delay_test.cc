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
  Phone phone;
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

TEST_CASE("receive leg: clocks 200 ppm apart stay in step for ten minutes of talk and pauses") {
  for (const int ppm : {-200, 200}) {
    Phone phone;
    Random random(static_cast<uint64_t>(1000 + ppm));
    double sent_ms = 0;
    int64_t sent = 0;
    int highest = 0;
    int last_quarter = 0;
    int changed_in_talk = 0;
    bool talk_before = false;
    uint64_t adjusted_before = 0;
    for (int tick = 0; tick < 10 * 60 * 50; ++tick) {
      const bool talk = tick / 75 % 2 == 0;  // 1.5 s each
      for (; sent_ms <= tick * 20.0; sent_ms += 20.0 / (1 + ppm / 1e6), ++sent) {
        if (talk) {
          phone.Speak();
        } else {
          std::vector<uint8_t> noise(160);
          for (uint8_t& code : noise)
            code = LinearToUlaw(static_cast<int16_t>(random.Between(-8, 8)));
          phone.Give(noise);
        }
      }
      phone.Pull();
      const JitterStats stats = phone.leg.jitter_stats();
      const uint64_t adjusted = stats.inserted_samples + stats.removed_samples;
      if (adjusted != adjusted_before && talk && talk_before && tick % 75 > 30) ++changed_in_talk;
      talk_before = talk;
      adjusted_before = adjusted;
      if (tick > 50) highest = std::max(highest, phone.leg.playout_delay_ms());
      if (tick == 450 * 50) last_quarter = static_cast<int>(stats.concealment_events);
      phone.spoken.clear();
      phone.heard.clear();
    }
    CAPTURE(ppm);
    const JitterStats stats = phone.leg.jitter_stats();
    CHECK(highest <= 80);
    CHECK(changed_in_talk == 0);
    CHECK(stats.concealment_events == 0);
    CHECK(stats.inserted_samples + stats.removed_samples <= 8 * 160);
    CHECK(stats.inserted_samples + stats.removed_samples >= 4 * 160);
    CHECK(stats.lost + stats.late + stats.discarded == 0);
    CHECK(last_quarter == 0);
  }
}
