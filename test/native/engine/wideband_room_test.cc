// Rooms and legs of any codec, rate and packet length in manual mode: what is said at one rate is
// heard at all, exactly where the rates are equal; no allocation, and little memory for G.711.
#include <malloc.h>

#include <cmath>

#include "core/codec/registry.h"
#include "core/dsp/tone.h"
#include "engine/allocation_counter.h"
#include "engine/rig.h"

using namespace mixminus;
using namespace mixminus::rig;

namespace {

constexpr int kSettle = 15;

// A phone with a codec of its own.
struct Voice {
  Voice(Rig* rig, CodecId codec, int clock_hz, int ptime_ms = 20) : phone(rig->Open()) {
    stream.codec.id = codec;
    stream.codec.rtp_clock_hz = clock_hz;
    encoder = MakeEncoder(stream.codec);
    decoder = MakeDecoder(stream.codec);
    REQUIRE(encoder != nullptr);
    auto settings = Settings(phone.remote);
    settings->receive.formats[0] = {96, codec, clock_hz};
    settings->receive.format_count = 1;
    settings->send_payload_type = 96;
    settings->send_stream = stream;
    settings->send_stream.ptime_ms = ptime_ms;
    rig->Configure(phone, std::move(settings));
    packet.resize(kRtpHeaderSize + 1500);
  }

  int rate_hz() const { return encoder->sample_rate_hz(); }

  // 20 ms of samples, without allocation.
  void Say(Engine* engine, const int16_t* samples) {
    const size_t size =
        encoder->Encode(samples, SamplesPerFrame(rate_hz()), packet.data() + kRtpHeaderSize, 1400);
    packet[0] = 0x80;
    packet[1] = 96;
    packet[2] = static_cast<uint8_t>(phone.sequence >> 8);
    packet[3] = static_cast<uint8_t>(phone.sequence);
    for (size_t i = 0; i < 4; ++i) {
      packet[4 + i] = static_cast<uint8_t>(phone.timestamp >> (24 - 8 * i));
      packet[8 + i] = static_cast<uint8_t>(phone.ssrc >> (24 - 8 * i));
    }
    ++phone.sequence;
    phone.timestamp += static_cast<uint32_t>(SamplesPerFrame(stream.codec.rtp_clock_hz));
    engine->Inject(phone.local, phone.remote, packet.data(), kRtpHeaderSize + size);
  }

  std::vector<int16_t> Heard(size_t first_packet) {
    std::vector<int16_t> all;
    for (size_t i = first_packet; i < phone.rtp.size(); ++i) {
      const uint8_t* payload = phone.rtp[i].data.data() + kRtpHeaderSize;
      const size_t size = phone.rtp[i].data.size() - kRtpHeaderSize;
      const int count = decoder->PacketSamples(payload, size);
      const size_t before = all.size();
      all.resize(before + static_cast<size_t>(count));
      decoder->Decode(payload, size, 0, all.data() + before, count);
    }
    return all;
  }

  Phone phone;
  StreamSettings stream;
  std::unique_ptr<AudioEncoder> encoder;
  std::unique_ptr<AudioDecoder> decoder;
  std::vector<uint8_t> packet;
};

// Peak of one frequency.
double Amplitude(const std::vector<int16_t>& samples, int rate_hz, double frequency_hz) {
  double re = 0;
  double im = 0;
  for (size_t i = 0; i < samples.size(); ++i) {
    const double phase =
        2 * 3.14159265358979323846 * frequency_hz * static_cast<double>(i) / rate_hz;
    re += samples[i] * std::cos(phase);
    im += samples[i] * std::sin(phase);
  }
  return 2 * std::sqrt(re * re + im * im) / static_cast<double>(samples.size());
}

}  // namespace

TEST_CASE("wideband members hear exactly each other, whoever else listens at another rate") {
  Rig rig;
  Voice a(&rig, CodecId::kL16, 16000);
  Voice b(&rig, CodecId::kL16, 16000);
  Voice narrow(&rig, CodecId::kPcmu, 8000);
  rig.Room({&a.phone, &b.phone, &narrow.phone});
  std::vector<int16_t> said;
  for (int tick = 0; tick < 60; ++tick) {
    int16_t frame[320];
    for (int i = 0; i < 320; ++i)
      frame[i] = static_cast<int16_t>((tick * 977 + i * 131) % 20000 + 1);
    said.insert(said.end(), frame, frame + 320);
    const int16_t silence[320] = {};
    a.Say(rig.engine.get(), frame);
    b.Say(rig.engine.get(), silence);
    rig.Tick({&a.phone, &b.phone, &narrow.phone});
  }
  const std::vector<int16_t> heard = b.Heard(0);
  const auto first = std::find_if(heard.begin(), heard.end(), [](int16_t s) { return s != 0; });
  REQUIRE(heard.end() - first > 30 * 320);
  const std::vector<int16_t> rest(first, heard.end());
  bool found = false;
  for (size_t offset = 0; offset < 20 * 320 && !found; offset += 320)
    found =
        std::equal(rest.begin(), rest.begin() + 30 * 320, said.begin() + static_cast<long>(offset));
  CHECK(found);
}

