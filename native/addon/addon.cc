// The Node-API module: what `require()` of the binary gives. Runs on the JavaScript thread that
// loads it; holds nothing static, so that it loads in worker threads and twice in one process.
// Called by src/media-core/binding.ts only; the surface is NativeBinding of
// src/media-core/native.ts.
#include <napi.h>

#include "addon/convert.h"
#include "addon/engine_wrap.h"
#include "core/codec/registry.h"
#include "engine/player.h"

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

// Reads the head of a sound file, so that one that cannot be played is refused before anybody is
// called for it.
Napi::Value CheckSound(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Check(env, CheckSoundFile(ToText(info[0], "path")));
  return env.Undefined();
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  exports.Set("version", Napi::String::New(env, MIXMINUS_VERSION));
  exports.Set("capabilities", Napi::Function::New<Capabilities>(env, "capabilities"));
  exports.Set("checkSound", Napi::Function::New<CheckSound>(env, "checkSound"));
  exports.Set("Engine", EngineWrap::Define(env));
  return exports;
}

}  // namespace
}  // namespace mixminus

static Napi::Object InitModule(Napi::Env env, Napi::Object exports) {
  return mixminus::Init(env, exports);
}

NODE_API_MODULE(mixminus, InitModule)
