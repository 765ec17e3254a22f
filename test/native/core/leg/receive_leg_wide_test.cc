// Stretching, counters, forward error correction and long losses of a receiving leg at the rates of
// the wideband codecs.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <vector>

#include "core/codec/opus_support.h"
#include "core/dsp/tone.h"
#include "core/leg/wide_phone.h"

using namespace mixminus;
using namespace mixminus::testing;

namespace {

CodecSettings Codec(CodecId id, int clock_hz) {
  CodecSettings codec;
  codec.id = id;
  codec.rtp_clock_hz = clock_hz;
  return codec;
}

// What the tone became while the leg's target was moved.
struct Stretched {
  uint64_t inserted = 0;
  uint64_t removed = 0;
  uint64_t concealed = 0;
  int largest_step = 0;
  double turns_per_second = 0;
};

Stretched MoveTarget(const CodecSettings& codec, int packet_ms, int from_ms, int to_ms) {
  WidePhone phone(codec, from_ms, packet_ms);
  const int rate_hz = phone.rate_hz();
  ToneGenerator tone(rate_hz, 440, 8000);
  std::vector<int16_t> samples(static_cast<size_t>(SamplesPerFrame(rate_hz)));
  const auto run = [&](int ticks) {
    for (int tick = 0; tick < ticks; ++tick) {
      tone.Generate(samples.data(), SamplesPerFrame(rate_hz));
      phone.Say(samples.data());
      phone.Pull();
    }
  };
  run(50);
  phone.heard.clear();
  Renegotiate(&phone.leg, WideConfig(codec.id, codec.rtp_clock_hz, to_ms));
  run(150);
  Stretched result;
  const JitterStats stats = phone.leg.jitter_stats();
  result.inserted = stats.inserted_samples;
  result.removed = stats.removed_samples;
  result.concealed = stats.concealed_samples;
  int turns = 0;
  for (size_t i = 1; i < phone.heard.size(); ++i) {
    const int step = phone.heard[i] - phone.heard[i - 1];
    result.largest_step = std::max(result.largest_step, std::abs(step));
    if ((phone.heard[i] >= 0) != (phone.heard[i - 1] >= 0)) ++turns;
  }
  result.turns_per_second = turns / 2.0 / 3;
  return result;
}

void CheckStretched(const CodecSettings& codec, int rate_hz, int packet_ms) {
  const int moved = rate_hz / 1000 * 60;
  const int close = rate_hz / 1000 * 4;
  // The steepest step of 440 Hz at 8,000.
  const double steepest = 2 * 3.14159265 * 440 / rate_hz * 8000;
  for (const bool up : {true, false}) {
    const Stretched result = MoveTarget(codec, packet_ms, up ? 40 : 100, up ? 100 : 40);
    CAPTURE(rate_hz);
    CAPTURE(up);
    const auto wanted = static_cast<int64_t>(up ? result.inserted : result.removed);
    CHECK(std::abs(wanted - moved) <= close);
    CHECK((up ? result.removed : result.inserted) == 0);
    CHECK(result.concealed == 0);
    CHECK(result.largest_step <= steepest * 1.15 + 20);
    CHECK(std::abs(result.turns_per_second - 440) <= 2);
  }
}

}  // namespace

TEST_CASE("receive leg: a tone at 16 and 48 kHz is stretched and compressed unheard") {
  CheckStretched(Codec(CodecId::kL16, 16000), 16000, 20);
  CheckStretched(Codec(CodecId::kL16, 48000), 48000, 10);
}

TEST_CASE("receive leg: G.722 is stretched by its samples, of which its clock knows half") {
  CheckStretched(Codec(CodecId::kG722, 8000), 16000, 20);
}

