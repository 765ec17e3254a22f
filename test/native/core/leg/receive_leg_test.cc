// What a receiving leg takes for its stream, and what it makes of it.

#include "core/leg/receive_leg.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <initializer_list>
#include <vector>

#include "core/leg/phone.h"

using namespace mixminus;
using namespace mixminus::testing;

TEST_CASE(
    "receive leg: what is spoken is heard, sample for sample, for both laws and every packet "
    "length") {
  for (const int payload_type : {0, 8}) {
    for (const int ptime_ms : {10, 20, 30, 40, 60}) {
      ReceiveLegConfig config = Config();
      config.jitter_fixed_ms = 100;
      Phone phone(config);
      phone.fields.payload_type = static_cast<uint8_t>(payload_type);
      phone.fields.sequence = 65500;
      phone.fields.timestamp = 0xFFFFFF00;
      int sent_ms = 0;
      for (int tick = 0; tick < 100; ++tick) {
        for (; sent_ms <= tick * 20; sent_ms += ptime_ms) phone.Speak(ptime_ms * 8);
        phone.Pull();
      }
      CAPTURE(payload_type);
      CAPTURE(ptime_ms);
      phone.spoken.resize(90 * 160);
      const int at = Find(phone.heard, phone.spoken);
      CHECK(at >= 160);
      CHECK(at <= 960);
      CHECK(phone.leg.jitter_stats().concealed_samples == 0);
      CHECK(phone.leg.stats().cumulative_lost() == 0);
      CHECK(phone.leg.talking());
      CHECK(phone.leg.level_dbov() == 12);
      CHECK(phone.leg.remote_ssrc() == 0xABCD);
    }
  }
}

TEST_CASE("receive leg: one stray packet is not heard, a second in a row makes a source") {
  Phone phone;
  CHECK_FALSE(phone.leg.has_source());
  phone.Speak();
  for (int i = 0; i < 10; ++i) CHECK(phone.Pull() == PullResult::kSilence);
  CHECK_FALSE(phone.leg.has_source());
  phone.Speak();
  CHECK(phone.leg.has_source());
  CHECK(phone.Pull() == PullResult::kSpeech);
}

TEST_CASE("receive leg: a new SSRC takes over after two packets in a row") {
  Phone phone;
  for (int i = 0; i < 20; ++i) {
    phone.Speak();
    phone.Pull();
  }
  phone.fields.ssrc = 0x9999;
  phone.fields.sequence = 7;
  phone.fields.timestamp = 1;
  CHECK(phone.Speak() == InsertResult::kProbation);
  CHECK(phone.leg.remote_ssrc() == 0xABCD);
  CHECK(phone.Speak() == InsertResult::kAudio);
  CHECK(phone.leg.remote_ssrc() == 0x9999);
  CHECK(phone.leg.counters().source_changes == 1);
  phone.spoken.clear();
  for (int i = 0; i < 20; ++i) {
    phone.Speak();
    phone.Pull();
  }
  phone.spoken.resize(18 * 160);
  CHECK(Find(phone.heard, phone.spoken) > 0);
  CHECK(phone.leg.stats().cumulative_lost() == 0);
}

TEST_CASE("receive leg: two sources at once do not make it change sides") {
  Phone phone;
  RtpFields other;
  other.ssrc = 0x7777;
  other.sequence = 500;
  const std::vector<uint8_t> noise(160, 0x12);
  for (int i = 0; i < 200; ++i) {
    phone.Speak();
    const auto bytes = RtpBytes(other, noise);
    RtpPacketView view;
    ParseRtp(bytes.data(), bytes.size(), &view);
    CHECK(phone.leg.Insert(view, phone.now_ns) == InsertResult::kProbation);
    ++other.sequence;
    phone.Pull();
  }
  CHECK(phone.leg.counters().source_changes == 0);
  CHECK(phone.leg.counters().foreign == 200);
  phone.spoken.resize(190 * 160);
  CHECK(Find(phone.heard, phone.spoken) >= 0);
}

