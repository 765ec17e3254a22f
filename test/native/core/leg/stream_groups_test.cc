#include "core/leg/stream_groups.h"

#include <doctest/doctest.h>

#include <memory>
#include <vector>

#include "core/codec/registry.h"
#include "core/dsp/tone.h"

using namespace mixminus;

namespace {

struct Listener {
  explicit Listener(CodecId codec = CodecId::kG722, int ptime_ms = 20) {
    StreamSettings settings;
    settings.codec.id = codec;
    settings.ptime_ms = ptime_ms;
    if (codec == CodecId::kOpus) settings.codec.rtp_clock_hz = 48000;
    settings.codec.sample_rate_hz = 16000;
    encoder = StreamEncoder::Make(settings);
  }
  std::unique_ptr<StreamEncoder> encoder;
  StreamMember member;
};

std::vector<uint8_t> Bytes(const EncodedAudio& audio) {
  REQUIRE(audio.count == 1);
  return {audio.PayloadOf(0), audio.PayloadOf(0) + audio.packets[0].size};
}

struct Room {
  bool Join(Listener* listener, int source = 0) {
    return groups.Join(&listener->member, listener->encoder.get(), source);
  }
  void Begin() {
    groups.BeginTick();
    frame.Clear(16000);
    tone.Generate(frame.samples, frame.samples_per_channel);
  }
  std::vector<uint8_t> Hear(const Listener& listener) {
    return Bytes(groups.Hear(listener.member, frame, scratch.get()));
  }
  std::vector<uint8_t> Own(const Listener& listener) {
    EncodedAudio encoded;
    listener.encoder->Encode(frame, &encoded);
    return Bytes(encoded);
  }
  StreamGroups groups;
  ToneGenerator tone{16000, 600, 9000};
  AudioFrame frame;
  std::unique_ptr<StreamScratch> scratch = std::make_unique<StreamScratch>();
};

}  // namespace

TEST_CASE("stream groups: one encoder for listeners of the same audio and settings") {
  Room room;
  Listener a;
  Listener b;
  Listener long_packets(CodecId::kG722, 40);
  Listener silent;
  REQUIRE(room.Join(&a));
  REQUIRE(room.Join(&b));
  CHECK(room.groups.alive() == 1);
  REQUIRE(room.Join(&long_packets));
  REQUIRE(room.Join(&silent, 1));
  CHECK(room.groups.alive() == 3);
  CHECK(room.groups.source_of(silent.member) == 1);
  for (int tick = 0; tick < 5; ++tick) {
    room.Begin();
    CHECK(room.Hear(a) == room.Hear(b));
  }
  // The head has worked, the other has not.
  CHECK(a.member.group == b.member.group);
  room.groups.Leave(&a.member);
  room.groups.Leave(&b.member);
  CHECK(room.groups.alive() == 2);
  CHECK(room.groups.source_of(a.member) == -1);
}

TEST_CASE("stream groups: across fifty talk switches every stream is that of one encoder") {
  CodecId codec = CodecId::kG722;
  SUBCASE("G.722") {}
  SUBCASE("Opus") { codec = CodecId::kOpus; }
  // A build without libopus.
  if (FindCodec(codec) == nullptr) return;
  Room room;
  Listener listeners[4] = {Listener(codec), Listener(codec), Listener(codec), Listener(codec)};
  Listener reference(codec);
  for (Listener& listener : listeners) REQUIRE(room.Join(&listener));
  for (int tick = 0; tick < 250; ++tick) {
    room.Begin();
    // Each in turn leaves, the head among them, and comes back while all still agree.
    Listener& switching = listeners[(tick / 5) % 4];
    if (tick % 5 == 1) room.groups.Leave(&switching.member);
    if (tick % 5 == 3) REQUIRE(room.Join(&switching));
    const std::vector<uint8_t> wanted = room.Own(reference);
    for (Listener& listener : listeners) {
      const bool shared = listener.member.group >= 0;
      CHECK((shared ? room.Hear(listener) : room.Own(listener)) == wanted);
    }
  }
}

TEST_CASE("stream groups: more kinds of stream than groups are not shared, and nothing breaks") {
  Room room;
  std::vector<std::unique_ptr<Listener>> listeners;
  for (int i = 0; i <= StreamScratch::kMostGroups; ++i) {
    listeners.push_back(std::make_unique<Listener>());
    CHECK(room.Join(listeners.back().get(), i) == (i < StreamScratch::kMostGroups));
  }
  room.groups.Leave(&listeners.back()->member);
  room.groups.Leave(&listeners[3]->member);
  CHECK(room.Join(listeners.back().get(), 99));
  for (auto& listener : listeners) room.groups.Leave(&listener->member);
  CHECK(room.groups.alive() == 0);
}

TEST_CASE("stream groups: listeners that lose much do not share with those that lose nothing") {
  if (FindCodec(CodecId::kOpus) == nullptr) return;
  Room room;
  Listener good(CodecId::kOpus);
  Listener bad(CodecId::kOpus);
  Listener plain;
  bad.encoder->SetExpectedLoss(15);
  REQUIRE(room.Join(&good));
  REQUIRE(room.Join(&bad));
  CHECK(room.groups.alive() == 2);
  plain.encoder->SetExpectedLoss(15);  // G.722 has no FEC to prepare
  CHECK(plain.encoder->settings() == Listener().encoder->settings());
  CHECK(plain.encoder->settings().codec.opus.expected_loss_percent == 0);
}
