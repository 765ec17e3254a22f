#include "core/rtp/extension.h"

#include <doctest/doctest.h>

#include <cstring>
#include <vector>

#include "core/rtp/packet.h"

using namespace mixminus;

namespace {

// A packet with this extension and no payload.
std::vector<uint8_t> PacketWith(uint16_t profile, std::vector<uint8_t> content) {
  content.resize((content.size() + 3) / 4 * 4);
  std::vector<uint8_t> packet = {0x90, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1};
  const auto words = static_cast<uint16_t>(content.size() / 4);
  for (const uint16_t word : {profile, words}) {
    packet.push_back(static_cast<uint8_t>(word >> 8));
    packet.push_back(static_cast<uint8_t>(word));
  }
  packet.insert(packet.end(), content.begin(), content.end());
  return packet;
}

struct Read {
  std::vector<std::pair<int, std::vector<uint8_t>>> elements;
  bool damaged = false;
};

Read ReadAll(const std::vector<uint8_t>& packet) {
  RtpPacketView view;
  REQUIRE(ParseRtp(packet.data(), packet.size(), &view) == Status::kOk);
  Read read;
  ExtensionReader reader(view);
  ExtensionElement element;
  while (reader.Next(&element)) {
    read.elements.push_back({element.id, {element.data, element.data + element.size}});
  }
  CHECK_FALSE(reader.Next(&element));
  read.damaged = reader.damaged();
  return read;
}

using Elements = std::vector<std::pair<int, std::vector<uint8_t>>>;

}  // namespace

TEST_CASE("extension: one-byte elements, with padding between them") {
  const Read read = ReadAll(PacketWith(0xBEDE, {0x10, 0xAA, 0, 0, 0x21, 1, 2, 0xE2, 7, 8, 9}));
  CHECK(read.elements == Elements{{1, {0xAA}}, {2, {1, 2}}, {14, {7, 8, 9}}});
  CHECK_FALSE(read.damaged);
}

TEST_CASE("extension: id 15 ends the reading, id 0 with a length is skipped (RFC 8285 4.2)") {
  CHECK(ReadAll(PacketWith(0xBEDE, {0x10, 1, 0xF0, 2, 0x20, 3})).elements == Elements{{1, {1}}});
  CHECK(ReadAll(PacketWith(0xBEDE, {0x01, 9, 9, 0x30, 4})).elements == Elements{{3, {4}}});
}

TEST_CASE("extension: two-byte elements, empty and long ones") {
  std::vector<uint8_t> content = {200, 0, 0, 0, 3, 20};
  for (uint8_t i = 0; i < 20; ++i) content.push_back(i);
  const std::vector<uint8_t> data(content.begin() + 6, content.end());
  for (const uint16_t profile :
       std::vector<uint16_t>{0x1000, 0x1007}) {  // the low four bits mean nothing here
    const Read read = ReadAll(PacketWith(profile, content));
    CHECK(read.elements == Elements{{200, {}}, {3, data}});
    CHECK_FALSE(read.damaged);
  }
}

TEST_CASE("extension: an element that claims too much ends the reading and is told") {
  Read read = ReadAll(PacketWith(0xBEDE, {0x10, 1, 0x2F, 1}));
  CHECK(read.elements == Elements{{1, {1}}});
  CHECK(read.damaged);
  read = ReadAll(PacketWith(0x1000, {1, 1, 5, 2, 9, 9, 9, 9}));
  CHECK(read.elements.size() == 1);
  CHECK(read.damaged);
  CHECK(ReadAll(PacketWith(0x1000, {1, 1, 5, 2})).damaged);  // an id without a length
}

TEST_CASE("extension: another profile holds no elements") {
  CHECK(ReadAll(PacketWith(0x1234, {0x10, 1})).elements.empty());
}

TEST_CASE("extension: what is written is read again") {
  for (const bool two_byte : {false, true}) {
    uint8_t buffer[64] = {};
    ExtensionWriter writer(two_byte, buffer, sizeof(buffer));
    const uint8_t level = 0x85;
    const uint8_t levels[] = {1, 2, 3};
    REQUIRE(writer.Add(3, &level, 1));
    REQUIRE(writer.Add(14, levels, 3));
    CHECK(writer.Add(200, nullptr, 0) == two_byte);
    const size_t size = writer.Finish();
    REQUIRE(size % 4 == 0);
    const uint16_t profile = static_cast<uint16_t>(buffer[0] << 8 | buffer[1]);
    const Read read = ReadAll(PacketWith(profile, {buffer + 4, buffer + size}));
    Elements expected = {{3, {0x85}}, {14, {1, 2, 3}}};
    if (two_byte) expected.push_back({200, {}});
    CHECK(read.elements == expected);
  }
}

TEST_CASE("extension: the writer refuses what does not fit") {
  uint8_t buffer[11] = {};  // two words can be used
  ExtensionWriter writer(false, buffer, sizeof(buffer));
  CHECK(writer.Finish() == 0);
  const uint8_t data[17] = {};
  CHECK_FALSE(writer.Add(1, data, 17));
  CHECK_FALSE(writer.Add(15, data, 1));
  CHECK_FALSE(writer.Add(0, data, 1));
  CHECK_FALSE(writer.Add(1, data, 4));
  CHECK(writer.Add(1, data, 3));
  CHECK_FALSE(writer.Add(2, data, 1));
  CHECK(writer.Finish() == 8);
}

TEST_CASE("extension: the client's level (RFC 6464)") {
  for (int level = 0; level < 128; ++level) {
    for (const bool voice : {false, true}) {
      const uint8_t byte = WriteClientLevel({voice, static_cast<uint8_t>(level)});
      ExtensionElement element;
      element.size = 1;
      element.data = &byte;
      ClientAudioLevel read;
      REQUIRE(ReadClientLevel(element, &read));
      CHECK(read.voice == voice);
      CHECK(read.level_dbov == level);
    }
  }
  ClientAudioLevel read;
  CHECK_FALSE(ReadClientLevel(ExtensionElement(), &read));
}

TEST_CASE("extension: the mixer's levels (RFC 6465) follow the CSRC list") {
  const uint8_t levels[] = {0, 30, 127, 200};
  uint8_t out[4];
  REQUIRE(WriteMixerLevels(levels, 4, out) == 4);
  ExtensionElement element;
  element.size = 4;
  element.data = out;
  CHECK(ReadMixerLevel(element, 0) == 0);
  CHECK(ReadMixerLevel(element, 1) == 30);
  CHECK(ReadMixerLevel(element, 3) == 127);
  CHECK(ReadMixerLevel(element, 4) == 127);
}
