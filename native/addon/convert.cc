// See convert.h. Here: JavaScript to the engine.
#include "addon/convert.h"

#include <cmath>
#include <cstring>

#include "core/codec/registry.h"
#include "core/dsp/rate_converter.h"
#include "core/mix/gain_ramp.h"
#include "core/mix/speaker_selector.h"
#include "engine/address.h"

namespace mixminus {
namespace {

constexpr double kMaxSafeInteger = 9007199254740991.0;

std::string Quoted(const char* name) { return std::string("'") + name + "'"; }

RoomOp ToRoomOp(Napi::Value value) {
  const std::string text = ToText(value, "op");
  if (text == "add") return RoomOp::kAdd;
  if (text == "set") return RoomOp::kSet;
  if (text == "remove") return RoomOp::kRemove;
  if (text == "relate") return RoomOp::kRelate;
  ThrowArgument(value.Env(), "'op' is add, set, remove or relate");
}

float ToGain(Napi::Value value, const char* name) {
  const double gain_db = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : NAN;
  if (!(gain_db >= kLeastGainDb && gain_db <= kMostGainDb))
    ThrowArgument(value.Env(), Quoted(name) + " is a gain of -60 to 20 dB");
  return GainFromDb(gain_db);
}

MemberSettings ToMember(const Napi::Object& from) {
  MemberSettings member;
  member.muted = ToBoolean(from.Get("muted"), "muted");
  member.deaf = ToBoolean(from.Get("deaf"), "deaf");
  member.apart = ToBoolean(from.Get("apart"), "apart");
  member.priority = static_cast<uint8_t>(
      ToInteger(from.Get("priority"), "priority", 0, SpeakerSelector::kPriorities - 1));
  member.gain_in = ToGain(from.Get("gainInDb"), "gainInDb");
  member.gain_out = ToGain(from.Get("gainOutDb"), "gainOutDb");
  return member;
}

Relation ToRelation(const Napi::Object& from) {
  const std::string text = ToText(from.Get("hears"), "hears");
  Relation relation;
  if (text == "usual") return relation;
  if (text == "never") {
    relation.hearing = Hearing::kNever;
  } else if (text == "scaled" || text == "always") {
    relation.hearing = text == "scaled" ? Hearing::kScaled : Hearing::kAlways;
    relation.gain = ToGain(from.Get("gainDb"), "gainDb");
  } else {
    ThrowArgument(from.Env(), "'hears' is usual, never, scaled or always");
  }
  return relation;
}

int ToClock(Napi::Value value, const char* name) {
  constexpr int kUsualClockHz = 8000;
  if (value.IsUndefined()) return kUsualClockHz;
  return static_cast<int>(ToInteger(value, name, 8000, 48000));
}

// 0: the codec's own rate.
int ToRate(Napi::Value value, const char* name) {
  if (value.IsUndefined()) return 0;
  const int rate_hz = static_cast<int>(ToInteger(value, name, 8000, 48000));
  if (!IsEngineRate(rate_hz)) {
    ThrowArgument(value.Env(), Quoted(name) + " is 8000, 16000, 24000 or 48000");
  }
  return rate_hz;
}

constexpr uint32_t kMostFormats = 8;

// A codec has certain clocks, and all but Opus one rate.
void CheckFormat(Napi::Env env, CodecId codec, int clock_hz, int rate_hz) {
  const CodecInfo* info = FindCodec(codec, clock_hz);
  if (info == nullptr) {
    ThrowArgument(env, std::string(CodecText(codec)) + " has no clock of " +
                           std::to_string(clock_hz) + " Hz");
  }
  if (rate_hz != 0 && codec != CodecId::kOpus && rate_hz != info->sample_rate_hz) {
    ThrowArgument(env, std::string(CodecText(codec)) + " is not sampled at " +
                           std::to_string(rate_hz) + " Hz");
  }
}

// Comfort noise (RFC 3389) has a payload type for each clock, behind those of the codecs.
void AddNoiseFormats(Napi::Array formats, ReceiveLegConfig* to) {
  if (formats.Length() > ReceiveLegConfig::kMaxFormats - kMostFormats) {
    ThrowArgument(formats.Env(), "'receiveNoise' has more than 4 payload types");
  }
  for (uint32_t i = 0; i < formats.Length(); ++i) {
    PayloadFormat* format = &to->formats[to->format_count++];
    format->payload_type =
        static_cast<uint8_t>(ToInteger(formats.Get(i), "receiveNoise[]", 0, 127));
    format->codec = CodecId::kNone;
  }
}

ReceiveLegConfig ToReceiveConfig(Napi::Object config) {
  ReceiveLegConfig receive;
  const Napi::Array formats = ToArray(config.Get("receive"), "receive");
  if (formats.Length() > kMostFormats) {
    ThrowArgument(config.Env(), "'receive' has more than 8 formats");
  }
  for (uint32_t i = 0; i < formats.Length(); ++i) {
    const Napi::Object format = ToObject(formats.Get(i), "receive[]");
    PayloadFormat* to = &receive.formats[receive.format_count++];
    to->payload_type =
        static_cast<uint8_t>(ToInteger(format.Get("payloadType"), "payloadType", 0, 127));
    to->codec = ToCodec(format.Get("codec"), "codec");
    to->rtp_clock_hz = ToClock(format.Get("clockHz"), "clockHz");
    to->sample_rate_hz = ToRate(format.Get("rateHz"), "rateHz");
    CheckFormat(config.Env(), to->codec, to->rtp_clock_hz, to->sample_rate_hz);
  }
  const Napi::Value noise = config.Get("receiveNoise");
  if (!noise.IsUndefined()) AddNoiseFormats(ToArray(noise, "receiveNoise"), &receive);
  receive.telephone_events[0].payload_type = static_cast<int>(
      ToInteger(config.Get("telephoneEventPayloadType"), "telephoneEventPayloadType", -1, 127));
  receive.telephone_events[0].clock_hz =
      ToClock(config.Get("telephoneEventClockHz"), "telephoneEventClockHz");
  const Napi::Value bounds = config.Get("jitter");
  if (!bounds.IsUndefined()) {
    const Napi::Object jitter = ToObject(bounds, "jitter");
    receive.jitter_min_ms = static_cast<int>(ToInteger(jitter.Get("minMs"), "minMs", 0, 10000));
    receive.jitter_max_ms = static_cast<int>(ToInteger(jitter.Get("maxMs"), "maxMs", 60, 10000));
    receive.jitter_fixed_ms =
        static_cast<int>(ToInteger(jitter.Get("fixedMs"), "fixedMs", -1, 10000));
  }
  return receive;
}

StreamSettings ToStream(Napi::Object config) {
  StreamSettings stream;
  stream.codec.id = ToCodec(config.Get("sendCodec"), "sendCodec");
  stream.codec.rtp_clock_hz = ToClock(config.Get("sendClockHz"), "sendClockHz");
  stream.codec.sample_rate_hz = ToRate(config.Get("sendRateHz"), "sendRateHz");
  CheckFormat(config.Env(), stream.codec.id, stream.codec.rtp_clock_hz,
              stream.codec.sample_rate_hz);
  stream.silence_suppression = !config.Get("sendNoisePayloadType").IsUndefined();
  const Napi::Value ptime = config.Get("sendPtimeMs");
  if (!ptime.IsUndefined()) {
    stream.ptime_ms = static_cast<int>(ToInteger(ptime, "sendPtimeMs", 10, 60));
  }
  const Napi::Value value = config.Get("sendOpus");
  if (value.IsUndefined()) return stream;
  const Napi::Object from = ToObject(value, "sendOpus");
  OpusSettings* opus = &stream.codec.opus;
  opus->bitrate_bps =
      static_cast<int>(ToInteger(from.Get("bitrateBps"), "bitrateBps", 6000, 510000));
  opus->fec = ToBoolean(from.Get("fec"), "fec");
  opus->dtx = ToBoolean(from.Get("dtx"), "dtx");
  opus->cbr = ToBoolean(from.Get("cbr"), "cbr");
  opus->max_playback_rate_hz =
      static_cast<int>(ToInteger(from.Get("maxPlaybackRateHz"), "maxPlaybackRateHz", 8000, 48000));
  return stream;
}

}  // namespace

void ThrowCoded(Napi::Env env, const char* code, const std::string& message) {
  Napi::Error error = Napi::Error::New(env, message);
  error.Set("code", Napi::String::New(env, code));
  throw error;
}

void ThrowArgument(Napi::Env env, const std::string& message) {
  ThrowCoded(env, "ERR_INVALID_ARGUMENT", message);
}

void Check(Napi::Env env, const EngineStatus& status) {
  if (!status.ok()) ThrowCoded(env, status.code(), status.message());
}

double ToFinite(Napi::Value value, const char* name) {
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : NAN;
  if (!std::isfinite(number)) ThrowArgument(value.Env(), Quoted(name) + " must be a finite number");
  return number;
}

int64_t ToInteger(Napi::Value value, const char* name, int64_t min, int64_t max) {
  const double number = ToFinite(value, name);
  if (number != std::floor(number) || number < static_cast<double>(min) ||
      number > static_cast<double>(max)) {
    ThrowArgument(value.Env(), Quoted(name) + " must be a whole number from " +
                                   std::to_string(min) + " to " + std::to_string(max));
  }
  return static_cast<int64_t>(number);
}

bool ToBoolean(Napi::Value value, const char* name) {
  if (!value.IsBoolean()) ThrowArgument(value.Env(), Quoted(name) + " must be a boolean");
  return value.As<Napi::Boolean>().Value();
}

std::string ToText(Napi::Value value, const char* name) {
  if (!value.IsString()) ThrowArgument(value.Env(), Quoted(name) + " must be a string");
  return value.As<Napi::String>().Utf8Value();
}

Napi::Object ToObject(Napi::Value value, const char* name) {
  if (!value.IsObject()) ThrowArgument(value.Env(), Quoted(name) + " must be an object");
  return value.As<Napi::Object>();
}

Napi::Array ToArray(Napi::Value value, const char* name) {
  if (!value.IsArray()) ThrowArgument(value.Env(), Quoted(name) + " must be an array");
  return value.As<Napi::Array>();
}

Handle ToHandle(Napi::Value value, const char* name) {
  const double number = ToFinite(value, name);
  if (number != std::floor(number) || number < 0 || number > kMaxSafeInteger) {
    ThrowArgument(value.Env(), Quoted(name) + " is not a handle");
  }
  return static_cast<Handle>(number);
}

Napi::Uint8Array ToBytes(Napi::Value value, const char* name) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) {
    ThrowArgument(value.Env(), Quoted(name) + " must be a Uint8Array");
  }
  return value.As<Napi::Uint8Array>();
}

