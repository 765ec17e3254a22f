#include "core/codec/g722.h"

#include <dlfcn.h>
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "core/testing.h"

using namespace mixminus;
using mixminus::testing::Random;

namespace {

// An implementation that we did not write: Debian's libspandsp (package libspandsp2), loaded at run
// time. Its absence fails the test.
class SpandspG722 {
 public:
  SpandspG722() {
    library_ = dlopen("libspandsp.so.2", RTLD_NOW | RTLD_LOCAL);
    REQUIRE_MESSAGE(library_ != nullptr, "libspandsp.so.2 is missing: apt-get install libspandsp2");
    encode_ = reinterpret_cast<Encode>(dlsym(library_, "g722_encode"));
    decode_ = reinterpret_cast<Decode>(dlsym(library_, "g722_decode"));
    free_encoder_ = reinterpret_cast<Free>(dlsym(library_, "g722_encode_free"));
    free_decoder_ = reinterpret_cast<Free>(dlsym(library_, "g722_decode_free"));
    encoder_ = reinterpret_cast<Init>(dlsym(library_, "g722_encode_init"))(nullptr, 64000, 0);
    decoder_ = reinterpret_cast<Init>(dlsym(library_, "g722_decode_init"))(nullptr, 64000, 0);
    REQUIRE(encoder_ != nullptr);
    REQUIRE(decoder_ != nullptr);
  }
  ~SpandspG722() {
    free_encoder_(encoder_);
    free_decoder_(decoder_);
    dlclose(library_);
  }
  SpandspG722(const SpandspG722&) = delete;
  SpandspG722& operator=(const SpandspG722&) = delete;

  std::vector<uint8_t> EncodeAll(const std::vector<int16_t>& samples) {
    std::vector<uint8_t> codes(samples.size() / 2);
    REQUIRE(encode_(encoder_, codes.data(), samples.data(), static_cast<int>(samples.size())) ==
            static_cast<int>(codes.size()));
    return codes;
  }
  std::vector<int16_t> DecodeAll(const std::vector<uint8_t>& codes) {
    std::vector<int16_t> samples(codes.size() * 2);
    REQUIRE(decode_(decoder_, samples.data(), codes.data(), static_cast<int>(codes.size())) ==
            static_cast<int>(samples.size()));
    return samples;
  }

 private:
  using Init = void* (*)(void*, int, int);
  using Encode = int (*)(void*, uint8_t*, const int16_t*, int);
  using Decode = int (*)(void*, int16_t*, const uint8_t*, int);
  using Free = int (*)(void*);
  void* library_ = nullptr;
  void* encoder_ = nullptr;
  void* decoder_ = nullptr;
  Encode encode_ = nullptr;
  Decode decode_ = nullptr;
  Free free_encoder_ = nullptr;
  Free free_decoder_ = nullptr;
};

// Ten seconds that go everywhere: a sweep to 8 kHz, noise of all levels, full-scale squares,
// silence.
std::vector<int16_t> Everything() {
  std::vector<int16_t> samples;
  Random random(722);
  double phase = 0;
  for (int i = 0; i < 64000; ++i) {
    phase += 2 * 3.14159265358979 * (8000.0 * i / 64000) / 16000;
    samples.push_back(static_cast<int16_t>(std::lround(20000 * std::sin(phase))));
  }
  for (int i = 0; i < 64000; ++i) {
    const int64_t most = int64_t{1} << (i * 15 / 64000);
    samples.push_back(static_cast<int16_t>(random.Between(-most, most - 1)));
  }
  for (int i = 0; i < 16000; ++i) {
    const bool up = (i / (1 + i / 400)) % 2 == 0;
    samples.push_back(up ? int16_t{32767} : int16_t{-32768});
  }
  samples.insert(samples.end(), 16000, 0);
  return samples;
}

std::vector<uint8_t> EncodeInPackets(G722Encoder* encoder, const std::vector<int16_t>& samples,
                                     int packet) {
  std::vector<uint8_t> codes(samples.size() / 2);
  for (size_t at = 0; at < samples.size(); at += static_cast<size_t>(packet)) {
    const int count = std::min(packet, static_cast<int>(samples.size() - at));
    REQUIRE(encoder->Encode(samples.data() + at, count, codes.data() + at / 2,
                            codes.size() - at / 2) == static_cast<size_t>(count / 2));
  }
  return codes;
}

}  // namespace

