// Lists of exceptions in one block of memory. Pure.

#include "core/mix/hearing.h"

#include <algorithm>
#include <utility>

namespace mixminus {

HearingTable::HearingTable(int capacity)
    : entries_(new HearingException[static_cast<size_t>(capacity)]), capacity_(capacity) {}

void HearingTable::Adopt(HearingTable* larger) noexcept {
  std::copy_n(entries_.get(), high_water_, larger->entries_.get());
  larger->size_ = size_;
  larger->high_water_ = high_water_;
  larger->free_ = free_;
  std::swap(entries_, larger->entries_);
  std::swap(capacity_, larger->capacity_);
}

bool HearingTable::Set(int* list, int speaker, Hearing hearing, float gain) noexcept {
  int index = *list;
  while (index >= 0 && entries_[index].speaker != speaker) index = entries_[index].next;
  if (index < 0) {
    if (hearing == Hearing::kAsAll) return true;
    // One that only fades gives way.
    if (size_ == capacity_) Sweep(list);
    index = Take();
    if (index < 0) return false;
    entries_[index] = HearingException();
    entries_[index].speaker = speaker;
    entries_[index].next = *list;
    *list = index;
  }
  entries_[index].hearing = hearing;
  entries_[index].gain = gain;
  return true;
}

int HearingTable::Take() noexcept {
  int index = free_;
  if (index >= 0) {
    free_ = entries_[index].next;
  } else if (high_water_ < capacity_) {
    index = high_water_++;
  } else {
    return -1;
  }
  ++size_;
  return index;
}

void HearingTable::Free(int* link) noexcept {
  const int index = *link;
  *link = entries_[index].next;
  entries_[index].speaker = -1;
  entries_[index].next = free_;
  free_ = index;
  --size_;
}

void HearingTable::DropList(int* list) noexcept {
  while (*list >= 0) Free(list);
}

void HearingTable::DropSpeaker(int* list, int speaker) noexcept {
  for (int* link = list; *link >= 0;) {
    if (entries_[*link].speaker == speaker) {
      Free(link);
    } else {
      link = &entries_[*link].next;
    }
  }
}

void HearingTable::MoveSpeaker(int from, int to) noexcept {
  for (int i = 0; i < high_water_; ++i) {
    if (entries_[i].speaker == from) entries_[i].speaker = to;
  }
}

float HearingTable::Target(const HearingException& entry, const VoiceStep& voice) noexcept {
  switch (entry.hearing) {
    case Hearing::kNever:
      return 0.0f;
    case Hearing::kScaled:
      return entry.gain * voice.in_sum.to;
    case Hearing::kAlways:
      return entry.gain * voice.alone;
    case Hearing::kAsAll:
      break;
  }
  return voice.in_sum.to;
}

GainStep HearingTable::Correction(int index, const VoiceStep& voice) const noexcept {
  const HearingException& entry = entries_[index];
  const float from = entry.fresh ? voice.in_sum.from : entry.heard;
  return {from - voice.in_sum.from, Target(entry, voice) - voice.in_sum.to};
}

void HearingTable::Advance(int index, const VoiceStep& voice) noexcept {
  entries_[index].heard = Target(entries_[index], voice);
  entries_[index].fresh = false;
}

void HearingTable::Sweep(int* list) noexcept {
  for (int* link = list; *link >= 0;) {
    if (entries_[*link].hearing == Hearing::kAsAll) {
      Free(link);
    } else {
      link = &entries_[*link].next;
    }
  }
}

}  // namespace mixminus
