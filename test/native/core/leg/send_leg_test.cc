#include "core/leg/send_leg.h"

#include <doctest/doctest.h>

#include <cstring>
#include <initializer_list>

#include "core/codec/g711.h"
#include "core/dsp/tone.h"
#include "core/rtp/packet.h"

using namespace mixminus;

namespace {

SendLegConfig Config(CodecId codec = CodecId::kPcmu) {
  SendLegConfig config;
  config.ssrc = 0x11223344;
  config.first_sequence = 65535;
  config.first_timestamp = 0xFFFFFFFF;
  config.payload_type = codec == CodecId::kPcma ? 8 : 0;
  config.codec = codec;
  return config;
}

AudioFrame Tone() {
  AudioFrame frame;
  ToneGenerator(8000, 440, 12000).Generate(frame.samples, 160);
  return frame;
}

}  // namespace

TEST_CASE("send leg: a frame becomes a packet of its codec") {
  const AudioFrame frame = Tone();
  for (const CodecId codec : {CodecId::kPcmu, CodecId::kPcma}) {
    SendLeg leg(Config(codec));
    uint8_t packet[200];
    for (int i = 0; i < 3; ++i) {
      REQUIRE(leg.Send(frame, false, packet, sizeof(packet)) == 172);
      RtpPacketView view;
      REQUIRE(ParseRtp(packet, 172, &view) == Status::kOk);
      CHECK(view.ssrc == 0x11223344);
      CHECK(view.sequence == static_cast<uint16_t>(65535 + i));
      CHECK(view.timestamp == static_cast<uint32_t>(0xFFFFFFFFu + 160u * static_cast<unsigned>(i)));
      CHECK(view.marker == (i == 0));
      CHECK(view.payload_type == (codec == CodecId::kPcma ? 8 : 0));
      for (int k = 0; k < 160; ++k) {
        const uint8_t code = codec == CodecId::kPcma ? LinearToAlaw(frame.samples[k])
                                                     : LinearToUlaw(frame.samples[k]);
        REQUIRE(view.payload[k] == code);
      }
    }
    CHECK(leg.stats().packets == 3);
    CHECK(leg.stats().octets == 480);
    CHECK(leg.next_timestamp() == 0xFFFFFFFFu + 480u);
  }
}

TEST_CASE("send leg: a shared payload gives the same packet as encoding it") {
  const AudioFrame frame = Tone();
  SendLeg a(Config());
  SendLeg b(Config());
  uint8_t payload[160];
  REQUIRE(a.Encode(frame, payload, sizeof(payload)) == 160);
  uint8_t from_frame[172];
  uint8_t from_payload[172];
  for (int i = 0; i < 4; ++i) {
    REQUIRE(a.Send(frame, i == 2, from_frame, 172) == 172);
    REQUIRE(b.SendEncoded(payload, 160, i == 2, from_payload, 172) == 172);
    CHECK(std::memcmp(from_frame, from_payload, 172) == 0);
  }
  CHECK(b.stats().octets == a.stats().octets);
}

TEST_CASE("send leg: skipped time moves the timestamp and marks the next packet") {
  SendLeg leg(Config());
  const AudioFrame frame = Tone();
  uint8_t packet[172];
  leg.Send(frame, false, packet, sizeof(packet));
  for (int i = 0; i < 50; ++i) leg.Skip();
  leg.Send(frame, false, packet, sizeof(packet));
  RtpPacketView view;
  ParseRtp(packet, sizeof(packet), &view);
  CHECK(view.sequence == 0);
  CHECK(view.timestamp == 0xFFFFFFFFu + 51u * 160u);
  CHECK(view.marker);
  CHECK(leg.stats().skipped == 50);
}

TEST_CASE("send leg: what cannot be sent is time passed, never a broken packet") {
  SendLeg leg(Config());
  uint8_t packet[172];
  CHECK(leg.Send(Tone(), false, packet, 171) == 0);
  CHECK(leg.Send(Tone(), false, packet, 5) == 0);
  CHECK(leg.SendEncoded(packet, 0, false, packet, 172) == 0);
  uint8_t payload[170] = {};
  CHECK(leg.SendEncoded(payload, 170, false, packet, 172) == 0);
  AudioFrame wide;
  wide.Clear(16000);
  CHECK(leg.Send(wide, false, packet, 172) == 0);
  CHECK(leg.Encode(wide, payload, 170) == 0);
  CHECK(leg.next_timestamp() == 0xFFFFFFFFu + 5u * 160u);
  CHECK(leg.stats().packets == 0);
  CHECK(leg.stats().skipped == 5);
}

TEST_CASE("send leg: a codec change keeps SSRC, sequence and time") {
  SendLeg leg(Config());
  uint8_t packet[172];
  leg.Send(Tone(), false, packet, 172);
  leg.Configure(97, CodecId::kPcma);
  leg.Send(Tone(), false, packet, 172);
  RtpPacketView view;
  ParseRtp(packet, 172, &view);
  CHECK(view.payload_type == 97);
  CHECK(view.sequence == 0);
  CHECK(view.timestamp == 159);
  CHECK(view.payload[7] == LinearToAlaw(Tone().samples[7]));
  leg.Configure(0, CodecId::kNone);
  CHECK(leg.Send(Tone(), false, packet, 172) == 0);
  CHECK(leg.next_timestamp() == 159 + 320);
}
