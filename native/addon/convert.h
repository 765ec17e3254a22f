// Between JavaScript values and the engine's: every argument is checked here, and what does not fit
// throws an Error with a stable `code`. JavaScript thread only.
#pragma once

#include <napi.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/engine.h"

namespace mixminus {

// Throws a JavaScript Error with `code`.
[[noreturn]] void ThrowCoded(Napi::Env env, const char* code, const std::string& message);
[[noreturn]] void ThrowArgument(Napi::Env env, const std::string& message);
// Throws when `status` is not ok.
void Check(Napi::Env env, const EngineStatus& status);

// A whole number between `min` and `max`; `name` is for the message.
int64_t ToInteger(Napi::Value value, const char* name, int64_t min, int64_t max);
double ToFinite(Napi::Value value, const char* name);
bool ToBoolean(Napi::Value value, const char* name);
std::string ToText(Napi::Value value, const char* name);
Napi::Object ToObject(Napi::Value value, const char* name);
Napi::Array ToArray(Napi::Value value, const char* name);
Handle ToHandle(Napi::Value value, const char* name);
Napi::Uint8Array ToBytes(Napi::Value value, const char* name);
Napi::Int16Array ToSamples(Napi::Value value, const char* name);
TransportAddress ToAddress(Napi::Value address, Napi::Value port, const char* name);
CodecId ToCodec(Napi::Value value, const char* name);
TapSource ToTapSource(Napi::Value value, const char* name);
PlayRequest ToPlayRequest(Napi::Value value);
WriterRequest ToWriterRequest(Napi::Value value);
RecordRequest ToRecordRequest(Napi::Value value);
int ToEngineRate(Napi::Value value, const char* name);
EngineOptions ToEngineOptions(Napi::Value value);
std::unique_ptr<LegSettings> ToLegSettings(Napi::Value value);
std::vector<RoomChangeRequest> ToRoomChanges(Napi::Value value);
std::vector<TelephoneEventRequest> ToTelephoneEvents(Napi::Value value);

Napi::Number FromHandle(Napi::Env env, Handle handle);
Napi::Object FromFact(Napi::Env env, const EngineFact& fact);
Napi::Object FromCounts(Napi::Env env, const EngineCounts& counts);
Napi::Object FromSent(Napi::Env env, const MemoryDatagram& datagram);
// Name of a codec in src/media-core/native.ts.
const char* CodecText(CodecId codec);

}  // namespace mixminus
