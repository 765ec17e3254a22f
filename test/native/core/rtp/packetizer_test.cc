#include "core/rtp/packetizer.h"

#include <doctest/doctest.h>

#include "core/rtp/packet.h"

using namespace mixminus;

namespace {

RtpPacketView Write(Packetizer* packetizer, uint8_t payload_type, bool marker, uint32_t units) {
  static uint8_t bytes[kRtpHeaderSize];
  packetizer->WriteHeader(payload_type, marker, units, bytes);
  RtpPacketView view;
  REQUIRE(ParseRtp(bytes, sizeof(bytes), &view) == Status::kOk);
  return view;
}

}  // namespace

TEST_CASE("packetizer: sequence by one, timestamp by time, through both wraps") {
  Packetizer packetizer(0xCAFEBABE, 65534, 0xFFFFFF00);
  uint16_t sequence = 65534;
  uint32_t timestamp = 0xFFFFFF00;
  for (int i = 0; i < 10; ++i) {
    const RtpPacketView view = Write(&packetizer, 8, false, 160);
    CHECK(view.ssrc == 0xCAFEBABE);
    CHECK(view.payload_type == 8);
    CHECK(view.sequence == sequence++);
    CHECK(view.timestamp == timestamp);
    CHECK(view.marker == (i == 0));
    timestamp += 160;
  }
  CHECK(packetizer.next_timestamp() == timestamp);
  CHECK(packetizer.next_sequence() == sequence);
}

TEST_CASE("packetizer: time without packets moves the timestamp and owes one marker") {
  Packetizer packetizer(1, 10, 1000);
  Write(&packetizer, 0, false, 160);
  packetizer.Skip(160);
  packetizer.Skip(160);
  const RtpPacketView after = Write(&packetizer, 0, false, 160);
  CHECK(after.sequence == 11);
  CHECK(after.timestamp == 1000 + 3 * 160);
  CHECK(after.marker);
  CHECK_FALSE(Write(&packetizer, 0, false, 160).marker);
  CHECK(Write(&packetizer, 0, true, 160).marker);
}
