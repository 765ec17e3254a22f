// Loudest-N. Pure. One pass ranks all members into buckets of one decibel within their priority, a
// second gives out the seats, so that the cost is linear in members whatever N is.

#include "core/mix/speaker_selector.h"

#include <algorithm>

namespace mixminus {

namespace {

constexpr int kLoudest = 127;
constexpr int kLevels = kLoudest + SpeakerSelector::kSeatBonusDb + 1;
constexpr int kBuckets = kLevels * SpeakerSelector::kPriorities;

// Loudness as 0…127 decibels over silence, followed quickly upwards and slowly down, so that a seat
// outlives the gaps between words.
void UpdateScore(Speaker* speaker) noexcept {
  const int loudness_q4 = (kLoudest - std::clamp(speaker->level_dbov, 0, kLoudest)) * 16;
  const int change = loudness_q4 - speaker->score_q4;
  speaker->score_q4 =
      static_cast<int16_t>(speaker->score_q4 + (change > 0 ? (change + 1) / 2 : change / 8));
  if (speaker->talking) {
    speaker->hold = SpeakerSelector::kHoldTicks;
  } else if (speaker->hold > 0) {
    --speaker->hold;
  }
}

int Bucket(const Speaker& speaker) noexcept {
  const int bonus = speaker.selected && speaker.hold > 0 ? SpeakerSelector::kSeatBonusDb : 0;
  const bool speaks =
      speaker.talking || speaker.hold > 0 || speaker.level_dbov <= SpeakerSelector::kQuietDbov;
  const int priority =
      speaks ? std::min<int>(speaker.priority, SpeakerSelector::kPriorities - 1) : 0;
  return priority * kLevels + speaker.score_q4 / 16 + bonus;
}

}  // namespace

int SpeakerSelector::Select(Speaker* const* speakers, int count) const noexcept {
  if (loudest_ == 0 || count <= loudest_) {
    for (int i = 0; i < count; ++i) {
      UpdateScore(speakers[i]);
      speakers[i]->selected = true;
    }
    return std::max(count, 0);
  }
  int in_bucket[kBuckets] = {};
  for (int i = 0; i < count; ++i) {
    UpdateScore(speakers[i]);
    ++in_bucket[Bucket(*speakers[i])];
  }
  // Everyone above the threshold has a seat; those in its bucket share what is left.
  int threshold = kBuckets - 1;
  int seats = loudest_;
  while (threshold > 0 && in_bucket[threshold] < seats) seats -= in_bucket[threshold--];
  // Owners before challengers at equal loudness; among the rest the order of the list decides.
  int owners = 0;
  for (int i = 0; i < count; ++i) {
    if (speakers[i]->selected && Bucket(*speakers[i]) == threshold) ++owners;
  }
  int free_seats = std::max(0, seats - owners);
  int owner_seats = seats - free_seats;
  for (int i = 0; i < count; ++i) {
    Speaker& speaker = *speakers[i];
    const int bucket = Bucket(speaker);
    bool keep = bucket > threshold;
    if (bucket == threshold) {
      int* left = speaker.selected ? &owner_seats : &free_seats;
      keep = *left > 0;
      if (keep) --*left;
    }
    speaker.selected = keep;
  }
  return loudest_;
}

}  // namespace mixminus
