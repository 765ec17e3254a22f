// See convert.h. Here: what is played, written, recorded and read.
#include <cmath>

#include "addon/convert.h"

namespace mixminus {
namespace {

constexpr int64_t kMostMs = 9'000'000'000'000;
constexpr int kMostBufferMs = 60'000;

std::vector<ToneStep> ToTones(Napi::Value value, int rate_hz) {
  constexpr uint32_t kMostSteps = 10'000;
  constexpr int64_t kMostStepMs = 86'400'000;
  const Napi::Array from = ToArray(value, "tones");
  if (from.Length() > kMostSteps) ThrowArgument(value.Env(), "'tones' has more than 10000 steps");
  std::vector<ToneStep> steps(from.Length());
  for (uint32_t i = 0; i < from.Length(); ++i) {
    Napi::HandleScope scope(value.Env());
    const Napi::Object item = ToObject(from.Get(i), "tones[]");
    const Napi::Array frequencies = ToArray(item.Get("frequenciesHz"), "frequenciesHz");
    if (frequencies.Length() > 2) ThrowArgument(value.Env(), "a tone has at most two frequencies");
    const double level = ToFinite(item.Get("levelDbfs"), "levelDbfs");
    if (level > 0) ThrowArgument(value.Env(), "'levelDbfs' is above 0");
    for (uint32_t f = 0; f < frequencies.Length(); ++f) {
      const double hz = ToFinite(frequencies.Get(f), "frequenciesHz[]");
      if (!(hz > 0 && hz < rate_hz / 2.0))
        ThrowArgument(value.Env(), "'frequenciesHz[]' must lie between 0 and half the rate");
      steps[i].frequency_hz[f] = hz;
      steps[i].amplitude[f] = 32767 * std::pow(10, level / 20);
    }
    steps[i].duration_ms =
        static_cast<int>(ToInteger(item.Get("durationMs"), "durationMs", 1, kMostStepMs));
  }
  return steps;
}

double ToGain(Napi::Value value) {
  constexpr double kMostDb = 60;
  const double db = ToFinite(value, "gainDb");
  if (db > kMostDb) ThrowArgument(value.Env(), "'gainDb' is above 60");
  return std::pow(10, db / 20);
}

}  // namespace

Napi::Int16Array ToSamples(Napi::Value value, const char* name) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_int16_array) {
    ThrowArgument(value.Env(), "'" + std::string(name) + "' must be an Int16Array");
  }
  return value.As<Napi::Int16Array>();
}

int ToEngineRate(Napi::Value value, const char* name) {
  const int rate = static_cast<int>(ToInteger(value, name, 8000, 48000));
  if (!IsEngineRate(rate))
    ThrowArgument(value.Env(), "'" + std::string(name) + "' is 8000, 16000, 24000 or 48000");
  return rate;
}

TapSource ToTapSource(Napi::Value value, const char* name) {
  const std::string text = ToText(value, name);
  if (text == "received") return TapSource::kReceived;
  if (text == "sent") return TapSource::kSent;
  if (text == "both") return TapSource::kBoth;
  ThrowArgument(value.Env(), "'" + std::string(name) + "' is received, sent or both");
}

PlayRequest ToPlayRequest(Napi::Value value) {
  const Napi::Object from = ToObject(value, "request");
  PlayRequest request;
  request.loop = ToBoolean(from.Get("loop"), "loop");
  request.start_ms = ToInteger(from.Get("startMs"), "startMs", 0, kMostMs);
  request.gain = ToGain(from.Get("gainDb"));
  const std::string kind = ToText(from.Get("kind"), "kind");
  if (kind == "file") {
    request.path = ToText(from.Get("path"), "path");
  } else if (kind == "bytes") {
    request.kind = PlayRequest::Kind::kBytes;
    const Napi::Uint8Array bytes = ToBytes(from.Get("bytes"), "bytes");
    request.bytes.assign(bytes.Data(), bytes.Data() + bytes.ElementLength());
  } else if (kind == "samples") {
    request.kind = PlayRequest::Kind::kSamples;
    const Napi::Int16Array samples = ToSamples(from.Get("samples"), "samples");
    request.samples.assign(samples.Data(), samples.Data() + samples.ElementLength());
    request.rate_hz = static_cast<int>(ToInteger(from.Get("rateHz"), "rateHz", 4000, 192000));
  } else if (kind == "stream") {
    request.kind = PlayRequest::Kind::kStream;
  } else if (kind == "tones") {
    request.kind = PlayRequest::Kind::kTones;
    request.rate_hz = ToEngineRate(from.Get("rateHz"), "rateHz");
    request.tones = ToTones(from.Get("tones"), request.rate_hz);
  } else {
    ThrowArgument(value.Env(), "'kind' is file, bytes, samples, stream or tones");
  }
  return request;
}

WriterRequest ToWriterRequest(Napi::Value value) {
  const Napi::Object from = ToObject(value, "request");
  WriterRequest request;
  request.rate_hz = ToEngineRate(from.Get("rateHz"), "rateHz");
  request.buffer_ms =
      static_cast<int>(ToInteger(from.Get("bufferMs"), "bufferMs", 20, kMostBufferMs));
  request.prebuffer_ms =
      static_cast<int>(ToInteger(from.Get("prebufferMs"), "prebufferMs", 0, request.buffer_ms));
  request.gain = ToGain(from.Get("gainDb"));
  return request;
}

RecordRequest ToRecordRequest(Napi::Value value) {
  constexpr int64_t kMostBytes = int64_t{1} << 50;
  const Napi::Object from = ToObject(value, "request");
  RecordRequest request;
  request.source = ToTapSource(from.Get("source"), "source");
  request.file.path = ToText(from.Get("path"), "path");
  const std::string format = ToText(from.Get("format"), "format");
  if (format == "opus") {
    request.file.format = SoundFormat::kOpus;
  } else if (format != "wav") {
    ThrowArgument(value.Env(), "'format' is wav or opus");
  }
  request.file.rate_hz = static_cast<int>(ToInteger(from.Get("rateHz"), "rateHz", 0, 48000));
  if (request.file.rate_hz != 0) request.file.rate_hz = ToEngineRate(from.Get("rateHz"), "rateHz");
  request.file.bitrate_bps =
      static_cast<int>(ToInteger(from.Get("bitrateBps"), "bitrateBps", 6000, 510'000));
  request.file.max_bytes =
      static_cast<uint64_t>(ToInteger(from.Get("maxBytes"), "maxBytes", 0, kMostBytes));
  return request;
}

}  // namespace mixminus
