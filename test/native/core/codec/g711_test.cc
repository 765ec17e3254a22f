#include "core/codec/g711.h"

#include <dlfcn.h>
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "core/codec/registry.h"

using namespace mixminus;

namespace {

// An implementation that we did not write: Debian's libspandsp (package libspandsp2). It is loaded
// at run time, and its absence fails the test instead of skipping it.
class Spandsp {
 public:
  enum Law { kAlaw = 0, kUlaw = 1 };  // spandsp/g711.h

  explicit Spandsp(Law law) {
    library_ = dlopen("libspandsp.so.2", RTLD_NOW | RTLD_LOCAL);
    REQUIRE_MESSAGE(library_ != nullptr, "libspandsp.so.2 is missing: apt-get install libspandsp2");
    init_ = reinterpret_cast<Init>(dlsym(library_, "g711_init"));
    encode_ = reinterpret_cast<Encode>(dlsym(library_, "g711_encode"));
    decode_ = reinterpret_cast<Decode>(dlsym(library_, "g711_decode"));
    free_ = reinterpret_cast<Free>(dlsym(library_, "g711_free"));
    const bool complete = init_ && encode_ && decode_ && free_;
    REQUIRE(complete);
    state_ = init_(nullptr, law);
    REQUIRE(state_ != nullptr);
  }
  ~Spandsp() {
    free_(state_);
    dlclose(library_);
  }
  Spandsp(const Spandsp&) = delete;
  Spandsp& operator=(const Spandsp&) = delete;

  std::vector<uint8_t> EncodeAll(const std::vector<int16_t>& samples) {
    std::vector<uint8_t> codes(samples.size());
    REQUIRE(encode_(state_, codes.data(), samples.data(), static_cast<int>(samples.size())) ==
            static_cast<int>(samples.size()));
    return codes;
  }

  std::vector<int16_t> DecodeAll(const std::vector<uint8_t>& codes) {
    std::vector<int16_t> samples(codes.size());
    REQUIRE(decode_(state_, samples.data(), codes.data(), static_cast<int>(codes.size())) ==
            static_cast<int>(codes.size()));
    return samples;
  }

 private:
  using Init = void* (*)(void*, int);
  using Encode = int (*)(void*, uint8_t*, const int16_t*, int);
  using Decode = int (*)(void*, int16_t*, const uint8_t*, int);
  using Free = int (*)(void*);
  void* library_ = nullptr;
  void* state_ = nullptr;
  Init init_ = nullptr;
  Encode encode_ = nullptr;
  Decode decode_ = nullptr;
  Free free_ = nullptr;
};

std::vector<uint8_t> AllCodes() {
  std::vector<uint8_t> codes(256);
  for (size_t i = 0; i < codes.size(); ++i) codes[i] = static_cast<uint8_t>(i);
  return codes;
}

std::vector<int16_t> AllSamples() {
  std::vector<int16_t> samples(65536);
  for (size_t i = 0; i < samples.size(); ++i)
    samples[i] = static_cast<int16_t>(static_cast<int>(i) - 32768);
  return samples;
}

}  // namespace

TEST_CASE("g711: all 256 codes and all 65,536 samples agree with spandsp") {
  const auto codes = AllCodes();
  const auto samples = AllSamples();
  std::vector<int16_t> decoded(codes.size());
  std::vector<uint8_t> encoded(samples.size());

  Spandsp ulaw(Spandsp::kUlaw);
  DecodeUlaw(codes.data(), 256, decoded.data());
  CHECK(decoded == ulaw.DecodeAll(codes));
  EncodeUlaw(samples.data(), 65536, encoded.data());
  CHECK(encoded == ulaw.EncodeAll(samples));

  Spandsp alaw(Spandsp::kAlaw);
  DecodeAlaw(codes.data(), 256, decoded.data());
  CHECK(decoded == alaw.DecodeAll(codes));
  EncodeAlaw(samples.data(), 65536, encoded.data());
  CHECK(encoded == alaw.EncodeAll(samples));
}