TEST_CASE("receive leg: a source that begins anew is heard again after two packets") {
  for (const int jump : {30000, 40000, -200}) {
    Phone phone;
    for (int i = 0; i < 20; ++i) {
      phone.Speak();
      phone.Pull();
    }
    phone.fields.sequence = static_cast<uint16_t>(phone.fields.sequence + jump);
    phone.fields.timestamp = 12;
    CHECK(phone.Speak() == InsertResult::kDiscarded);
    phone.spoken.clear();
    for (int i = 0; i < 20; ++i) {
      CHECK(phone.Speak() == InsertResult::kAudio);
      phone.Pull();
    }
    CHECK(phone.leg.stats().restarts() == 1);
    phone.spoken.resize(18 * 160);
    CAPTURE(jump);
    CHECK(Find(phone.heard, phone.spoken) > 0);
  }
}

TEST_CASE("receive leg: payload types that were not negotiated are counted and leave silence") {
  Phone phone;
  for (int i = 0; i < 20; ++i) {
    phone.Speak();
    phone.Pull();
  }
  phone.fields.payload_type = 96;
  for (int i = 0; i < 10; ++i) {
    CHECK(phone.Give(std::vector<uint8_t>(160, 1)) == InsertResult::kUnknownPayload);
    phone.Pull();
  }
  CHECK(phone.leg.counters().unknown_payload == 10);
  CHECK(phone.leg.level_dbov() == 127);
  CHECK(phone.leg.jitter_stats().lost == 0);
  CHECK(phone.leg.jitter_stats().concealed_samples == 0);
  phone.fields.payload_type = 13;
  CHECK(phone.Give({40}) == InsertResult::kComfortNoise);
  CHECK(phone.leg.counters().comfort_noise == 1);
}

TEST_CASE("receive leg: empty and oversized payloads are discarded") {
  Phone phone;
  phone.Speak();
  phone.Speak();
  CHECK(phone.Give({}) == InsertResult::kDiscarded);
  CHECK(phone.Give(std::vector<uint8_t>(1400, 1)) == InsertResult::kDiscarded);
  CHECK(phone.leg.jitter_stats().discarded == 2);
  CHECK(phone.leg.jitter_stats().lost == 0);
}

TEST_CASE("receive leg: digits are heard once, and the gap they leave is silence") {
  for (const bool audio_goes_on : {false, true}) {
    Phone phone(SilentConfig());
    for (int i = 0; i < 20; ++i) {
      phone.Speak();
      phone.Pull();
    }
    for (const int code : {1, 2, 11}) {
      const uint32_t start = phone.fields.timestamp;
      for (int i = 0; i < 8; ++i) {
        const int duration = std::min(160 * (i + 1), 5 * 160);
        const uint32_t audio_timestamp = phone.fields.timestamp;
        phone.fields.payload_type = 101;
        phone.fields.timestamp = start;
        phone.fields.marker = i == 0;
        CHECK(phone.Give({static_cast<uint8_t>(code), static_cast<uint8_t>(i >= 5 ? 0x8A : 0x0A),
                          static_cast<uint8_t>(duration >> 8), static_cast<uint8_t>(duration)}) ==
              InsertResult::kTelephoneEvent);
        phone.fields.payload_type = 0;
        phone.fields.marker = false;
        phone.fields.timestamp = audio_timestamp;
        if (audio_goes_on) {
          phone.Speak();
        } else {
          phone.fields.timestamp += 160;
        }
        const PullResult result = phone.Pull();
        if (i > 1) CHECK((result == PullResult::kSilence) == !audio_goes_on);
        CHECK(result != PullResult::kConcealed);
      }
    }
    CHECK(phone.Digits() == "12#");
    CHECK(phone.leg.counters().telephone_event_packets == 24);
    CHECK(phone.leg.jitter_stats().concealed_samples == 0);
    CHECK(phone.leg.jitter_stats().lost == 0);
    CHECK(phone.leg.stats().jitter_ms() < 1);
    phone.spoken.clear();
    for (int i = 0; i < 20; ++i) {
      phone.Speak();
      phone.Pull();
    }
    phone.spoken.resize(18 * 160);
    CHECK(Find(phone.heard, phone.spoken) > 0);
    CHECK(phone.leg.playout_delay_ms() <= 60);
  }
}

