// EngineWrap's players, PCM writers, recorders and PCM readers. See engine_wrap.h.
#include <vector>

#include "addon/convert.h"
#include "addon/engine_wrap.h"

namespace mixminus {
namespace {

constexpr int64_t kMostSafe = 9007199254740991;

}  // namespace

Napi::Value EngineWrap::Play(const Napi::CallbackInfo& info) {
  const Handle leg = ToHandle(info[0], "leg");
  Handle player = kNullHandle;
  Check(info.Env(), engine_->Play(leg, ToPlayRequest(info[1]), &player));
  return FromHandle(info.Env(), player);
}

Napi::Value EngineWrap::FeedPlayer(const Napi::CallbackInfo& info) {
  const Handle player = ToHandle(info[0], "player");
  const Napi::Uint8Array bytes = ToBytes(info[1], "bytes");
  size_t waiting = 0;
  Check(info.Env(), engine_->FeedPlayer(player, bytes.Data(), bytes.ElementLength(), &waiting));
  return Napi::Boolean::New(info.Env(), waiting <= StreamInput::kEnough);
}

void EngineWrap::EndFeed(const Napi::CallbackInfo& info) {
  Check(info.Env(), engine_->EndFeed(ToHandle(info[0], "player")));
}

void EngineWrap::SeekPlayer(const Napi::CallbackInfo& info) {
  const Handle player = ToHandle(info[0], "player");
  constexpr int64_t kMostMs = 9'000'000'000'000;
  Check(info.Env(), engine_->SeekPlayer(player, ToInteger(info[1], "ms", 0, kMostMs)));
}

void EngineWrap::StopPlayer(const Napi::CallbackInfo& info) {
  Check(info.Env(), engine_->StopPlayer(ToHandle(info[0], "player")));
}

Napi::Value EngineWrap::OpenWriter(const Napi::CallbackInfo& info) {
  const Handle leg = ToHandle(info[0], "leg");
  Handle writer = kNullHandle;
  Check(info.Env(), engine_->OpenWriter(leg, ToWriterRequest(info[1]), &writer));
  return FromHandle(info.Env(), writer);
}

Napi::Value EngineWrap::WritePcm(const Napi::CallbackInfo& info) {
  const Handle writer = ToHandle(info[0], "writer");
  const Napi::Int16Array samples = ToSamples(info[1], "samples");
  size_t taken = 0;
  Check(info.Env(), engine_->WritePcm(writer, samples.Data(), samples.ElementLength(), &taken));
  return Napi::Number::New(info.Env(), static_cast<double>(taken));
}

void EngineWrap::ClearWriter(const Napi::CallbackInfo& info) {
  Check(info.Env(), engine_->ClearWriter(ToHandle(info[0], "writer")));
}

void EngineWrap::NotifyWriter(const Napi::CallbackInfo& info) {
  const Handle writer = ToHandle(info[0], "writer");
  const int64_t position = ToInteger(info[1], "position", 0, kMostSafe);
  Check(info.Env(), engine_->NotifyWriter(writer, static_cast<uint64_t>(position)));
}

void EngineWrap::EndWriter(const Napi::CallbackInfo& info) {
  Check(info.Env(), engine_->EndWriter(ToHandle(info[0], "writer")));
}

Napi::Value EngineWrap::Record(const Napi::CallbackInfo& info) {
  const Handle leg = ToHandle(info[0], "leg");
  Handle recorder = kNullHandle;
  Check(info.Env(), engine_->Record(leg, ToRecordRequest(info[1]), &recorder));
  return FromHandle(info.Env(), recorder);
}

void EngineWrap::StopRecorder(const Napi::CallbackInfo& info) {
  Check(info.Env(), engine_->StopRecorder(ToHandle(info[0], "recorder")));
}

Napi::Value EngineWrap::OpenReader(const Napi::CallbackInfo& info) {
  constexpr int64_t kMostBufferMs = 60'000;
  const Handle leg = ToHandle(info[0], "leg");
  const TapSource source = ToTapSource(info[1], "source");
  if (source == TapSource::kBoth) ThrowArgument(info.Env(), "'source' is received or sent");
  const int rate_hz = ToEngineRate(info[2], "rateHz");
  const int buffer_ms = static_cast<int>(ToInteger(info[3], "bufferMs", 20, kMostBufferMs));
  Handle reader = kNullHandle;
  Check(info.Env(), engine_->OpenReader(leg, source, rate_hz, buffer_ms, &reader));
  return FromHandle(info.Env(), reader);
}

void EngineWrap::CloseReader(const Napi::CallbackInfo& info) {
  Check(info.Env(), engine_->CloseReader(ToHandle(info[0], "reader")));
}

// One crossing for all readers: their samples go into one memory of the caller, whose parts the
// answer names by three numbers each (reader, samples, dropped so far).
Napi::Value EngineWrap::DrainReaders(const Napi::CallbackInfo& info) {
  Napi::Int16Array samples = ToSamples(info[0], "samples");
  std::vector<ReaderChunk> chunks;
  engine_->DrainReaders(samples.Data(), samples.ElementLength(), &chunks);
  Napi::Float64Array table = Napi::Float64Array::New(info.Env(), 3 * chunks.size());
  for (size_t i = 0; i < chunks.size(); ++i) {
    table[3 * i] = static_cast<double>(chunks[i].reader);
    table[3 * i + 1] = static_cast<double>(chunks[i].samples);
    table[3 * i + 2] = static_cast<double>(chunks[i].dropped);
  }
  return table;
}

}  // namespace mixminus
