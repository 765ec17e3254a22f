#pragma once
// For the Opus tests: a made-up voice, libopus as Debian's shared library (its own decoder and
// stereo encoder, loaded at run time), and an Ogg stream for opusdec.

#include <dlfcn.h>
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "core/testing.h"

namespace mixminus::testing {

constexpr double kTwoPi = 6.283185307179586;

// Syllables at 4 Hz of a voice whose pitch wanders between 100 and 180 Hz, with formants near 700,
// 1200 and 2600 Hz and some breath, so that a codec takes it for speech.
inline std::vector<int16_t> Voice(int rate_hz, double seconds, uint64_t seed = 1) {
  Random random(seed);
  std::vector<int16_t> samples(static_cast<size_t>(rate_hz * seconds));
  double phase = 0;
  for (size_t i = 0; i < samples.size(); ++i) {
    const double t = static_cast<double>(i) / rate_hz;
    const double pitch = 140 + 40 * std::sin(kTwoPi * 0.7 * t);
    phase += kTwoPi * pitch / rate_hz;
    double value = 0;
    for (int harmonic = 1; harmonic * pitch < 3600; ++harmonic) {
      double weight = 0;
      for (const double formant : {700.0, 1200.0, 2600.0}) {
        const double off =
            (harmonic * pitch - formant * (1 + 0.15 * std::sin(kTwoPi * 1.9 * t))) / 150;
        weight += 1 / (1 + off * off);
      }
      value += weight * std::sin(harmonic * phase);
    }
    const double syllable = 0.55 + 0.45 * std::sin(kTwoPi * 4 * t);
    const double breath = static_cast<double>(random.Between(-300, 300));
    samples[i] = static_cast<int16_t>(std::lround(2800 * syllable * value + breath * syllable));
  }
  return samples;
}

inline std::vector<int16_t> Quiet(int rate_hz, double seconds) {
  Random random(7);
  std::vector<int16_t> samples(static_cast<size_t>(rate_hz * seconds));
  for (int16_t& sample : samples) sample = static_cast<int16_t>(random.Between(-6, 6));
  return samples;
}

inline double Energy(const int16_t* samples, int count) {
  double sum = 0;
  for (int i = 0; i < count; ++i) sum += static_cast<double>(samples[i]) * samples[i];
  return sum;
}

// Power of one frequency, as a part of the mean square.
inline double ToneShare(const std::vector<int16_t>& samples, int rate_hz, double hz) {
  double re = 0;
  double im = 0;
  double all = 0;
  for (size_t i = 0; i < samples.size(); ++i) {
    const double angle = kTwoPi * hz * static_cast<double>(i) / rate_hz;
    re += samples[i] * std::cos(angle);
    im += samples[i] * std::sin(angle);
    all += static_cast<double>(samples[i]) * samples[i];
  }
  return all == 0 ? 0 : 2 * (re * re + im * im) / (static_cast<double>(samples.size()) * all);
}

class SharedLibopus {
 public:
  SharedLibopus() {
    library_ = dlopen("libopus.so.0", RTLD_NOW | RTLD_LOCAL);
    REQUIRE_MESSAGE(library_ != nullptr, "libopus.so.0 is missing: apt-get install libopus0");
    Load("opus_decoder_create", &create_decoder);
    Load("opus_decoder_get_size", &decoder_size);
    Load("opus_decode", &decode);
    Load("opus_decoder_destroy", &destroy_decoder);
    Load("opus_encoder_create", &create_encoder);
    Load("opus_encode", &encode);
    Load("opus_encoder_ctl", &encoder_ctl);
    Load("opus_encoder_destroy", &destroy_encoder);
    Load("opus_packet_get_bandwidth", &packet_bandwidth);
  }
  ~SharedLibopus() { dlclose(library_); }
  SharedLibopus(const SharedLibopus&) = delete;
  SharedLibopus& operator=(const SharedLibopus&) = delete;

  void* (*create_decoder)(int32_t, int, int*) = nullptr;
  int (*decoder_size)(int) = nullptr;
  int (*decode)(void*, const uint8_t*, int32_t, int16_t*, int, int) = nullptr;
  void (*destroy_decoder)(void*) = nullptr;
  void* (*create_encoder)(int32_t, int, int, int*) = nullptr;
  int32_t (*encode)(void*, const int16_t*, int, uint8_t*, int32_t) = nullptr;
  int (*encoder_ctl)(void*, int, ...) = nullptr;
  void (*destroy_encoder)(void*) = nullptr;
  int (*packet_bandwidth)(const uint8_t*) = nullptr;

 private:
  template <typename Function>
  void Load(const char* name, Function* function) {
    *function = reinterpret_cast<Function>(dlsym(library_, name));
    const bool found = *function != nullptr;
    REQUIRE(found);
  }
  void* library_ = nullptr;
};

// A whole Ogg Opus file (RFC 3533, RFC 7845): one page for each packet, mono, no pre-skip.
inline std::vector<uint8_t> OggOpus(const std::vector<std::vector<uint8_t>>& packets,
                                    int samples_per_packet) {
  std::vector<uint8_t> file;
  uint32_t page = 0;
  const auto put = [](std::vector<uint8_t>* to, uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) to->push_back(static_cast<uint8_t>(value >> (8 * i)));
  };
  const auto text = [](std::vector<uint8_t>* to, const std::string& value) {
    to->insert(to->end(), value.begin(), value.end());
  };
  const auto add = [&](const std::vector<uint8_t>& body, int flags, uint64_t granule) {
    std::vector<uint8_t> bytes;
    text(&bytes, "OggS");
    put(&bytes, 0, 1);
    put(&bytes, static_cast<uint64_t>(flags), 1);
    put(&bytes, granule, 8);
    put(&bytes, 1, 4);
    put(&bytes, page++, 4);
    put(&bytes, 0, 4);
    put(&bytes, body.size() / 255 + 1, 1);
    for (size_t i = 0; i < body.size() / 255; ++i) bytes.push_back(255);
    put(&bytes, body.size() % 255, 1);
    bytes.insert(bytes.end(), body.begin(), body.end());
    uint32_t crc = 0;
    for (const uint8_t byte : bytes) {
      crc ^= static_cast<uint32_t>(byte) << 24;
      for (int bit = 0; bit < 8; ++bit) crc = crc & 0x80000000u ? crc << 1 ^ 0x04C11DB7u : crc << 1;
    }
    for (int i = 0; i < 4; ++i)
      bytes[22 + static_cast<size_t>(i)] = static_cast<uint8_t>(crc >> (8 * i));
    file.insert(file.end(), bytes.begin(), bytes.end());
  };
  std::vector<uint8_t> head;
  text(&head, "OpusHead");
  put(&head, 1, 1);
  put(&head, 1, 1);
  put(&head, 0, 2);
  put(&head, 48000, 4);
  put(&head, 0, 2);
  put(&head, 0, 1);
  add(head, 2, 0);
  std::vector<uint8_t> tags;
  text(&tags, "OpusTags");
  put(&tags, 4, 4);
  text(&tags, "test");
  put(&tags, 0, 4);
  add(tags, 0, 0);
  for (size_t i = 0; i < packets.size(); ++i) {
    add(packets[i], i + 1 == packets.size() ? 4 : 0,
        (i + 1) * static_cast<uint64_t>(samples_per_packet));
  }
  return file;
}

}  // namespace mixminus::testing
