// See engine_wrap.h. What plays, records and reads is in engine_wrap_taps.cc.
#include "addon/engine_wrap.h"

#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "addon/convert.h"
#include "engine/time_source.h"

namespace mixminus {

Napi::Function EngineWrap::Define(Napi::Env env) {
  return DefineClass(env, "Engine",
                     {
                         InstanceMethod<&EngineWrap::OpenLeg>("openLeg"),
                         InstanceMethod<&EngineWrap::ConfigureLeg>("configureLeg"),
                         InstanceMethod<&EngineWrap::AllowSend>("allowSend"),
                         InstanceMethod<&EngineWrap::CloseLeg>("closeLeg"),
                         InstanceMethod<&EngineWrap::OpenRoom>("openRoom"),
                         InstanceMethod<&EngineWrap::ApplyRoom>("applyRoom"),
                         InstanceMethod<&EngineWrap::CloseRoom>("closeRoom"),
                         InstanceMethod<&EngineWrap::Play>("play"),
                         InstanceMethod<&EngineWrap::FeedPlayer>("feedPlayer"),
                         InstanceMethod<&EngineWrap::EndFeed>("endFeed"),
                         InstanceMethod<&EngineWrap::SeekPlayer>("seekPlayer"),
                         InstanceMethod<&EngineWrap::StopPlayer>("stopPlayer"),
                         InstanceMethod<&EngineWrap::OpenWriter>("openWriter"),
                         InstanceMethod<&EngineWrap::WritePcm>("writePcm"),
                         InstanceMethod<&EngineWrap::ClearWriter>("clearWriter"),
                         InstanceMethod<&EngineWrap::NotifyWriter>("notifyWriter"),
                         InstanceMethod<&EngineWrap::EndWriter>("endWriter"),
                         InstanceMethod<&EngineWrap::Record>("record"),
                         InstanceMethod<&EngineWrap::StopRecorder>("stopRecorder"),
                         InstanceMethod<&EngineWrap::OpenReader>("openReader"),
                         InstanceMethod<&EngineWrap::CloseReader>("closeReader"),
                         InstanceMethod<&EngineWrap::DrainReaders>("drainReaders"),
                         InstanceMethod<&EngineWrap::SendDigits>("sendDigits"),
                         InstanceMethod<&EngineWrap::DrainEvents>("drainEvents"),
                         InstanceAccessor<&EngineWrap::StatsTableValue>("statsTable"),
                         InstanceMethod<&EngineWrap::LegRow>("legRow"),
                         InstanceMethod<&EngineWrap::Advance>("advance"),
                         InstanceMethod<&EngineWrap::Inject>("inject"),
                         InstanceMethod<&EngineWrap::TakeSent>("takeSent"),
                         InstanceMethod<&EngineWrap::Counts>("counts"),
                         InstanceMethod<&EngineWrap::Close>("close"),
                     });
}

EngineWrap::EngineWrap(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<EngineWrap>(info), env_(info.Env()) {
  Napi::Env env = info.Env();
  const EngineOptions options = ToEngineOptions(info[0]);
  if (!info[1].IsFunction()) ThrowArgument(env, "'wake' must be a function");
  const size_t workers = options.manual ? 1 : static_cast<size_t>(options.workers);
  const size_t bytes = StatsTable::BytesFor(options.max_legs, workers);
  Napi::ArrayBuffer table = Napi::ArrayBuffer::New(env, bytes);
  std::memset(table.Data(), 0, bytes);
  table_ = Napi::Persistent(table);
  std::function<void()> wake = [] {};
  if (!options.manual) {
    pump_ = std::make_unique<EventPump>(env, info[1].As<Napi::Function>());
    wake = [pump = pump_.get()] { pump->Wake(); };
  }
  EngineStatus status;
  engine_ = Engine::Create(options, table.Data(), std::move(wake), &status);
  if (!status.ok()) {
    if (pump_) pump_->Release();
    Check(env, status);
  }
  // After the thread-safe function, so that it runs before that one's own hook: hooks run in
  // reverse order.
  napi_add_env_cleanup_hook(env, OnEnvironmentEnd, this);
  hooked_ = true;
}

EngineWrap::~EngineWrap() {
  Stop();
  if (!hooked_) return;  // closed, or the environment has ended
  napi_remove_env_cleanup_hook(env_, OnEnvironmentEnd, this);
  if (pump_) pump_->Release();
}

// Runs while the environment is being torn down: threads end here, the thread-safe function is
// cleaned up by its own hook.
void EngineWrap::OnEnvironmentEnd(void* self) {
  auto* wrap = static_cast<EngineWrap*>(self);
  wrap->hooked_ = false;
  wrap->Stop();
}

void EngineWrap::Stop() {
  if (engine_) engine_->Close();
}

void EngineWrap::UpdateKeepAlive(Napi::Env env) {
  if (!pump_) return;
  const EngineCounts counts = engine_->Counts();
  pump_->KeepAlive(env, counts.legs + counts.recorders > 0);
}

void EngineWrap::RequireManual(Napi::Env env) const {
  if (!engine_->manual())
    ThrowCoded(env, "ERR_INVALID_STATE", "only a manual engine is moved by hand");
}

Napi::Value EngineWrap::OpenLeg(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  OpenedLeg opened;
  Check(env, engine_->OpenLeg(ToText(info[0], "bindAddress"), &opened));
  UpdateKeepAlive(env);
  Napi::Object result = Napi::Object::New(env);
  result.Set("leg", FromHandle(env, opened.leg));
  result.Set("rtpPort", opened.rtp_port);
  result.Set("rtcpPort", opened.rtcp_port);
  return result;
}

void EngineWrap::ConfigureLeg(const Napi::CallbackInfo& info) {
  const Handle leg = ToHandle(info[0], "leg");
  Check(info.Env(), engine_->ConfigureLeg(leg, ToLegSettings(info[1])));
}

void EngineWrap::AllowSend(const Napi::CallbackInfo& info) {
  Check(info.Env(), engine_->AllowSend(ToHandle(info[0], "leg")));
}

void EngineWrap::CloseLeg(const Napi::CallbackInfo& info) {
  Check(info.Env(), engine_->CloseLeg(ToHandle(info[0], "leg")));
}

Napi::Value EngineWrap::OpenRoom(const Napi::CallbackInfo& info) {
  constexpr int64_t kMostSpeakers = 65535;
  const Napi::Object options = ToObject(info[0], "options");
  const int loudest =
      static_cast<int>(ToInteger(options.Get("loudest"), "loudest", 0, kMostSpeakers));
  Handle room = kNullHandle;
  Check(info.Env(), engine_->OpenRoom(loudest, &room));
  return FromHandle(info.Env(), room);
}

void EngineWrap::ApplyRoom(const Napi::CallbackInfo& info) {
  const Handle room = ToHandle(info[0], "room");
  Check(info.Env(), engine_->ApplyRoom(room, ToRoomChanges(info[1])));
}

void EngineWrap::CloseRoom(const Napi::CallbackInfo& info) {
  Check(info.Env(), engine_->CloseRoom(ToHandle(info[0], "room")));
}

Napi::Value EngineWrap::SendDigits(const Napi::CallbackInfo& info) {
  const Handle leg = ToHandle(info[0], "leg");
  uint64_t number = 0;
  Check(info.Env(), engine_->SendDigits(leg, ToTelephoneEvents(info[1]), &number));
  return Napi::Number::New(info.Env(), static_cast<double>(number));
}

Napi::Value EngineWrap::DrainEvents(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  std::vector<EngineFact> facts;
  engine_->TakeFacts(&facts);
  Napi::Array events = Napi::Array::New(env, facts.size());
  for (size_t i = 0; i < facts.size(); ++i) {
    Napi::HandleScope scope(env);
    events.Set(static_cast<uint32_t>(i), FromFact(env, facts[i]));
  }
  UpdateKeepAlive(env);
  return events;
}

Napi::Value EngineWrap::StatsTableValue(const Napi::CallbackInfo&) { return table_.Value(); }

Napi::Value EngineWrap::LegRow(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), HandleIndex(ToHandle(info[0], "leg")));
}

