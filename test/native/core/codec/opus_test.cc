#include <doctest/doctest.h>
#include <malloc.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "core/codec/opus_support.h"
#include "core/codec/registry.h"

using namespace mixminus;
using mixminus::testing::Energy;
using mixminus::testing::OggOpus;
using mixminus::testing::Quiet;
using mixminus::testing::Random;
using mixminus::testing::SharedLibopus;
using mixminus::testing::ToneShare;
using mixminus::testing::Voice;

namespace {

constexpr int kRate = 48000;
constexpr int kFrame = 960;
using Packets = std::vector<std::vector<uint8_t>>;

CodecSettings Settings() {
  CodecSettings settings;
  settings.id = CodecId::kOpus;
  settings.rtp_clock_hz = kRate;
  return settings;
}

std::unique_ptr<AudioEncoder> Encoder(const CodecSettings& settings) {
  auto encoder = MakeEncoder(settings);
  REQUIRE_MESSAGE(encoder != nullptr, "this build has no Opus: apt-get install libopus-dev");
  return encoder;
}

std::unique_ptr<AudioDecoder> Decoder() {
  auto decoder = MakeDecoder(Settings());
  REQUIRE_MESSAGE(decoder != nullptr, "this build has no Opus: apt-get install libopus-dev");
  return decoder;
}

std::vector<uint8_t> EncodeOne(AudioEncoder* encoder, const int16_t* samples, int count) {
  std::vector<uint8_t> payload(1275);
  payload.resize(encoder->Encode(samples, count, payload.data(), payload.size()));
  REQUIRE(!payload.empty());
  return payload;
}

Packets EncodeAll(AudioEncoder* encoder, const std::vector<int16_t>& samples, int count) {
  Packets packets;
  for (size_t at = 0; at + static_cast<size_t>(count) <= samples.size();
       at += static_cast<size_t>(count)) {
    packets.push_back(EncodeOne(encoder, samples.data() + at, count));
  }
  return packets;
}

std::vector<int16_t> DecodeAll(AudioDecoder* decoder, const Packets& packets) {
  std::vector<int16_t> samples;
  for (const auto& packet : packets) {
    const int count = decoder->PacketSamples(packet.data(), packet.size());
    samples.resize(samples.size() + static_cast<size_t>(count));
    REQUIRE(decoder->Decode(packet.data(), packet.size(), 0,
                            samples.data() + samples.size() - count, count) == count);
  }
  return samples;
}

double SnrDb(const std::vector<int16_t>& expected, const std::vector<int16_t>& actual) {
  REQUIRE(expected.size() == actual.size());
  double noise = 1e-9;
  for (size_t i = 0; i < expected.size(); ++i) {
    const double difference = static_cast<double>(expected[i]) - actual[i];
    noise += difference * difference;
  }
  return 10 * std::log10(Energy(expected.data(), static_cast<int>(expected.size())) / noise);
}

// Which packets carry FEC for the frame before them, by libopus alone: asked for FEC, it makes
// something else than its concealment.
std::vector<bool> CarriesFec(const Packets& packets) {
  SharedLibopus libopus;
  const auto size = static_cast<size_t>(libopus.decoder_size(1));
  void* decoder = libopus.create_decoder(kRate, 1, nullptr);
  std::vector<uint64_t> copy(size / 8 + 1);
  std::vector<bool> carries;
  for (const auto& packet : packets) {
    int16_t with_fec[3 * kFrame];
    int16_t without[3 * kFrame];
    int16_t frame[3 * kFrame];
    const auto bytes = static_cast<int32_t>(packet.size());
    std::memcpy(copy.data(), decoder, size);
    const int count = libopus.decode(decoder, packet.data(), bytes, frame, 3 * kFrame, 0);
    REQUIRE(count > 0);
    std::vector<uint64_t> other = copy;
    REQUIRE(libopus.decode(other.data(), packet.data(), bytes, with_fec, count, 1) == count);
    other = copy;
    REQUIRE(libopus.decode(other.data(), nullptr, 0, without, count, 0) == count);
    carries.push_back(std::memcmp(with_fec, without, static_cast<size_t>(count) * 2) != 0);
  }
  libopus.destroy_decoder(decoder);
  return carries;
}

std::vector<int16_t> Tone(int rate_hz, double seconds, double hz) {
  std::vector<int16_t> samples(static_cast<size_t>(rate_hz * seconds));
  for (size_t i = 0; i < samples.size(); ++i) {
    samples[i] = static_cast<int16_t>(
        std::lround(8000 * std::sin(testing::kTwoPi * hz * static_cast<double>(i) / rate_hz)));
  }
  return samples;
}

}  // namespace

