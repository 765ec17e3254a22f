#include "core/leg/send_leg.h"

#include <doctest/doctest.h>

#include <cstring>
#include <memory>
#include <vector>

#include "core/codec/g711.h"
#include "core/dsp/tone.h"
#include "core/rtp/packet.h"

using namespace mixminus;

namespace {

constexpr uint32_t kFirst = 0xFFFFFFFF;

struct Sender {
  explicit Sender(CodecId codec = CodecId::kPcmu, int ptime_ms = 20, int clock_hz = 8000)
      : leg(SendLegConfig{0x11223344, 65535, kFirst}) {
    Configure(codec == CodecId::kPcma ? 8 : 0, codec, ptime_ms, clock_hz);
  }

  void Configure(uint8_t payload_type, CodecId codec, int ptime_ms = 20, int clock_hz = 8000) {
    StreamSettings settings;
    settings.codec.id = codec;
    settings.codec.rtp_clock_hz = clock_hz;
    settings.ptime_ms = ptime_ms;
    auto encoder = StreamEncoder::Make(settings);
    leg.Configure(payload_type, &encoder);
  }

  // One tick: the packets of a frame, from the leg's own encoder.
  std::vector<std::vector<uint8_t>> Send(const AudioFrame& frame) {
    leg.Encode(frame, &encoded);
    return Write();
  }

  std::vector<std::vector<uint8_t>> Write(size_t capacity = SendLeg::kMostPacketBytes) {
    std::vector<std::vector<uint8_t>> packets;
    for (int i = 0; i < encoded.count; ++i) {
      std::vector<uint8_t> packet(SendLeg::kMostPacketBytes);
      packet.resize(leg.Write(encoded, i, packet.data(), capacity));
      if (!packet.empty()) packets.push_back(packet);
    }
    leg.Pass();
    return packets;
  }

  SendLeg leg;
  EncodedAudio encoded;
};

AudioFrame Tone() {
  AudioFrame frame;
  ToneGenerator(8000, 440, 12000).Generate(frame.samples, 160);
  return frame;
}

RtpPacketView Parse(const std::vector<uint8_t>& packet) {
  RtpPacketView view;
  REQUIRE(ParseRtp(packet.data(), packet.size(), &view) == Status::kOk);
  return view;
}

}  // namespace

TEST_CASE("send leg: a frame becomes a packet of its codec") {
  const AudioFrame frame = Tone();
  for (const CodecId codec : {CodecId::kPcmu, CodecId::kPcma}) {
    Sender sender(codec);
    for (uint32_t i = 0; i < 3; ++i) {
      const auto packets = sender.Send(frame);
      REQUIRE(packets.size() == 1);
      const RtpPacketView view = Parse(packets[0]);
      CHECK(view.ssrc == 0x11223344);
      CHECK(view.sequence == static_cast<uint16_t>(65535 + i));
      CHECK(view.timestamp == kFirst + 160 * i);
      CHECK(view.marker == (i == 0));
      CHECK(view.payload_type == (codec == CodecId::kPcma ? 8 : 0));
      REQUIRE(view.payload_size == 160);
      for (int k = 0; k < 160; ++k) {
        const uint8_t code = codec == CodecId::kPcma ? LinearToAlaw(frame.samples[k])
                                                     : LinearToUlaw(frame.samples[k]);
        REQUIRE(view.payload[k] == code);
      }
    }
    CHECK(sender.leg.stats().packets == 3);
    CHECK(sender.leg.stats().octets == 480);
    CHECK(sender.leg.next_timestamp() == kFirst + 480u);
  }
}

TEST_CASE("send leg: what another leg encoded gives the same packets") {
  const AudioFrame frame = Tone();
  for (const int ptime_ms : {10, 20, 40}) {
    Sender a(CodecId::kPcmu, ptime_ms);
    Sender b(CodecId::kPcmu, ptime_ms);
    for (int i = 0; i < 4; ++i) {
      const auto own = a.Send(frame);
      b.encoded = a.encoded;
      CHECK(b.Write() == own);
    }
    CHECK(b.leg.stats().octets == a.leg.stats().octets);
  }
}

TEST_CASE("send leg: packets of any length follow time without gap or overlap") {
  for (const int ptime_ms : {10, 20, 30, 40, 50, 60}) {
    Sender sender(CodecId::kPcmu, ptime_ms);
    uint32_t timestamp = kFirst;
    int packets = 0;
    for (int tick = 0; tick < 60; ++tick) {
      for (const auto& packet : sender.Send(Tone())) {
        const RtpPacketView view = Parse(packet);
        CHECK(view.timestamp == timestamp);
        CHECK(view.marker == (packets == 0));
        CHECK(view.payload_size == static_cast<size_t>(8 * ptime_ms));
        timestamp += static_cast<uint32_t>(8 * ptime_ms);
        ++packets;
      }
    }
    CHECK(packets == 1200 / ptime_ms);
    CHECK(sender.leg.next_timestamp() == kFirst + 60u * 160u);
  }
}

