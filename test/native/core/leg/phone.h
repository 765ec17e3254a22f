#pragma once
// A phone that speaks a tone into a receiving leg, and what was heard of it.

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/codec/g711.h"
#include "core/dsp/tone.h"
#include "core/leg/receive_leg.h"
#include "core/testing.h"

namespace mixminus::testing {

constexpr int64_t kTickNs = 20'000'000;

inline ReceiveLegConfig Config() {
  ReceiveLegConfig config;
  config.formats[0] = {0, CodecId::kPcmu};
  config.formats[1] = {8, CodecId::kPcma};
  config.formats[2] = {13, CodecId::kNone};
  config.format_count = 3;
  config.telephone_events[0].payload_type = 101;
  config.jitter_fixed_ms = 40;
  return config;
}

// The same without comfort noise: pauses are silence.
inline ReceiveLegConfig SilentConfig() {
  ReceiveLegConfig config = Config();
  config.format_count = 2;
  return config;
}

// As the calling thread and the leg's worker do it together.
inline void Renegotiate(ReceiveLeg* leg, const ReceiveLegConfig& config) {
  ReceiveLeg fresh(config);
  leg->Renegotiate(&fresh);
}

// One phone: a µ-law stream whose packets are given to a leg.
struct Phone {
  explicit Phone(const ReceiveLegConfig& config = Config()) : leg(config) { fields.ssrc = 0xABCD; }

  InsertResult Give(const std::vector<uint8_t>& payload) {
    const auto bytes = RtpBytes(fields, payload);
    RtpPacketView view;
    REQUIRE(ParseRtp(bytes.data(), bytes.size(), &view) == Status::kOk);
    const InsertResult result = leg.Insert(view, arrival_ns < 0 ? now_ns : arrival_ns);
    ++fields.sequence;
    fields.timestamp += static_cast<uint32_t>(payload.size());
    return result;
  }

  // A packet of `count` samples of the tone.
  InsertResult Speak(int count = 160) {
    std::vector<int16_t> samples(static_cast<size_t>(count));
    tone.Generate(samples.data(), count);
    std::vector<uint8_t> payload(samples.size());
    if (fields.payload_type == 8) {
      EncodeAlaw(samples.data(), count, payload.data());
    } else {
      EncodeUlaw(samples.data(), count, payload.data());
    }
    for (const uint8_t code : payload) {
      spoken.push_back(fields.payload_type == 8 ? AlawToLinear(code) : UlawToLinear(code));
    }
    return Give(payload);
  }

  // What is not sent is lost on the way.
  void Lose(int count = 160) {
    std::vector<int16_t> samples(static_cast<size_t>(count));
    tone.Generate(samples.data(), count);
    ++fields.sequence;
    fields.timestamp += static_cast<uint32_t>(count);
    spoken.insert(spoken.end(), samples.begin(), samples.end());
  }

  PullResult Pull() {
    now_ns += kTickNs;
    leg.FlushTelephoneEvent(now_ns);
    const PullResult result = leg.Pull(&frame, now_ns);
    heard.insert(heard.end(), frame.samples, frame.samples + frame.samples_per_channel);
    return result;
  }

  std::string Digits() {
    std::string digits;
    TelephoneEvent event;
    while (leg.PopTelephoneEvent(&event)) digits += event.digit;
    return digits;
  }

  ReceiveLeg leg;
  RtpFields fields;
  ToneGenerator tone{8000, 440, 12000};
  AudioFrame frame;
  int64_t arrival_ns = -1;  // of the next packets; −1: at the last tick
  int64_t now_ns = 1'000'000'000;
  std::vector<int16_t> spoken;
  std::vector<int16_t> heard;
};

// Where the spoken samples begin in what was heard, or −1.
inline int Find(const std::vector<int16_t>& heard, const std::vector<int16_t>& spoken) {
  const auto at = std::search(heard.begin(), heard.end(), spoken.begin(), spoken.end());
  return at == heard.end() ? -1 : static_cast<int>(at - heard.begin());
}

}  // namespace mixminus::testing
