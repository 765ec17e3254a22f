// The Node-API module: what `require()` of the binary gives. Runs on the JavaScript thread that
// loads it; holds nothing static, so that it loads in worker threads and twice in one process.
// Called by src/media-core/binding.ts only; the surface is NativeBinding of
// src/media-core/native.ts.
#include <napi.h>

#include <cstring>
#include <vector>

#include "addon/convert.h"
#include "addon/engine_wrap.h"
#include "core/codec/registry.h"
#include "engine/audio_file.h"

namespace mixminus {
namespace {

Napi::Value Capabilities(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  int count = 0;
  const CodecInfo* all = AllCodecs(&count);
  Napi::Array codecs = Napi::Array::New(env);
  for (int i = 0; i < count; ++i) {
    // L16 has a line for each rate.
    if (i > 0 && all[i].id == all[i - 1].id) continue;
    codecs.Set(codecs.Length(), Napi::String::New(env, CodecText(all[i].id)));
  }
  Napi::Object result = Napi::Object::New(env);
  result.Set("codecs", codecs);
  return result;
}

Napi::Value DecodeWavFile(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const Napi::Uint8Array bytes = ToBytes(info[0], "bytes");
  const int rate_hz = static_cast<int>(ToInteger(info[1], "rateHz", 8000, 48000));
  std::vector<int16_t> samples;
  Check(env, DecodeWav(bytes.Data(), bytes.ElementLength(), rate_hz, &samples));
  Napi::Int16Array result = Napi::Int16Array::New(env, samples.size());
  if (!samples.empty())
    std::memcpy(result.Data(), samples.data(), samples.size() * sizeof(int16_t));
  return result;
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  exports.Set("version", Napi::String::New(env, MIXMINUS_VERSION));
  exports.Set("capabilities", Napi::Function::New<Capabilities>(env, "capabilities"));
  exports.Set("decodeWav", Napi::Function::New<DecodeWavFile>(env, "decodeWav"));
  exports.Set("Engine", EngineWrap::Define(env));
  return exports;
}

}  // namespace
}  // namespace mixminus

static Napi::Object InitModule(Napi::Env env, Napi::Object exports) {
  return mixminus::Init(env, exports);
}

NODE_API_MODULE(mixminus, InitModule)
