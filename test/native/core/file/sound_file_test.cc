// Sound files as players read them: WAVE and Ogg Opus from memory and from streams in small pieces,
// seeking, and what is wrong with bad ones.
#include "core/file/sound_file.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <string>

#include "core/dsp/tone.h"
#include "core/file/opus_header.h"
#include "core/file/opus_writer.h"
#include "core/file/wav.h"

using namespace mixminus;

namespace {

// Bytes that come a few at a time and cannot be gone back in.
class Trickle final : public ByteInput {
 public:
  Trickle(std::vector<uint8_t> bytes, size_t piece) : bytes_(std::move(bytes)), piece_(piece) {}
  InputState Read(uint8_t* to, size_t size, size_t* read) noexcept override {
    *read = 0;
    later_ = !later_;
    if (later_) return InputState::kLater;
    *read = std::min({size, piece_, bytes_.size() - at_});
    if (*read == 0) return InputState::kEnd;
    std::memcpy(to, bytes_.data() + at_, *read);
    at_ += *read;
    return InputState::kOk;
  }
  bool Seek(uint64_t) noexcept override { return false; }
  uint64_t size() const noexcept override { return kUnknownSize; }

 private:
  const std::vector<uint8_t> bytes_;
  const size_t piece_;
  size_t at_ = 0;
  bool later_ = false;
};

std::vector<int16_t> Tone(int rate_hz, int samples, double hz = 440) {
  std::vector<int16_t> out(static_cast<size_t>(samples));
  ToneGenerator(rate_hz, hz, 10'000).Generate(out.data(), samples);
  return out;
}

std::vector<uint8_t> Wav(int rate_hz, const std::vector<int16_t>& samples) {
  std::vector<uint8_t> bytes(kWavHeaderSize + 2 * samples.size());
  WriteWavHeader(rate_hz, 1, 2 * samples.size(), bytes.data());
  std::memcpy(bytes.data() + kWavHeaderSize, samples.data(), 2 * samples.size());
  return bytes;
}

std::vector<uint8_t> Opus(int rate_hz, const std::vector<int16_t>& samples, uint32_t serial = 5) {
  OpusWriter writer(rate_hz, 1, 64'000, serial);
  std::vector<uint8_t> bytes;
  if (!writer.ok()) return bytes;
  writer.Begin(&bytes);
  const size_t frame = static_cast<size_t>(rate_hz / 50);
  for (size_t at = 0; at + frame <= samples.size(); at += frame)
    writer.Write(samples.data() + at, &bytes);
  writer.End(&bytes);
  return bytes;
}

std::vector<int16_t> All(PcmSource* source) {
  std::vector<int16_t> out;
  for (;;) {
    int16_t block[777];
    size_t count = 0;
    const InputState state = source->Read(block, 777, &count);
    out.insert(out.end(), block, block + count);
    if (state == InputState::kEnd) return out;
    REQUIRE(state != InputState::kFailed);
  }
}

InputState OpenAll(PcmSource* source) {
  InputState state = InputState::kLater;
  while (state == InputState::kLater) state = source->Open();
  return state;
}

std::string ProblemOf(std::vector<uint8_t> bytes) {
  SoundFile file(std::make_unique<MemoryInput>(std::move(bytes)));
  if (file.Open() != InputState::kFailed) return "";
  return file.problem();
}

// Root of the mean square difference, at the best of the shifts up to `most`.
double Difference(const std::vector<int16_t>& a, const std::vector<int16_t>& b, size_t from,
                  size_t count) {
  double sum = 0;
  for (size_t i = from; i < from + count; ++i) sum += std::pow(double{1} * a[i] - b[i], 2);
  return std::sqrt(sum / static_cast<double>(count));
}

}  // namespace

TEST_CASE("a WAVE file is read to the sample, from memory and in pieces of any size") {
  const std::vector<int16_t> tone = Tone(11'025, 5000);
  for (const size_t piece : {size_t{1}, size_t{3}, size_t{1000}}) {
    SoundFile stream(std::make_unique<Trickle>(Wav(11'025, tone), piece));
    REQUIRE(OpenAll(&stream) == InputState::kOk);
    CHECK(stream.rate_hz() == 11'025);
    CHECK(All(&stream) == tone);
    CHECK(!stream.Seek(0));
  }
  SoundFile file(std::make_unique<MemoryInput>(Wav(11'025, tone)));
  REQUIRE(file.Open() == InputState::kOk);
  CHECK(All(&file) == tone);
  REQUIRE(file.Seek(4990));
  CHECK(All(&file) == std::vector<int16_t>(tone.end() - 10, tone.end()));
  REQUIRE(file.Seek(1'000'000));
  CHECK(All(&file).empty());
}

TEST_CASE("chunks of any size before the sound are passed over") {
  std::vector<uint8_t> bytes = Wav(8000, Tone(8000, 100));
  std::vector<uint8_t> list(8 + 100'001 + 1);
  std::memcpy(list.data(), "LIST", 4);
  list[4] = 100'001 & 0xFF;
  list[5] = (100'001 >> 8) & 0xFF;
  list[6] = 100'001 >> 16;
  bytes.insert(bytes.begin() + 36, list.begin(), list.end());
  SoundFile file(std::make_unique<MemoryInput>(bytes));
  REQUIRE(file.Open() == InputState::kOk);
  CHECK(All(&file) == Tone(8000, 100));
}

TEST_CASE(
    "a WAVE file cut off inside its sound ends there; of one still being written all is read") {
  std::vector<uint8_t> bytes = Wav(8000, Tone(8000, 100));
  bytes.resize(bytes.size() - 21);
  SoundFile cut(std::make_unique<MemoryInput>(bytes));
  REQUIRE(cut.Open() == InputState::kOk);
  CHECK(All(&cut).size() == 89);
  // What a crash leaves: a header that says 0 samples.
  WriteWavHeader(8000, 1, 0, bytes.data());
  SoundFile crashed(std::make_unique<MemoryInput>(bytes));
  REQUIRE(crashed.Open() == InputState::kOk);
  CHECK(All(&crashed).size() == 89);
}

TEST_CASE("what is wrong with a file is said") {
  CHECK(ProblemOf({}) == "is empty");
  CHECK(ProblemOf({'h', 'e', 'l', 'l', 'o'}) == "is neither a WAVE nor an Ogg Opus file");
  CHECK(ProblemOf({'R', 'I', 'F', 'F'}) == "ends before its sound begins");
  CHECK(ProblemOf({'O', 'g', 'g', 'S', 0, 0}) == "is an Ogg file without Opus sound");
  std::vector<uint8_t> bytes = Wav(8000, Tone(8000, 10));
  bytes[20] = 85;  // MP3 in RIFF
  CHECK(ProblemOf(bytes).find("sound format that cannot be played") != std::string::npos);
  bytes = Wav(8000, Tone(8000, 10));
  bytes[24] = 1;
  bytes[25] = 0;
  CHECK(ProblemOf(bytes).find("sample rate") != std::string::npos);
}

#ifdef MIXMINUS_OPUS

TEST_CASE("Ogg Opus gives back as many samples as went in, in place, from memory and in pieces") {
  const std::vector<int16_t> tone = Tone(48'000, 48'000);
  const std::vector<uint8_t> bytes = Opus(48'000, tone);
  SoundFile file(std::make_unique<MemoryInput>(bytes));
  REQUIRE(file.Open() == InputState::kOk);
  CHECK(file.rate_hz() == 48'000);
  const std::vector<int16_t> whole = All(&file);
  CHECK(whole.size() == tone.size());
  CHECK(Difference(whole, tone, 4800, 40'000) < 300);
  for (const size_t piece : {size_t{1}, size_t{5000}}) {
    SoundFile stream(std::make_unique<Trickle>(bytes, piece));
    REQUIRE(OpenAll(&stream) == InputState::kOk);
    CHECK(All(&stream) == whole);
  }
}

TEST_CASE("seeking in Ogg Opus lands on the sample") {
  std::vector<int16_t> tone = Tone(16'000, 16'000 * 120, 400);
  // Silence for the first half of each second tells where one is.
  for (size_t i = 0; i < tone.size(); ++i) {
    if (i % 16'000 < 8000) tone[i] = 0;
  }
  SoundFile file(std::make_unique<MemoryInput>(Opus(16'000, tone)));
  REQUIRE(file.Open() == InputState::kOk);
  const std::vector<int16_t> whole = All(&file);
  REQUIRE(whole.size() == tone.size() * 3);
  for (const size_t to : {size_t{0}, size_t{1}, size_t{4000}, size_t{48'000}, size_t{1'000'000},
                          size_t{5'700'000}, whole.size() - 100}) {
    REQUIRE(file.Seek(to));
    int16_t block[4800];
    size_t got = 0;
    while (got < 4800) {
      size_t count = 0;
      if (file.Read(block + got, 4800 - got, &count) != InputState::kOk) break;
      got += count;
    }
    CHECK(got == std::min<size_t>(4800, whole.size() - to));
    const std::vector<int16_t> heard(block, block + got);
    const std::vector<int16_t> expected(whole.begin() + static_cast<long>(to),
                                        whole.begin() + static_cast<long>(to + got));
    // A decoder that begins anew needs its pre-roll to agree.
    CHECK(Difference(heard, expected, 0, got) < 60);
  }
  REQUIRE(file.Seek(whole.size() + 5));
  CHECK(All(&file).empty());
  REQUIRE(file.Seek(0));
  CHECK(All(&file).size() == whole.size());
}

TEST_CASE("chained files are played one after the other, and a loop begins with the first") {
  std::vector<uint8_t> bytes = Opus(48'000, Tone(48'000, 9600), 1);
  const std::vector<uint8_t> second = Opus(16'000, Tone(16'000, 1600), 2);
  bytes.insert(bytes.end(), second.begin(), second.end());
  SoundFile file(std::make_unique<MemoryInput>(bytes));
  REQUIRE(file.Open() == InputState::kOk);
  CHECK(All(&file).size() == 9600 + 4800);
  REQUIRE(file.Seek(0));
  CHECK(All(&file).size() == 9600 + 4800);
}

TEST_CASE("the gain of the header is applied") {
  std::vector<uint8_t> bytes = Opus(48'000, Tone(48'000, 48'000));
  bytes[kOggHeaderSize + 1 + 16] = 0;
  bytes[kOggHeaderSize + 1 + 17] = 0xFA;  // −6 dB in Q7.8
  const uint32_t crc = OggCrc(bytes.data(), kOggHeaderSize + 1 + kOpusHeadSize);
  for (size_t i = 0; i < 4; ++i) bytes[22 + i] = static_cast<uint8_t>(crc >> (8 * i));
  SoundFile file(std::make_unique<MemoryInput>(bytes));
  REQUIRE(file.Open() == InputState::kOk);
  const std::vector<int16_t> heard = All(&file);
  std::vector<int16_t> tone = Tone(48'000, 48'000);
  for (int16_t& sample : tone) sample = static_cast<int16_t>(std::lround(sample * 0.5012));
  CHECK(Difference(heard, tone, 4800, 40'000) < 200);
}

#endif

TEST_CASE("Opus packets say how long they are") {
  const uint8_t mono20[] = {0x78, 1};  // CELT fullband 2.5 ms… configuration 15: hybrid 20
  CHECK(OpusPacketSamples(mono20, 2) == 960);
  const uint8_t silk60[] = {0x18};
  CHECK(OpusPacketSamples(silk60, 1) == 2880);
  const uint8_t celt[] = {0x80, 0};
  CHECK(OpusPacketSamples(celt, 2) == 120);
  const uint8_t two[] = {0x79};
  CHECK(OpusPacketSamples(two, 1) == 1920);
  const uint8_t many[] = {0x7B, 6};
  CHECK(OpusPacketSamples(many, 2) == 5760);
  const uint8_t too_many[] = {0x7B, 7};
  CHECK(OpusPacketSamples(too_many, 2) == 0);
  CHECK(OpusPacketSamples(many, 1) == 0);
  CHECK(OpusPacketSamples(many, 0) == 0);
}

TEST_CASE("an Opus header is read back, and refused when it is not one that is understood") {
  OpusHead head;
  head.channels = 2;
  head.pre_skip = 312;
  head.input_rate_hz = 16'000;
  head.gain_q8 = -512;
  uint8_t bytes[kOpusHeadSize];
  WriteOpusHead(head, bytes);
  OpusHead read;
  REQUIRE(ParseOpusHead(bytes, sizeof(bytes), &read) == Status::kOk);
  CHECK(read.channels == 2);
  CHECK(read.pre_skip == 312);
  CHECK(read.input_rate_hz == 16'000);
  CHECK(read.gain_q8 == -512);
  CHECK(ParseOpusHead(bytes, 18, &read) == Status::kTruncated);
  bytes[8] = 15;  // a minor version changes nothing
  CHECK(ParseOpusHead(bytes, sizeof(bytes), &read) == Status::kOk);
  bytes[8] = 16;
  CHECK(ParseOpusHead(bytes, sizeof(bytes), &read) == Status::kBadVersion);
  bytes[8] = 1;
  bytes[9] = 0;
  CHECK(ParseOpusHead(bytes, sizeof(bytes), &read) == Status::kMalformed);
  bytes[18] = 1;
  CHECK(ParseOpusHead(bytes, sizeof(bytes), &read) == Status::kUnsupported);
  bytes[0] = 'o';
  CHECK(ParseOpusHead(bytes, sizeof(bytes), &read) == Status::kBadType);
}
