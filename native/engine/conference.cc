// See conference.h.
#include "engine/conference.h"

#include <utility>

#include "core/base/check.h"

namespace mixminus {
namespace {

constexpr int kRoomRateHz = 8000;  // the rate of both codecs

}  // namespace

RoomBatch::RoomBatch() : Returned(ReturnedKind::kSpent) {}
RoomBatch::~RoomBatch() = default;

Conference::Conference(int loudest, int phase)
    : Returned(ReturnedKind::kSpent),
      phase_(phase),
      selector_(loudest),
      storage_(std::make_unique<MemberStorage>(kFirstCapacity)) {}

void Conference::AdoptStorage(std::unique_ptr<MemberStorage>* larger) noexcept {
  MIXMINUS_CHECK((*larger)->capacity >= size_);
  for (int i = 0; i < size_; ++i) (*larger)->members[i] = storage_->members[i];
  std::swap(storage_, *larger);
}

void Conference::Add(MediaLeg* leg, bool muted, bool deaf) noexcept {
  MIXMINUS_CHECK(size_ < storage_->capacity && leg->room == nullptr);
  RoomMember& member = storage_->members[size_];
  member = RoomMember();
  member.leg = leg;
  member.muted = muted;
  member.deaf = deaf;
  leg->room = this;
  leg->seat = size_++;
}

void Conference::Set(MediaLeg* leg, bool muted, bool deaf) noexcept {
  if (leg->room != this) return;
  RoomMember& member = storage_->members[leg->seat];
  member.muted = muted;
  member.deaf = deaf;
}

void Conference::Remove(MediaLeg* leg) noexcept {
  if (leg->room != this) return;
  const int seat = leg->seat;
  storage_->members[seat] = storage_->members[--size_];
  storage_->members[seat].leg->seat = seat;
  leg->room = nullptr;
  leg->seat = -1;
}

void Conference::Tick(const TickTime& time, SharedAudio* silence) noexcept {
  PullAll(time);
  MixSpeakers();
  for (int i = 0; i < size_; ++i) {
    RoomMember& member = storage_->members[i];
    if (!member.due) continue;
    Serve(&member, silence);
    member.leg->EndTick(time, member.in_mix);
  }
}

void Conference::PullAll(const TickTime& time) noexcept {
  for (int i = 0; i < size_; ++i) {
    RoomMember& member = storage_->members[i];
    member.due = member.leg->BeginTick(time);
    member.speaker.level_dbov = kSilenceDbov;
    member.speaker.talking = false;
    if (!member.due) continue;
    member.leg->Pull(time);
    member.speaker.level_dbov = member.leg->level_dbov();
    member.speaker.talking = member.leg->talking();
  }
}

void Conference::MixSpeakers() noexcept {
  // The muted do not stand for election: they would hold seats that nobody hears.
  int candidates = 0;
  for (int i = 0; i < size_; ++i) {
    RoomMember& member = storage_->members[i];
    if (member.muted) {
      member.speaker.selected = false;
    } else {
      storage_->speakers[candidates++] = &member.speaker;
    }
  }
  selector_.Select(storage_->speakers.get(), candidates);

  mixer_.Begin(kRoomRateHz);
  for (int i = 0; i < size_; ++i) {
    RoomMember& member = storage_->members[i];
    member.in_mix = member.due && member.speaker.selected && member.leg->audible() &&
                    mixer_.Add(member.leg->frame());
  }
  mixer_.MinusInto(nullptr, &mix_.frame);
  mix_.Changed();
}

void Conference::Serve(RoomMember* member, SharedAudio* silence) noexcept {
  MediaLeg* leg = member->leg;
  const AudioFrame* players = leg->NextPlayerFrame(&from_players_) ? &from_players_ : nullptr;
  if (!leg->MaySend()) return leg->SkipFrame();
  if (member->deaf) return players != nullptr ? leg->HearOwn(*players) : leg->HearShared(silence);
  if (players == nullptr && !member->in_mix) return leg->HearShared(&mix_);
  mixer_.MinusPlusInto(member->in_mix ? &leg->frame() : nullptr, players, &own_mix_);
  leg->HearOwn(own_mix_);
}

}  // namespace mixminus