TransportAddress ToAddress(Napi::Value address, Napi::Value port, const char* name) {
  TransportAddress parsed;
  const auto number = static_cast<uint16_t>(ToInteger(port, name, 0, 65535));
  if (!ParseAddress(ToText(address, name), number, &parsed)) {
    ThrowArgument(address.Env(), Quoted(name) + " is not an IP address");
  }
  return parsed;
}

const char* CodecText(CodecId codec) {
  switch (codec) {
    case CodecId::kPcmu:
      return "pcmu";
    case CodecId::kPcma:
      return "pcma";
    case CodecId::kL16:
      return "l16";
    case CodecId::kG722:
      return "g722";
    case CodecId::kOpus:
      return "opus";
    case CodecId::kNone:
      break;
  }
  return "";
}

CodecId ToCodec(Napi::Value value, const char* name) {
  const std::string text = ToText(value, name);
  int count = 0;
  const CodecInfo* codecs = AllCodecs(&count);
  for (int i = 0; i < count; ++i) {
    if (text == CodecText(codecs[i].id)) return codecs[i].id;
  }
  ThrowArgument(value.Env(), Quoted(name) + " is not a codec of this build: " + text);
}

EngineOptions ToEngineOptions(Napi::Value value) {
  constexpr int64_t kMostObjects = 100'000;
  constexpr int64_t kMostMs = 86'400'000;
  const Napi::Object from = ToObject(value, "options");
  EngineOptions options;
  options.workers = static_cast<int>(ToInteger(from.Get("workers"), "workers", 1, 64));
  options.manual = ToBoolean(from.Get("manual"), "manual");
  options.max_legs =
      static_cast<size_t>(ToInteger(from.Get("maxLegs"), "maxLegs", 1, kMostObjects));
  options.max_rooms =
      static_cast<size_t>(ToInteger(from.Get("maxRooms"), "maxRooms", 1, kMostObjects));
  options.port_min = static_cast<uint16_t>(ToInteger(from.Get("portMin"), "portMin", 1, 65535));
  options.port_max =
      static_cast<uint16_t>(ToInteger(from.Get("portMax"), "portMax", options.port_min, 65535));
  options.port_rest_ms = ToInteger(from.Get("portRestMs"), "portRestMs", 0, kMostMs);
  options.rtp_timeout_ms = ToInteger(from.Get("rtpTimeoutMs"), "rtpTimeoutMs", 0, kMostMs);
  options.seed = static_cast<uint32_t>(ToInteger(from.Get("seed"), "seed", 0, UINT32_MAX));
  options.cname = ToText(from.Get("cname"), "cname");
  if (options.cname.empty() || options.cname.size() > 255) {
    ThrowArgument(from.Env(), "'cname' must have 1 to 255 bytes");
  }
  const Napi::Array addresses = ToArray(from.Get("bindAddresses"), "bindAddresses");
  for (uint32_t i = 0; i < addresses.Length(); ++i) {
    options.bind_addresses.push_back(ToText(addresses.Get(i), "bindAddresses[]"));
  }
  return options;
}

