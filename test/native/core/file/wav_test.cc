#include "core/file/wav.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <memory>
#include <vector>

#include "core/codec/g711.h"
#include "core/testing.h"

using namespace mixminus;

namespace {

void Put16(std::vector<uint8_t>* bytes, uint32_t value) {
  bytes->push_back(static_cast<uint8_t>(value));
  bytes->push_back(static_cast<uint8_t>(value >> 8));
}

void Put32(std::vector<uint8_t>* bytes, uint32_t value) {
  Put16(bytes, value & 0xFFFF);
  Put16(bytes, value >> 16);
}

void PutId(std::vector<uint8_t>* bytes, const char* id) {
  for (int i = 0; i < 4; ++i) bytes->push_back(static_cast<uint8_t>(id[i]));
}

struct Format {
  uint32_t tag = 1;
  uint32_t channels = 1;
  uint32_t rate = 8000;
  uint32_t bits = 16;
  bool extensible = false;
  int junk_before = -1;    // size of an unknown chunk before fmt
  uint32_t data_size = 1;  // 1: the real one
};

std::vector<uint8_t> File(const Format& format, const std::vector<uint8_t>& samples) {
  std::vector<uint8_t> bytes;
  PutId(&bytes, "RIFF");
  Put32(&bytes, 0);
  PutId(&bytes, "WAVE");
  if (format.junk_before >= 0) {
    PutId(&bytes, "LIST");
    Put32(&bytes, static_cast<uint32_t>(format.junk_before));
    bytes.resize(bytes.size() + static_cast<size_t>(format.junk_before + (format.junk_before & 1)),
                 'x');
  }
  PutId(&bytes, "fmt ");
  Put32(&bytes, format.extensible ? 40 : 16);
  Put16(&bytes, format.extensible ? 0xFFFE : format.tag);
  Put16(&bytes, format.channels);
  Put32(&bytes, format.rate);
  Put32(&bytes, format.rate * format.channels * format.bits / 8);
  Put16(&bytes, format.channels * format.bits / 8);
  Put16(&bytes, format.bits);
  if (format.extensible) {
    Put16(&bytes, 22);
    Put16(&bytes, format.bits);
    Put32(&bytes, 0);
    Put16(&bytes, format.tag);
    const uint8_t tail[] = {0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71};
    bytes.insert(bytes.end(), tail, tail + 14);
  }
  PutId(&bytes, "data");
  Put32(&bytes, format.data_size == 1 ? static_cast<uint32_t>(samples.size()) : format.data_size);
  bytes.insert(bytes.end(), samples.begin(), samples.end());
  const auto riff = static_cast<uint32_t>(bytes.size() - 8);
  for (int i = 0; i < 4; ++i)
    bytes[static_cast<size_t>(4 + i)] = static_cast<uint8_t>(riff >> (8 * i));
  return bytes;
}

// Parses from memory without a spare byte, and reads everything.
Status Read(const std::vector<uint8_t>& file, WavInfo* info, std::vector<int16_t>* samples) {
  const std::unique_ptr<uint8_t[]> exact(new uint8_t[file.size()]);
  std::copy(file.begin(), file.end(), exact.get());
  const Status status = ParseWav(exact.get(), file.size(), info);
  if (status != Status::kOk) return status;
  samples->resize(info->frames);
  REQUIRE(ReadWavMono(*info, exact.get(), file.size(), 0, info->frames + 5, samples->data()) ==
          info->frames);
  return status;
}

}  // namespace