TEST_CASE("opus: packets of 10 to 60 ms decode as libopus's shared library decodes them") {
  SharedLibopus libopus;
  const auto voice = Voice(kRate, 6);
  for (const int ms : {10, 20, 40, 60}) {
    const int count = ms * 48;
    auto encoder = Encoder(Settings());
    auto decoder = Decoder();
    const Packets packets = EncodeAll(encoder.get(), voice, count);
    for (const auto& packet : packets) {
      REQUIRE(decoder->PacketSamples(packet.data(), packet.size()) == count);
    }
    const auto ours = DecodeAll(decoder.get(), packets);
    std::vector<int16_t> theirs(ours.size());
    void* other = libopus.create_decoder(kRate, 1, nullptr);
    for (size_t i = 0; i < packets.size(); ++i) {
      REQUIRE(libopus.decode(other, packets[i].data(), static_cast<int32_t>(packets[i].size()),
                             theirs.data() + i * static_cast<size_t>(count), count, 0) == count);
    }
    libopus.destroy_decoder(other);
    CHECK(SnrDb(theirs, ours) > 60);
  }
}

TEST_CASE("opus: opusdec hears from our packets what our decoder hears") {
  auto encoder = Encoder(Settings());
  auto decoder = Decoder();
  const Packets packets = EncodeAll(encoder.get(), Voice(kRate, 3), kFrame);
  const auto ours = DecodeAll(decoder.get(), packets);
  char folder[] = "/tmp/mixminus-opus-XXXXXX";
  REQUIRE(mkdtemp(folder) != nullptr);
  const std::string in = std::string(folder) + "/a.opus";
  const std::string out = std::string(folder) + "/a.raw";
  const auto file = OggOpus(packets, kFrame);
  std::FILE* handle = std::fopen(in.c_str(), "wb");
  REQUIRE(handle != nullptr);
  REQUIRE(std::fwrite(file.data(), 1, file.size(), handle) == file.size());
  std::fclose(handle);
  const std::string command =
      "opusdec --quiet --no-dither --rate 48000 " + in + " " + out + " 2>&1 >/dev/null";
  REQUIRE_MESSAGE(std::system(command.c_str()) == 0, "needs opusdec: apt-get install opus-tools");
  std::vector<int16_t> theirs(ours.size() + 1);
  handle = std::fopen(out.c_str(), "rb");
  REQUIRE(handle != nullptr);
  theirs.resize(std::fread(theirs.data(), 2, theirs.size(), handle));
  std::fclose(handle);
  std::remove(in.c_str());
  std::remove(out.c_str());
  std::remove(folder);
  CHECK(SnrDb(theirs, ours) > 50);
}

TEST_CASE("opus: a packet decoded in runs is the same as in one") {
  const auto voice = Voice(kRate, 3);
  auto encoder = Encoder(Settings());
  const Packets packets = EncodeAll(encoder.get(), voice, 3 * kFrame);
  auto reference = Decoder();
  const auto expected = DecodeAll(reference.get(), packets);
  for (const int run : {100, 480, 960, 2000, 2880}) {
    auto decoder = Decoder();
    std::vector<int16_t> samples;
    for (const auto& packet : packets) {
      for (int at = 0; at < 3 * kFrame; at += run) {
        const int count = std::min(run, 3 * kFrame - at);
        int16_t part[3 * kFrame];
        REQUIRE(decoder->Decode(packet.data(), packet.size(), at, part, count) == count);
        samples.insert(samples.end(), part, part + count);
      }
      int16_t beyond;
      CHECK(decoder->Decode(packet.data(), packet.size(), 3 * kFrame, &beyond, 1) == 0);
    }
    CHECK((samples == expected));
  }
  // The samples before `first` are not wanted, but the state needs them.
  auto decoder = Decoder();
  int16_t part[kFrame];
  for (size_t i = 0; i < 10; ++i) {
    const int first = i == 5 ? 1500 : 0;
    REQUIRE(decoder->Decode(packets[i].data(), packets[i].size(), first, part, kFrame) == kFrame);
    CHECK(std::memcmp(part, expected.data() + i * 3 * kFrame + static_cast<size_t>(first),
                      sizeof(part)) == 0);
  }
}

