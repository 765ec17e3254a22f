// The class Engine of the addon: one mixminus::Engine per object, its statistics in an ArrayBuffer
// that JavaScript reads, its facts announced through an EventPump. Checks every argument; holds
// nothing static, so that the addon loads in worker threads and twice. The interface is
// NativeEngine of src/media-core/native.ts.
#pragma once

#include <napi.h>

#include <memory>

#include "addon/event_pump.h"
#include "engine/engine.h"

namespace mixminus {

class EngineWrap final : public Napi::ObjectWrap<EngineWrap> {
 public:
  static Napi::Function Define(Napi::Env env);

  explicit EngineWrap(const Napi::CallbackInfo& info);
  ~EngineWrap() override;

 private:
  Napi::Value OpenLeg(const Napi::CallbackInfo& info);
  void ConfigureLeg(const Napi::CallbackInfo& info);
  void AllowSend(const Napi::CallbackInfo& info);
  void CloseLeg(const Napi::CallbackInfo& info);
  Napi::Value OpenRoom(const Napi::CallbackInfo& info);
  void ApplyRoom(const Napi::CallbackInfo& info);
  void CloseRoom(const Napi::CallbackInfo& info);
  Napi::Value Play(const Napi::CallbackInfo& info);
  Napi::Value FeedPlayer(const Napi::CallbackInfo& info);
  void EndFeed(const Napi::CallbackInfo& info);
  void SeekPlayer(const Napi::CallbackInfo& info);
  void StopPlayer(const Napi::CallbackInfo& info);
  Napi::Value OpenWriter(const Napi::CallbackInfo& info);
  Napi::Value WritePcm(const Napi::CallbackInfo& info);
  void ClearWriter(const Napi::CallbackInfo& info);
  void NotifyWriter(const Napi::CallbackInfo& info);
  void EndWriter(const Napi::CallbackInfo& info);
  Napi::Value Record(const Napi::CallbackInfo& info);
  void StopRecorder(const Napi::CallbackInfo& info);
  Napi::Value OpenReader(const Napi::CallbackInfo& info);
  void CloseReader(const Napi::CallbackInfo& info);
  Napi::Value DrainReaders(const Napi::CallbackInfo& info);
  Napi::Value SendDigits(const Napi::CallbackInfo& info);
  Napi::Value DrainEvents(const Napi::CallbackInfo& info);
  Napi::Value StatsTableValue(const Napi::CallbackInfo& info);
  Napi::Value LegRow(const Napi::CallbackInfo& info);
  void Advance(const Napi::CallbackInfo& info);
  void Inject(const Napi::CallbackInfo& info);
  Napi::Value TakeSent(const Napi::CallbackInfo& info);
  Napi::Value Counts(const Napi::CallbackInfo& info);
  void Close(const Napi::CallbackInfo& info);

  static void OnEnvironmentEnd(void* self);
  void Stop();
  void UpdateKeepAlive(Napi::Env env);
  void RequireManual(Napi::Env env) const;

  napi_env env_;
  Napi::Reference<Napi::ArrayBuffer> table_;
  std::unique_ptr<EventPump> pump_;  // outlives the engine's threads
  std::unique_ptr<Engine> engine_;
  bool hooked_ = false;
};

}  // namespace mixminus
