// Players and recorders in manual mode: to the sample, to the file, to the event.
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <fstream>
#include <iterator>

#include "core/file/wav.h"
#include "engine/rig.h"

using namespace mixminus;
using namespace mixminus::rig;

namespace {

std::string TemporaryPath(const char* name) {
  return "/tmp/mixminus-" + std::to_string(getpid()) + "-" + name + ".wav";
}

std::vector<uint8_t> FileBytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::vector<int16_t> Samples(const std::string& path) {
  const std::vector<uint8_t> bytes = FileBytes(path);
  WavInfo info;
  REQUIRE(ParseWav(bytes.data(), bytes.size(), &info) == Status::kOk);
  CHECK(info.rate_hz == 8000);
  CHECK(info.channels == 1);
  CHECK(info.frames * 2 + kWavHeaderSize == bytes.size());
  // The header says so itself, and does not leave it to "up to the end of the file".
  const uint32_t declared =
      bytes[40] | bytes[41] << 8 | bytes[42] << 16 | static_cast<uint32_t>(bytes[43]) << 24;
  CHECK(declared == info.frames * 2);
  std::vector<int16_t> samples(info.frames);
  ReadWavMono(info, bytes.data(), bytes.size(), 0, info.frames, samples.data());
  return samples;
}

constexpr int16_t kLevel = 4000;

}  // namespace

TEST_CASE("a player is heard from its first to its last sample, then its end is told") {
  Rig rig;
  Phone phone = rig.Call();
  rig.Talk({&phone}, {-1}, 5);
  const size_t before = phone.rtp.size();
  Handle player = kNullHandle;
  std::vector<int16_t> pcm(160 * 3 + 80, kLevel);
  REQUIRE(rig.engine->Play(phone.leg, Pcm(pcm, false), &player).ok());
  rig.Talk({&phone}, {-1}, 6);
  std::vector<uint8_t> heard;
  for (size_t i = before; i < phone.rtp.size(); ++i) {
    heard.insert(heard.end(), phone.rtp[i].data.begin() + kRtpHeaderSize, phone.rtp[i].data.end());
  }
  REQUIRE(heard.size() == 6 * 160);
  size_t loud = 0;
  for (const uint8_t code : heard) loud += code == LinearToUlaw(kLevel);
  CHECK(loud == pcm.size());
  const auto ended = rig.Facts(EngineFact::Kind::kPlayerEnded);
  REQUIRE(ended.size() == 1);
  CHECK(ended[0].object == player);
  CHECK(rig.engine->Counts().players == 0);
  CHECK(std::string(rig.engine->StopPlayer(player).code()) == "ERR_STALE_HANDLE");
}

TEST_CASE("a looping player goes on until it is stopped; an empty one ends at once") {
  Rig rig;
  Phone phone = rig.Call();
  Handle looping = kNullHandle;
  Handle empty = kNullHandle;
  REQUIRE(rig.engine->Play(phone.leg, Pcm(std::vector<int16_t>(100, kLevel), true), &looping).ok());
  REQUIRE(rig.engine->Play(phone.leg, Pcm({}, true), &empty).ok());
  rig.Talk({&phone}, {-1}, 50);
  CHECK(AllOf(phone.Heard(), LinearToUlaw(kLevel)));
  REQUIRE(rig.Facts(EngineFact::Kind::kPlayerEnded).size() == 1);
  CHECK(rig.Facts(EngineFact::Kind::kPlayerEnded)[0].object == empty);
  REQUIRE(rig.engine->StopPlayer(looping).ok());
  rig.Talk({&phone}, {-1}, 2);
  CHECK(AllOf(phone.Heard(), 0xFF));
  CHECK(rig.Facts(EngineFact::Kind::kPlayerEnded).size() == 2);
}

