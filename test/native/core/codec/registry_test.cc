#include "core/codec/registry.h"

#include <doctest/doctest.h>

#include <cstring>

using namespace mixminus;

TEST_CASE("registry: codecs by id and by name") {
  int count = 0;
  const CodecInfo* all = AllCodecs(&count);
  REQUIRE(count >= 2);
  for (int i = 0; i < count; ++i) {
    CHECK(FindCodec(all[i].id) != nullptr);
    CHECK(FindCodec(all[i].id, all[i].rtp_clock_hz) == &all[i]);
    CHECK(FindCodecByName(all[i].name, all[i].rtp_clock_hz) == &all[i]);
    const bool g711 = all[i].id == CodecId::kPcmu || all[i].id == CodecId::kPcma;
    CHECK((SharedDecoder(all[i].id) != nullptr) == g711);
    CHECK((SharedEncoder(all[i].id) != nullptr) == g711);
    CHECK(all[i].sample_rate_hz <= 48000);
  }
  REQUIRE(FindCodecByName("pcmA", 8000) != nullptr);
  CHECK(FindCodecByName("pcmA", 8000)->static_payload_type == 8);
  CHECK(std::strcmp(FindCodec(CodecId::kPcmu)->name, "PCMU") == 0);
  CHECK(FindCodecByName("PCMU", 16000) == nullptr);
  CHECK(FindCodecByName("PCM", 8000) == nullptr);
  CHECK(FindCodecByName("PCMUX", 8000) == nullptr);
  CHECK(FindCodecByName(nullptr, 8000) == nullptr);
  CHECK(FindCodec(CodecId::kNone) == nullptr);
  CHECK(SharedDecoder(CodecId::kNone) == nullptr);
  CHECK(SharedEncoder(CodecId::kNone) == nullptr);
}

TEST_CASE("registry: the factory makes each codec of the table, at its rate") {
  int count = 0;
  const CodecInfo* all = AllCodecs(&count);
  for (int i = 0; i < count; ++i) {
    CodecSettings settings;
    settings.id = all[i].id;
    settings.rtp_clock_hz = all[i].rtp_clock_hz;
    const auto decoder = MakeDecoder(settings);
    const auto encoder = MakeEncoder(settings);
    REQUIRE(decoder != nullptr);
    REQUIRE(encoder != nullptr);
    CHECK(decoder->sample_rate_hz() == all[i].sample_rate_hz);
    CHECK(encoder->sample_rate_hz() == all[i].sample_rate_hz);
    CHECK(encoder->id() == all[i].id);
    const int samples = all[i].sample_rate_hz / 50;
    int16_t frame[960] = {};
    uint8_t payload[1920];
    REQUIRE(encoder->TakesSamples(samples));
    const size_t size = encoder->Encode(frame, samples, payload, sizeof(payload));
    REQUIRE(size > 0);
    CHECK(size <= static_cast<size_t>(all[i].max_frame_bytes));
    CHECK(decoder->PacketSamples(payload, size) == samples);
    CHECK(decoder->Decode(payload, size, 0, frame, samples) == samples);
    settings.sample_rate_hz = 11025;
    CHECK(MakeDecoder(settings) == nullptr);
    CHECK(MakeEncoder(settings) == nullptr);
  }
  CodecSettings none;
  CHECK(MakeDecoder(none) == nullptr);
  CHECK(MakeEncoder(none) == nullptr);
}
