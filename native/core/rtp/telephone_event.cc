// Telephone events (RFC 4733 §2). Pure. A running event is known by the timestamp of its packets;
// whatever carries that timestamp or an older one after the event was reported is a repeat and
// changes nothing.

#include "core/rtp/telephone_event.h"

#include <algorithm>

#include "core/base/bytes.h"
#include "core/base/sequence.h"

namespace mixminus {

namespace {

constexpr size_t kBlockSize = 4;
constexpr uint32_t kLongestSegment = 0xFFFF;  // the duration field (§2.3.5)
// Older than this, a timestamp is not a late repeat but a source that began anew.
constexpr int kRepeatHorizonS = 60;

}  // namespace

char TelephoneEventDigit(uint8_t code) noexcept {
  constexpr char kDigits[] = "0123456789*#ABCD!";
  return code < sizeof(kDigits) - 1 ? kDigits[code] : '\0';
}

TelephoneEventReceiver::TelephoneEventReceiver(int clock_hz) noexcept
    : clock_hz_(std::max(clock_hz, 1)) {}

bool TelephoneEventReceiver::Insert(uint32_t timestamp, bool marker, const uint8_t* payload,
                                    size_t size, int64_t now_ns) noexcept {
  if (size < kBlockSize || size % kBlockSize != 0) return false;
  // Several events in one packet follow each other without a gap (§2.5.1.5).
  for (size_t offset = 0; offset < size; offset += kBlockSize) {
    OnBlock(timestamp, marker && offset == 0, payload + offset, now_ns);
    timestamp += LoadBe16(payload + offset + 2);
  }
  return true;
}

void TelephoneEventReceiver::OnBlock(uint32_t timestamp, bool marker, const uint8_t* block,
                                     int64_t now_ns) noexcept {
  const uint8_t code = block[0];
  const bool end = (block[1] & 0x80) != 0;
  const uint32_t duration = LoadBe16(block + 2);
  if (TelephoneEventDigit(code) == '\0') {
    ++ignored_;
    return;
  }
  if (has_last_ && timestamp != start_) {
    const int32_t ahead = Diff32(timestamp, start_);
    if (ahead < 0 && ahead > -kRepeatHorizonS * clock_hz_) {
      ++ignored_;  // a repeat of an earlier event, or reordered
      return;
    }
  }
  const uint32_t segments = has_last_ ? SegmentsLater(timestamp, marker, code) : 0;
  if (active_ && segments > 0) {
    earlier_ += uint64_t{segments} * kLongestSegment;
    start_ = timestamp;
    duration_ = 0;
  } else if (active_ && (timestamp != start_ || code != code_)) {
    Finish(false);  // its end was lost
    Begin(timestamp, code);
  } else if (!active_) {
    // The end is sent three times (§2.5.1.4), and an event that was given up for lost packets may
    // be heard again in a later segment: it has been reported.
    if (has_last_ && (timestamp == start_ || segments > 0)) {
      start_ = timestamp;
      ++ignored_;
      return;
    }
    Begin(timestamp, code);
  }
  duration_ = std::max(duration_, duration);
  updated_ns_ = now_ns;
  if (end) Finish(true);
}

// An event longer than the duration field goes on in a new segment that begins where the full one
// ended, without marker (§2.5.1.3). How many segments later this one is, since several may be lost;
// 0: it is no segment of the event.
uint32_t TelephoneEventReceiver::SegmentsLater(uint32_t timestamp, bool marker,
                                               uint8_t code) const noexcept {
  constexpr uint32_t kMostSegments = 31;
  const uint32_t ahead = timestamp - start_;
  const bool fits = !marker && code == code_ && ahead % kLongestSegment == 0;
  const uint32_t segments = ahead / kLongestSegment;
  return fits && segments <= kMostSegments ? segments : 0;
}

void TelephoneEventReceiver::Begin(uint32_t timestamp, uint8_t code) noexcept {
  active_ = true;
  has_last_ = true;
  code_ = code;
  start_ = timestamp;
  duration_ = 0;
  earlier_ = 0;
}

void TelephoneEventReceiver::Finish(bool ended) noexcept {
  active_ = false;
  if (queue_size_ == kQueueSize) {
    ++overflows_;
    return;
  }
  const uint64_t units = earlier_ + duration_;
  const uint64_t ms = units * 1000 / static_cast<uint64_t>(clock_hz_);
  TelephoneEvent& event = queue_[(queue_head_ + queue_size_) % kQueueSize];
  event.digit = TelephoneEventDigit(code_);
  event.code = code_;
  event.duration_ms = static_cast<int>(std::min<uint64_t>(ms, INT32_MAX));
  event.ended = ended;
  ++queue_size_;
}

void TelephoneEventReceiver::Flush(int64_t now_ns) noexcept {
  if (active_ && now_ns - updated_ns_ >= kSilenceNs) Finish(false);
}

void TelephoneEventReceiver::FlushNow() noexcept {
  if (active_) Finish(false);
}

bool TelephoneEventReceiver::Pop(TelephoneEvent* out) noexcept {
  if (queue_size_ == 0) return false;
  *out = queue_[queue_head_];
  queue_head_ = (queue_head_ + 1) % kQueueSize;
  --queue_size_;
  return true;
}

void TelephoneEventReceiver::SetClock(int clock_hz) noexcept {
  if (clock_hz == clock_hz_) return;
  FlushNow();
  clock_hz_ = std::max(clock_hz, 1);
}

void TelephoneEventReceiver::Reset() noexcept {
  FlushNow();
  has_last_ = false;
}

}  // namespace mixminus