TEST_CASE("g722: encoding agrees with spandsp bit for bit, in packets of any length") {
  const auto samples = Everything();
  SpandspG722 other;
  const auto expected = other.EncodeAll(samples);
  for (const int packet : {2, 6, 22, 160, 320, 960}) {
    G722Encoder encoder;
    CHECK(EncodeInPackets(&encoder, samples, packet) == expected);
  }
}

TEST_CASE("g722: decoding agrees with spandsp bit for bit") {
  const auto samples = Everything();
  G722Encoder encoder;
  auto codes = EncodeInPackets(&encoder, samples, 320);
  // And what no encoder would send.
  Random random(64);
  for (int i = 0; i < 200000; ++i) codes.push_back(static_cast<uint8_t>(random.Next()));
  SpandspG722 other;
  const auto expected = other.DecodeAll(codes);
  G722Decoder decoder;
  std::vector<int16_t> decoded(codes.size() * 2);
  REQUIRE(decoder.Decode(codes.data(), codes.size(), 0, decoded.data(),
                         static_cast<int>(decoded.size())) == static_cast<int>(decoded.size()));
  // Past full scale spandsp's sums wrap around; the Recommendation limits them (ACCUMC, ACCUMD).
  size_t limited = 0;
  for (size_t i = 0; i < decoded.size(); ++i) {
    if (decoded[i] == expected[i]) continue;
    REQUIRE((decoded[i] == INT16_MAX || decoded[i] == INT16_MIN));
    REQUIRE((decoded[i] < 0) != (expected[i] < 0));
    ++limited;
  }
  CHECK(limited < decoded.size() / 100);
}

TEST_CASE("g722: a packet decoded in runs is the same as in one") {
  const auto samples = Everything();
  G722Encoder encoder;
  const auto codes = EncodeInPackets(&encoder, samples, 320);
  for (const int run : {1, 3, 80, 160, 317, 320}) {
    G722Decoder whole;
    G722Decoder parts;
    for (size_t packet = 0; packet + 160 <= 16000; packet += 160) {
      int16_t expected[320];
      int16_t decoded[320];
      whole.Decode(codes.data() + packet, 160, 0, expected, 320);
      for (int at = 0; at < 320; at += run) {
        const int count = std::min(run, 320 - at);
        REQUIRE(parts.Decode(codes.data() + packet, 160, at, decoded + at, count) == count);
      }
      REQUIRE(std::memcmp(expected, decoded, sizeof(expected)) == 0);
    }
  }
}

TEST_CASE("g722: a packet whose beginning is not wanted still keeps the state going") {
  const auto samples = Everything();
  G722Encoder encoder;
  const auto codes = EncodeInPackets(&encoder, samples, 320);
  G722Decoder whole;
  G722Decoder skipping;
  int16_t expected[320];
  int16_t decoded[320];
  for (size_t packet = 0; packet < 20; ++packet) {
    const uint8_t* payload = codes.data() + packet * 160;
    whole.Decode(payload, 160, 0, expected, 320);
    const int first = packet == 7 ? 101 : 0;
    REQUIRE(skipping.Decode(payload, 160, first, decoded, 320) == 320 - first);
    REQUIRE(std::memcmp(expected + first, decoded, static_cast<size_t>(320 - first) * 2) == 0);
  }
  CHECK(skipping.Decode(codes.data(), 160, 320, decoded, 1) == 0);
  CHECK(skipping.Decode(codes.data(), 160, -1, decoded, 1) == 0);
  CHECK(skipping.Decode(codes.data(), 0, 0, decoded, 1) == 0);
}

TEST_CASE("g722: a cloned encoder goes on with the same bytes; a reset one starts afresh") {
  const auto samples = Everything();
  G722Encoder first;
  G722Encoder clone;
  uint8_t a[160];
  uint8_t b[160];
  for (int i = 0; i < 100; ++i) first.Encode(samples.data() + i * 320, 320, a, sizeof(a));
  REQUIRE(clone.CloneStateFrom(first));
  for (int i = 100; i < 300; ++i) {
    first.Encode(samples.data() + i * 320, 320, a, sizeof(a));
    clone.Encode(samples.data() + i * 320, 320, b, sizeof(b));
    REQUIRE(std::memcmp(a, b, sizeof(a)) == 0);
  }
  clone.Reset();
  G722Encoder fresh;
  fresh.Encode(samples.data() + 640, 320, a, sizeof(a));
  clone.Encode(samples.data() + 640, 320, b, sizeof(b));
  CHECK(std::memcmp(a, b, sizeof(a)) == 0);
  CHECK(first.Encode(samples.data(), 321, a, sizeof(a)) == 0);
  CHECK(first.Encode(samples.data(), 320, a, 159) == 0);
}