TEST_CASE("receive leg: what is lost is counted in samples, not in units of the clock") {
  for (const auto& codec : {Codec(CodecId::kG722, 8000), Codec(CodecId::kL16, 16000)}) {
    WidePhone phone(codec, 40);
    ToneGenerator tone(16000, 440, 8000);
    int16_t samples[320];
    for (int tick = 0; tick < 60; ++tick) {
      tone.Generate(samples, 320);
      phone.Say(samples, tick == 30 || tick == 40);
      phone.Pull();
    }
    CHECK(phone.leg.jitter_stats().lost == 2);
    CHECK(phone.leg.jitter_stats().concealed_samples == 640);
  }
}

namespace {

struct Restored {
  uint64_t repaired = 0;
  uint64_t concealed = 0;
  double error = 0;  // in the lost frames, of the energy there
};

// A voice over Opus, of which each tenth packet is lost, beside the same without loss.
Restored LoseTenth(bool fec) {
  CodecSettings codec = Codec(CodecId::kOpus, 48000);
  codec.opus.fec = fec;
  codec.opus.expected_loss_percent = 20;
  codec.opus.bitrate_bps = 24000;
  WidePhone lossy(codec, 60);
  WidePhone clean(codec, 60);
  const auto voice = Voice(48000, 10);
  Restored result;
  double energy = 0;
  for (int tick = 0; tick < 500; ++tick) {
    const int16_t* samples = voice.data() + tick * 960;
    lossy.Say(samples, tick % 10 == 9);
    clean.Say(samples);
    lossy.Pull();
    clean.Pull();
    // With 60 ms of delay, what came with the tick before the last two is heard now.
    if (tick < 50 || (tick - 2) % 10 != 9) continue;
    const size_t from = clean.heard.size() - 960;
    for (size_t i = from; i < clean.heard.size(); ++i) {
      result.error += std::pow(clean.heard[i] - lossy.heard[i], 2);
      energy += std::pow(clean.heard[i], 2);
    }
  }
  result.error /= energy;
  result.repaired = lossy.leg.jitter_stats().repaired_samples;
  result.concealed = lossy.leg.jitter_stats().concealed_samples;
  CHECK(lossy.leg.jitter_stats().lost == 49);  // the 50th is not missed yet
  return result;
}

}  // namespace

TEST_CASE("receive leg: Opus's own redundancy brings lost packets back, and they count as such") {
  if (FindCodec(CodecId::kOpus) == nullptr) return;
  const Restored with = LoseTenth(true);
  const Restored without = LoseTenth(false);
  CHECK(without.repaired == 0);
  CHECK(without.concealed == 49 * 960);
  CHECK(with.repaired >= 38 * 960);
  CHECK(with.repaired + with.concealed == 49 * 960);
  CHECK(with.error < 0.3);
  CHECK(with.error < without.error / 2);
  MESSAGE("error energy in lost frames: " << with.error << " with, " << without.error
                                          << " without");
}

TEST_CASE("receive leg: a long loss of Opus fades to silence within 120 ms, and comes back") {
  if (FindCodec(CodecId::kOpus) == nullptr) return;
  WidePhone phone(Codec(CodecId::kOpus, 48000), 200);
  const auto voice = Voice(48000, 4);
  const int lost_from = 100;
  for (int tick = 0; tick < 180; ++tick) {
    const bool lost = tick >= lost_from && tick < lost_from + 10;
    phone.Say(voice.data() + tick * 960, lost);
    phone.Pull();
  }
  // Where it begins: with 200 ms of delay, nine ticks after the packet.
  const size_t gap = static_cast<size_t>(lost_from + 9) * 960;
  CHECK(Energy(phone.heard.data() + gap, 960) > 960 * 1000.0);
  const int16_t* faded = phone.heard.data() + gap + 120 * 48;
  CHECK(std::all_of(faded, faded + 80 * 48, [](int16_t s) { return s == 0; }));
  CHECK(Energy(faded + 80 * 48 + 960, 960 * 10) > 9600 * 1000.0);
  CHECK(phone.leg.jitter_stats().lost == 10);
}
