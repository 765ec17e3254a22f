// The jitter buffer's pull: filling up, alignment of the play point, concealment and delay control.
// The rules stand in jitter_buffer.h. Pure.

#include <algorithm>

#include "core/jitter/jitter_buffer.h"

namespace mixminus {

namespace {

constexpr int kFrameMs = 20;              // what one tick pulls
constexpr int kPauseMs = 100;             // without a packet: the stream has paused
constexpr int kShrinkAboveMs = 20;        // average over the set point: shrink in silence
constexpr int kShrinkHardMs = 60;         // shrink anyway …
constexpr int kShrinkHardAfterMs = 1000;  // … when that lasts
constexpr int kShrinkHardEveryMs = 200;   // … this often
constexpr int kGrowBelowMs = 12;          // average under the set point: grow in silence
constexpr int kAverageShift = 6;          // of the level: 64 ticks, 1.3 s

}  // namespace

// What the average level is in steady state. Long packets make it swing: at 60 ms it falls from 80
// to 40 and jumps back, so the average is higher by half of what a packet exceeds a frame. Short
// ones lower it likewise.
int JitterBuffer::SetPoint() const noexcept {
  return target_ + (packet_units_ - Units(kFrameMs)) / 2;
}

// A level at which playing may start at once, because the following packet is not needed before its
// time.
int JitterBuffer::StartLevel() const noexcept {
  return target_ + std::max(0, packet_units_ - Units(kFrameMs));
}

int JitterBuffer::level_units() const noexcept {
  int64_t head = 0;
  if (!FindHead(&head)) return 0;
  const auto span = static_cast<int>(sequences_.last() - head + 1);
  return Lead(head) + content_ + std::max(0, span - count_) * packet_units_;
}

// Time from the play point to the head, when that is a gap to be waited for and not a jump of
// timestamps.
int JitterBuffer::Lead(int64_t head) const noexcept {
  if (filling_) return 0;
  const int64_t lead = slots_[Index(head)].timestamp - play_;
  return lead > 0 && lead <= max_ ? static_cast<int>(lead) : 0;
}

void JitterBuffer::Pull(int units, JitterPlan* plan) noexcept {
  plan->count = 0;
  units = std::clamp(units, 1, Units(3 * kFrameMs));
  DropMarkers();
  TrackLevel(units);
  if (filling_ && !FillUp(units)) {
    EmitGap(JitterSegmentKind::kSilence, units, plan);
    return;
  }
  TrimExcess();
  int done = 0;
  while (done < units && plan->count < JitterPlan::kMaxSegments - 1) {
    const int before = plan->count;
    PullStep(units - done, plan);
    if (plan->count > before) done += plan->segments[plan->count - 1].length;
  }
  if (done < units) EmitGap(JitterSegmentKind::kSilence, units - done, plan);
}

void JitterBuffer::TrackLevel(int units) noexcept {
  level_ = level_units();
  if (filling_) return;
  average_q8_ += ((static_cast<int64_t>(level_) << 8) - average_q8_) >> kAverageShift;
  const bool far = (average_q8_ >> 8) > SetPoint() + Units(kShrinkHardMs);
  excess_ = far ? std::min(excess_ + units, Units(kShrinkHardAfterMs)) : 0;
}

// True when the target is reached and playing begins with this pull. The wait counts from the first
// pull that sees a packet, so that packets of any length get the same slack.
bool JitterBuffer::FillUp(int units) noexcept {
  if (audio_count_ == 0) {
    waited_ = 0;
    return false;
  }
  if (waited_ + units < target_ && level_ < StartLevel()) {
    waited_ += units;
    return false;
  }
  StartPlaying();
  return true;
}

void JitterBuffer::StartPlaying() noexcept {
  int64_t head = 0;
  // What piled up before the first pull is no delay that anybody needs. What came while waiting, or
  // after a pause, is speech.
  const bool backlog = !played_ && waited_ == 0;
  while (backlog && FindHead(&head) && level_units() - SlotAt(head).duration >= StartLevel()) {
    DropHead(head);
  }
  if (FindHead(&head)) {
    AdvanceTo(head);
    play_ = SlotAt(head).timestamp;
  }
  filling_ = false;
  played_ = true;
  waited_ = 0;
  underrun_ = 0;
  missing_ = 0;
  level_ = level_units();
  // One sample of a level that swings says little; only a clear surplus is believed.
  average_q8_ = static_cast<int64_t>(std::max(level_, SetPoint())) << 8;
}

// The delay must not grow for ever: past the maximum the oldest packets go, down to the set point.
void JitterBuffer::TrimExcess() noexcept {
  if (level_ <= max_) return;
  int64_t head = 0;
  if (!FindHead(&head)) return;
  while (level_units() - Lead(head) > SetPoint() && audio_count_ > 1) {
    DropHead(head);
    FindHead(&head);
  }
  if (!begun_) play_ = SlotAt(head).timestamp;
  underrun_ = 0;
  missing_ = 0;
  excess_ = 0;
  average_q8_ = static_cast<int64_t>(level_units()) << 8;
}

void JitterBuffer::DropHead(int64_t head) noexcept {
  AdvanceTo(head);
  Slot& slot = SlotAt(head);
  const int played = begun_ ? static_cast<int>(play_ - slot.timestamp) : 0;
  content_ -= slot.duration - played;
  stats_.removed_samples += static_cast<uint64_t>(slot.duration - played);
  ++stats_.discarded;
  begun_ = false;
  Release(&slot);
  StepNext(true);
}

void JitterBuffer::PullStep(int rest, JitterPlan* plan) noexcept {
  DropMarkers();
  int64_t head = 0;
  if (!FindHead(&head)) {
    EmitUnderrun(rest, plan);
    return;
  }
  if (!begun_ && !AlignTo(head)) return;
  const int64_t wait = SlotAt(head).timestamp - play_;
  if (wait <= 0) {
    EmitPacket(head, rest, plan);
    return;
  }
  const int gap = static_cast<int>(std::min<int64_t>(wait, rest));
  const bool lost = head > next_ && !in_pause_;
  play_ += gap;
  if (lost) missing_ += gap;
  EmitGap(lost ? JitterSegmentKind::kConceal : JitterSegmentKind::kSilence, gap, plan);
}

// Brings play point and head together where they do not fit. False when the head came too late and
// is gone.
bool JitterBuffer::AlignTo(int64_t head) noexcept {
  Slot& slot = SlotAt(head);
  if (slot.timestamp > play_) {
    // A wait longer than the maximum delay is no pause (the play point moves through pauses) but a
    // sender whose timestamps jumped.
    if (slot.timestamp - play_ > max_) {
      play_ = slot.timestamp;
      ++stats_.rebases;
    }
    return true;
  }
  // We waited for it with nothing in the buffer: the delay has grown by that, nothing is skipped.
  const int rewind = static_cast<int>(std::min<int64_t>(play_ - slot.timestamp, underrun_));
  play_ -= rewind;
  underrun_ = 0;
  stats_.inserted_samples += static_cast<uint64_t>(rewind);
  const int64_t late = play_ - slot.timestamp;
  if (late == 0) return true;
  const bool in_order = head == next_ && missing_ == 0;
  if (in_order || late > max_) {
    play_ = slot.timestamp;  // nothing was given up, so the sender's timestamps went back
    ++stats_.rebases;
    return true;
  }
  if (late < slot.duration) return true;  // its end is still useful
  // Its time was concealed while younger packets waited; playing it now would only add delay.
  AdvanceTo(head);
  content_ -= slot.duration;
  Release(&slot);
  StepNext(true);
  ++stats_.late;
  return false;
}

void JitterBuffer::EmitPacket(int64_t head, int rest, JitterPlan* plan) noexcept {
  Slot& slot = SlotAt(head);
  const int offset = static_cast<int>(play_ - slot.timestamp);
  if (!begun_) {
    AdvanceTo(head);
    content_ -= offset;  // its concealed begin
  }
  const int length = std::min(rest, slot.duration - offset);
  JitterSegment& segment = plan->segments[plan->count++];
  segment.kind = JitterSegmentKind::kPacket;
  segment.length = length;
  segment.offset = offset;
  segment.payload = PayloadOf(slot);
  segment.payload_size = slot.size;
  segment.arrival_ns = slot.arrival_ns;
  segment.sequence = slot.sequence;
  segment.payload_type = slot.payload_type;
  play_ += length;
  content_ -= length;
  begun_ = offset + length < slot.duration;
  if (!begun_) {
    Release(&slot);
    StepNext(true);
  }
  underrun_ = 0;
  missing_ = 0;
  in_pause_ = false;
  concealing_ = false;
}

void JitterBuffer::EmitGap(JitterSegmentKind kind, int length, JitterPlan* plan) noexcept {
  JitterSegment& segment = plan->segments[plan->count++];
  segment = JitterSegment();
  segment.kind = kind;
  segment.length = length;
  if (kind != JitterSegmentKind::kConceal) return;
  stats_.concealed_samples += static_cast<uint64_t>(length);
  if (!concealing_) ++stats_.concealment_events;
  concealing_ = true;
}

void JitterBuffer::EmitUnderrun(int length, JitterPlan* plan) noexcept {
  play_ += length;
  underrun_ += length;
  EmitGap(in_pause_ ? JitterSegmentKind::kSilence : JitterSegmentKind::kConceal, length, plan);
  if (underrun_ < Units(kPauseMs)) return;
  filling_ = true;
  waited_ = 0;
  concealing_ = false;
}

JitterAdvice JitterBuffer::Advice() const noexcept {
  if (filling_ || underrun_ > 0) return JitterAdvice::kNone;
  const auto excess = static_cast<int>(average_q8_ >> 8) - SetPoint();
  // Leaving out a frame needs the one behind it.
  if (excess > Units(kShrinkAboveMs) && content_ >= Units(2 * kFrameMs)) {
    return excess_ >= Units(kShrinkHardAfterMs) ? JitterAdvice::kShrinkNow
                                                : JitterAdvice::kShrinkIfQuiet;
  }
  return excess < -Units(kGrowBelowMs) ? JitterAdvice::kGrowIfQuiet : JitterAdvice::kNone;
}

void JitterBuffer::ShrinkBy(int units) noexcept {
  average_q8_ -= static_cast<int64_t>(units) << 8;
  excess_ = std::min(excess_, Units(kShrinkHardAfterMs - kShrinkHardEveryMs));
  stats_.removed_samples += static_cast<uint64_t>(units);
}

void JitterBuffer::GrowBy(int units) noexcept {
  average_q8_ += static_cast<int64_t>(units) << 8;
  stats_.inserted_samples += static_cast<uint64_t>(units);
}

}  // namespace mixminus