TEST_CASE("wav: every encoding gives the samples it holds") {
  WavInfo info;
  std::vector<int16_t> samples;
  const std::vector<uint8_t> pcm16 = {0x00, 0x80, 0xFF, 0xFF, 0x00, 0x00, 0x34, 0x12, 0xFF, 0x7F};
  REQUIRE(Read(File({}, pcm16), &info, &samples) == Status::kOk);
  CHECK(samples == std::vector<int16_t>{-32768, -1, 0, 0x1234, 32767});
  CHECK(info.rate_hz == 8000);
  CHECK(info.data_offset == 44);

  Format format;
  format.bits = 8;
  REQUIRE(Read(File(format, {0, 127, 128, 255}), &info, &samples) == Status::kOk);
  CHECK(samples == std::vector<int16_t>{-32768, -256, 0, 32512});

  format.bits = 24;
  REQUIRE(Read(File(format, {0, 0, 0x80, 0xFF, 0xFF, 0x7F, 0x7F, 0, 0, 0x80, 0, 0}), &info,
               &samples) == Status::kOk);
  CHECK(samples == std::vector<int16_t>{-32768, 32767, 0, 1});

  format.bits = 32;
  REQUIRE(Read(File(format, {0, 0, 0, 0x80, 0, 0, 0x34, 0x12}), &info, &samples) == Status::kOk);
  CHECK(samples == std::vector<int16_t>{-32768, 0x1234});

  format.bits = 8;
  for (const uint32_t tag : {6u, 7u}) {
    format.tag = tag;
    std::vector<uint8_t> codes(256);
    for (size_t i = 0; i < 256; ++i) codes[i] = static_cast<uint8_t>(i);
    REQUIRE(Read(File(format, codes), &info, &samples) == Status::kOk);
    for (size_t i = 0; i < 256; ++i) {
      CHECK(samples[i] == (tag == 6 ? AlawToLinear(codes[i]) : UlawToLinear(codes[i])));
    }
  }
}

TEST_CASE("wav: floats scale, clip, and are silent where they are no numbers") {
  const float values[] = {0.0f, 1.0f, -1.0f, 0.5f, -0.25f, 7.0f, -7.0f, NAN, INFINITY, -INFINITY};
  std::vector<uint8_t> bytes(sizeof(values));
  std::memcpy(bytes.data(), values, sizeof(values));
  Format format;
  format.tag = 3;
  format.bits = 32;
  for (const bool extensible : {false, true}) {
    format.extensible = extensible;
    WavInfo info;
    std::vector<int16_t> samples;
    REQUIRE(Read(File(format, bytes), &info, &samples) == Status::kOk);
    CHECK(info.encoding == WavEncoding::kFloat32);
    CHECK(samples ==
          std::vector<int16_t>{0, 32767, -32768, 16384, -8192, 32767, -32768, 0, 32767, -32768});
  }
}

TEST_CASE("wav: channels are averaged, at any rate") {
  for (uint32_t channels = 1; channels <= 8; ++channels) {
    Format format;
    format.channels = channels;
    format.rate = 4000 * channels;
    std::vector<uint8_t> bytes;
    int64_t sum = 0;
    for (uint32_t i = 0; i < channels; ++i) {
      Put16(&bytes, 1000 * i);
      sum += 1000 * i;
    }
    for (uint32_t i = 0; i < channels; ++i) Put16(&bytes, 0x8000);
    bytes.push_back(1);  // half a sample at the end does not count
    WavInfo info;
    std::vector<int16_t> samples;
    REQUIRE(Read(File(format, bytes), &info, &samples) == Status::kOk);
    REQUIRE(samples.size() == 2);
    CHECK(samples[0] == std::lround(static_cast<double>(sum) / channels));
    CHECK(samples[1] == -32768);
  }
}

TEST_CASE("wav: other chunks are stepped over, odd sizes are padded") {
  for (const int size : {0, 1, 2, 7, 100}) {
    Format format;
    format.junk_before = size;
    WavInfo info;
    std::vector<int16_t> samples;
    REQUIRE(Read(File(format, {1, 0, 2, 0}), &info, &samples) == Status::kOk);
    CHECK(samples == std::vector<int16_t>{1, 2});
  }
}

TEST_CASE("wav: the data's claimed size is bounded by the file") {
  WavInfo info;
  std::vector<int16_t> samples;
  Format format;
  for (const uint32_t claimed : {100u, 0xFFFFFFFEu, 0xFFFFFFFFu}) {
    format.data_size = claimed;
    REQUIRE(Read(File(format, {1, 0, 2, 0}), &info, &samples) == Status::kOk);
    CHECK(samples.size() == 2);
  }
  format.data_size = 2;
  REQUIRE(Read(File(format, {1, 0, 2, 0}), &info, &samples) == Status::kOk);
  CHECK(samples.size() == 1);
  // 0 is empty in a closed file, and "unknown" in one whose writer died.
  format.data_size = 0;
  auto file = File(format, {1, 0, 2, 0});
  REQUIRE(Read(file, &info, &samples) == Status::kOk);
  CHECK(samples.empty());
  file[4] = 36;
  REQUIRE(Read(file, &info, &samples) == Status::kOk);
  CHECK(samples.size() == 2);
}