TEST_CASE("three wideband members at full scale each hear exactly limiter(a + b)") {
  Rig rig;
  Voice voices[] = {{&rig, CodecId::kL16, 48000, 10},
                    {&rig, CodecId::kL16, 48000, 10},
                    {&rig, CodecId::kL16, 48000, 10}};
  const int16_t levels[] = {32767, 32767, -32768};
  rig.Room({&voices[0].phone, &voices[1].phone, &voices[2].phone});
  // Packets of 48 kHz hold 10 ms: two for each tick.
  for (int tick = 0; tick < kSettle; ++tick) {
    for (int v = 0; v < 3; ++v) {
      const std::vector<int16_t> half(480, levels[v]);
      for (int i = 0; i < 2; ++i) {
        std::vector<uint8_t> payload(960);
        voices[v].encoder->Encode(half.data(), 480, payload.data(), payload.size());
        rig.Inject(voices[v].phone, Rtp(96, voices[v].phone.sequence++, voices[v].phone.timestamp,
                                        voices[v].phone.ssrc, payload));
        voices[v].phone.timestamp += 480;
      }
    }
    rig.Tick({&voices[0].phone, &voices[1].phone, &voices[2].phone});
  }
  const int32_t wanted[] = {-1, -1, 32767};
  for (int v = 0; v < 3; ++v) {
    const auto heard = voices[v].Heard(voices[v].phone.rtp.size() - 2);
    REQUIRE(heard.size() == 960);
    for (const int16_t sample : heard) REQUIRE(sample == wanted[v]);
  }
}

TEST_CASE(
    "everybody hears the others' tones at their level, at every pair of rates, and not itself") {
  Rig rig;
  Voice voices[] = {{&rig, CodecId::kPcmu, 8000},
                    {&rig, CodecId::kG722, 8000, 40},
                    {&rig, CodecId::kL16, 24000},
                    {&rig, CodecId::kL16, 48000}};
  constexpr int kVoices = 4;
  const double tones_hz[kVoices] = {700, 1100, 1700, 2300};
  constexpr double kAmplitude = 3000;
  std::vector<ToneGenerator> tones;
  std::vector<Phone*> phones;
  for (int v = 0; v < kVoices; ++v) {
    tones.emplace_back(voices[v].rate_hz(), tones_hz[v], kAmplitude);
    phones.push_back(&voices[v].phone);
  }
  rig.Room(phones);
  for (int tick = 0; tick < 120; ++tick) {
    for (int v = 0; v < kVoices; ++v) {
      int16_t frame[960];
      tones[static_cast<size_t>(v)].Generate(frame, SamplesPerFrame(voices[v].rate_hz()));
      // 48 kHz of L16 in one packet would not be a datagram; the leg takes 10 ms at a time.
      if (voices[v].stream.codec.rtp_clock_hz == 48000) {
        for (int half = 0; half < 2; ++half) {
          std::vector<uint8_t> payload(960);
          voices[v].encoder->Encode(frame + 480 * half, 480, payload.data(), payload.size());
          rig.Inject(voices[v].phone, Rtp(96, voices[v].phone.sequence++, voices[v].phone.timestamp,
                                          voices[v].phone.ssrc, payload));
          voices[v].phone.timestamp += 480;
        }
      } else {
        voices[v].Say(rig.engine.get(), frame);
      }
    }
    rig.Tick(phones);
  }
  for (int listener = 0; listener < kVoices; ++listener) {
    Voice& voice = voices[listener];
    const auto all = voice.Heard(0);
    const auto second = static_cast<size_t>(voice.rate_hz());
    REQUIRE(all.size() > second);
    const std::vector<int16_t> heard(all.end() - static_cast<long>(second), all.end());
    for (int speaker = 0; speaker < kVoices; ++speaker) {
      const double level = Amplitude(heard, voice.rate_hz(), tones_hz[speaker]);
      CAPTURE(listener);
      CAPTURE(speaker);
      if (speaker == listener) {
        CHECK(level < kAmplitude * 0.01);
      } else {
        CHECK(std::fabs(20 * std::log10(level / kAmplitude)) < 0.5);
      }
    }
  }
}