TEST_CASE("opus: at 10 % random loss, FEC restores each lost frame whose successor brings it") {
  CodecSettings settings = Settings();
  settings.opus.expected_loss_percent = 10;
  auto encoder = Encoder(settings);
  const Packets packets = EncodeAll(encoder.get(), Voice(kRate, 60), kFrame);
  auto clean = Decoder();
  const auto expected = DecodeAll(clean.get(), packets);
  const auto carries = CarriesFec(packets);
  auto repairing = Decoder();
  auto concealing = Decoder();
  Random random(2026);
  int lost = 0;
  int followed = 0;
  int restorable = 0;
  double all_energy = 0;
  int restored = 0;
  double restored_error = 0;
  double concealed_error = 0;
  double voice = 0;
  bool last_lost = false;
  for (size_t i = 0; i < packets.size(); ++i) {
    int16_t frame[kFrame];
    int16_t made_up[kFrame];
    const auto& packet = packets[i];
    const bool is_lost = i > 0 && random.Chance(0.1);
    const int16_t* truth = expected.data() + i * kFrame;
    if (last_lost && !is_lost) {
      // The frame before was lost, and this packet has come.
      ++followed;
      restorable += carries[i] ? 1 : 0;
      all_energy += Energy(truth - kFrame, kFrame);
      const int16_t* past = truth - kFrame;
      REQUIRE(concealing->Conceal(made_up, kFrame) == kFrame);
      if (repairing->FecSamples(packet.data(), packet.size()) == kFrame) {
        for (int at = 0; at < kFrame; at += 480) {  // in two runs, as a plan may ask
          REQUIRE(repairing->DecodeFec(packet.data(), packet.size(), at, frame + at, 480) == 480);
        }
        ++restored;
        for (int k = 0; k < kFrame; ++k) {
          restored_error += std::pow(frame[k] - past[k], 2);
          concealed_error += std::pow(made_up[k] - past[k], 2);
        }
        voice += Energy(past, kFrame);
      } else {
        repairing->Conceal(frame, kFrame);
      }
    } else if (last_lost) {
      repairing->Conceal(frame, kFrame);
      concealing->Conceal(frame, kFrame);
    }
    if (is_lost) {
      ++lost;
    } else {
      REQUIRE(repairing->Decode(packet.data(), packet.size(), 0, frame, kFrame) == kFrame);
      REQUIRE(concealing->Decode(packet.data(), packet.size(), 0, frame, kFrame) == kFrame);
    }
    last_lost = is_lost;
  }
  MESSAGE("lost ", lost, ", followed by a packet ", followed, ", which brings them ", restorable,
          ", restored ", restored, "; error of restored frames ",
          10 * std::log10(restored_error / voice), " dB, concealed ones ",
          10 * std::log10(concealed_error / voice), " dB");
  CHECK(lost > 250);
  CHECK(followed > 200);
  CHECK(restored == restorable);
  // libopus spends FEC on speech: what is not restored lies between the syllables.
  CHECK(restorable > followed * 7 / 10);
  CHECK(voice > 0.9 * all_energy);
  CHECK(restored_error < concealed_error / 2);
}

