#include "core/codec/l16.h"

#include <doctest/doctest.h>

#include "core/codec/registry.h"

using namespace mixminus;

TEST_CASE("l16: samples travel most significant byte first") {
  const int16_t samples[] = {0x0102, -1, INT16_MIN, 0x7FFE};
  const uint8_t expected[] = {0x01, 0x02, 0xFF, 0xFF, 0x80, 0x00, 0x7F, 0xFE};
  L16Encoder encoder(16000);
  uint8_t bytes[8] = {};
  REQUIRE(encoder.Encode(samples, 4, bytes, sizeof(bytes)) == 8);
  for (int i = 0; i < 8; ++i) CHECK(bytes[i] == expected[i]);
  CHECK(encoder.Encode(samples, 4, bytes, 7) == 0);
  CHECK(encoder.Encode(samples, 0, bytes, 8) == 0);

  L16Decoder decoder(16000);
  int16_t back[4] = {};
  REQUIRE(decoder.Decode(bytes, 8, 0, back, 4) == 4);
  for (int i = 0; i < 4; ++i) CHECK(back[i] == samples[i]);
  CHECK(decoder.Decode(bytes, 8, 1, back, 2) == 2);
  CHECK(back[0] == -1);
  CHECK(back[1] == INT16_MIN);
}

TEST_CASE("l16: every sample survives, and runs stay inside the packet") {
  L16Encoder encoder(8000);
  L16Decoder decoder(8000);
  for (int value = INT16_MIN; value <= INT16_MAX; ++value) {
    const auto sample = static_cast<int16_t>(value);
    uint8_t bytes[2];
    int16_t back = 0;
    encoder.Encode(&sample, 1, bytes, 2);
    decoder.Decode(bytes, 2, 0, &back, 1);
    REQUIRE(back == sample);
  }
  const uint8_t bytes[7] = {};
  int16_t out[8];
  CHECK(decoder.PacketSamples(bytes, 6) == 3);
  CHECK(decoder.PacketSamples(bytes, 7) == 0);
  CHECK(decoder.Decode(bytes, 6, 2, out, 8) == 1);
  CHECK(decoder.Decode(bytes, 6, 3, out, 1) == 0);
  CHECK(decoder.Decode(bytes, 6, -1, out, 1) == 0);
}

TEST_CASE("l16: encoders of different rates do not match") {
  L16Encoder narrow(8000);
  L16Encoder wide(16000);
  L16Encoder other(16000);
  CHECK(wide.CloneStateFrom(other));
  CHECK_FALSE(wide.CloneStateFrom(narrow));
  CHECK_FALSE(wide.CloneStateFrom(*SharedEncoder(CodecId::kPcmu)));
}
