// ReceiveLeg's way out: jitter buffer → decoder → concealer → 20 ms. See receive_leg.h. Pure: the
// engine brings time.
//
// A frame that shall bring the delay down is pulled longer than it is played and compressed by
// whole pitch periods; one that shall bring it up gets a period more than was pulled. What is over
// in either case is held and played first in the next frame. In quiet any length is a period.

#include <algorithm>
#include <cstring>

#include "core/leg/receive_leg.h"

namespace mixminus {

namespace {

constexpr int kAlwaysQuietDbov = 60;     // fainter than this nobody hears a change of pace
constexpr int kShortestPeriodUs = 2500;  // 400 Hz; in quiet one millisecond
constexpr int kUrgentMs = 60;            // so far off the target: every frame, and less choosy
constexpr int kRelaxedFrames = 2;        // otherwise this many frames between two changes in talk
constexpr float kAlike = 0.85F;
constexpr float kAlikeUrgent = 0.5F;
constexpr float kAnything = -2;
// A frame, what is held before it, and the longest stretch on either side; plus rounding.
constexpr int kLineSamples = AudioFrame::kMaxSamples + 48 * (2 * kStretchLongestMs + 1) + 8;

}  // namespace

PullResult ReceiveLeg::Pull(AudioFrame* out, int64_t now_ns) noexcept {
  out->SetRate(rate_hz_);
  const int count = out->samples_per_channel;
  played_arrival_ns_ = 0;
  jitter_.Tick(now_ns, Units(count), Units(held_));
  PullResult result = PullResult::kSilence;
  switch (ChoosePace()) {
    case Pace::kNormal:
      result = PullNormal(out->samples, count);
      break;
    case Pace::kFaster:
      result = PullFaster(out->samples, count);
      break;
    case Pace::kSlower:
      result = PullSlower(out->samples, count);
      break;
  }
  Hear(result, *out);
  return result;
}

// Noise of our making is no talk, and says nothing about the sender's background.
void ReceiveLeg::Hear(PullResult result, const AudioFrame& frame) noexcept {
  const bool noise = result == PullResult::kNoise;
  level_dbov_ = noise ? kSilenceDbov : LevelDbov(frame.samples, frame.samples_per_channel);
  vad_event_ = vad_.Update(noise ? vad_.noise_floor_dbov() : level_dbov_);
  quiet_ = IsQuiet(level_dbov_);
  if (result == PullResult::kSpeech) gaps_.OnBackground(vad_.noise_floor_dbov());
}

bool ReceiveLeg::IsQuiet(int level_dbov) const noexcept {
  return level_dbov >= kAlwaysQuietDbov || (!vad_.talking() && !vad_.IsSpeech(level_dbov));
}

// Timestamp units ↔ samples: G.722 has two samples to a unit, Opus played at 16 kHz a third.
int ReceiveLeg::Samples(int units) const noexcept {
  return static_cast<int>(int64_t{units} * rate_hz_ / jitter_.clock_hz());
}

int ReceiveLeg::Units(int samples) const noexcept {
  return static_cast<int>((int64_t{samples} * jitter_.clock_hz() + rate_hz_ - 1) / rate_hz_);
}

ReceiveLeg::Pace ReceiveLeg::ChoosePace() noexcept {
  const int excess = jitter_.excess_units();
  if (excess == 0 || !stats_.valid()) return Pace::kNormal;
  const int clock_per_ms = jitter_.clock_hz() / 1000;
  const bool urgent = std::abs(excess) > kUrgentMs * clock_per_ms;
  if (pace_wait_ > 0 && !urgent && !quiet_) {
    --pace_wait_;
    return Pace::kNormal;
  }
  if (excess < 0) return Pace::kSlower;
  const int least = quiet_ ? clock_per_ms : kShortestPeriodUs * clock_per_ms / 1000;
  return excess >= least ? Pace::kFaster : Pace::kNormal;
}

StretchLimits ReceiveLeg::Limits(int longest) const noexcept {
  StretchLimits limits;
  const int per_ms = rate_hz_ / 1000;
  const bool urgent = std::abs(jitter_.excess_units()) > kUrgentMs * jitter_.clock_hz() / 1000;
  limits.rate_hz = rate_hz_;
  limits.longest = std::min(longest, per_ms * kStretchLongestMs);
  limits.shortest = quiet_ ? per_ms : per_ms * kShortestPeriodUs / 1000;
  limits.likeness = quiet_ ? kAnything : urgent ? kAlikeUrgent : kAlike;
  return limits;
}

PullResult ReceiveLeg::PullNormal(int16_t* out, int count) noexcept {
  const int held = TakeHeld(out, count);
  if (held == count) return PullResult::kSpeech;
  // More than asked comes only where a timestamp unit is several samples.
  int16_t line[kLineSamples];
  int got = 0;
  const int rest = count - held;
  const PullResult result = PullSamples(line, rest, &got);
  std::memcpy(out + held, line, static_cast<size_t>(rest) * sizeof(int16_t));
  if (got > rest) Hold(line + rest, got - rest);
  return result;
}

PullResult ReceiveLeg::PullFaster(int16_t* out, int count) noexcept {
  const StretchLimits limits = Limits(Samples(jitter_.excess_units()));
  const int wanted = count + limits.longest;
  const int fresh = Units(wanted - held_);
  if (limits.longest < limits.shortest || jitter_.AvailableUnits(fresh) < fresh) {
    return PullNormal(out, count);
  }
  int16_t line[kLineSamples];
  const int held = TakeHeld(line, held_);
  int got = 0;
  const PullResult result = PullSamples(line + held, wanted - held, &got);
  const int total = held + got;
  const int removed = Accelerate(line, total, limits);
  jitter_.NoteRemoved(Units(removed));
  pace_wait_ = kRelaxedFrames;
  std::memcpy(out, line, static_cast<size_t>(count) * sizeof(int16_t));
  Hold(line + count, total - removed - count);
  return result;
}

PullResult ReceiveLeg::PullSlower(int16_t* out, int count) noexcept {
  const int short_of = Samples(-jitter_.excess_units());
  const int longest_ms = rate_hz_ / 1000 * kStretchLongestMs;
  const int least = quiet_ ? std::clamp(short_of, rate_hz_ / 1000, longest_ms) : longest_ms;
  const StretchLimits limits = Limits(least);
  int16_t line[kLineSamples];
  const int history = limits.longest;
  if (held_ >= count || !concealer_.CopyLatest(line, history, held_)) return PullNormal(out, count);
  int16_t* audio = line + history;
  const int held = TakeHeld(audio, held_);
  int got = 0;
  const PullResult result = PullSamples(audio + held, count - held, &got);
  const int total = held + got;
  int16_t stretched[kLineSamples];
  int inserted = 0;
  if (result == PullResult::kSpeech) inserted = Expand(audio, total, stretched, limits);
  if (inserted > 0) jitter_.NoteInserted(Units(inserted));
  const int16_t* played = inserted > 0 ? stretched : audio;
  std::memcpy(out, played, static_cast<size_t>(count) * sizeof(int16_t));
  Hold(played + count, total + inserted - count);
  return result;
}

int ReceiveLeg::TakeHeld(int16_t* out, int most) noexcept {
  const int taken = std::min(held_, most);
  if (taken == 0) return 0;
  std::memcpy(out, hold_.get(), static_cast<size_t>(taken) * sizeof(int16_t));
  held_ -= taken;
  std::memmove(hold_.get(), hold_.get() + taken, static_cast<size_t>(held_) * sizeof(int16_t));
  return taken;
}

void ReceiveLeg::Hold(const int16_t* samples, int count) noexcept {
  std::memcpy(hold_.get() + held_, samples, static_cast<size_t>(count) * sizeof(int16_t));
  held_ += count;
}

// At least `count` samples, as many as whole timestamp units make. kConcealed when some of them
// were made up.
PullResult ReceiveLeg::PullSamples(int16_t* out, int count, int* got) noexcept {
  const int units = Units(count);
  *got = Samples(units);
  if (!stats_.valid()) {
    return Pause(out, *got);
  }
  JitterPlan plan;
  jitter_.Pull(units, &plan);
  PullResult result = PullResult::kSilence;
  int at = 0;
  for (int i = 0; i < plan.count; ++i) {
    const JitterSegment& segment = plan.segments[i];
    const int begin = Samples(at);
    at += segment.length;
    const PullResult part = PlaySegment(segment, out + begin, Samples(at) - begin);
    if (result == PullResult::kConcealed) continue;
    if (part < result || part == PullResult::kConcealed) result = part;
  }
  return result;
}

PullResult ReceiveLeg::PlaySegment(const JitterSegment& segment, int16_t* out, int count) noexcept {
  switch (segment.kind) {
    case JitterSegmentKind::kPacket:
      return Decode(segment, out, count);
    case JitterSegmentKind::kRepair:
      return Repair(segment, out, count);
    case JitterSegmentKind::kConceal:
      return Conceal(out, count);
    case JitterSegmentKind::kSilence:
      break;
  }
  return Pause(out, count);
}

PullResult ReceiveLeg::Pause(int16_t* out, int count) noexcept {
  concealer_.Silence(out, count);
  return gaps_.Fill(out, count) ? PullResult::kNoise : PullResult::kSilence;
}

PullResult ReceiveLeg::Decode(const JitterSegment& segment, int16_t* out, int count) noexcept {
  if (played_arrival_ns_ == 0) played_arrival_ns_ = segment.arrival_ns;
  AudioDecoder* decoder = DecoderOf(segment.payload_type);
  last_payload_type_ = segment.payload_type;
  const int decoded = decoder == nullptr ? 0
                                         : decoder->Decode(segment.payload, segment.payload_size,
                                                           Samples(segment.offset), out, count);
  std::fill(out + decoded, out + count, int16_t{0});
  gaps_.OnAudio(out, count);
  concealer_.OnAudio(out, count);
  return PullResult::kSpeech;
}

// The packet behind the gap may bring its end back; what is before that is concealed.
PullResult ReceiveLeg::Repair(const JitterSegment& segment, int16_t* out, int count) noexcept {
  AudioDecoder* decoder = DecoderOf(segment.payload_type);
  const int restorable =
      decoder == nullptr ? 0 : decoder->FecSamples(segment.payload, segment.payload_size);
  const int from = restorable + Samples(segment.offset);
  if (restorable == 0 || from + count <= 0) return Conceal(out, count);
  const int before = std::max(0, -from);
  if (before > 0) Conceal(out, before);
  const int wanted = count - before;
  const int restored = decoder->DecodeFec(segment.payload, segment.payload_size, from + before,
                                          out + before, wanted);
  if (restored > 0) {
    gaps_.OnAudio(out + before, restored);
    concealer_.OnAudio(out + before, restored);
  }
  jitter_.NoteRepaired(Units(restored));
  if (restored < wanted) Conceal(out + before + restored, wanted - restored);
  return before > 0 || restored < wanted ? PullResult::kConcealed : PullResult::kSpeech;
}

// The codec knows best how its signal goes on; the waveform's repetition is for those that do not.
PullResult ReceiveLeg::Conceal(int16_t* out, int count) noexcept {
  AudioDecoder* decoder = last_payload_type_ < 0 ? nullptr : DecoderOf(last_payload_type_);
  const int made = decoder == nullptr ? 0 : decoder->Conceal(out, count);
  if (made == count) {
    gaps_.FadeCodec(out, count);
    concealer_.OnAudio(out, count);
    gaps_.AddNoise(out, count, GapFiller::kCodecHoldMs, GapFiller::kCodecFadeMs);
  } else {
    concealer_.Conceal(out, count);
    gaps_.AddNoise(out, count, Concealer::kHoldMs, Concealer::kFadeMs);
  }
  return PullResult::kConcealed;
}

AudioDecoder* ReceiveLeg::DecoderOf(int payload_type) const noexcept {
  const int track = meaning_[payload_type & 0x7F].track;
  return track < 0 ? nullptr : tracks_[track].decoder;
}

}  // namespace mixminus
