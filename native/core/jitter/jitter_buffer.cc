// The jitter buffer: settings, insertion and sequence tracking. Pulling is in jitter_pull.cc. Pure.

#include "core/jitter/jitter_buffer.h"

#include <algorithm>
#include <cstring>

namespace mixminus {

namespace {

constexpr int kMinSlots = 8;
constexpr int kMaxSlots = 1024;
constexpr int kMaxPayload = 1500;
constexpr int kHistoryBits = 64;
constexpr int kLeastMaxMs = 60;  // a packet of 60 ms must fit
constexpr int kGuardMs = 1;  // a packet that comes this close before a tick may miss the next one
constexpr int kTimestampJumpMs = 2000;  // between two packets' delays: not the network's doing
constexpr int kMinPacketsPerSecond =
    400;  // inverse of the shortest packet taken; bounds a plan's segments

size_t RoundUpSlots(int slots) noexcept {
  size_t size = kMinSlots;
  while (size < static_cast<size_t>(std::clamp(slots, kMinSlots, kMaxSlots))) size <<= 1;
  return size;
}

}  // namespace

JitterBuffer::JitterBuffer(const JitterBufferConfig& config)
    : clock_hz_(std::clamp(config.clock_hz, 1000, 192000)),
      rate_hz_(config.sample_rate_hz > 0 ? config.sample_rate_hz : clock_hz_),
      min_(0),
      max_(0),
      fixed_(0),
      slot_bytes_(static_cast<size_t>(std::clamp(config.max_payload_bytes, 1, kMaxPayload))),
      mask_(RoundUpSlots(config.slots) - 1),
      payload_count_(static_cast<int>(mask_ + 1) / 4 * 3),
      slots_(std::make_unique<Slot[]>(mask_ + 1)),
      payloads_(new uint8_t[static_cast<size_t>(payload_count_) * slot_bytes_]),
      free_payloads_(new uint16_t[static_cast<size_t>(payload_count_)]),
      estimator_(clock_hz_, config.ms_per_late_percent) {
  FreePayloads();
  SetBounds(config);
}

void JitterBuffer::SetBounds(const JitterBufferConfig& config) noexcept {
  bounds_ = config;
  max_ = Units(std::clamp(config.max_ms, kLeastMaxMs, 10000));
  min_ = std::clamp(Units(std::clamp(config.min_ms, 0, 10000)), 0, max_);
  fixed_ = config.fixed_ms < 0 ? -1 : std::min(Units(std::min(config.fixed_ms, 10000)), max_);
}

void JitterBuffer::SetClock(int clock_hz, int sample_rate_hz) noexcept {
  clock_hz_ = std::clamp(clock_hz, 1000, 192000);
  rate_hz_ = std::clamp(sample_rate_hz, 1000, 192000);
  SetBounds(bounds_);
  clock_ = TickClock();
  estimator_.SetClock(clock_hz_);
  level_ = 0;
  Reset();
}

void JitterBuffer::FreePayloads() noexcept {
  free_count_ = payload_count_;
  for (int i = 0; i < free_count_; ++i) {
    free_payloads_[static_cast<size_t>(i)] = static_cast<uint16_t>(free_count_ - 1 - i);
  }
}

void JitterBuffer::Reset() noexcept {
  for (size_t i = 0; i <= mask_; ++i) slots_[i].used = false;
  FreePayloads();
  started_ = false;
  played_ = false;
  filling_ = true;
  begun_ = false;
  in_pause_ = false;
  count_ = 0;
  audio_count_ = 0;
  content_ = 0;
  underrun_ = 0;
  missing_ = 0;
  excess_ = 0;
  hold_ = 0;
  concealing_ = false;
  pause_adapted_ = false;
  clock_.Doubt();
  estimator_.Reset();
  sequences_.Reset();
  timestamps_.Reset();
  ++stats_.resets;
}

void JitterBuffer::BeginAt(uint16_t sequence) noexcept {
  started_ = true;
  first_ = sequences_.Unwrap(sequence);
  next_ = first_;
  history_ = 0;
}

// Finds the slot of a sequence number, or says why it gets none.
JitterInsert JitterBuffer::Place(uint16_t sequence, Slot** slot) noexcept {
  if (!started_) BeginAt(sequence);
  int64_t number = sequences_.Peek(sequence);
  if (number >= next_ + Slots()) {
    // Losses that are still waited for are given up first; a stream that was away for long is
    // followed.
    int64_t head = number;
    FindHead(&head);
    AdvanceTo(head);
    if (number >= next_ + Slots()) {
      Reset();
      BeginAt(sequence);
      number = next_;
    }
  }
  if (number < next_) {
    // Before anything was played, the beginning may still turn out to be earlier.
    const bool earlier_start = !played_ && sequences_.last() - number < Slots();
    if (!earlier_start) return PlaceOld(number);
    first_ = std::min(first_, number);
    next_ = number;
    history_ = 0;
  }
  Slot& found = SlotAt(number);
  if (found.used) {
    ++stats_.duplicate;
    return JitterInsert::kDuplicate;
  }
  if (number < sequences_.last()) {
    ++stats_.reordered;
  } else {
    sequences_.Unwrap(sequence);
  }
  found.used = true;
  found.sequence = sequence;
  ++count_;
  *slot = &found;
  return JitterInsert::kInserted;
}

// A packet whose turn has passed: seen before, or given up as lost and here after all.
JitterInsert JitterBuffer::PlaceOld(int64_t number) noexcept {
  const int64_t age = next_ - 1 - number;
  if (age < kHistoryBits && number >= first_) {
    const uint64_t bit = uint64_t{1} << age;
    if ((history_ & bit) != 0) {
      ++stats_.duplicate;
      return JitterInsert::kDuplicate;
    }
    history_ |= bit;
    if (stats_.lost > 0) --stats_.lost;
  }
  ++stats_.late;
  return JitterInsert::kLate;
}

bool JitterBuffer::Fits(const JitterPacket& packet) const noexcept {
  return packet.payload_size <= slot_bytes_ &&
         packet.duration <= std::min(clock_hz_, int{UINT16_MAX}) &&
         packet.duration * kMinPacketsPerSecond >= clock_hz_;
}

JitterInsert JitterBuffer::Insert(const JitterPacket& packet) noexcept {
  if (!Fits(packet)) {
    InsertMarker(packet.sequence);
    ++stats_.discarded;
    return JitterInsert::kDiscarded;
  }
  if (free_count_ == 0) MakeRoom(packet.sequence);
  Slot* slot = nullptr;
  const JitterInsert result = Place(packet.sequence, &slot);
  if (result == JitterInsert::kDuplicate) return result;
  if (result == JitterInsert::kLate) {
    if (played_) Learn(timestamps_.Peek(packet.timestamp), packet.arrival_ns);
    return result;
  }
  const int64_t timestamp = timestamps_.Unwrap(packet.timestamp);
  Learn(timestamp, packet.arrival_ns);
  Fill(slot, packet, timestamp);
  packet_units_ = packet.duration;
  ++stats_.inserted;
  return JitterInsert::kInserted;
}

// All payloads are in use: the oldest audio goes, unless the packet needs none.
void JitterBuffer::MakeRoom(uint16_t sequence) noexcept {
  const int64_t number = sequences_.Peek(sequence);
  const bool late = played_ && number < next_;
  const bool here = number >= next_ && number < next_ + Slots() && SlotAt(number).used;
  int64_t head = 0;
  if (late || here || !FindHead(&head)) return;
  DropHead(head);
  underrun_ = 0;
  missing_ = 0;
  if (!filling_ && FindHead(&head)) play_ = SlotAt(head).timestamp;
}

void JitterBuffer::Fill(Slot* slot, const JitterPacket& packet, int64_t timestamp) noexcept {
  slot->marker = false;
  slot->timestamp = timestamp;
  slot->arrival_ns = packet.arrival_ns;
  slot->duration = static_cast<uint16_t>(packet.duration);
  slot->size = static_cast<uint16_t>(packet.payload_size);
  slot->payload_type = packet.payload_type;
  slot->payload = free_payloads_[static_cast<size_t>(--free_count_)];
  std::memcpy(PayloadOf(*slot), packet.payload, packet.payload_size);
  content_ += packet.duration;
  ++audio_count_;
}

// How late the packet is tells what to expect of others.
void JitterBuffer::Learn(int64_t timestamp, int64_t arrival_ns) noexcept {
  const int64_t arrival = Units64(arrival_ns);
  const int64_t arrived = arrival - timestamp;
  if (estimator_.known()) {
    const int64_t jump = arrived - estimator_.last_arrived();
    const int64_t most = Units(kTimestampJumpMs);
    if (jump > most || jump < -most) estimator_.Shift(jump);
  }
  const int64_t heard = clock_.TickAfter(arrival + Units(kGuardMs)) - timestamp;
  estimator_.OnPacket(heard, arrived);
}

bool JitterBuffer::InsertRedundant(const JitterPacket& packet) noexcept {
  if (!started_ || !Fits(packet)) return false;
  const int64_t number = sequences_.Peek(packet.sequence);
  if (number < next_ || number >= sequences_.last() || number >= next_ + Slots()) return false;
  Slot& slot = SlotAt(number);
  if (slot.used || free_count_ == 0) return false;
  slot.used = true;
  slot.sequence = packet.sequence;
  ++count_;
  Fill(&slot, packet, timestamps_.Peek(packet.timestamp));
  ++stats_.redundant;
  return true;
}

JitterInsert JitterBuffer::InsertMarker(uint16_t sequence) noexcept {
  Slot* slot = nullptr;
  const JitterInsert result = Place(sequence, &slot);
  if (result == JitterInsert::kInserted) {
    slot->marker = true;
    slot->duration = 0;
  }
  return result;
}

// next_ is done with: played, skipped or lost.
void JitterBuffer::StepNext(bool received) noexcept {
  history_ = (history_ << 1) | (received ? 1 : 0);
  if (!received) ++stats_.lost;
  ++next_;
}

// Gives up everything before `sequence`.
void JitterBuffer::AdvanceTo(int64_t sequence) noexcept {
  if (count_ == 0 && sequence - next_ > Slots()) {
    stats_.lost += static_cast<uint64_t>(sequence - next_);
    history_ = 0;
    next_ = sequence;
    return;
  }
  while (next_ < sequence) {
    Slot& slot = SlotAt(next_);
    const bool received = slot.used;
    if (received) Release(&slot);
    StepNext(received);
  }
}

// Frees a slot. Its payload bytes stay as they are until the next insertion.
void JitterBuffer::Release(Slot* slot) noexcept {
  slot->used = false;
  --count_;
  if (slot->marker) return;
  --audio_count_;
  free_payloads_[static_cast<size_t>(free_count_++)] = slot->payload;
}

void JitterBuffer::DropMarkers() noexcept {
  while (count_ > 0) {
    Slot& slot = SlotAt(next_);
    if (!slot.used || !slot.marker) return;
    Release(&slot);
    StepNext(true);
    in_pause_ = true;
  }
}

// The oldest packet of audio.
bool JitterBuffer::FindHead(int64_t* sequence) const noexcept {
  if (audio_count_ == 0) return false;
  for (int64_t number = next_; number < next_ + Slots(); ++number) {
    const Slot& slot = slots_[Index(number)];
    if (slot.used && !slot.marker) {
      *sequence = number;
      return true;
    }
  }
  return false;
}

// Nanoseconds to timestamp units; in two steps, because wall time in ns times a clock overflows.
int64_t JitterBuffer::Units64(int64_t ns) const noexcept {
  constexpr int64_t kSecond = 1'000'000'000;
  return ns / kSecond * clock_hz_ + ns % kSecond * clock_hz_ / kSecond;
}

int JitterBuffer::delay_ms() const noexcept {
  if (!played_ || !estimator_.known()) return 0;
  const int64_t delay = std::clamp<int64_t>(delay_ - estimator_.base(), 0, 60 * clock_hz_);
  return static_cast<int>(delay * 1000 / clock_hz_);
}

void JitterBuffer::NoteRepaired(int units) noexcept {
  const uint64_t repaired = Samples(units);
  stats_.repaired_samples += repaired;
  stats_.concealed_samples -= std::min(stats_.concealed_samples, repaired);
}

JitterStats JitterBuffer::stats() const noexcept {
  JitterStats stats = stats_;
  if (estimator_.known()) {
    stats.target_ms = static_cast<int>((Target() - estimator_.base()) * 1000 / clock_hz_);
  }
  stats.delay_ms = delay_ms();
  stats.level_ms = last_level_ms();
  return stats;
}

}  // namespace mixminus
