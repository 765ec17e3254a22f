#include "core/codec/registry.h"

#include <doctest/doctest.h>

#include <cstring>

using namespace mixminus;

TEST_CASE("registry: codecs by id and by name") {
  int count = 0;
  const CodecInfo* all = AllCodecs(&count);
  REQUIRE(count >= 2);
  for (int i = 0; i < count; ++i) {
    CHECK(FindCodec(all[i].id) == &all[i]);
    CHECK(FindCodecByName(all[i].name, all[i].rtp_clock_hz) == &all[i]);
    CHECK(SharedDecoder(all[i].id) != nullptr);
    CHECK(SharedEncoder(all[i].id) != nullptr);
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
