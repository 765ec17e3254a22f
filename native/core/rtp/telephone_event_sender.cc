// Telephone events out (RFC 4733 §2.5.1). Pure; the caller's tick is the packet interval.

#include "core/rtp/telephone_event_sender.h"

#include <algorithm>

#include "core/base/bytes.h"

namespace mixminus {

namespace {

constexpr int kTickMs = 20;
constexpr uint32_t kLongestSegment = 0xFFFF;  // the duration field (§2.3.5)
constexpr uint8_t kEndBit = 0x80;
constexpr uint8_t kVolumeMask = 0x3F;

}  // namespace

int TelephoneEventCode(char digit) noexcept {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'A' && digit <= 'D') return 12 + digit - 'A';
  if (digit >= 'a' && digit <= 'd') return 12 + digit - 'a';
  switch (digit) {
    case '*':
      return 10;
    case '#':
      return 11;
    case '!':
      return 16;
    default:
      return -1;
  }
}

void TelephoneEventSender::Start(const TelephoneEventRequest& request) noexcept {
  request_ = request;
  phase_ = Phase::kWaiting;
  if (request.code != TelephoneEventRequest::kPause) return;
  phase_ = Phase::kGap;
  gap_left_ms_ = request.duration_ms;
}

bool TelephoneEventSender::Tick(uint32_t stream_timestamp, int clock_hz, Packet* out) noexcept {
  if (phase_ == Phase::kIdle) return false;
  if (phase_ == Phase::kGap) return TickGap();
  *out = Packet();
  if (phase_ == Phase::kWaiting) {
    clock_hz_ = static_cast<uint32_t>(std::max(clock_hz, 1));
    start_ = stream_timestamp;
    elapsed_ = 0;
    left_ = std::max<uint32_t>(request_.duration_ms, 1) * clock_hz_ / 1000;
    out->marker = true;
    phase_ = Phase::kEvent;
  }
  elapsed_ += clock_hz_ / (1000 / kTickMs);
  switch (phase_) {
    case Phase::kSegmentEnd:
      Repeat(out, false, kLongestSegment);
      break;
    case Phase::kEnd:
      Repeat(out, true, last_duration_);
      break;
    default:
      TickEvent(out);
  }
  return true;
}

void TelephoneEventSender::TickEvent(Packet* out) noexcept {
  if (left_ <= kLongestSegment && elapsed_ >= left_) {
    last_duration_ = left_;
    repeats_left_ = kEndPackets;
    phase_ = Phase::kEnd;
    gap_left_ms_ = request_.gap_ms;
    return Repeat(out, true, last_duration_);
  }
  if (elapsed_ > kLongestSegment) {
    repeats_left_ = kEndPackets;
    phase_ = Phase::kSegmentEnd;
    return Repeat(out, false, kLongestSegment);
  }
  Write(out, false, elapsed_);
}

// The last packet of an event, and of a segment, comes three times at the interval of the others
// (§2.5.1.4). Those of a segment are over before the next one begins, so that timestamps never go
// back; it begins where the full one ended, without a marker (§2.5.1.3).
void TelephoneEventSender::Repeat(Packet* out, bool end, uint32_t duration) noexcept {
  Write(out, end, duration);
  // The repeats of the end are part of the gap.
  if (end && repeats_left_ < kEndPackets) gap_left_ms_ -= kTickMs;
  if (--repeats_left_ > 0) return;
  if (end) {
    phase_ = gap_left_ms_ > 0 ? Phase::kGap : Phase::kIdle;
    return;
  }
  start_ += kLongestSegment;
  elapsed_ -= kLongestSegment;
  left_ -= kLongestSegment;
  phase_ = Phase::kEvent;
}

void TelephoneEventSender::Write(Packet* out, bool end, uint32_t duration) const noexcept {
  out->timestamp = start_;
  out->payload[0] = request_.code;
  out->payload[1] =
      static_cast<uint8_t>((end ? kEndBit : 0) | std::min(request_.volume_dbm0, kVolumeMask));
  StoreBe16(static_cast<uint16_t>(duration), out->payload + 2);
}

bool TelephoneEventSender::TickGap() noexcept {
  gap_left_ms_ -= kTickMs;
  if (gap_left_ms_ <= 0) phase_ = Phase::kIdle;
  return false;
}

}  // namespace mixminus