TEST_CASE("wav: what is wrong is said") {
  WavInfo info;
  std::vector<int16_t> samples;
  const auto status = [&](const Format& format) {
    return Read(File(format, {0, 0, 0, 0}), &info, &samples);
  };
  Format format;
  format.tag = 2;  // ADPCM
  CHECK(status(format) == Status::kUnsupported);
  format = {};
  format.bits = 12;
  CHECK(status(format) == Status::kUnsupported);
  format = {};
  format.rate = 3999;
  CHECK(status(format) == Status::kOutOfRange);
  format.rate = 192001;
  CHECK(status(format) == Status::kOutOfRange);
  format = {};
  format.channels = 9;
  CHECK(status(format) == Status::kOutOfRange);
  format.channels = 0;
  CHECK(status(format) == Status::kOutOfRange);
  auto file = File({}, {0, 0});
  file[32] = 3;
  CHECK(Read(file, &info, &samples) == Status::kBadLength);
  file = File({}, {0, 0});
  std::memcpy(file.data() + 12, "junk", 4);
  CHECK(Read(file, &info, &samples) == Status::kMalformed);
  std::memcpy(file.data(), "RF64", 4);
  CHECK(Read(file, &info, &samples) == Status::kUnsupported);
  std::memcpy(file.data(), "OggS", 4);
  CHECK(Read(file, &info, &samples) == Status::kBadType);
  format = {};
  format.extensible = true;
  file = File(format, {0, 0});
  file[46] = 9;  // GUID
  CHECK(Read(file, &info, &samples) == Status::kUnsupported);
}

TEST_CASE("wav: every truncation of the header is an error") {
  Format format;
  format.extensible = true;
  format.junk_before = 5;
  const auto file = File(format, {});
  WavInfo info;
  std::vector<int16_t> samples;
  for (size_t size = 0; size < file.size(); ++size) {
    const std::vector<uint8_t> part(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size));
    CHECK(Read(part, &info, &samples) != Status::kOk);
  }
  CHECK(Read(file, &info, &samples) == Status::kOk);
}

TEST_CASE("wav: the written header is read back, and cannot overflow") {
  for (const uint64_t bytes : {uint64_t{0}, uint64_t{320}, uint64_t{0xFFFFFFFFFF}}) {
    std::vector<uint8_t> file(kWavHeaderSize + 320);
    WriteWavHeader(8000, 1, bytes, file.data());
    WavInfo info;
    std::vector<int16_t> samples;
    REQUIRE(Read(file, &info, &samples) == Status::kOk);
    CHECK(info.data_offset == kWavHeaderSize);
    CHECK(info.frames == 160);
    CHECK(info.encoding == WavEncoding::kPcm);
    CHECK(info.bits_per_sample == 16);
  }
}

TEST_CASE("wav: reading a part, and past the end") {
  const auto file = File({}, {1, 0, 2, 0, 3, 0});
  WavInfo info;
  REQUIRE(ParseWav(file.data(), file.size(), &info) == Status::kOk);
  int16_t out[4] = {};
  CHECK(ReadWavMono(info, file.data(), file.size(), 1, 1, out) == 1);
  CHECK(out[0] == 2);
  CHECK(ReadWavMono(info, file.data(), file.size(), 2, 9, out) == 1);
  CHECK(ReadWavMono(info, file.data(), file.size(), 3, 1, out) == 0);
  CHECK(ReadWavMono(info, file.data(), 46, 0, 9, out) == 1);  // the file got shorter
  CHECK(ReadWavMono(info, file.data(), 10, 0, 9, out) == 0);
  CHECK(ReadWavMono(WavInfo(), file.data(), file.size(), 0, 9, out) == 0);
}
