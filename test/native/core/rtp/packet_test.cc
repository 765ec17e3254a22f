#include "core/rtp/packet.h"

#include <doctest/doctest.h>

#include <memory>
#include <vector>

#include "core/testing.h"

using namespace mixminus;

namespace {

// A copy without spare bytes behind it, so that the address sanitizer sees a read past the end.
struct Exact {
  explicit Exact(const std::vector<uint8_t>& bytes)
      : size(bytes.size()), data(new uint8_t[bytes.size() + 1]) {
    std::copy(bytes.begin(), bytes.end(), data.get() + 1);
  }
  const uint8_t* begin() const { return data.get() + 1; }
  size_t size;
  std::unique_ptr<uint8_t[]> data;
};

Status Parse(const std::vector<uint8_t>& bytes, RtpPacketView* view) {
  static std::unique_ptr<Exact> kept;
  kept = std::make_unique<Exact>(bytes);
  return ParseRtp(kept->begin(), kept->size, view);
}

std::vector<uint8_t> Plain(size_t payload = 4) {
  testing::RtpFields fields;
  fields.payload_type = 101;
  fields.marker = true;
  fields.sequence = 0xFEDC;
  fields.timestamp = 0x89ABCDEF;
  fields.ssrc = 0xDEADBEEF;
  return testing::RtpBytes(fields, std::vector<uint8_t>(payload, 7));
}

}  // namespace

TEST_CASE("rtp packet: the fixed header") {
  RtpPacketView view;
  REQUIRE(Parse(Plain(), &view) == Status::kOk);
  CHECK(view.payload_type == 101);
  CHECK(view.marker);
  CHECK(view.sequence == 0xFEDC);
  CHECK(view.timestamp == 0x89ABCDEF);
  CHECK(view.ssrc == 0xDEADBEEF);
  CHECK(view.csrc_count == 0);
  CHECK_FALSE(view.has_extension);
  CHECK(view.padding_size == 0);
  CHECK(view.payload_size == 4);
  CHECK(view.payload[3] == 7);
  REQUIRE(Parse(Plain(0), &view) == Status::kOk);
  CHECK(view.payload_size == 0);
}

TEST_CASE("rtp packet: every truncation of the header is an error") {
  auto bytes = Plain(0);
  bytes[0] = static_cast<uint8_t>(bytes[0] | 0x02);
  bytes.insert(bytes.end(), {1, 2, 3, 4, 5, 6, 7, 8});
  RtpPacketView view;
  REQUIRE(Parse(bytes, &view) == Status::kOk);
  CHECK(view.csrc_count == 2);
  CHECK(view.Csrc(0) == 0x01020304);
  CHECK(view.Csrc(1) == 0x05060708);
  CHECK(view.payload_size == 0);
  while (!bytes.empty()) {
    bytes.pop_back();
    REQUIRE(Parse(bytes, &view) == Status::kTruncated);
  }
}

TEST_CASE("rtp packet: other versions are refused") {
  for (const int version : {0, 1, 3}) {
    auto bytes = Plain();
    bytes[0] = static_cast<uint8_t>(version << 6);
    RtpPacketView view;
    CHECK(Parse(bytes, &view) == Status::kBadVersion);
  }
}

TEST_CASE("rtp packet: header extension, with its bound") {
  auto bytes = Plain(0);
  bytes[0] = static_cast<uint8_t>(bytes[0] | 0x10);
  RtpPacketView view;
  CHECK(Parse(bytes, &view) == Status::kBadExtension);
  bytes.insert(bytes.end(), {0xBE, 0xDE, 0, 1});
  CHECK(Parse(bytes, &view) == Status::kBadExtension);
  bytes.insert(bytes.end(), {0x10, 0x33, 0, 0});
  REQUIRE(Parse(bytes, &view) == Status::kOk);
  CHECK(view.extension_profile == 0xBEDE);
  CHECK(view.extension_size == 4);
  CHECK(view.extension[1] == 0x33);
  CHECK(view.payload_size == 0);
  bytes.push_back(9);
  REQUIRE(Parse(bytes, &view) == Status::kOk);
  CHECK(view.payload_size == 1);
  CHECK(view.payload[0] == 9);
  bytes[15] = 0;  // an empty extension is legal
  REQUIRE(Parse(bytes, &view) == Status::kOk);
  CHECK(view.has_extension);
  CHECK(view.extension_size == 0);
  CHECK(view.payload_size == 5);
}

TEST_CASE("rtp packet: padding is taken off and must fit") {
  auto bytes = Plain(4);
  bytes[0] = static_cast<uint8_t>(bytes[0] | 0x20);
  RtpPacketView view;
  bytes.back() = 0;
  CHECK(Parse(bytes, &view) == Status::kBadPadding);
  bytes.back() = 3;
  REQUIRE(Parse(bytes, &view) == Status::kOk);
  CHECK(view.payload_size == 1);
  CHECK(view.padding_size == 3);
  bytes.back() = 4;
  REQUIRE(Parse(bytes, &view) == Status::kOk);
  CHECK(view.payload_size == 0);
  bytes.back() = 5;
  CHECK(Parse(bytes, &view) == Status::kBadPadding);
  bytes.resize(12);
  CHECK(Parse(bytes, &view) == Status::kBadPadding);
}

TEST_CASE("rtp packet: RTCP is told apart by its type (RFC 5761)") {
  for (int type = 0; type < 256; ++type) {
    const uint8_t bytes[] = {0x80, static_cast<uint8_t>(type)};
    CHECK(LooksLikeRtcp(bytes, 2) == (type >= 192 && type <= 223));
  }
  const uint8_t old[] = {0x40, 200};
  CHECK_FALSE(LooksLikeRtcp(old, 2));
  CHECK_FALSE(LooksLikeRtcp(old, 1));
}

TEST_CASE("rtp packet: any bytes give a view inside them or an error") {
  testing::Random random(4);
  for (int i = 0; i < 50000; ++i) {
    std::vector<uint8_t> bytes(static_cast<size_t>(random.Between(0, 60)));
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random.Next());
    if (!bytes.empty()) bytes[0] = static_cast<uint8_t>((bytes[0] & 0x3F) | 0x80);
    const Exact exact(bytes);
    RtpPacketView view;
    if (ParseRtp(exact.begin(), exact.size, &view) != Status::kOk) continue;
    const uint8_t* end = exact.begin() + exact.size;
    REQUIRE(view.payload >= exact.begin() + 12);
    REQUIRE(view.payload + view.payload_size + view.padding_size == end);
    if (view.has_extension) REQUIRE(view.extension + view.extension_size == view.payload);
    if (view.csrc_count > 0) REQUIRE(view.csrcs + 4 * view.csrc_count <= view.payload);
  }
}