TEST_CASE("send leg: the RTP clock of G.722 is half of its sample rate") {
  Sender sender(CodecId::kG722);
  CHECK(sender.leg.rate_hz() == 16000);
  AudioFrame frame;
  frame.Clear(16000);
  sender.Send(frame);
  const RtpPacketView view = Parse(sender.Send(frame)[0]);
  CHECK(view.payload_size == 160);
  CHECK(view.timestamp == kFirst + 160u);
}

TEST_CASE("send leg: skipped time moves the timestamp and marks the next packet") {
  Sender sender;
  sender.Send(Tone());
  for (int i = 0; i < 50; ++i) sender.leg.Skip();
  const RtpPacketView view = Parse(sender.Send(Tone())[0]);
  CHECK(view.sequence == 0);
  CHECK(view.timestamp == kFirst + 51u * 160u);
  CHECK(view.marker);
  CHECK(sender.leg.stats().skipped == 50);
}

TEST_CASE("send leg: time that needs no packet leaves the sequence alone and marks the next one") {
  Sender sender;
  sender.Send(Tone());
  sender.leg.Encode(Tone(), &sender.encoded);
  sender.encoded.packets[0].size = 0;  // as DTX says it
  CHECK(sender.Write().empty());
  const RtpPacketView view = Parse(sender.Send(Tone())[0]);
  CHECK(view.sequence == 0);
  CHECK(view.timestamp == kFirst + 320u);
  CHECK(view.marker);
}

TEST_CASE("send leg: a pause in the middle of a long packet leaves its begin out") {
  Sender sender(CodecId::kPcmu, 60);
  for (int i = 0; i < 4; ++i) sender.Send(Tone());
  sender.leg.Skip();
  sender.Send(Tone());
  sender.Send(Tone());
  const auto packets = sender.Send(Tone());
  REQUIRE(packets.size() == 1);
  CHECK(Parse(packets[0]).timestamp == kFirst + 5u * 160u);
  CHECK(Parse(packets[0]).marker);
}

TEST_CASE("send leg: a stream that is joined in the middle of a packet never goes back in time") {
  Sender sender(CodecId::kPcmu, 20);
  Sender other(CodecId::kPcmu, 40);
  other.Send(Tone());  // gathers
  for (int i = 0; i < 3; ++i) sender.Send(Tone());
  sender.Configure(0, CodecId::kPcmu, 40);
  other.leg.Encode(Tone(), &sender.encoded);
  CHECK(sender.Write().empty());  // half of it was sent already
  other.leg.Encode(Tone(), &sender.encoded);
  CHECK(sender.Write().empty());
  other.leg.Encode(Tone(), &sender.encoded);
  const auto packets = sender.Write();
  REQUIRE(packets.size() == 1);
  CHECK(Parse(packets[0]).timestamp == kFirst + 4u * 160u);
}

TEST_CASE("send leg: what cannot be sent is time passed, never a broken packet") {
  Sender sender;
  sender.leg.Encode(Tone(), &sender.encoded);
  CHECK(sender.Write(171).empty());
  sender.leg.Encode(Tone(), &sender.encoded);
  CHECK(sender.Write(5).empty());
  CHECK(sender.leg.next_timestamp() == kFirst + 320u);
  CHECK(sender.leg.stats().packets == 0);
}

TEST_CASE("send leg: a codec change keeps SSRC, sequence and time; the same codec its state") {
  Sender sender;
  sender.Send(Tone());
  sender.Configure(97, CodecId::kPcma);
  const auto packets = sender.Send(Tone());
  const RtpPacketView view = Parse(packets[0]);
  CHECK(view.payload_type == 97);
  CHECK(view.sequence == 0);
  CHECK(view.timestamp == 159);
  CHECK(view.payload[7] == LinearToAlaw(Tone().samples[7]));
  const StreamEncoder* before = sender.leg.encoder();
  sender.Configure(98, CodecId::kPcma);
  CHECK(sender.leg.encoder() == before);
  CHECK(sender.leg.payload_type() == 98);
  sender.Configure(0, CodecId::kNone);
  CHECK(sender.Send(Tone()).empty());
  CHECK(sender.leg.next_timestamp() == 159 + 320);
}
