#include "core/leg/silence_suppressor.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "core/dsp/tone.h"
#include "core/leg/send_leg.h"
#include "core/testing.h"

using namespace mixminus;
using mixminus::testing::Random;

namespace {

struct Sent {
  RtpPacketView header;
  std::vector<uint8_t> payload;
};

// A leg that suppresses silence, and what it sends tick by tick.
struct Sender {
  explicit Sender(CodecId codec, int ptime_ms = 20, int clock_hz = 8000)
      : leg(SendLegConfig{7, 100, 1000}) {
    StreamSettings settings;
    settings.codec.id = codec;
    settings.codec.rtp_clock_hz = clock_hz;
    settings.ptime_ms = ptime_ms;
    settings.silence_suppression = true;
    auto encoder = StreamEncoder::Make(settings);
    REQUIRE(encoder != nullptr);
    leg.Configure(97, &encoder, 13);
  }

  // Background noise of some RMS, with a tone over it or not.
  void Run(int ticks, double noise_rms, bool talk) {
    for (int i = 0; i < ticks; ++i) {
      AudioFrame frame;
      frame.Clear(leg.rate_hz());
      if (talk) tone.Generate(frame.samples, frame.samples_per_channel);
      for (int n = 0; n < frame.samples_per_channel; ++n) {
        const double noise = noise_rms * 1.73 * static_cast<double>(random.Between(-1000, 1000));
        frame.samples[n] = static_cast<int16_t>(frame.samples[n] + noise / 1000);
      }
      leg.Encode(frame, &encoded);
      for (int k = 0; k < encoded.count; ++k) {
        std::vector<uint8_t> bytes(SendLeg::kMostPacketBytes);
        bytes.resize(leg.Write(encoded, k, bytes.data(), bytes.size()));
        if (bytes.empty()) continue;
        Sent one;
        REQUIRE(ParseRtp(bytes.data(), bytes.size(), &one.header) == Status::kOk);
        one.payload.assign(bytes.begin() + kRtpHeaderSize, bytes.end());
        sent.push_back(one);
      }
      leg.Pass();
    }
  }

  int Count(int payload_type) const {
    int count = 0;
    for (const Sent& one : sent) count += one.header.payload_type == payload_type ? 1 : 0;
    return count;
  }

  SendLeg leg;
  EncodedAudio encoded;
  ToneGenerator tone{8000, 440, 12000};
  Random random{3389};
  std::vector<Sent> sent;
};

}  // namespace

TEST_CASE(
    "silence suppression: noise is described at the end of talk, each second, when it changes") {
  for (const CodecId codec : {CodecId::kPcmu, CodecId::kG722, CodecId::kL16}) {
    Sender sender(codec);
    sender.Run(50, 20, true);
    CHECK(sender.Count(97) == 50);
    CHECK(sender.Count(13) == 0);
    CHECK(sender.sent[0].header.marker);
    sender.Run(200, 20, false);
    const int talk = sender.Count(97);
    // The hangover, and then a packet at once and each second: of silence of nearly four seconds.
    CHECK(talk >= 50 + SilenceSuppressor::kHangoverFrames);
    CHECK(talk <= 50 + Vad::kHangoverFrames);
    CHECK(sender.Count(13) >= 4);
    CHECK(sender.Count(13) <= 10);
    const Sent& first = sender.sent[static_cast<size_t>(talk)];
    REQUIRE(first.header.payload_type == 13);
    ComfortNoise noise;
    REQUIRE(ParseComfortNoise(first.payload.data(), first.payload.size(), &noise));
    CHECK(noise.level_dbov == doctest::Approx(64).epsilon(0.04));
    // Louder by 8 dB, and still no talk: told soon.
    const int before = sender.Count(13);
    sender.Run(25, 50, false);
    CHECK(sender.Count(13) > before);
  }
}

TEST_CASE("silence suppression: sequence and time go on, only talk that begins has the marker") {
  for (const int ptime_ms : {10, 20, 30, 60}) {
    Sender sender(CodecId::kPcma, ptime_ms);
    for (int spurt = 0; spurt < 4; ++spurt) {
      sender.Run(30, 10, true);
      sender.Run(60, 10, false);
    }
    int markers = 0;
    bool noise_before = true;  // the first packet of all begins a talkspurt
    for (size_t i = 0; i < sender.sent.size(); ++i) {
      const RtpPacketView& header = sender.sent[i].header;
      const bool noise = header.payload_type == 13;
      CHECK(header.marker == (noise_before && !noise));
      CHECK(header.sequence == static_cast<uint16_t>(100 + i));
      if (i > 0) CHECK(header.timestamp - sender.sent[i - 1].header.timestamp >= 80u);
      CHECK((header.timestamp - 1000) % 80 == 0);
      markers += header.marker ? 1 : 0;
      noise_before = noise;
    }
    CHECK(markers == 4);
    CHECK(sender.Count(97) < 4 * 55 * 20 / ptime_ms);
  }
}

TEST_CASE("silence suppression: a listener who leaves a shared stream goes on where it stands") {
  StreamSettings settings;
  settings.codec.id = CodecId::kG722;
  settings.silence_suppression = true;
  const auto shared = StreamEncoder::Make(settings);
  const auto own = StreamEncoder::Make(settings);
  CHECK(shared->has_state());
  Random random(5);
  AudioFrame frame;
  frame.Clear(16000);
  EncodedAudio from_shared;
  EncodedAudio from_own;
  for (int tick = 0; tick < 200; ++tick) {
    const int peak = tick % 80 < 20 ? 9000 : 40;
    for (int n = 0; n < frame.samples_per_channel; ++n) {
      frame.samples[n] = static_cast<int16_t>(random.Between(-peak, peak));
    }
    shared->Encode(frame, &from_shared);
    if (tick == 90) own->CloneFrom(*shared);
    if (tick <= 90) continue;
    own->Encode(frame, &from_own);
    REQUIRE(from_own.packets[0].size == from_shared.packets[0].size);
    REQUIRE(from_own.packets[0].noise == from_shared.packets[0].noise);
    const size_t size = from_own.packets[0].size;
    REQUIRE(std::equal(from_own.payload, from_own.payload + size, from_shared.payload));
  }
}

TEST_CASE("silence suppression: Opus has its own, and streams with it are not those without") {
  StreamSettings settings;
  settings.codec.id = CodecId::kPcmu;
  StreamSettings silent = settings;
  silent.silence_suppression = true;
  CHECK(settings != silent);
  silent.codec.id = CodecId::kOpus;
  silent.codec.rtp_clock_hz = 48000;
  const auto opus = StreamEncoder::Make(silent);
  if (opus != nullptr) CHECK_FALSE(opus->settings().silence_suppression);
}