TEST_CASE(
    "10,000 grid points with codecs that have state, talk switches included, allocate nothing") {
  Rig rig;
  std::vector<Voice> voices;
  const CodecId codecs[] = {CodecId::kG722, CodecId::kOpus, CodecId::kL16, CodecId::kPcma};
  const int clocks[] = {8000, 48000, 16000, 8000};
  std::vector<RoomChangeRequest> joins;
  for (int i = 0; i < 12; ++i) {
    if (FindCodec(codecs[i % 4], clocks[i % 4]) == nullptr) continue;
    voices.emplace_back(&rig, codecs[i % 4], clocks[i % 4], i < 4 ? 40 : 20);
    if (i < 10) joins.push_back({RoomOp::kAdd, voices.back().phone.leg, false, i == 9});
  }
  REQUIRE(rig.engine->ApplyRoom(rig.Room({}, 2), joins).ok());
  Handle player = kNullHandle;
  REQUIRE(rig.engine->Play(voices[1].phone.leg, Pcm(std::vector<int16_t>(1000, 500), true), &player)
              .ok());
  rig.Tick({});
  Engine* engine = rig.engine.get();
  int64_t now_ns = rig.now_ns();
  int16_t frame[960];
  const uint64_t before = Allocations();
  uint64_t sent = 0;
  for (int grid = 0; grid < 10'000; ++grid) {
    // Two talk at a time, others take over each half second.
    for (size_t i = 0; grid % 4 == 0 && i < voices.size(); ++i) {
      const bool talks = (static_cast<size_t>(grid) / 100 + i) % 5 == 0;
      for (int k = 0; k < 960; ++k) frame[k] = static_cast<int16_t>(talks ? (k * 331) % 9000 : 0);
      voices[i].Say(engine, frame);
    }
    now_ns += kGridNs;
    engine->Advance(now_ns);
    while (engine->memory_io()->FrontSent() != nullptr) {
      engine->memory_io()->DropSent();
      ++sent;
    }
  }
  CHECK(Allocations() - before == 0);
  CHECK(sent > voices.size() * 2000);
}

TEST_CASE("a renegotiation to another codec takes new memory, and the old goes back") {
  Rig rig;
  Phone phone = rig.Call();
  rig.Talk({&phone}, {0x21}, kSettle);
  const auto change = [&](CodecId codec, uint8_t payload_type) {
    auto settings = Settings(phone.remote);
    settings->receive.formats[0] = {payload_type, codec};
    settings->receive.format_count = 1;
    settings->send_payload_type = payload_type;
    settings->send_stream.codec.id = codec;
    rig.Configure(phone, std::move(settings));
    phone.rtp.clear();
    for (int i = 0; i < kSettle; ++i) {
      rig.Say(&phone, std::vector<uint8_t>(kFrameBytes, 0x55), payload_type);
      rig.Tick({&phone});
    }
    CHECK(rig.Stat(phone, LegStat::kUnknownPayload) == 0);
    CHECK((phone.last()[1] & 0x7F) == payload_type);
  };
  change(CodecId::kG722, 9);
  CHECK(phone.Heard().size() == kFrameBytes);
  change(CodecId::kPcma, 8);
  CHECK(AllOf(phone.Heard(), LinearToAlaw(0)));
  CHECK(rig.Stat(phone, LegStat::kPacketsReceived) == 3 * kSettle);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_CASE("a G.711 leg takes at most 40,000 bytes, and one of Opus what its packets need") {
  const auto bytes_of = [](const std::vector<PayloadFormat>& formats) {
    ReceiveLegConfig config;
    for (const PayloadFormat& format : formats) config.formats[config.format_count++] = format;
    StreamSettings stream;
    stream.codec.id = formats[0].codec;
    stream.codec.rtp_clock_hz = formats[0].rtp_clock_hz;
    const size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
    const auto receive = std::make_unique<ReceiveLeg>(config);
    const auto encoder = StreamEncoder::Make(stream);
    const size_t after = mallinfo2().uordblks + mallinfo2().hblkhd;
    return sizeof(MediaLeg) + after - before - sizeof(ReceiveLeg);
  };
  const size_t g711 = bytes_of({{0, CodecId::kPcmu}, {8, CodecId::kPcma}});
  CHECK(g711 <= 40'000);
  MESSAGE("bytes of a G.711 leg: " << g711);
  if (FindCodec(CodecId::kOpus) == nullptr) return;
  const size_t opus = bytes_of({{111, CodecId::kOpus, 48000}, {0, CodecId::kPcmu}});
  MESSAGE("bytes of an Opus leg: " << opus);
  CHECK(opus <= 200'000);
}
#endif