TEST_CASE("a player does not run while the gate is shut: a prompt is heard from its beginning") {
  Rig rig;
  Phone phone = rig.Open();
  auto settings = Settings(phone.remote);
  settings->allow_send = false;
  rig.Configure(phone, std::move(settings));
  Handle player = kNullHandle;
  REQUIRE(
      rig.engine->Play(phone.leg, Pcm(std::vector<int16_t>(1600, kLevel), false), &player).ok());
  rig.Talk({&phone}, {-1}, 30);
  CHECK(rig.Facts(EngineFact::Kind::kPlayerEnded).empty());
  REQUIRE(rig.engine->AllowSend(phone.leg).ok());
  rig.Talk({&phone}, {-1}, 11);
  CHECK(AllOf({phone.rtp[0].data.begin() + kRtpHeaderSize, phone.rtp[0].data.end()},
              LinearToUlaw(kLevel)));
  CHECK(rig.Facts(EngineFact::Kind::kPlayerEnded).size() == 1);
}

TEST_CASE("in a room a player is heard by its leg alone, over the mix") {
  Rig rig;
  Phone a = rig.Call();
  Phone b = rig.Call();
  Phone c = rig.Call();
  rig.Room({&a, &b, &c});
  rig.Talk({&a, &b, &c}, {0xA1, 0xB5, -1}, 15);
  Handle player = kNullHandle;
  REQUIRE(rig.engine->Play(a.leg, Pcm(std::vector<int16_t>(160, kLevel), true), &player).ok());
  rig.Talk({&a, &b, &c}, {0xA1, 0xB5, -1}, 3);
  const int32_t expected = UlawToLinear(0xB5) + kLevel;
  CHECK(AllOf(a.Heard(), LinearToUlaw(SaturateToInt16(expected))));
  CHECK(AllOf(b.Heard(), 0xA1));
  CHECK(AllOf(c.Heard(), MixOf({0xA1, 0xB5})));
}

TEST_CASE("a recorder of the received side writes what the phone said, to the sample") {
  Rig rig;
  const std::string path = TemporaryPath("received");
  Phone phone = rig.Call();
  rig.Talk({&phone}, {0x25}, 15);
  Handle recorder = kNullHandle;
  REQUIRE(rig.engine->Record(phone.leg, ToWav(path, TapSource::kReceived), &recorder).ok());
  CHECK(FileBytes(path).size() == kWavHeaderSize);
  rig.Talk({&phone}, {0x25}, 20);
  REQUIRE(rig.engine->StopRecorder(recorder).ok());
  rig.Tick({&phone});
  const auto closed = rig.Facts(EngineFact::Kind::kRecorderClosed);
  REQUIRE(closed.size() == 1);
  CHECK(closed[0].object == recorder);
  CHECK(closed[0].text.empty());
  CHECK(closed[0].dropped == 0);
  const std::vector<int16_t> samples = Samples(path);
  CHECK(closed[0].count == samples.size());
  CHECK(samples.size() == 20 * 160);
  for (const int16_t sample : samples) REQUIRE(sample == UlawToLinear(0x25));
  CHECK(rig.engine->Counts().recorders == 0);
  unlink(path.c_str());
}

TEST_CASE("a recorder of the sent side writes what the member hears, and closes with the leg") {
  Rig rig;
  const std::string path = TemporaryPath("sent");
  Phone a = rig.Call();
  Phone b = rig.Call();
  rig.Room({&a, &b});
  rig.Talk({&a, &b}, {0x25, 0xB3}, 15);
  Handle recorder = kNullHandle;
  REQUIRE(rig.engine->Record(a.leg, ToWav(path, TapSource::kSent), &recorder).ok());
  rig.Talk({&a, &b}, {0x25, 0xB3}, 10);
  REQUIRE(rig.engine->CloseLeg(a.leg).ok());
  rig.Tick({&b});
  REQUIRE(rig.Facts(EngineFact::Kind::kRecorderClosed).size() == 1);
  const std::vector<int16_t> samples = Samples(path);
  CHECK(samples.size() == 10 * 160);
  for (const int16_t sample : samples) REQUIRE(sample == UlawToLinear(0xB3));
  unlink(path.c_str());
}

