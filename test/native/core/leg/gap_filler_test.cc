// Fades and comfort noise, alone and through a receiving leg.

#include "core/leg/gap_filler.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/dsp/level.h"
#include "core/leg/phone.h"

using namespace mixminus;
using namespace mixminus::testing;

namespace {

int Level(const int16_t* samples, size_t count) {
  return LevelDbov(samples, static_cast<int>(count));
}

constexpr uint8_t kNoise50[] = {50};

void SpeakTicks(Phone* phone, int ticks) {
  for (int i = 0; i < ticks; ++i) {
    phone->Speak();
    phone->Pull();
  }
}

void GiveNoise(Phone* phone, const std::vector<uint8_t>& payload) {
  const uint8_t before = phone->fields.payload_type;
  const uint32_t timestamp = phone->fields.timestamp;
  phone->fields.payload_type = 13;
  CHECK(phone->Give(payload) == InsertResult::kComfortNoise);
  phone->fields.payload_type = before;
  phone->fields.timestamp = timestamp;
}

}  // namespace

TEST_CASE("gap filler: a codec's concealment is held, fades, and comes back within 5 ms") {
  GapFiller gaps;
  gaps.SetRate(16000);
  std::vector<int16_t> made(16 * 200, 10000);
  for (size_t at = 0; at < made.size(); at += 320) {
    gaps.FadeCodec(made.data() + at, 320);
    gaps.AddNoise(made.data() + at, 320, GapFiller::kCodecHoldMs, GapFiller::kCodecFadeMs);
  }
  CHECK(std::count(made.begin(), made.end(), int16_t{10000}) == 16 * 60 + 1);
  CHECK(std::is_sorted(made.rbegin(), made.rend()));
  CHECK(made[16 * 90] == doctest::Approx(5000).epsilon(0.01));
  CHECK(std::all_of(made.begin() + 16 * 120, made.end(), [](int16_t s) { return s == 0; }));
  std::vector<int16_t> real(320, 10000);
  gaps.OnAudio(real.data(), 320);
  CHECK(real[0] < 300);
  CHECK(std::is_sorted(real.begin(), real.end()));
  CHECK(real[16 * 5 - 1] > 9700);
  CHECK(std::all_of(real.begin() + 16 * 5, real.end(), [](int16_t s) { return s == 10000; }));
  gaps.OnAudio(real.data(), 320);
  CHECK(real.back() == 10000);
}

TEST_CASE("gap filler: noise has the level that the peer said, and comes as the rest fades") {
  GapFiller gaps;
  REQUIRE(gaps.OnNoisePacket(kNoise50, 1));
  CHECK_FALSE(gaps.OnNoisePacket(kNoise50, 0));
  std::vector<int16_t> out(8 * 200, 0);
  gaps.AddNoise(out.data(), 800, 10, 60);
  gaps.AddNoise(out.data() + 800, 800, 10, 60);
  CHECK(std::all_of(out.begin(), out.begin() + 80, [](int16_t s) { return s == 0; }));
  CHECK(Level(out.data() + 80, 80) > 60);
  CHECK(std::abs(Level(out.data() + 480, 1000) - 50) <= 1);
  CHECK(gaps.Fill(out.data(), 1600));
  CHECK(std::abs(Level(out.data(), 1600) - 50) <= 1);
  gaps.Reset();
  CHECK_FALSE(gaps.Fill(out.data(), 1600));
  CHECK(Level(out.data(), 1600) == 127);
}

TEST_CASE("gap filler: without a packet, the background that was heard, if noise was negotiated") {
  for (const bool negotiated : {false, true}) {
    GapFiller gaps;
    gaps.Negotiate(negotiated);
    std::vector<int16_t> out(1600);
    CHECK_FALSE(gaps.Fill(out.data(), 1600));  // nothing heard yet
    gaps.OnBackground(62);
    CHECK(gaps.Fill(out.data(), 1600) == negotiated);
    if (negotiated) CHECK(std::abs(Level(out.data(), 1600) - 62) <= 1);
    gaps.OnBackground(40);
    gaps.Fill(out.data(), 1600);
    gaps.Fill(out.data(), 1600);
    if (negotiated) CHECK(std::abs(Level(out.data(), 1600) - GapFiller::kLoudestGuessDbov) <= 1);
  }
}

TEST_CASE("receive leg: in a pause the sender's background is heard, and it is not talk") {
  Phone phone;
  SpeakTicks(&phone, 30);
  GiveNoise(&phone, {45, 127, 100});
  for (int i = 0; i < 3; ++i) phone.Pull();
  phone.heard.clear();
  for (int i = 0; i < 100; ++i) CHECK(phone.Pull() == PullResult::kNoise);
  CHECK(std::abs(Level(phone.heard.data(), phone.heard.size()) - 45) <= 1);
  CHECK(phone.leg.level_dbov() == 127);
  CHECK_FALSE(phone.leg.talking());
  CHECK(phone.leg.jitter_stats().lost == 0);
  CHECK(phone.leg.jitter_stats().concealed_samples == 0);
  // Another source has another background.
  phone.leg.ResetSource();
  CHECK(phone.Pull() == PullResult::kSilence);
  GiveNoise(&phone, {});
  CHECK(phone.leg.counters().malformed == 1);
}

TEST_CASE("receive leg: behind a long loss comes noise, not silence, where it was negotiated") {
  for (const bool negotiated : {true, false}) {
    ReceiveLegConfig config = negotiated ? Config() : SilentConfig();
    config.jitter_fixed_ms = 200;
    Phone phone(config);
    SpeakTicks(&phone, 60);
    for (int i = 0; i < 10; ++i) {
      phone.Lose();
      phone.Pull();
    }
    SpeakTicks(&phone, 20);
    // 69 frames until the loss is due, 60 ms until the concealment has faded.
    const size_t at = (60 + 9) * 160 + 60 * 8;
    const int level = Level(phone.heard.data() + at, 8 * 120);
    CHECK(phone.leg.jitter_stats().lost == 10);
    CAPTURE(negotiated);
    if (negotiated) {
      CHECK(level >= GapFiller::kLoudestGuessDbov - 1);
      CHECK(level <= 80);
    } else {
      CHECK(level == 127);
    }
  }
}