TEST_CASE("g711: values of the standard's tables") {
  // G.711 table 2a: y_0 = 0, y_1 = 2, y_16 = 33 … y_128 = 8031, of 14 bits; sample = 4 × y. Code
  // 0xFF is +0.
  CHECK(UlawToLinear(0xFF) == 0);
  CHECK(UlawToLinear(0x7F) == 0);
  CHECK(UlawToLinear(0xFE) == 8);
  CHECK(UlawToLinear(0x80) == 4 * 8031);
  CHECK(UlawToLinear(0x00) == -4 * 8031);
  // Table 1a: y_1 = 1 … y_128 = 4032, of 13 bits; sample = 8 × y. Even bits are inverted (0x55).
  CHECK(AlawToLinear(0xD5) == 8);
  CHECK(AlawToLinear(0x55) == -8);
  CHECK(AlawToLinear(0xAA) == 8 * 4032);
  CHECK(AlawToLinear(0x2A) == -8 * 4032);
}

TEST_CASE("g711: encoding picks the nearest value, and a decoded code encodes to itself") {
  for (int code = 0; code < 256; ++code) {
    const auto byte = static_cast<uint8_t>(code);
    if (code != 0x7F) CHECK(LinearToUlaw(UlawToLinear(byte)) == byte);  // −0 comes back as +0
    CHECK(LinearToAlaw(AlawToLinear(byte)) == byte);
  }
  int worst_ulaw = 0;
  for (int sample = -32768; sample <= 32767; ++sample) {
    const auto value = static_cast<int16_t>(sample);
    const int error_ulaw = std::abs(UlawToLinear(LinearToUlaw(value)) - sample);
    const int error_alaw = std::abs(AlawToLinear(LinearToAlaw(value)) - sample);
    // Half an interval, which is a sixteenth of the segment: a 32nd of the value.
    const int magnitude = std::abs(sample);
    if (magnitude < 32124) REQUIRE(error_ulaw <= (magnitude + 132) / 32 + 1);
    if (magnitude < 32256) REQUIRE(error_alaw <= std::max(magnitude / 32, 8) + 1);
    worst_ulaw = std::max(worst_ulaw, error_ulaw);
  }
  CHECK(worst_ulaw == 32768 - 32124);
}

TEST_CASE("g711: single samples and runs of any length and alignment agree") {
  const auto samples = AllSamples();
  for (int length = 0; length < 40; ++length) {
    for (int start = 0; start < 8; ++start) {
      const int16_t* in = samples.data() + 12345 * 2 + start * 501;
      uint8_t ulaw[40];
      uint8_t alaw[40];
      int16_t back[40];
      EncodeUlaw(in, length, ulaw);
      EncodeAlaw(in, length, alaw);
      for (int i = 0; i < length; ++i) {
        REQUIRE(ulaw[i] == LinearToUlaw(in[i]));
        REQUIRE(alaw[i] == LinearToAlaw(in[i]));
      }
      DecodeUlaw(ulaw, length, back);
      for (int i = 0; i < length; ++i) REQUIRE(back[i] == UlawToLinear(ulaw[i]));
      DecodeAlaw(alaw, length, back);
      for (int i = 0; i < length; ++i) REQUIRE(back[i] == AlawToLinear(alaw[i]));
    }
  }
}

TEST_CASE("g711: decoding a part of a packet stays inside it") {
  for (const CodecId id : {CodecId::kPcmu, CodecId::kPcma}) {
    AudioDecoder* decoder = SharedDecoder(id);
    REQUIRE(decoder != nullptr);
    const auto codes = AllCodes();
    CHECK(decoder->PacketSamples(codes.data(), 240) == 240);
    int16_t whole[256];
    int16_t part[256];
    CHECK(decoder->Decode(codes.data(), 256, 0, whole, 256) == 256);
    CHECK(decoder->Decode(codes.data(), 256, 100, part, 50) == 50);
    for (int i = 0; i < 50; ++i) CHECK(part[i] == whole[100 + i]);
    CHECK(decoder->Decode(codes.data(), 256, 250, part, 50) == 6);
    CHECK(decoder->Decode(codes.data(), 256, 256, part, 50) == 0);
    CHECK(decoder->Decode(codes.data(), 256, -1, part, 50) == 0);
    AudioEncoder* encoder = SharedEncoder(id);
    uint8_t out[160];
    CHECK(encoder->Encode(whole, 160, out, 160) == 160);
    CHECK(encoder->Encode(whole, 160, out, 159) == 0);
  }
}