TEST_CASE("a held leg's recordings keep time with silence") {
  Rig rig;
  Phone phone = rig.Call();
  rig.Talk({&phone}, {0x25}, 15);
  Handle player = kNullHandle;
  REQUIRE(rig.engine->Play(phone.leg, Pcm(std::vector<int16_t>(160, kLevel), true), &player).ok());
  const std::string paths[] = {TemporaryPath("held-received"), TemporaryPath("held-sent")};
  Handle recorders[2];
  REQUIRE(rig.engine->Record(phone.leg, ToWav(paths[0], TapSource::kReceived), &recorders[0]).ok());
  REQUIRE(rig.engine->Record(phone.leg, ToWav(paths[1], TapSource::kSent), &recorders[1]).ok());
  rig.Talk({&phone}, {0x25}, 5);
  auto hold = Settings(phone.remote);
  hold->receive_media = false;
  hold->send = false;
  rig.Configure(phone, std::move(hold));
  rig.Talk({&phone}, {0x25}, 5);
  for (const Handle recorder : recorders) REQUIRE(rig.engine->StopRecorder(recorder).ok());
  rig.Tick({&phone});
  for (const std::string& path : paths) {
    const std::vector<int16_t> samples = Samples(path);
    REQUIRE(samples.size() == 10 * 160);
    CHECK(std::abs(samples[0]) > 100);
    CHECK(samples.back() == 0);
    unlink(path.c_str());
  }
}

TEST_CASE("a path that cannot be written is refused with the system's reason") {
  Rig rig;
  Phone phone = rig.Call();
  Handle recorder = kNullHandle;
  const EngineStatus status =
      rig.engine->Record(phone.leg, ToWav("/nonexistent/a.wav", TapSource::kSent), &recorder);
  CHECK(std::string(status.code()) == "ERR_FILE");
  CHECK(status.message().find("No such file") != std::string::npos);
  CHECK(rig.engine->Counts().recorders == 0);
}

TEST_CASE(
    "a disk that takes no more ends the recording with the system's reason, and not the call") {
  Rig rig;
  const std::string path = TemporaryPath("limited");
  Phone phone = rig.Call();
  Handle recorder = kNullHandle;
  // A file size limit stands in for a full disk: write(2) fails half-way through the recording.
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small = before;
  small.rlim_cur = kWavHeaderSize + 10 * 320;
  REQUIRE(rig.engine->Record(phone.leg, ToWav(path, TapSource::kReceived), &recorder).ok());
  setrlimit(RLIMIT_FSIZE, &small);
  rig.Talk({&phone}, {0x25}, 30);
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  const auto closed = rig.Facts(EngineFact::Kind::kRecorderClosed);
  REQUIRE(closed.size() == 1);
  CHECK(closed[0].object == recorder);
  CHECK(closed[0].code == "ERR_FILE");
  CHECK(closed[0].text == path + ": File too large");
  const size_t sent = phone.rtp.size();
  rig.Talk({&phone}, {0x25}, 5);
  CHECK(phone.rtp.size() == sent + 5);
  unlink(path.c_str());
}

TEST_CASE("a ring that nobody empties drops, counts, and leaves silence of the same length") {
  const std::string path = TemporaryPath("ring");
  SoundWriterOptions options;
  options.path = path;
  Recorder recorder(TapSource::kReceived, options);
  REQUIRE(recorder.Open().ok());
  AudioFrame frame;
  for (int16_t& sample : frame.samples) sample = kLevel;
  size_t kept = 0;
  while (recorder.dropped_samples() < 10 * 160) {
    CHECK(recorder.Push(TapSource::kReceived, &frame));
    ++kept;
  }
  kept -= 10;
  CHECK(kept > 50 * 5);  // five seconds of a disk that does not answer
  CHECK(recorder.RunIo() == IoResult::kWaiting);
  recorder.Push(TapSource::kReceived, &frame);
  recorder.Finish();
  CHECK(recorder.RunIo() == IoResult::kDone);
  CHECK(recorder.dropped_samples() == 10 * 160);
  const std::vector<int16_t> samples = Samples(path);
  REQUIRE(samples.size() == (kept + 11) * 160);
  CHECK(samples[kept * 160 - 1] == kLevel);
  CHECK(samples[kept * 160] == 0);
  CHECK(samples[(kept + 10) * 160 - 1] == 0);
  CHECK(samples.back() == kLevel);
  unlink(path.c_str());
}
