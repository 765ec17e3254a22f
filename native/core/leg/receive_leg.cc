// RTP packet → jitter buffer; the way out is in receive_pull.cc. Pure: the engine brings packets
// and time.

#include "core/leg/receive_leg.h"

#include <algorithm>
#include <cstring>

#include "core/codec/registry.h"

namespace mixminus {

namespace {

constexpr int kLongestPacketMs = 60;
constexpr int kMostPayloadBytes = 1440;  // of a datagram that is not fragmented

CodecSettings SettingsOf(const PayloadFormat& format) noexcept {
  CodecSettings codec;
  codec.id = format.codec;
  codec.rtp_clock_hz = format.rtp_clock_hz;
  codec.sample_rate_hz = format.sample_rate_hz;
  return codec;
}

int FormatCount(const ReceiveLegConfig& config) noexcept {
  return std::clamp(config.format_count, 0, ReceiveLegConfig::kMaxFormats);
}

int PayloadBytes(const ReceiveLegConfig& config) noexcept {
  if (config.max_payload_bytes > 0) return config.max_payload_bytes;
  int most = 1;
  for (int i = 0; i < FormatCount(config); ++i) {
    const PayloadFormat& format = config.formats[i];
    const CodecInfo* info = FindCodec(format.codec, format.rtp_clock_hz);
    if (info == nullptr) continue;
    // The largest frame of Opus is larger than what any 60 ms of it are in practice.
    const bool one_frame = info->id == CodecId::kOpus;
    const int bytes = info->max_frame_bytes * (one_frame ? 1 : kLongestPacketMs / kFrameMs);
    most = std::max(most, bytes);
  }
  return std::min(most, kMostPayloadBytes);
}

JitterBufferConfig JitterConfig(const ReceiveLegConfig& config) noexcept {
  JitterBufferConfig jitter;
  jitter.min_ms = config.jitter_min_ms;
  jitter.max_ms = config.jitter_max_ms;
  jitter.fixed_ms = config.jitter_fixed_ms;
  jitter.ms_per_late_percent = config.jitter_ms_per_late_percent;
  jitter.slots = config.slots > 0 ? config.slots : std::max(64, config.jitter_max_ms / 10 * 4 / 3);
  jitter.max_payload_bytes = PayloadBytes(config);
  return jitter;
}

// What compressing or stretching a frame leaves over, at most.
int HoldSamples(int rate_hz) noexcept { return rate_hz / 1000 * (kStretchLongestMs + 1); }

// Of what the formats decode to.
int HighestRate(const ReceiveLegConfig& config) noexcept {
  int highest = 8000;
  for (int i = 0; i < FormatCount(config); ++i) {
    const PayloadFormat& format = config.formats[i];
    const CodecInfo* info = FindCodec(format.codec, format.rtp_clock_hz);
    if (info == nullptr) continue;
    const int rate = format.sample_rate_hz > 0 ? format.sample_rate_hz : info->sample_rate_hz;
    highest = std::max(highest, rate);
  }
  return highest;
}

}  // namespace

ReceiveLeg::ReceiveLeg(const ReceiveLegConfig& config)
    : hold_(std::make_unique<int16_t[]>(static_cast<size_t>(HoldSamples(HighestRate(config))))),
      stats_(clock_hz_),
      events_(config.telephone_events[0].clock_hz),
      jitter_(JitterConfig(config)),
      concealer_(HighestRate(config)) {
  MakeTracks(config);
  MapPayloads(config);
  StartTrack(0);
}

void ReceiveLeg::MakeTracks(const ReceiveLegConfig& config) {
  for (int i = 0; i < FormatCount(config); ++i) {
    Track& track = tracks_[i];
    track.codec = SettingsOf(config.formats[i]);
    const CodecInfo* info = FindCodec(track.codec.id, track.codec.rtp_clock_hz);
    track.decoder = SharedDecoder(track.codec.id);
    if (track.decoder == nullptr) {
      decoders_[i] = MakeDecoder(track.codec);
      track.decoder = decoders_[i].get();
    }
    if (info == nullptr || track.decoder == nullptr) continue;
    track.clock_hz = info->rtp_clock_hz;
    track.rate_hz = track.decoder->sample_rate_hz();
  }
  tracks_[kPcmuTrack].codec.id = CodecId::kPcmu;
  tracks_[kPcmuTrack].decoder = SharedDecoder(CodecId::kPcmu);
  tracks_[kPcmaTrack].codec.id = CodecId::kPcma;
  tracks_[kPcmaTrack].decoder = SharedDecoder(CodecId::kPcma);
}

void ReceiveLeg::MapPayloads(const ReceiveLegConfig& config) noexcept {
  for (int i = 0; i < FormatCount(config); ++i) {
    const PayloadFormat& format = config.formats[i];
    if (format.payload_type > 127) continue;
    PayloadMeaning& meaning = meaning_[format.payload_type];
    const bool audio = tracks_[i].decoder != nullptr;
    meaning.kind = audio ? PayloadKind::kAudio : PayloadKind::kComfortNoise;
    meaning.track = static_cast<int8_t>(audio ? i : -1);
    if (!audio) gaps_.Negotiate(true);
  }
  for (int i = 0; i < ReceiveLegConfig::kMaxEventFormats; ++i) {
    event_formats_[i] = config.telephone_events[i];
    const int event = event_formats_[i].payload_type;
    if (event >= 0 && event <= 127) meaning_[event] = {PayloadKind::kTelephoneEvent, -1};
  }
}

void ReceiveLeg::Renegotiate(ReceiveLeg* fresh) noexcept {
  TakeDecoders(fresh);
  const bool changed = TakePayloads(*fresh);
  // A track that is gone leaves packets that nobody can decode; those of G.711 anybody can.
  const Track playing = tracks_[track_];
  std::swap(decoders_, fresh->decoders_);
  std::swap(tracks_, fresh->tracks_);
  const int track = FindTrack(playing);
  const bool emptied = changed || track < 0;
  TakeBuffer(fresh, emptied);
  gaps_.Negotiate(fresh->gaps_.negotiated());
  if (emptied) {
    jitter_.Reset();
    StartTrack(0);
  } else {
    track_ = track;
  }
  std::copy_n(fresh->event_formats_, ReceiveLegConfig::kMaxEventFormats, event_formats_);
}

// Decoders of formats that stay go on with their state: the new set gets ours.
void ReceiveLeg::TakeDecoders(ReceiveLeg* fresh) noexcept {
  for (int i = 0; i < ReceiveLegConfig::kMaxFormats; ++i) {
    Track& wanted = fresh->tracks_[i];
    if (fresh->decoders_[i] == nullptr) continue;
    const int ours = FindTrack(wanted);
    if (ours < 0 || ours >= ReceiveLegConfig::kMaxFormats || decoders_[ours] == nullptr) continue;
    std::swap(decoders_[ours], fresh->decoders_[i]);
    std::swap(tracks_[ours].decoder, wanted.decoder);
  }
}

// The track of the same codec and rates; −1 when there is none.
int ReceiveLeg::FindTrack(const Track& track) const noexcept {
  for (int i = 0; i < kTracks; ++i) {
    const Track& mine = tracks_[i];
    if (mine.decoder != nullptr && mine.codec.id == track.codec.id &&
        mine.clock_hz == track.clock_hz && mine.rate_hz == track.rate_hz) {
      return i;
    }
  }
  return -1;
}

// True when a payload type now means another codec than buffered packets of it were sent with.
bool ReceiveLeg::TakePayloads(const ReceiveLeg& fresh) noexcept {
  bool changed = false;
  for (int i = 0; i < 128; ++i) {
    PayloadMeaning meaning = fresh.meaning_[i];
    const Track* was = meaning_[i].track < 0 ? nullptr : &tracks_[meaning_[i].track];
    if (was != nullptr && meaning.track >= 0) {
      changed = changed || fresh.FindTrack(*was) < 0 ||
                fresh.tracks_[meaning.track].codec.id != was->codec.id;
    } else if (was != nullptr && was->codec.id == CodecId::kPcmu) {
      meaning.track = kPcmuTrack;
    } else if (was != nullptr && was->codec.id == CodecId::kPcma) {
      meaning.track = kPcmaTrack;
    }
    meaning_[i] = meaning;
  }
  return changed;
}

// Larger memory is taken always, smaller only when nothing is lost with ours.
void ReceiveLeg::TakeBuffer(ReceiveLeg* fresh, bool emptied) noexcept {
  const int ours = jitter_.slots() * jitter_.max_payload_bytes();
  const int theirs = fresh->jitter_.slots() * fresh->jitter_.max_payload_bytes();
  const bool small = jitter_.slots() < fresh->jitter_.slots() ||
                     jitter_.max_payload_bytes() < fresh->jitter_.max_payload_bytes();
  const JitterBufferConfig bounds = fresh->jitter_.bounds();
  if (small || (emptied && theirs < ours)) {
    fresh->jitter_.SetCounters(jitter_.counters());
    std::swap(jitter_, fresh->jitter_);
    jitter_.SetClock(clock_hz_, rate_hz_);
    held_ = 0;
  }
  jitter_.SetBounds(bounds);
  if (concealer_.max_rate_hz() != fresh->concealer_.max_rate_hz()) {
    std::swap(concealer_, fresh->concealer_);
    std::swap(hold_, fresh->hold_);
    held_ = 0;
    concealer_.SetRate(rate_hz_);
  }
}

// Whether a packet of this track may be buffered. Another rate begins with the newest packet: older
// ones that were overtaken would only turn the leg back and forth.
bool ReceiveLeg::PlayTrack(int track, uint16_t sequence) noexcept {
  if (track == track_) return true;
  const Track& wanted = tracks_[track];
  if (wanted.clock_hz == clock_hz_ && wanted.rate_hz == rate_hz_) {
    track_ = track;
    return true;
  }
  if (static_cast<uint16_t>(stats_.extended_highest_sequence()) != sequence) return false;
  StartTrack(track);
  return true;
}

void ReceiveLeg::StartTrack(int track) noexcept {
  track_ = track;
  clock_hz_ = tracks_[track].clock_hz;
  rate_hz_ = tracks_[track].rate_hz;
  held_ = 0;
  if (tracks_[track].decoder != nullptr) tracks_[track].decoder->Reset();
  jitter_.SetClock(clock_hz_, rate_hz_);
  stats_.SetClock(clock_hz_);
  concealer_.SetRate(rate_hz_);
  gaps_.SetRate(rate_hz_);
}

InsertResult ReceiveLeg::Insert(const RtpPacketView& packet, int64_t arrival_ns) noexcept {
  if (!AdmitSource(packet)) return InsertResult::kProbation;
  switch (stats_.OnSequence(packet.sequence, packet.payload_size)) {
    case SequenceVerdict::kRejected:
      return InsertResult::kDiscarded;
    case SequenceVerdict::kRestarted:
      jitter_.Reset();
      held_ = 0;
      events_.Reset();
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
  stats_ = ReceiveStats(clock_hz_);
  candidate_ = Candidate();
  heard_ = false;
  jitter_.Reset();
  held_ = 0;
  events_.Reset();
  gaps_.Reset();
}

InsertResult ReceiveLeg::Dispatch(const RtpPacketView& packet, int64_t arrival_ns) noexcept {
  switch (meaning_[packet.payload_type & 0x7F].kind) {
    case PayloadKind::kAudio:
      return InsertAudio(packet, arrival_ns);
    case PayloadKind::kTelephoneEvent:
      return InsertEvent(packet, arrival_ns);
    case PayloadKind::kComfortNoise:
      // Heard from the end of the talkspurt on, for as long as nothing else comes.
      ++counters_.comfort_noise;
      if (jitter_.InsertMarker(packet.sequence) == JitterInsert::kInserted &&
          !gaps_.OnNoisePacket(packet.payload, packet.payload_size)) {
        ++counters_.malformed;
      }
      return InsertResult::kComfortNoise;
    case PayloadKind::kUnknown:
      break;
  }
  ++counters_.unknown_payload;
  jitter_.InsertMarker(packet.sequence);
  return InsertResult::kUnknownPayload;
}

int ReceiveLeg::EventClockHz(uint8_t payload_type) const noexcept {
  for (const TelephoneEventFormat& format : event_formats_) {
    if (format.payload_type == payload_type) return format.clock_hz;
  }
  return event_formats_[0].clock_hz;
}

InsertResult ReceiveLeg::InsertEvent(const RtpPacketView& packet, int64_t arrival_ns) noexcept {
  ++counters_.telephone_event_packets;
  jitter_.InsertMarker(packet.sequence);
  events_.SetClock(EventClockHz(packet.payload_type));
  if (!events_.Insert(packet.timestamp, packet.marker, packet.payload, packet.payload_size,
                      arrival_ns)) {
    ++counters_.malformed;
    return InsertResult::kDiscarded;
  }
  return InsertResult::kTelephoneEvent;
}

InsertResult ReceiveLeg::InsertAudio(const RtpPacketView& packet, int64_t arrival_ns) noexcept {
  const int track = meaning_[packet.payload_type & 0x7F].track;
  if (!PlayTrack(track, packet.sequence)) {
    jitter_.InsertMarker(packet.sequence);
    return InsertResult::kDiscarded;
  }
  heard_ = true;
  stats_.OnArrival(packet.timestamp, arrival_ns);
  const AudioDecoder* decoder = tracks_[track].decoder;
  JitterPacket buffered;
  buffered.sequence = packet.sequence;
  buffered.timestamp = packet.timestamp;
  buffered.payload_type = packet.payload_type;
  buffered.payload = packet.payload;
  buffered.payload_size = packet.payload_size;
  const int samples = decoder->PacketSamples(packet.payload, packet.payload_size);
  buffered.duration = static_cast<int>(int64_t{samples} * clock_hz_ / rate_hz_);
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
