// RTP packet → jitter buffer; the way out is in receive_pull.cc. Pure: the engine brings packets and
// time.

#include "core/leg/receive_leg.h"

#include <algorithm>
#include <cstring>

#include "core/codec/registry.h"

namespace mixminus {

namespace {

constexpr int kClockHz = 8000;        // of every audio format that this build receives

JitterBufferConfig JitterConfig(const ReceiveLegConfig& config) noexcept {
  JitterBufferConfig jitter;
  jitter.clock_hz = kClockHz;
  jitter.target_ms = config.jitter_target_ms;
  jitter.max_ms = config.jitter_max_ms;
  jitter.slots = config.slots;
  jitter.max_payload_bytes = config.max_payload_bytes;
  return jitter;
}

}  // namespace

ReceiveLeg::ReceiveLeg(const ReceiveLegConfig& config)
    : event_clock_hz_(config.telephone_event_clock_hz),
      stats_(kClockHz),
      events_(config.telephone_event_clock_hz),
      jitter_(JitterConfig(config)),
      concealer_(kClockHz) {
  MapPayloads(config);
}

void ReceiveLeg::Configure(const ReceiveLegConfig& config) noexcept {
  if (MapPayloads(config)) jitter_.Reset();
  jitter_.SetTarget(config.jitter_target_ms, config.jitter_max_ms);
  if (config.telephone_event_clock_hz != event_clock_hz_) {
    event_clock_hz_ = config.telephone_event_clock_hz;
    events_.Reset(event_clock_hz_);
  }
}

// True when a payload type now means another codec than buffered packets of it were sent with.
bool ReceiveLeg::MapPayloads(const ReceiveLegConfig& config) noexcept {
  PayloadMeaning meanings[128];
  const int count = std::clamp(config.format_count, 0, ReceiveLegConfig::kMaxFormats);
  for (int i = 0; i < count; ++i) {
    const PayloadFormat& format = config.formats[i];
    if (format.payload_type > 127) continue;
    const bool audio = SharedDecoder(format.codec) != nullptr;
    meanings[format.payload_type].kind = audio ? PayloadKind::kAudio : PayloadKind::kComfortNoise;
    meanings[format.payload_type].codec = format.codec;
  }
  const int event = config.telephone_event_payload_type;
  if (event >= 0 && event <= 127) meanings[event].kind = PayloadKind::kTelephoneEvent;
  bool changed = false;
  for (int i = 0; i < 128; ++i) {
    const bool was_audio = meaning_[i].kind == PayloadKind::kAudio;
    const bool is_audio = meanings[i].kind == PayloadKind::kAudio;
    changed = changed || (was_audio && is_audio && meanings[i].codec != meaning_[i].codec);
    // Packets of a type that is no longer negotiated are still in the buffer; its codec is kept for
    // them.
    if (was_audio && !is_audio) meanings[i].codec = meaning_[i].codec;
    meaning_[i] = meanings[i];
  }
  return changed;
}

InsertResult ReceiveLeg::Insert(const RtpPacketView& packet, int64_t arrival_ns) noexcept {
  if (!AdmitSource(packet)) return InsertResult::kProbation;
  switch (stats_.OnSequence(packet.sequence, packet.payload_size)) {
    case SequenceVerdict::kRejected:
      return InsertResult::kDiscarded;
    case SequenceVerdict::kRestarted:
      jitter_.Reset();
      events_.Reset(event_clock_hz_);
      break;
    case SequenceVerdict::kProbation:  // buffered, and heard once the source is valid
    case SequenceVerdict::kValid:
      break;
  }
  return Dispatch(packet, arrival_ns);
}

bool ReceiveLeg::AdmitSource(const RtpPacketView& packet) noexcept {
  if (stats_.started()) {
    if (packet.ssrc != stats_.ssrc()) return TryCandidate(packet);
    candidate_.active = false;
    return true;
  }
  stats_.Start(packet.ssrc, packet.sequence, false);
  return true;
}

// Another SSRC from the right address: a device that began anew, or a stray. It becomes the source
// after packets in a row without any of the present source in between, so that two sources at once
// cannot make the leg change sides all the time.
bool ReceiveLeg::TryCandidate(const RtpPacketView& packet) noexcept {
  const bool continues =
      candidate_.active && candidate_.ssrc == packet.ssrc && candidate_.expected == packet.sequence;
  candidate_.active = true;
  candidate_.ssrc = packet.ssrc;
  candidate_.expected = static_cast<uint16_t>(packet.sequence + 1);
  candidate_.count = continues ? candidate_.count + 1 : 1;
  if (candidate_.count < ReceiveStats::kMinSequential) {
    ++counters_.foreign;
    return false;
  }
  ++counters_.source_changes;
  ResetSource();
  stats_.Start(packet.ssrc, packet.sequence, true);
  return true;
}

void ReceiveLeg::ResetSource() noexcept {
  stats_ = ReceiveStats(kClockHz);
  candidate_ = Candidate();
  jitter_.Reset();
  events_.Reset(event_clock_hz_);
}

InsertResult ReceiveLeg::Dispatch(const RtpPacketView& packet, int64_t arrival_ns) noexcept {
  switch (meaning_[packet.payload_type & 0x7F].kind) {
    case PayloadKind::kAudio:
      return InsertAudio(packet, arrival_ns);
    case PayloadKind::kTelephoneEvent:
      return InsertEvent(packet, arrival_ns);
    case PayloadKind::kComfortNoise:
      // Silence for as long as nothing else comes. The noise itself is not generated.
      ++counters_.comfort_noise;
      jitter_.InsertMarker(packet.sequence);
      return InsertResult::kComfortNoise;
    case PayloadKind::kUnknown:
      break;
  }
  ++counters_.unknown_payload;
  jitter_.InsertMarker(packet.sequence);
  return InsertResult::kUnknownPayload;
}

InsertResult ReceiveLeg::InsertEvent(const RtpPacketView& packet, int64_t arrival_ns) noexcept {
  ++counters_.telephone_event_packets;
  jitter_.InsertMarker(packet.sequence);
  if (!events_.Insert(packet.timestamp, packet.marker, packet.payload, packet.payload_size,
                      arrival_ns)) {
    ++counters_.malformed;
    return InsertResult::kDiscarded;
  }
  return InsertResult::kTelephoneEvent;
}

InsertResult ReceiveLeg::InsertAudio(const RtpPacketView& packet, int64_t arrival_ns) noexcept {
  stats_.OnArrival(packet.timestamp, arrival_ns);
  const AudioDecoder* decoder = SharedDecoder(meaning_[packet.payload_type & 0x7F].codec);
  JitterPacket buffered;
  buffered.sequence = packet.sequence;
  buffered.timestamp = packet.timestamp;
  buffered.payload_type = packet.payload_type;
  buffered.payload = packet.payload;
  buffered.payload_size = packet.payload_size;
  buffered.duration = decoder->PacketSamples(packet.payload, packet.payload_size);
  buffered.arrival_ns = arrival_ns;
  switch (jitter_.Insert(buffered)) {
    case JitterInsert::kInserted:
      return InsertResult::kAudio;
    case JitterInsert::kDuplicate:
      return InsertResult::kDuplicate;
    case JitterInsert::kLate:
      return InsertResult::kLate;
    case JitterInsert::kDiscarded:
      break;
  }
  return InsertResult::kDiscarded;
}

}  // namespace mixminus
