// The Node-API module: what `require()` of the binary gives. Runs on the JavaScript thread that
// loads it; holds nothing static, so that it loads in worker threads and twice in one process.
// Called by src/media-core/binding.ts only.
#include <napi.h>

namespace mixminus {
namespace {

Napi::Value Capabilities(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Napi::Array codecs = Napi::Array::New(env);
  codecs.Set(0u, Napi::String::New(env, "pcmu"));
  codecs.Set(1u, Napi::String::New(env, "pcma"));
  Napi::Object result = Napi::Object::New(env);
  result.Set("codecs", codecs);
  return result;
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  exports.Set("version", Napi::String::New(env, MIXMINUS_VERSION));
  exports.Set("capabilities", Napi::Function::New<Capabilities>(env, "capabilities"));
  return exports;
}

}  // namespace
}  // namespace mixminus

static Napi::Object InitModule(Napi::Env env, Napi::Object exports) {
  return mixminus::Init(env, exports);
}

NODE_API_MODULE(mixminus, InitModule)