TEST_CASE("opus: whether a packet carries FEC is what libopus finds in it") {
  SharedLibopus libopus;
  const auto voice = Voice(kRate, 12);
  for (const int channels : {1, 2}) {
    for (const int ms : {10, 20, 40, 60}) {
      void* encoder = libopus.create_encoder(kRate, channels, 2048, nullptr);  // …_VOIP
      libopus.encoder_ctl(encoder, 4002, 24000 * channels);                    // OPUS_SET_BITRATE
      libopus.encoder_ctl(encoder, 4012, 1);                     // OPUS_SET_INBAND_FEC
      libopus.encoder_ctl(encoder, 4014, 10);                    // OPUS_SET_PACKET_LOSS_PERC
      if (channels == 2) libopus.encoder_ctl(encoder, 4022, 2);  // OPUS_SET_FORCE_CHANNELS
      Packets packets;
      const int count = 48 * ms;
      std::vector<int16_t> both(static_cast<size_t>(count * channels));
      for (size_t at = 0; at + static_cast<size_t>(count) <= voice.size();
           at += static_cast<size_t>(count)) {
        for (size_t i = 0; i < both.size(); ++i) {
          const int16_t sample = voice[at + i / static_cast<size_t>(channels)];
          both[i] =
              i % static_cast<size_t>(channels) == 0 ? sample : static_cast<int16_t>(sample / 3);
        }
        std::vector<uint8_t> payload(1500);
        const int32_t size = libopus.encode(encoder, both.data(), count, payload.data(), 1500);
        REQUIRE(size > 0);
        payload.resize(static_cast<size_t>(size));
        packets.push_back(payload);
      }
      libopus.destroy_encoder(encoder);
      const auto carries = CarriesFec(packets);
      auto decoder = Decoder();
      int agreed = 0;
      int with_fec = 0;
      int compared = 0;
      for (size_t i = 1; i < packets.size(); ++i) {
        // Where the mode or bandwidth changes, the two ways differ anyhow.
        if (packets[i][0] != packets[i - 1][0]) continue;
        ++compared;
        const int samples = decoder->FecSamples(packets[i].data(), packets[i].size());
        CHECK(count % std::max(samples, 480) == 0);  // a packet may hold several frames
        agreed += (samples > 0) == carries[i] ? 1 : 0;
        with_fec += samples > 0 ? 1 : 0;
      }
      CAPTURE(channels);
      CAPTURE(ms);
      CHECK(agreed == compared);
      CHECK(with_fec > static_cast<int>(packets.size()) / 2);
    }
  }
}

TEST_CASE("opus: FEC of a 60 ms packet restores 60 ms; without FEC there is none") {
  for (const bool fec : {true, false}) {
    CodecSettings settings = Settings();
    settings.opus.fec = fec;
    settings.opus.expected_loss_percent = 15;
    settings.opus.bitrate_bps = 24000;
    auto encoder = Encoder(settings);
    auto decoder = Decoder();
    const Packets packets = EncodeAll(encoder.get(), Voice(kRate, 6), 3 * kFrame);
    int with_fec = 0;
    int16_t frame[3 * kFrame];
    for (size_t i = 0; i < packets.size(); ++i) {
      const auto& packet = packets[i];
      if (decoder->FecSamples(packet.data(), packet.size()) == 3 * kFrame) {
        ++with_fec;
        REQUIRE(decoder->DecodeFec(packet.data(), packet.size(), 0, frame, kFrame) == kFrame);
        REQUIRE(decoder->DecodeFec(packet.data(), packet.size(), kFrame, frame, 2 * kFrame) ==
                2 * kFrame);
      } else {
        CHECK(decoder->DecodeFec(packet.data(), packet.size(), 0, frame, kFrame) == 0);
      }
      REQUIRE(decoder->Decode(packet.data(), packet.size(), 0, frame, 3 * kFrame) == 3 * kFrame);
    }
    if (fec) CHECK(with_fec > static_cast<int>(packets.size()) / 2);
    if (!fec) CHECK(with_fec == 0);
  }
}

