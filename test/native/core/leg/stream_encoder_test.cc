#include "core/leg/stream_encoder.h"

#include <doctest/doctest.h>

#include <vector>

#include "core/codec/registry.h"
#include "core/dsp/tone.h"

using namespace mixminus;

namespace {

StreamSettings Settings(CodecId codec, int ptime_ms, int clock_hz = 8000) {
  StreamSettings settings;
  settings.codec.id = codec;
  settings.codec.rtp_clock_hz = clock_hz;
  settings.ptime_ms = ptime_ms;
  return settings;
}

std::vector<uint8_t> Payload(const EncodedAudio& audio, int index) {
  const uint8_t* begin = audio.PayloadOf(index);
  return {begin, begin + audio.packets[index].size};
}

}  // namespace

TEST_CASE("stream encoder: packets are what the codec makes of the same samples in one piece") {
  for (const CodecId codec : {CodecId::kPcma, CodecId::kG722, CodecId::kL16}) {
    for (const int ptime_ms : {10, 20, 30, 40, 60}) {
      const auto stream = StreamEncoder::Make(Settings(codec, ptime_ms));
      REQUIRE(stream != nullptr);
      const int rate_hz = stream->rate_hz();
      const auto plain = MakeEncoder(stream->settings().codec);
      ToneGenerator tone(rate_hz, 440, 12000);
      std::vector<int16_t> said;
      std::vector<std::vector<uint8_t>> sent;
      EncodedAudio encoded;
      for (int tick = 0; tick < 30; ++tick) {
        AudioFrame frame;
        frame.Clear(rate_hz);
        tone.Generate(frame.samples, frame.samples_per_channel);
        said.insert(said.end(), frame.samples, frame.samples + frame.samples_per_channel);
        stream->Encode(frame, &encoded);
        for (int i = 0; i < encoded.count; ++i) sent.push_back(Payload(encoded, i));
      }
      const int count = rate_hz / 1000 * stream->settings().ptime_ms;
      REQUIRE(sent.size() == said.size() / static_cast<size_t>(count));
      for (size_t i = 0; i < sent.size(); ++i) {
        std::vector<uint8_t> wanted(EncodedAudio::kMostBytes);
        wanted.resize(plain->Encode(said.data() + i * static_cast<size_t>(count), count,
                                    wanted.data(), wanted.size()));
        REQUIRE(sent[i] == wanted);
      }
    }
  }
}

TEST_CASE("stream encoder: a copy goes on bit for bit, in the middle of a packet too") {
  const auto a = StreamEncoder::Make(Settings(CodecId::kG722, 40));
  const auto b = StreamEncoder::Make(Settings(CodecId::kG722, 40));
  ToneGenerator tone(16000, 700, 9000);
  EncodedAudio from_a;
  EncodedAudio from_b;
  AudioFrame frame;
  frame.Clear(16000);
  for (int tick = 0; tick < 20; ++tick) {
    tone.Generate(frame.samples, frame.samples_per_channel);
    a->Encode(frame, &from_a);
    if (tick == 6) b->CloneFrom(*a);
    if (tick <= 6) continue;
    b->Encode(frame, &from_b);
    REQUIRE(from_b.count == from_a.count);
    REQUIRE(from_b.lead_units == from_a.lead_units);
    if (from_a.count == 1) REQUIRE(Payload(from_b, 0) == Payload(from_a, 0));
  }
}

TEST_CASE("stream encoder: the packet length is one that the codec makes and a datagram holds") {
  const auto used = [](CodecId codec, int wanted_ms, int clock_hz = 8000) {
    return PacketMs(Settings(codec, 0, clock_hz).codec, wanted_ms);
  };
  CHECK(used(CodecId::kPcmu, 20) == 20);
  CHECK(used(CodecId::kPcmu, 35) == 30);
  CHECK(used(CodecId::kPcmu, 5) == 10);
  CHECK(used(CodecId::kPcmu, 200) == 60);
  CHECK(used(CodecId::kL16, 60, 16000) == 40);  // 32 bytes a millisecond
  CHECK(used(CodecId::kL16, 20, 48000) == 10);
}

TEST_CASE("stream encoder: streams are the same when nothing that shapes the bytes differs") {
  CHECK(Settings(CodecId::kPcmu, 20) == Settings(CodecId::kPcmu, 20));
  CHECK(Settings(CodecId::kPcmu, 20) != Settings(CodecId::kPcmu, 30));
  CHECK(Settings(CodecId::kPcmu, 20) != Settings(CodecId::kPcma, 20));
  CHECK(Settings(CodecId::kL16, 20, 8000) != Settings(CodecId::kL16, 20, 16000));
  StreamSettings other = Settings(CodecId::kPcmu, 20);
  other.codec.opus.bitrate_bps = 64000;  // not of this codec
  CHECK(other == Settings(CodecId::kPcmu, 20));
}

TEST_CASE("stream encoder: a codec that is not there, and a frame of another rate") {
  CHECK(StreamEncoder::Make(Settings(CodecId::kNone, 20)) == nullptr);
  CHECK(StreamEncoder::Make(Settings(CodecId::kPcmu, 20, 44100)) == nullptr);
  const auto stream = StreamEncoder::Make(Settings(CodecId::kPcmu, 20));
  AudioFrame wide;
  wide.Clear(16000);
  wide.samples[0] = 3000;
  EncodedAudio encoded;
  stream->Encode(wide, &encoded);
  REQUIRE(encoded.count == 1);
  CHECK(Payload(encoded, 0) == std::vector<uint8_t>(160, 0xFF));
}