std::unique_ptr<LegSettings> ToLegSettings(Napi::Value value) {
  const Napi::Object from = ToObject(value, "config");
  auto settings = std::make_unique<LegSettings>();
  settings->receive = ToReceiveConfig(from);
  settings->send_payload_type =
      static_cast<uint8_t>(ToInteger(from.Get("sendPayloadType"), "sendPayloadType", 0, 127));
  settings->send_stream = ToStream(from);
  const Napi::Value event = from.Get("sendEvent");
  if (!event.IsUndefined()) {
    const Napi::Object format = ToObject(event, "sendEvent");
    settings->event_payload_type =
        static_cast<int>(ToInteger(format.Get("payloadType"), "payloadType", 0, 127));
    settings->event_clock_hz = ToClock(format.Get("clockHz"), "clockHz");
  }
  const Napi::Value noise = from.Get("sendNoisePayloadType");
  if (!noise.IsUndefined()) {
    settings->send_noise_payload_type =
        static_cast<uint8_t>(ToInteger(noise, "sendNoisePayloadType", 0, 127));
  }
  const Napi::Value address = from.Get("remoteAddress");
  settings->remote_rtp = ToAddress(address, from.Get("remoteRtpPort"), "remoteRtpPort");
  settings->rtcp_mux = ToBoolean(from.Get("rtcpMux"), "rtcpMux");
  settings->remote_rtcp = ToAddress(address, from.Get("remoteRtcpPort"), "remoteRtcpPort");
  settings->send = ToBoolean(from.Get("send"), "send");
  settings->receive_media = ToBoolean(from.Get("receiveMedia"), "receiveMedia");
  settings->allow_send = ToBoolean(from.Get("allowSend"), "allowSend");
  return settings;
}

