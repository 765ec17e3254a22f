#include "core/rtp/red.h"

#include <doctest/doctest.h>

#include <cstring>
#include <string>
#include <vector>

using namespace mixminus;

namespace {

constexpr uint8_t kRed = 120;

std::string Text(const RedBlock& block) {
  return std::string(reinterpret_cast<const char*>(block.payload), block.size);
}

std::vector<uint8_t> Build(RedBuilder* builder, uint32_t timestamp, const std::string& payload,
                           size_t capacity = 1200) {
  std::vector<uint8_t> out(capacity);
  out.resize(builder->Build(0, timestamp, reinterpret_cast<const uint8_t*>(payload.data()),
                            payload.size(), out.data(), capacity));
  return out;
}

RedPacket Parsed(const std::vector<uint8_t>& payload) {
  RedPacket red;
  REQUIRE(ParseRed(payload.data(), payload.size(), kRed, &red) == Status::kOk);
  return red;
}

Status Judge(const std::vector<uint8_t>& payload) {
  RedPacket red;
  return ParseRed(payload.data(), payload.size(), kRed, &red);
}

}  // namespace

TEST_CASE("red: the header of RFC 2198 3, bit by bit") {
  // F=1, type 5, offset 160 (14 bits), length 2 (10 bits); F=0, type 0.
  const std::vector<uint8_t> payload = {0x85, 0x02, 0x80, 0x02, 0x00, 'o', 'l', 'n', 'e', 'w'};
  const RedPacket red = Parsed(payload);
  REQUIRE(red.count == 2);
  CHECK(red.blocks[0].payload_type == 5);
  CHECK(red.blocks[0].timestamp_offset == 160);
  CHECK(Text(red.blocks[0]) == "ol");
  CHECK(red.primary().payload_type == 0);
  CHECK(red.primary().timestamp_offset == 0);
  CHECK(Text(red.primary()) == "new");
}

TEST_CASE("red: a primary alone, and one that is empty") {
  const std::vector<uint8_t> payload = {0x08, 'x'};
  const RedPacket red = Parsed(payload);
  CHECK(red.count == 1);
  CHECK(red.primary().payload_type == 8);
  CHECK(Text(red.primary()) == "x");
  CHECK(Parsed({0x08}).primary().size == 0);
}

TEST_CASE("red: lengths and headers past the end, too many blocks, RED in RED") {
  CHECK(Judge({}) == Status::kTruncated);
  CHECK(Judge({0x80}) == Status::kTruncated);
  CHECK(Judge({0x80, 0, 0}) == Status::kTruncated);
  CHECK(Judge({0x80, 0, 0, 0}) == Status::kTruncated);
  CHECK(Judge({0x80, 0, 0, 3, 0x00, 'a', 'b'}) == Status::kTruncated);
  CHECK(Judge({0x80, 0, 0, 2, 0x00, 'a', 'b'}) == Status::kOk);  // the primary is empty
  CHECK(Judge({0x80 | kRed, 0, 0, 0, 0x00}) == Status::kMalformed);
  CHECK(Judge({kRed, 'x'}) == Status::kMalformed);
  std::vector<uint8_t> many;
  for (int i = 0; i < RedPacket::kMaxBlocks; ++i) many.insert(many.end(), {0x80, 0, 0, 0});
  many.push_back(0);
  CHECK(Judge(many) == Status::kMalformed);
}

TEST_CASE("red: every cut of a packet is either refused or keeps to its bytes") {
  RedBuilder builder;
  builder.Configure(2);
  Build(&builder, 0, "first");
  Build(&builder, 160, "second");
  const std::vector<uint8_t> whole = Build(&builder, 320, "third");
  for (size_t size = 0; size <= whole.size(); ++size) {
    const std::vector<uint8_t> cut(whole.begin(), whole.begin() + static_cast<long>(size));
    RedPacket red;
    if (ParseRed(cut.data(), cut.size(), kRed, &red) != Status::kOk) continue;
    for (int i = 0; i < red.count; ++i) {
      CHECK(red.blocks[i].payload >= cut.data());
      CHECK(red.blocks[i].payload + red.blocks[i].size <= cut.data() + cut.size());
    }
  }
}

TEST_CASE("red: the builder repeats what went before") {
  for (const int redundant : {0, 1, 2}) {
    RedBuilder builder;
    builder.Configure(redundant);
    const uint32_t start = 0xFFFFFF00u;  // wraps
    CHECK(Parsed(Build(&builder, start, "one")).count == 1);
    CHECK(Parsed(Build(&builder, start + 160, "two")).count == 1 + (redundant > 0 ? 1 : 0));
    const std::vector<uint8_t> packet = Build(&builder, start + 320, "three");
    const RedPacket third = Parsed(packet);
    REQUIRE(third.count == 1 + redundant);
    CHECK(Text(third.primary()) == "three");
    if (redundant == 0) continue;
    const RedBlock& newest = third.blocks[third.count - 2];
    CHECK(Text(newest) == "two");
    CHECK(newest.timestamp_offset == 160);
    if (redundant < 2) continue;
    CHECK(Text(third.blocks[0]) == "one");
    CHECK(third.blocks[0].timestamp_offset == 320);
  }
}

TEST_CASE("red: what is out of reach, does not fit or is too long is left out") {
  RedBuilder builder;
  builder.Configure(2);
  Build(&builder, 0, "old");
  CHECK(Parsed(Build(&builder, 16'384, "new")).count == 1);  // 14 bits
  CHECK(Parsed(Build(&builder, 16'384 + 16'383, "x")).count == 2);

  RedBuilder tight;
  tight.Configure(2);
  Build(&tight, 0, "aaaaaaaaaa");
  Build(&tight, 160, "bbb");
  const std::vector<uint8_t> packet = Build(&tight, 320, "ccc", 1 + 3 + 4 + 3 + 5);
  const RedPacket red = Parsed(packet);
  REQUIRE(red.count == 2);
  CHECK(Text(red.blocks[0]) == "bbb");
  CHECK(Build(&tight, 480, "dddd", 4).empty());

  RedBuilder large;
  large.Configure(1);
  Build(&large, 0, std::string(RedBuilder::kMaxBlockBytes + 1, 'x'));
  CHECK(Parsed(Build(&large, 160, "y")).count == 1);
}

TEST_CASE("red: nothing from before a pause is repeated") {
  RedBuilder builder;
  builder.Configure(1);
  Build(&builder, 0, "old");
  builder.Clear();
  CHECK(Parsed(Build(&builder, 160, "new")).count == 1);
}
