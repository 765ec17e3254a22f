#pragma once
// A phone of any codec that speaks into a receiving leg, and what was heard of it.

#include <doctest/doctest.h>

#include <memory>
#include <vector>

#include "core/codec/registry.h"
#include "core/leg/phone.h"
#include "core/leg/receive_leg.h"
#include "core/testing.h"

namespace mixminus::testing {

inline ReceiveLegConfig WideConfig(CodecId codec, int clock_hz, int fixed_ms) {
  ReceiveLegConfig config;
  config.formats[0] = {96, codec, clock_hz};
  config.format_count = 1;
  config.jitter_fixed_ms = fixed_ms;
  return config;
}

struct WidePhone {
  WidePhone(const CodecSettings& codec, int fixed_ms, int packet_ms = 20)
      : encoder(MakeEncoder(codec)),
        leg(WideConfig(codec.id, codec.rtp_clock_hz, fixed_ms)),
        settings(codec),
        ptime_ms(packet_ms) {
    REQUIRE(encoder != nullptr);
    fields.payload_type = 96;
    fields.ssrc = 0xABCD;
  }

  int rate_hz() const { return encoder->sample_rate_hz(); }

  // 20 ms of samples; `lost`: on the way.
  void Say(const int16_t* samples, bool lost = false) {
    for (int at_ms = 0; at_ms < 20; at_ms += ptime_ms) {
      const int count = rate_hz() / 1000 * ptime_ms;
      std::vector<uint8_t> payload(1400);
      payload.resize(encoder->Encode(samples + rate_hz() / 1000 * at_ms, count, payload.data(),
                                     payload.size()));
      const auto bytes = RtpBytes(fields, payload);
      RtpPacketView view;
      REQUIRE(ParseRtp(bytes.data(), bytes.size(), &view) == Status::kOk);
      if (!lost) leg.Insert(view, now_ns);
      ++fields.sequence;
      fields.timestamp += static_cast<uint32_t>(settings.rtp_clock_hz / 1000 * ptime_ms);
    }
  }

  PullResult Pull() {
    now_ns += kTickNs;
    const PullResult result = leg.Pull(&frame, now_ns);
    heard.insert(heard.end(), frame.samples, frame.samples + frame.samples_per_channel);
    return result;
  }

  std::unique_ptr<AudioEncoder> encoder;
  ReceiveLeg leg;
  CodecSettings settings;
  int ptime_ms;
  RtpFields fields;
  AudioFrame frame;
  int64_t now_ns = 1'000'000'000;
  std::vector<int16_t> heard;
};

}  // namespace mixminus::testing
