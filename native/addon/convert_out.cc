// See convert.h. Here: the engine to JavaScript.
#include <cstring>

#include "addon/convert.h"
#include "engine/address.h"

namespace mixminus {
namespace {

const char* FactType(EngineFact::Kind kind) {
  switch (kind) {
    case EngineFact::Kind::kDtmf:
      return "dtmf";
    case EngineFact::Kind::kTalking:
      return "talking";
    case EngineFact::Kind::kLatched:
      return "latched";
    case EngineFact::Kind::kRtpTimeout:
      return "rtpTimeout";
    case EngineFact::Kind::kRtcpBye:
      return "rtcpBye";
    case EngineFact::Kind::kPlayerEnded:
      return "playerEnded";
    case EngineFact::Kind::kPlayerHungry:
      return "playerHungry";
    case EngineFact::Kind::kPcmTaken:
      return "pcmTaken";
    case EngineFact::Kind::kRecorderClosed:
      return "recorderClosed";
    case EngineFact::Kind::kReaderClosed:
      return "readerClosed";
    case EngineFact::Kind::kDigitsSent:
      return "digitsSent";
    case EngineFact::Kind::kLegClosed:
      return "legClosed";
    case EngineFact::Kind::kEventsLost:
      return "eventsLost";
    case EngineFact::Kind::kWarning:
      return "warning";
  }
  return "";
}

void AddTaken(const EngineFact& fact, Napi::Object* to) {
  to->Set("taken", static_cast<double>(fact.count));
  to->Set("underruns", static_cast<double>(fact.underruns));
  to->Set("starvedSamples", static_cast<double>(fact.starved));
}

void AddError(const EngineFact& fact, Napi::Object* to) {
  if (fact.code.empty()) return;
  to->Set("code", fact.code);
  to->Set("error", fact.text);
}

void AddDetails(Napi::Env env, const EngineFact& fact, Napi::Object* to) {
  switch (fact.kind) {
    case EngineFact::Kind::kDtmf:
      to->Set("digit", std::string(1, fact.digit));
      to->Set("durationMs", fact.duration_ms);
      break;
    case EngineFact::Kind::kTalking:
      to->Set("talking", fact.talking);
      break;
    case EngineFact::Kind::kLatched:
      to->Set("address", FormatAddress(fact.address));
      to->Set("port", fact.address.port);
      break;
    case EngineFact::Kind::kPlayerEnded:
      to->Set("player", FromHandle(env, fact.object));
      AddTaken(fact, to);
      AddError(fact, to);
      break;
    case EngineFact::Kind::kPlayerHungry:
      to->Set("player", FromHandle(env, fact.object));
      break;
    case EngineFact::Kind::kPcmTaken:
      to->Set("player", FromHandle(env, fact.object));
      to->Set("dry", fact.dry);
      AddTaken(fact, to);
      break;
    case EngineFact::Kind::kReaderClosed:
      to->Set("reader", FromHandle(env, fact.object));
      to->Set("droppedSamples", static_cast<double>(fact.dropped));
      break;
    case EngineFact::Kind::kRecorderClosed:
      to->Set("recorder", FromHandle(env, fact.object));
      to->Set("samples", static_cast<double>(fact.count));
      to->Set("rateHz", fact.rate_hz);
      to->Set("droppedSamples", static_cast<double>(fact.dropped));
      AddError(fact, to);
      break;
    case EngineFact::Kind::kDigitsSent:
      to->Set("number", static_cast<double>(fact.count));
      to->Set("completed", fact.completed);
      break;
    case EngineFact::Kind::kEventsLost:
      to->Set("count", static_cast<double>(fact.count));
      break;
    case EngineFact::Kind::kWarning:
      to->Set("code", fact.code);
      to->Set("message", fact.text);
      break;
    case EngineFact::Kind::kRtpTimeout:
    case EngineFact::Kind::kRtcpBye:
    case EngineFact::Kind::kLegClosed:
      break;
  }
}

}  // namespace

// Handles stay below 2^53, see core/base/slot_pool.h.
Napi::Number FromHandle(Napi::Env env, Handle handle) {
  return Napi::Number::New(env, static_cast<double>(handle));
}

Napi::Object FromFact(Napi::Env env, const EngineFact& fact) {
  Napi::Object to = Napi::Object::New(env);
  to.Set("type", FactType(fact.kind));
  if (fact.kind != EngineFact::Kind::kWarning && fact.kind != EngineFact::Kind::kRecorderClosed &&
      fact.kind != EngineFact::Kind::kReaderClosed) {
    to.Set("leg", FromHandle(env, fact.leg));
  }
  AddDetails(env, fact, &to);
  return to;
}

Napi::Object FromCounts(Napi::Env env, const EngineCounts& counts) {
  Napi::Object to = Napi::Object::New(env);
  to.Set("legs", counts.legs);
  to.Set("rooms", counts.rooms);
  to.Set("players", counts.players);
  to.Set("recorders", counts.recorders);
  to.Set("readers", counts.readers);
  to.Set("leasedPorts", counts.ports.leased);
  to.Set("restingPorts", counts.ports.resting);
  to.Set("freePorts", counts.ports.free);
  to.Set("sockets", counts.ports.sockets);
  return to;
}

Napi::Object FromSent(Napi::Env env, const MemoryDatagram& datagram) {
  Napi::Object to = Napi::Object::New(env);
  to.Set("localAddress", FormatAddress(datagram.local));
  to.Set("localPort", datagram.local.port);
  to.Set("remoteAddress", FormatAddress(datagram.remote));
  to.Set("remotePort", datagram.remote.port);
  Napi::Uint8Array data = Napi::Uint8Array::New(env, datagram.size);
  std::memcpy(data.Data(), datagram.data, datagram.size);
  to.Set("data", data);
  return to;
}

}  // namespace mixminus