TEST_CASE("opus: DTX says which packets silence does not need, and the gap is filled with noise") {
  auto samples = Voice(kRate, 2);
  const auto quiet = Quiet(kRate, 4);
  const auto again = Voice(kRate, 2, 2);
  samples.insert(samples.end(), quiet.begin(), quiet.end());
  samples.insert(samples.end(), again.begin(), again.end());
  CodecSettings settings = Settings();
  settings.opus.dtx = true;
  settings.opus.bitrate_bps = 24000;
  auto encoder = Encoder(settings);
  auto decoder = Decoder();
  int sent_speech = 0;
  int skipped_speech = 0;
  int skipped_quiet = 0;
  double loudest_gap = 0;
  double speech_after = 0;
  for (int i = 0; i < 400; ++i) {
    int16_t frame[kFrame];
    const auto payload = EncodeOne(encoder.get(), samples.data() + i * kFrame, kFrame);
    const bool skip = encoder->needs_no_packet();
    const bool speech = i < 100 || i >= 300;
    if (skip) {
      CHECK(payload.size() <= 2);
      REQUIRE(decoder->Conceal(frame, kFrame) == kFrame);
      if (i > 150 && !speech) loudest_gap = std::max(loudest_gap, Energy(frame, kFrame) / kFrame);
      ++(speech ? skipped_speech : skipped_quiet);
    } else {
      REQUIRE(decoder->Decode(payload.data(), payload.size(), 0, frame, kFrame) == kFrame);
      sent_speech += speech ? 1 : 0;
      if (i >= 310) speech_after += Energy(frame, kFrame) / kFrame;
    }
  }
  MESSAGE("DTX: of 200 quiet frames ", skipped_quiet, " need no packet");
  CHECK(skipped_quiet > 150);
  CHECK(sent_speech > 180);
  CHECK(loudest_gap < 400);  // −64 dBov
  CHECK(speech_after / 90 > 1e5);
  settings.opus.dtx = false;
  auto steady = Encoder(settings);
  for (int i = 100; i < 300; ++i) {
    EncodeOne(steady.get(), samples.data() + i * kFrame, kFrame);
    CHECK_FALSE(steady->needs_no_packet());
  }
}

TEST_CASE("opus: stereo packets come out as one channel with both sides in it") {
  SharedLibopus libopus;
  const auto left = Tone(kRate, 2, 440);
  const auto right = Tone(kRate, 2, 1000);
  for (const int bitrate : {40000, 128000}) {
    void* encoder = libopus.create_encoder(kRate, 2, 2049, nullptr);  // OPUS_APPLICATION_AUDIO
    libopus.encoder_ctl(encoder, 4002, bitrate);                      // OPUS_SET_BITRATE
    libopus.encoder_ctl(encoder, 4022, 2);                            // OPUS_SET_FORCE_CHANNELS
    auto decoder = Decoder();
    std::vector<int16_t> heard;
    for (size_t at = 0; at + kFrame <= left.size(); at += kFrame) {
      int16_t both[2 * kFrame];
      for (size_t i = 0; i < kFrame; ++i) {
        both[2 * i] = left[at + i];
        both[2 * i + 1] = right[at + i];
      }
      uint8_t payload[1275];
      const int32_t size = libopus.encode(encoder, both, kFrame, payload, sizeof(payload));
      REQUIRE(size > 2);
      REQUIRE((payload[0] & 0x04) != 0);  // the packet is stereo
      int16_t frame[kFrame];
      REQUIRE(decoder->PacketSamples(payload, static_cast<size_t>(size)) == kFrame);
      REQUIRE(decoder->Decode(payload, static_cast<size_t>(size), 0, frame, kFrame) == kFrame);
      if (at >= 10 * kFrame) heard.insert(heard.end(), frame, frame + kFrame);
    }
    libopus.destroy_encoder(encoder);
    CHECK(ToneShare(heard, kRate, 440) > 0.4);
    CHECK(ToneShare(heard, kRate, 1000) > 0.4);
  }
}

TEST_CASE("opus: a cloned encoder goes on with the same bytes") {
  const auto voice = Voice(kRate, 8);
  for (const int variant : {0, 1, 2}) {
    CodecSettings settings = Settings();
    settings.opus.dtx = variant == 1;
    settings.opus.cbr = variant == 2;
    settings.opus.expected_loss_percent = 5 * variant;
    auto first = Encoder(settings);
    auto clone = Encoder(Settings());
    for (int i = 0; i < 100; ++i) EncodeOne(first.get(), voice.data() + i * kFrame, kFrame);
    REQUIRE(clone->CloneStateFrom(*first));
    for (int i = 100; i < 250; ++i) {
      const auto a = EncodeOne(first.get(), voice.data() + i * kFrame, kFrame);
      const auto b = EncodeOne(clone.get(), voice.data() + i * kFrame, kFrame);
      REQUIRE((a == b));
      REQUIRE(first->needs_no_packet() == clone->needs_no_packet());
    }
    // From here each hears something else, and neither disturbs the other.
    auto twin = Encoder(settings);
    REQUIRE(twin->CloneStateFrom(*clone));
    EncodeOne(first.get(), voice.data() + 300 * kFrame, kFrame);
    for (int i = 250; i < 260; ++i) {
      const auto b = EncodeOne(clone.get(), voice.data() + i * kFrame, kFrame);
      REQUIRE((EncodeOne(twin.get(), voice.data() + i * kFrame, kFrame) == b));
    }
  }
  auto encoder = Encoder(Settings());
  CHECK_FALSE(encoder->CloneStateFrom(*SharedEncoder(CodecId::kPcmu)));
  CodecSettings other = Settings();
  other.sample_rate_hz = 16000;
  CHECK_FALSE(encoder->CloneStateFrom(*Encoder(other)));
}