void EngineWrap::Advance(const Napi::CallbackInfo& info) {
  constexpr double kMostMs = 9.0e12;
  RequireManual(info.Env());
  const double now_ms = ToFinite(info[0], "nowMs");
  if (now_ms < 0 || now_ms > kMostMs) ThrowArgument(info.Env(), "'nowMs' is out of range");
  engine_->Advance(static_cast<int64_t>(now_ms * static_cast<double>(kNsPerMs)));
}

void EngineWrap::Inject(const Napi::CallbackInfo& info) {
  RequireManual(info.Env());
  const TransportAddress local = ToAddress(info[0], info[1], "local");
  const TransportAddress remote = ToAddress(info[2], info[3], "remote");
  const Napi::Uint8Array data = ToBytes(info[4], "data");
  engine_->Inject(local, remote, data.Data(), data.ElementLength());
}

Napi::Value EngineWrap::TakeSent(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  RequireManual(env);
  Napi::Array sent = Napi::Array::New(env);
  MemoryPacketIo* io = engine_->memory_io();
  uint32_t count = 0;
  while (const MemoryDatagram* front = io->FrontSent()) {
    Napi::HandleScope scope(env);
    sent.Set(count++, FromSent(env, *front));
    io->DropSent();
  }
  return sent;
}

Napi::Value EngineWrap::Counts(const Napi::CallbackInfo& info) {
  return FromCounts(info.Env(), engine_->Counts());
}

void EngineWrap::Close(const Napi::CallbackInfo& info) {
  Stop();
  if (hooked_) napi_remove_env_cleanup_hook(info.Env(), OnEnvironmentEnd, this);
  hooked_ = false;
  // All threads have ended: nobody calls it any more.
  if (pump_) pump_->Release();
}

}  // namespace mixminus
