// The jitter buffer's pull: filling up, alignment of the play point, concealment and delay control.
// The rules stand in jitter_buffer.h. Pure.

#include <algorithm>

#include "core/jitter/jitter_buffer.h"

namespace mixminus {

namespace {

constexpr int kLongestPullMs = 100;
constexpr int kPauseMs = 100;      // without a packet: the stream has paused
constexpr int kHoldMs = 200;       // after a wait: more late ones may follow, nothing is taken back
constexpr int kStartMs = 20;       // held back beyond that at first, until enough packets told …
constexpr int kStartPackets = 50;  // … how late they come

}  // namespace

int64_t JitterBuffer::Target() const noexcept {
  const int64_t base = estimator_.base();
  if (fixed_ >= 0) return base + fixed_;
  int64_t target = estimator_.target();
  if (estimator_.packets() < kStartPackets) target += Units(kStartMs);
  return std::clamp(target, base + min_, base + max_);
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

void JitterBuffer::Tick(int64_t now_ns, int frame_units, int held_units) noexcept {
  clock_.Tick(Units64(now_ns), std::clamp(frame_units, 1, Units(kLongestPullMs)));
  excess_ = 0;
  DropMarkers();
  level_ = level_units() + held_units;
  frame_timestamp_ = play_ - held_units;
  if (filling_ || !estimator_.known()) return;
  if (level_ > max_) TrimExcess();
  frame_timestamp_ = play_ - held_units;
  delay_ = clock_.now() - frame_timestamp_;
  const int64_t excess = std::clamp<int64_t>(delay_ - Target(), -max_, 2 * max_);
  hold_ = std::max(0, hold_ - frame_units);
  // While a packet is waited for, the delay is growing by itself.
  if (underrun_ > 0 || (excess > 0 && hold_ > 0)) return;
  excess_ = static_cast<int>(excess);
}

void JitterBuffer::Pull(int units, JitterPlan* plan) noexcept {
  plan->count = 0;
  units = std::clamp(units, 1, Units(kLongestPullMs));
  if (filling_ && !FillUp(units)) {
    EmitGap(JitterSegmentKind::kSilence, units, plan);
    return;
  }
  int done = 0;
  while (done < units && plan->count < JitterPlan::kMaxSegments - 1) {
    const int before = plan->count;
    PullStep(units - done, plan);
    if (plan->count > before) done += plan->segments[plan->count - 1].length;
  }
  if (done < units) EmitGap(JitterSegmentKind::kSilence, units - done, plan);
}

int JitterBuffer::AvailableUnits(int most) noexcept {
  if (filling_ || underrun_ > 0 || missing_ > 0) return 0;
  int64_t at = play_;
  for (int64_t number = next_; at - play_ < most; ++number) {
    const Slot& slot = slots_[Index(number)];
    if (number >= next_ + Slots() || !slot.used || slot.marker) break;
    const bool joins = number == next_ && begun_ ? true : slot.timestamp == at;
    if (!joins) break;
    at = slot.timestamp + slot.duration;
  }
  return static_cast<int>(std::min<int64_t>(at - play_, most));
}

// True when the first packet is due within this pull, and playing begins.
bool JitterBuffer::FillUp(int units) noexcept {
  int64_t head = 0;
  DropMarkers();
  if (!FindHead(&head)) return false;
  const int64_t from = clock_.now() - Target();  // what should be played now
  // What piled up before the first pull is no delay that anybody needs. What came after a pause is
  // speech.
  while (!played_ && audio_count_ > 1 && SlotAt(head).timestamp + SlotAt(head).duration <= from) {
    DropHead(head);
    FindHead(&head);
  }
  const int64_t wait = SlotAt(head).timestamp - from;
  if (wait >= units && wait <= max_ + units) return false;
  StartPlaying(wait > 0 && wait < units ? from : SlotAt(head).timestamp);
  return true;
}

void JitterBuffer::StartPlaying(int64_t from) noexcept {
  int64_t head = 0;
  FindHead(&head);
  AdvanceTo(head);
  play_ = from;
  filling_ = false;
  played_ = true;
  pause_adapted_ = true;
  underrun_ = 0;
  missing_ = 0;
  level_ = level_units();
  frame_timestamp_ = from;
  delay_ = clock_.now() - from;
}

// The delay must not grow for ever: past the maximum the oldest packets go, down to the target.
void JitterBuffer::TrimExcess() noexcept {
  int64_t head = 0;
  if (!FindHead(&head)) return;
  const int64_t from = clock_.now() - Target();
  while (audio_count_ > 1 && (SlotAt(head).timestamp + SlotAt(head).duration <= from ||
                              level_units() - Lead(head) > max_)) {
    DropHead(head);
    FindHead(&head);
  }
  if (!begun_) play_ = SlotAt(head).timestamp;
  underrun_ = 0;
  missing_ = 0;
}

void JitterBuffer::DropHead(int64_t head) noexcept {
  AdvanceTo(head);
  Slot& slot = SlotAt(head);
  const int played = begun_ ? static_cast<int>(play_ - slot.timestamp) : 0;
  content_ -= slot.duration - played;
  NoteRemoved(slot.duration - played);
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
  const bool lost = head > next_ && !in_pause_;
  if (!lost) {
    AdaptPause(head);
    const int64_t pause = SlotAt(head).timestamp - play_;
    if (pause <= 0) return;
    const int gap = static_cast<int>(std::min<int64_t>(pause, rest));
    play_ += gap;
    EmitGap(JitterSegmentKind::kSilence, gap, plan);
    return;
  }
  EmitLoss(head, static_cast<int>(std::min<int64_t>(wait, rest)), plan);
}

// Silence that the sender meant is the place where delay may change unheard.
void JitterBuffer::AdaptPause(int64_t head) noexcept {
  if (pause_adapted_) return;
  pause_adapted_ = true;
  const int64_t pause = SlotAt(head).timestamp - play_;
  const int64_t excess = std::min(delay_ - Target(), pause);
  if (excess > 0) NoteRemoved(static_cast<int>(excess));
  if (excess < 0) NoteInserted(static_cast<int>(-std::max<int64_t>(excess, -max_)));
  play_ += std::max<int64_t>(excess, -max_);
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
  NoteInserted(rewind);
  if (rewind > 0) hold_ = Units(kHoldMs);
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
  pause_adapted_ = false;
}

// A loss in front of `head`, whose packet may carry a copy of what is right before it.
void JitterBuffer::EmitLoss(int64_t head, int length, JitterPlan* plan) noexcept {
  const Slot& slot = SlotAt(head);
  const auto wait = static_cast<int>(slot.timestamp - play_);
  const bool near = wait <= slot.duration;
  if (!near) length = std::min(length, wait - slot.duration);
  JitterSegment& segment = plan->segments[plan->count];
  EmitGap(near ? JitterSegmentKind::kRepair : JitterSegmentKind::kConceal, length, plan);
  play_ += length;
  missing_ += length;
  if (!near) return;
  segment.offset = -wait;
  segment.payload = PayloadOf(slot);
  segment.payload_size = slot.size;
  segment.arrival_ns = slot.arrival_ns;
  segment.sequence = slot.sequence;
  segment.payload_type = slot.payload_type;
}

void JitterBuffer::EmitGap(JitterSegmentKind kind, int length, JitterPlan* plan) noexcept {
  JitterSegment& segment = plan->segments[plan->count++];
  segment = JitterSegment();
  segment.kind = kind;
  segment.length = length;
  if (kind == JitterSegmentKind::kSilence) return;
  stats_.concealed_samples += Samples(length);
  if (!concealing_) ++stats_.concealment_events;
  concealing_ = true;
}

void JitterBuffer::EmitUnderrun(int length, JitterPlan* plan) noexcept {
  play_ += length;
  underrun_ += length;
  EmitGap(in_pause_ ? JitterSegmentKind::kSilence : JitterSegmentKind::kConceal, length, plan);
  if (underrun_ < Units(kPauseMs)) return;
  filling_ = true;
  concealing_ = false;
}

}  // namespace mixminus