TEST_CASE("opus: settings are obeyed") {
  SharedLibopus libopus;
  const auto voice = Voice(kRate, 4);
  const auto bytes = [&](const CodecSettings& settings, int bitrate_later = 0) {
    auto encoder = Encoder(settings);
    if (bitrate_later != 0) encoder->SetBitrate(bitrate_later);
    size_t sum = 0;
    for (const auto& packet : EncodeAll(encoder.get(), voice, kFrame)) sum += packet.size();
    return static_cast<double>(sum) * 8 / 4;
  };
  CodecSettings settings = Settings();
  settings.opus.bitrate_bps = 16000;
  CHECK(bytes(settings) == doctest::Approx(16000).epsilon(0.25));
  settings.opus.bitrate_bps = 64000;
  CHECK(bytes(settings) == doctest::Approx(64000).epsilon(0.25));
  CHECK(bytes(settings, 12000) < 16000);
  CHECK(bytes(settings, 1) < 8000);  // clamped to 6000

  settings.opus.cbr = true;
  auto constant = Encoder(settings);
  for (const auto& packet : EncodeAll(constant.get(), voice, kFrame)) REQUIRE(packet.size() == 160);

  const std::pair<int, int> bandwidths[] = {
      {8000, 1101}, {12000, 1102}, {16000, 1103}, {24000, 1104}, {48000, 1105}};
  for (const auto& [rate_hz, bandwidth] : bandwidths) {
    CodecSettings limited = Settings();
    limited.opus.bitrate_bps = 64000;
    limited.opus.max_playback_rate_hz = rate_hz;
    auto encoder = Encoder(limited);
    int widest = 0;
    for (const auto& packet : EncodeAll(encoder.get(), voice, kFrame)) {
      widest = std::max(widest, libopus.packet_bandwidth(packet.data()));
    }
    CHECK(widest == bandwidth);
  }

  // Loss that is told later turns FEC on, as a setting from the start does.
  auto encoder = Encoder(Settings());
  auto decoder = Decoder();
  encoder->SetExpectedLoss(20);
  encoder->SetComplexity(1);
  int with_fec = 0;
  for (const auto& packet : EncodeAll(encoder.get(), voice, kFrame)) {
    with_fec += decoder->FecSamples(packet.data(), packet.size()) > 0 ? 1 : 0;
  }
  CHECK(with_fec > 120);
}

TEST_CASE("opus: after a reset both sides are as new") {
  const auto voice = Voice(kRate, 2);
  auto used = Encoder(Settings());
  auto fresh = Encoder(Settings());
  auto decoder = Decoder();
  auto fresh_decoder = Decoder();
  int16_t a[kFrame];
  int16_t b[kFrame];
  for (int i = 0; i < 50; ++i) {
    const auto packet = EncodeOne(used.get(), voice.data() + i * kFrame, kFrame);
    decoder->Decode(packet.data(), packet.size(), 0, a, kFrame);
  }
  used->Reset();
  decoder->Reset();
  for (int i = 0; i < 50; ++i) {
    const auto packet = EncodeOne(fresh.get(), voice.data() + i * kFrame, kFrame);
    REQUIRE((EncodeOne(used.get(), voice.data() + i * kFrame, kFrame) == packet));
    decoder->Decode(packet.data(), packet.size(), 0, a, kFrame);
    fresh_decoder->Decode(packet.data(), packet.size(), 0, b, kFrame);
    REQUIRE(std::memcmp(a, b, sizeof(a)) == 0);
  }
}