TEST_CASE("receive leg: a digit whose end is lost is closed by the tick") {
  Phone phone;
  phone.Speak();
  phone.Speak();
  phone.fields.payload_type = 101;
  phone.Give({5, 10, 1, 0x40});
  for (int i = 0; i < 9; ++i) phone.Pull();
  CHECK(phone.Digits().empty());
  phone.Pull();
  CHECK(phone.Digits() == "5");
  const uint8_t wrong[] = {1, 2};
  CHECK(phone.Give({wrong[0], wrong[1]}) == InsertResult::kDiscarded);
  CHECK(phone.leg.counters().malformed == 1);
}

TEST_CASE("receive leg: renegotiation keeps the buffer where the codec stays") {
  Phone phone;
  phone.Speak();
  phone.Pull();
  phone.Speak();
  ReceiveLegConfig config = Config();
  config.telephone_events[0].payload_type = 96;
  config.format_count = 1;
  Renegotiate(&phone.leg, config);
  CHECK(phone.Pull() == PullResult::kSpeech);
  phone.fields.payload_type = 8;
  CHECK(phone.Speak() == InsertResult::kUnknownPayload);
  config.formats[0] = {0, CodecId::kPcma};  // the same number now means the other law
  phone.fields.payload_type = 0;
  phone.Speak();
  Renegotiate(&phone.leg, config);
  CHECK(phone.Pull() == PullResult::kSilence);
}

TEST_CASE("receive leg: packets that were in the buffer before a renegotiation are still decoded") {
  Phone phone;
  phone.fields.payload_type = 8;
  for (int i = 0; i < 3; ++i) phone.Speak();
  phone.Pull();
  ReceiveLegConfig config = Config();
  config.format_count = 1;
  Renegotiate(&phone.leg, config);
  phone.Pull();
  CHECK(phone.leg.level_dbov() == 12);
}

TEST_CASE("receive leg: a reset source begins with probation, counters stay") {
  Phone phone;
  for (int i = 0; i < 20; ++i) {
    phone.Speak();
    phone.Pull();
  }
  phone.leg.ResetSource();
  CHECK_FALSE(phone.leg.has_source());
  CHECK(phone.Pull() == PullResult::kSilence);
  CHECK(phone.leg.jitter_stats().inserted == 20);
  phone.fields.ssrc = 5;
  phone.Speak();
  phone.Speak();
  CHECK(phone.leg.remote_ssrc() == 5);
}

TEST_CASE(
    "receive leg: a delay that is far too long is taken back even from a tone, without a click") {
  ReceiveLegConfig config = Config();
  config.jitter_fixed_ms = JitterBufferConfig::kAdaptive;
  Phone phone(config);
  for (int i = 0; i < 20; ++i) {
    phone.Speak();
    phone.Pull();
  }
  phone.heard.clear();
  for (int i = 0; i < 12; ++i) phone.Speak();
  for (int i = 0; i < 1000; ++i) {
    phone.Speak();
    phone.Pull();
  }
  CHECK(phone.leg.playout_delay_ms() <= 120);
  CHECK(phone.leg.jitter_stats().removed_samples >= 160 * 6);
  CHECK(phone.leg.jitter_stats().discarded == 0);
  int largest = 0;
  for (size_t i = 1; i < phone.heard.size(); ++i) {
    largest = std::max(largest, std::abs(phone.heard[i] - phone.heard[i - 1]));
  }
  // The steepest step of 440 Hz at 12,000 is 4,150; µ-law adds its own coarseness.
  CHECK(largest <= 4150 * 5 / 4);
}