std::vector<RoomChangeRequest> ToRoomChanges(Napi::Value value) {
  const Napi::Array from = ToArray(value, "changes");
  std::vector<RoomChangeRequest> changes;
  changes.reserve(from.Length());
  for (uint32_t i = 0; i < from.Length(); ++i) {
    Napi::HandleScope scope(from.Env());
    const Napi::Object item = ToObject(from.Get(i), "changes[]");
    RoomChangeRequest change{};
    change.op = ToRoomOp(item.Get("op"));
    change.leg = ToHandle(item.Get("leg"), "leg");
    if (change.op == RoomOp::kAdd || change.op == RoomOp::kSet) change.member = ToMember(item);
    if (change.op == RoomOp::kRelate) {
      change.speaker = ToHandle(item.Get("speaker"), "speaker");
      change.relation = ToRelation(item);
    }
    changes.push_back(change);
  }
  return changes;
}

std::vector<TelephoneEventRequest> ToTelephoneEvents(Napi::Value value) {
  constexpr int64_t kMostMs = 65'535;
  const Napi::Array from = ToArray(value, "events");
  std::vector<TelephoneEventRequest> events;
  events.reserve(from.Length());
  for (uint32_t i = 0; i < from.Length(); ++i) {
    Napi::HandleScope scope(from.Env());
    const Napi::Object item = ToObject(from.Get(i), "events[]");
    TelephoneEventRequest event;
    const int64_t code = ToInteger(item.Get("code"), "code", -1, 254);
    event.code = code < 0 ? TelephoneEventRequest::kPause : static_cast<uint8_t>(code);
    event.duration_ms =
        static_cast<uint16_t>(ToInteger(item.Get("durationMs"), "durationMs", 1, kMostMs));
    event.gap_ms = static_cast<uint16_t>(ToInteger(item.Get("gapMs"), "gapMs", 0, kMostMs));
    event.volume_dbm0 = static_cast<uint8_t>(ToInteger(item.Get("volume"), "volume", 0, 63));
    events.push_back(event);
  }
  return events;
}

}  // namespace mixminus
