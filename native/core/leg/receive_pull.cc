// ReceiveLeg's way out: jitter buffer → decoder → concealer → 20 ms. See receive_leg.h. Pure: the
// engine brings time.

#include <algorithm>
#include <cstring>

#include "core/codec/registry.h"
#include "core/leg/receive_leg.h"

namespace mixminus {

namespace {

constexpr int kAlwaysQuietDbov = 60;  // fainter than this nobody hears a missing frame

}  // namespace

PullResult ReceiveLeg::Pull(AudioFrame* out, [[maybe_unused]] int64_t now_ns) noexcept {
  out->SetRate(rate_hz_);
  const int count = out->samples_per_channel;
  played_arrival_ns_ = 0;
  const JitterAdvice before = jitter_.Advice();
  const bool stretch = before == JitterAdvice::kGrowIfQuiet && IsQuiet(level_dbov_);
  const PullResult result = stretch ? Stretch(out->samples, count) : PullFrame(out->samples, count);
  level_dbov_ = LevelDbov(out->samples, count);
  const JitterAdvice advice = jitter_.Advice();
  if (advice == JitterAdvice::kShrinkNow ||
      (advice == JitterAdvice::kShrinkIfQuiet && IsQuiet(level_dbov_))) {
    LeaveOutFrame(out->samples, count);
    level_dbov_ = LevelDbov(out->samples, count);
  }
  vad_event_ = vad_.Update(level_dbov_);
  return result;
}

bool ReceiveLeg::IsQuiet(int level_dbov) const noexcept {
  return level_dbov >= kAlwaysQuietDbov || (!vad_.talking() && !vad_.IsSpeech(level_dbov));
}

PullResult ReceiveLeg::PullFrame(int16_t* out, int count) noexcept {
  if (!stats_.valid()) {
    concealer_.Silence(out, count);
    return PullResult::kSilence;
  }
  JitterPlan plan;
  jitter_.Pull(SamplesPerFrame(clock_hz_), &plan);
  bool decoded = false;
  bool concealed = false;
  int units = 0;
  int16_t* const begin = out;
  for (int i = 0; i < plan.count; ++i) {
    const JitterSegment& segment = plan.segments[i];
    // Timestamps may count slower or faster than samples, and a gap may end between two of them.
    units += segment.length;
    const int length = std::min(Samples(units), count) - static_cast<int>(out - begin);
    switch (segment.kind) {
      case JitterSegmentKind::kPacket:
        DecodeSegment(segment, out, length);
        decoded = true;
        break;
      case JitterSegmentKind::kConceal:
        concealer_.Conceal(out, length);
        concealed = true;
        break;
      case JitterSegmentKind::kSilence:
        concealer_.Silence(out, length);
        break;
    }
    out += length;
  }
  if (decoded) return PullResult::kSpeech;
  return concealed ? PullResult::kConcealed : PullResult::kSilence;
}

int ReceiveLeg::Samples(int units) const noexcept {
  return static_cast<int>(int64_t{units} * rate_hz_ / clock_hz_);
}

void ReceiveLeg::DecodeSegment(const JitterSegment& segment, int16_t* out, int length) noexcept {
  if (played_arrival_ns_ == 0) played_arrival_ns_ = segment.arrival_ns;
  const int track = meaning_[segment.payload_type & 0x7F].track;
  AudioDecoder* decoder = track < 0 ? nullptr : tracks_[track].decoder;
  const int decoded = decoder == nullptr ? 0
                                         : decoder->Decode(segment.payload, segment.payload_size,
                                                           Samples(segment.offset), out, length);
  std::fill(out + decoded, out + length, int16_t{0});
  concealer_.OnAudio(out, length);
}

// Time passes without a pull: the delay grows by one frame, filled with more of the quiet that was
// there.
PullResult ReceiveLeg::Stretch(int16_t* out, int count) noexcept {
  concealer_.Conceal(out, count);
  jitter_.GrowBy(SamplesPerFrame(clock_hz_));
  return PullResult::kConcealed;
}

// Two frames become one: the first fades into the second, so that both ends fit their neighbours.
void ReceiveLeg::LeaveOutFrame(int16_t* out, int count) noexcept {
  int16_t next[AudioFrame::kMaxSamples] = {};
  PullFrame(next, count);
  jitter_.ShrinkBy(SamplesPerFrame(clock_hz_));
  for (int i = 0; i < count; ++i) {
    out[i] = static_cast<int16_t>((out[i] * (count - i) + next[i] * i) / count);
  }
}

}  // namespace mixminus