TEST_CASE("opus: PCM of 8 to 48 kHz on either side") {
  for (const int rate_hz : {8000, 12000, 16000, 24000, 48000}) {
    CodecSettings settings = Settings();
    settings.sample_rate_hz = rate_hz;
    auto encoder = Encoder(settings);
    auto decoder = MakeDecoder(settings);
    REQUIRE(decoder != nullptr);
    CHECK(encoder->sample_rate_hz() == rate_hz);
    CHECK(decoder->sample_rate_hz() == rate_hz);
    auto heard =
        DecodeAll(decoder.get(), EncodeAll(encoder.get(), Tone(rate_hz, 2, 700), rate_hz / 50));
    heard.erase(heard.begin(), heard.begin() + rate_hz / 2);
    CHECK(ToneShare(heard, rate_hz, 700) > 0.95);
  }
}

TEST_CASE("opus: concealment takes any count and fades; what is not a packet is refused") {
  auto encoder = Encoder(Settings());
  auto decoder = Decoder();
  const auto voice = Voice(kRate, 1);
  for (const auto& packet : EncodeAll(encoder.get(), voice, kFrame)) {
    int16_t frame[kFrame];
    decoder->Decode(packet.data(), packet.size(), 0, frame, kFrame);
  }
  int16_t made_up[kFrame];
  double first = 0;
  double last = 0;
  for (int i = 0; i < 200; ++i) {
    const int count = 1 + (i * 37) % kFrame;
    REQUIRE(decoder->Conceal(made_up, count) == count);
    if (i == 0) REQUIRE(decoder->Conceal(made_up, kFrame) == kFrame);
    (i == 0 ? first : last) = Energy(made_up, i == 0 ? kFrame : count) / (i == 0 ? kFrame : count);
  }
  CHECK(first > 10 * last);  // down to the background noise that the decoder saw

  int16_t out[kFrame];
  const uint8_t empty[1] = {0};
  CHECK(decoder->PacketSamples(empty, 0) == 0);
  CHECK(decoder->PacketSamples(nullptr, 0) == 0);
  CHECK(decoder->Decode(empty, 0, 0, out, kFrame) == 0);
  CHECK(decoder->FecSamples(empty, 0) == 0);
  const uint8_t too_long[] = {0x1B, 0x03, 0, 0, 0};  // three frames of 60 ms
  CHECK(decoder->PacketSamples(too_long, sizeof(too_long)) == 0);
  const uint8_t no_length[] = {0x02};  // two frames, and no length of the first
  CHECK(decoder->PacketSamples(no_length, sizeof(no_length)) == 0);
  const std::vector<uint8_t> huge(70000, 0x78);
  CHECK(decoder->PacketSamples(huge.data(), huge.size()) == 0);

  for (const int count : {0, -960, 1, 959, 961, 1440, 3840, 5760}) {
    CHECK_FALSE(encoder->TakesSamples(count));
    uint8_t payload[1275];
    CHECK(encoder->Encode(voice.data(), count, payload, sizeof(payload)) == 0);
  }
  for (const int count : {120, 240, 480, 960, 1920, 2880}) CHECK(encoder->TakesSamples(count));
}

TEST_CASE("opus: nothing is allocated once the objects stand") {
  const auto voice = Voice(kRate, 2);
  auto encoder = Encoder(Settings());
  auto clone = Encoder(Settings());
  auto decoder = Decoder();
  const size_t before = mallinfo2().uordblks;
  uint8_t payload[1275];
  int16_t frame[kFrame];
  for (int i = 0; i < 100; ++i) {
    const size_t size =
        encoder->Encode(voice.data() + i * kFrame, kFrame, payload, sizeof(payload));
    decoder->Decode(payload, size, 0, frame, kFrame);
    decoder->Conceal(frame, 100);
    decoder->DecodeFec(payload, size, 0, frame, kFrame);
    clone->CloneStateFrom(*encoder);
  }
  const size_t after = mallinfo2().uordblks;
  CHECK(after == before);
  CHECK(EncoderStateSize(CodecId::kOpus) < 50000);
  CHECK(EncoderStateSize(CodecId::kG722) < 1000);
  CHECK(EncoderStateSize(CodecId::kPcmu) == 0);
  MESSAGE("an Opus encoder keeps ", EncoderStateSize(CodecId::kOpus), " bytes");
}
