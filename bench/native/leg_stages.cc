// What each stage of a leg costs, in one thread and without sockets: RTP parse, jitter buffer in
// and out, decode, conceal, encode, packetize, for each codec of this build, and libopus called
// without us. Prints one JSON object of microseconds per 20 ms frame; each is the median of many
// short batches, so that a moment in which another process had the core does not count. Run by
// bench/leg.mjs.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "core/codec/comfort_noise.h"
#include "core/codec/registry.h"
#include "core/jitter/concealer.h"
#include "core/jitter/jitter_buffer.h"
#include "core/rtp/packet.h"
#include "core/rtp/packetizer.h"

#ifdef MIXMINUS_OPUS
#include <opus/opus.h>
#endif

using namespace mixminus;

namespace {

constexpr int kFrames = 256;  // of voice, over and over
constexpr int kBatches = 64;

using Clock = std::chrono::steady_clock;

double Microseconds(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double, std::micro>(to - from).count();
}

double Median(std::vector<double>* values) {
  const auto middle = values->begin() + static_cast<long>(values->size() / 2);
  std::nth_element(values->begin(), middle, values->end());
  return *middle;
}

bool first_line = true;

void Print(const std::string& name, double us) {
  std::printf("%s\"%s\":%.4f", first_line ? "{" : ",", name.c_str(), us);
  first_line = false;
}

// `work(frame)` is called for `operations` frames in each batch.
template <typename Work>
double Measure(int operations, Work work) {
  std::vector<double> batches;
  int frame = 0;
  for (int batch = 0; batch < kBatches; ++batch) {
    const auto begin = Clock::now();
    for (int i = 0; i < operations; ++i) work(frame++ % kFrames);
    batches.push_back(Microseconds(begin, Clock::now()) / operations);
  }
  return Median(&batches);
}

// A voice-like sound: harmonics of a wandering pitch in syllables.
std::vector<int16_t> Voice(int rate_hz) {
  std::vector<int16_t> samples(static_cast<size_t>(kFrames * rate_hz / 50));
  double phase = 0;
  uint32_t random = 1;
  for (size_t i = 0; i < samples.size(); ++i) {
    const double t = static_cast<double>(i) / rate_hz;
    phase += 6.283185307 * (140 + 40 * std::sin(4.4 * t)) / rate_hz;
    double value = 0;
    for (int harmonic = 1; harmonic <= 20; ++harmonic)
      value += std::sin(harmonic * phase) / harmonic;
    random = random * 1664525u + 1013904223u;
    const double breath = static_cast<double>(static_cast<int32_t>(random)) / 2147483648.0 / 10;
    samples[i] = static_cast<int16_t>(5000 * (0.55 + 0.45 * std::sin(25 * t)) * (value + breath));
  }
  return samples;
}

using Payloads = std::vector<std::vector<uint8_t>>;

std::vector<uint8_t> Packet(Packetizer* packetizer, const std::vector<uint8_t>& payload) {
  std::vector<uint8_t> bytes(kRtpHeaderSize + payload.size());
  packetizer->WriteHeader(0, false, 160, bytes.data());
  std::copy(payload.begin(), payload.end(), bytes.begin() + kRtpHeaderSize);
  return bytes;
}

void MeasureRtp() {
  Packetizer packetizer(0x1234, 0, 0);
  const std::vector<uint8_t> packet = Packet(&packetizer, std::vector<uint8_t>(160, 0xD5));
  uint64_t sum = 0;
  Print("parse", Measure(1000, [&](int) {
          RtpPacketView view;
          ParseRtp(packet.data(), packet.size(), &view);
          sum += view.payload_size;
        }));
  std::vector<uint8_t> out(packet.size());
  Print("packetize", Measure(1000, [&](int) {
          packetizer.WriteHeader(0, false, 160, out.data());
          sum += out[3];
        }));
  if (sum == 0) std::abort();  // keeps the loops
}

// Batches of packets in, then the same time out.
void MeasureJitter() {
  JitterBuffer jitter{JitterBufferConfig()};
  const std::vector<uint8_t> payload(160, 0xD5);
  std::vector<double> inserts;
  std::vector<double> pulls;
  uint16_t sequence = 0;
  JitterPlan plan;
  for (int batch = 0; batch < 1000; ++batch) {
    constexpr int kPackets = 3;  // stays near the target
    const auto begin = Clock::now();
    for (int i = 0; i < kPackets; ++i, ++sequence) {
      JitterPacket packet;
      packet.sequence = sequence;
      packet.timestamp = sequence * 160u;
      packet.payload = payload.data();
      packet.payload_size = payload.size();
      packet.duration = 160;
      packet.arrival_ns = batch * 60'000'000LL + i * 20'000'000LL;
      jitter.Insert(packet);
    }
    const auto middle = Clock::now();
    for (int i = 0; i < kPackets; ++i) jitter.Pull(160, &plan);
    inserts.push_back(Microseconds(begin, middle) / kPackets);
    pulls.push_back(Microseconds(middle, Clock::now()) / kPackets);
  }
  Print("jitter insert", Median(&inserts));
  Print("jitter pull", Median(&pulls));
}

void MeasureConcealer(int rate_hz) {
  const int count = rate_hz / 50;
  auto voice = Voice(rate_hz);
  Concealer concealer(rate_hz);
  std::vector<int16_t> out(static_cast<size_t>(count));
  const std::string suffix = " " + std::to_string(rate_hz / 1000) + "k";
  Print("remember" + suffix,
        Measure(50, [&](int frame) { concealer.OnAudio(voice.data() + frame * count, count); }));
  // One lost frame in two: the search for the pitch and the blend are in it.
  std::vector<double> times;
  for (int frame = 0; frame < kFrames; ++frame) {
    concealer.OnAudio(voice.data() + frame * count, count);
    const auto begin = Clock::now();
    concealer.Conceal(out.data(), count);
    times.push_back(Microseconds(begin, Clock::now()));
  }
  Print("conceal" + suffix, Median(&times));
}

void MeasureCodec(const std::string& name, const CodecSettings& settings) {
  const auto encoder = MakeEncoder(settings);
  const auto decoder = MakeDecoder(settings);
  const int count = encoder->sample_rate_hz() / 50;
  const auto voice = Voice(encoder->sample_rate_hz());
  Payloads payloads;
  uint8_t bytes[1920];
  for (int frame = 0; frame < kFrames; ++frame) {
    const size_t size = encoder->Encode(voice.data() + frame * count, count, bytes, sizeof(bytes));
    payloads.emplace_back(bytes, bytes + size);
  }
  const int operations = settings.id == CodecId::kOpus ? 8 : 50;
  Print("encode " + name, Measure(operations, [&](int frame) {
          encoder->Encode(voice.data() + frame * count, count, bytes, sizeof(bytes));
        }));
  std::vector<int16_t> out(static_cast<size_t>(count));
  Print("decode " + name, Measure(operations, [&](int frame) {
          const auto& payload = payloads[static_cast<size_t>(frame)];
          decoder->Decode(payload.data(), payload.size(), 0, out.data(), count);
        }));
  if (decoder->Conceal(out.data(), count) == 0) return;
  std::vector<double> times;
  for (const auto& payload : payloads) {
    decoder->Decode(payload.data(), payload.size(), 0, out.data(), count);
    const auto begin = Clock::now();
    decoder->Conceal(out.data(), count);
    times.push_back(Microseconds(begin, Clock::now()));
  }
  Print("conceal " + name, Median(&times));
  const auto twin = MakeEncoder(settings);
  Print("clone encoder " + name, Measure(8, [&](int) { twin->CloneStateFrom(*encoder); }));
}

void MeasureComfortNoise() {
  ComfortNoise noise;
  noise.level_dbov = 60;
  noise.order = ComfortNoiseEncoder::kOrder;
  ComfortNoiseGenerator generator;
  generator.Update(noise);
  int16_t samples[160];
  Print("make noise 8k", Measure(50, [&](int) { generator.Generate(samples, 160); }));
  ComfortNoiseEncoder encoder(8000);
  Print("measure noise 8k", Measure(50, [&](int) { encoder.Observe(samples, 160); }));
}

#ifdef MIXMINUS_OPUS
// The same work by libopus, called as its manual says.
void MeasureLibopus() {
  const OpusSettings settings;
  const auto voice = Voice(48000);
  int error = 0;
  OpusEncoder* encoder = opus_encoder_create(48000, 1, OPUS_APPLICATION_VOIP, &error);
  OpusDecoder* decoder = opus_decoder_create(48000, 1, &error);
  if (encoder == nullptr || decoder == nullptr) std::abort();
  opus_encoder_ctl(encoder, OPUS_SET_BITRATE(settings.bitrate_bps));
  opus_encoder_ctl(encoder, OPUS_SET_COMPLEXITY(settings.complexity));
  opus_encoder_ctl(encoder, OPUS_SET_INBAND_FEC(settings.fec ? 1 : 0));
  uint8_t bytes[1920];
  int16_t out[960];
  Payloads payloads;
  for (int frame = 0; frame < kFrames; ++frame) {
    const int size = opus_encode(encoder, voice.data() + frame * 960, 960, bytes, sizeof(bytes));
    payloads.emplace_back(bytes, bytes + size);
  }
  int64_t sum = 0;
  Print("libopus encode", Measure(8, [&](int frame) {
          sum += opus_encode(encoder, voice.data() + frame * 960, 960, bytes, sizeof(bytes));
        }));
  Print("libopus decode", Measure(8, [&](int frame) {
          const auto& payload = payloads[static_cast<size_t>(frame)];
          sum += opus_decode(decoder, payload.data(), static_cast<opus_int32>(payload.size()), out,
                             960, 0);
        }));
  if (sum <= 0) std::abort();
  opus_encoder_destroy(encoder);
  opus_decoder_destroy(decoder);
}
#endif

}  // namespace

int main() {
  MeasureRtp();
  MeasureJitter();
  MeasureConcealer(8000);
  MeasureConcealer(16000);
  MeasureComfortNoise();
  int count = 0;
  const CodecInfo* all = AllCodecs(&count);
  for (int i = 0; i < count; ++i) {
    CodecSettings settings;
    settings.id = all[i].id;
    settings.rtp_clock_hz = all[i].rtp_clock_hz;
    MeasureCodec(
        std::string(all[i].name) + "/" + std::to_string(all[i].sample_rate_hz / 1000) + "k",
        settings);
  }
#ifdef MIXMINUS_OPUS
  MeasureLibopus();
#endif
  std::printf("}\n");
  return 0;
}
