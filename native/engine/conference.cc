// See conference.h.
#include "engine/conference.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"

namespace mixminus {

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
  leg->LeaveStream();
  const int seat = leg->seat;
  storage_->members[seat] = storage_->members[--size_];
  storage_->members[seat].leg->seat = seat;
  leg->room = nullptr;
  leg->seat = -1;
}

void Conference::Tick(const TickTime& time, RoomScratch* scratch) noexcept {
  PullAll(time);
  ChooseRate();
  MixSpeakers(scratch);
  MakeRates(scratch);
  // Who leaves a shared stream takes its state along, so all choose before anybody encodes.
  streams_.BeginTick();
  for (int i = 0; i < size_; ++i) ChooseStream(&storage_->members[i], scratch);
  for (int i = 0; i < size_; ++i) {
    RoomMember& member = storage_->members[i];
    if (!member.due) continue;
    Serve(&member, scratch);
    member.leg->EndTick(time, member.in_mix);
  }
}

void Conference::PullAll(const TickTime& time) noexcept {
  std::fill_n(saying_, kEngineRates, 0);
  std::fill_n(hearing_, kEngineRates, 0);
  std::fill_n(both_, kEngineRates, 0);
  for (int i = 0; i < size_; ++i) {
    RoomMember& member = storage_->members[i];
    member.due = member.leg->BeginTick(time);
    member.speaker.level_dbov = kSilenceDbov;
    member.speaker.talking = false;
    if (member.due) {
      member.leg->Pull(time);
      member.speaker.level_dbov = member.leg->level_dbov();
      member.speaker.talking = member.leg->talking();
    }
    const int says = RateIndex(member.leg->receive_rate_hz());
    const int hears = RateIndex(member.leg->send_rate_hz());
    ++saying_[says];
    ++hearing_[hears];
    ++both_[std::min(says, hears)];
  }
}

// The highest rate that somebody says something at for somebody else to hear. One wideband phone
// among narrowband ones needs no wideband mix.
void Conference::ChooseRate() noexcept {
  int rate = 0;
  int saying = 0;
  int hearing = 0;
  int both = 0;
  for (int i = kEngineRates - 1; i > 0 && rate == 0; --i) {
    saying += saying_[i];
    hearing += hearing_[i];
    both += both_[i];
    const bool only_itself = saying == 1 && hearing == 1 && both == 1;
    if (saying > 0 && hearing > 0 && !only_itself) rate = i;
  }
  rate_hz_ = RateAt(rate);
}

void Conference::MixSpeakers(RoomScratch* scratch) noexcept {
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

  Mixer* mixer = &scratch->sums[RateIndex(rate_hz_)];
  mixer->Begin(rate_hz_);
  for (int i = 0; i < size_; ++i) {
    RoomMember& member = storage_->members[i];
    const bool audible = member.leg->audible() || (size_ == 2 && member.leg->noisy());
    const bool heard = member.due && member.speaker.selected && audible;
    member.in_mix = heard && mixer->Add(member.leg->FrameAt(rate_hz_));
    if (!member.in_mix) member.leg->ForgetFrameRate();
  }
}

// The whole mix at each rate that a listener has.
void Conference::MakeRates(RoomScratch* scratch) noexcept {
  const Mixer& room = scratch->sums[RateIndex(rate_hz_)];
  for (int i = 0; i < kEngineRates; ++i) {
    const int rate_hz = RateAt(i);
    if (hearing_[i] == 0) {
      to_rate_[i].Reset();
      continue;
    }
    Mixer* sum = &scratch->sums[i];
    if (rate_hz != rate_hz_) {
      to_rate_[i].SetRates(rate_hz_, rate_hz);
      to_rate_[i].ConvertWide(room.sum(), sum->BeginWith(rate_hz));
    }
    sum->MinusInto(nullptr, &scratch->mix[i].frame);
    scratch->mix[i].Changed();
  }
}

void Conference::ChooseStream(RoomMember* member, RoomScratch* scratch) noexcept {
  if (!member->due) return;
  MediaLeg* leg = member->leg;
  const bool voice = leg->KeepOwnVoice(member->in_mix && !member->deaf, rate_hz_);
  const bool playing = leg->StirPlayers();
  member->own = voice || playing;
  if (!leg->MaySend()) return leg->LeaveStream();
  if (member->own) return leg->HearsOwn();
  const int rate = RateIndex(leg->send_rate_hz());
  SharedAudio* audio = &(member->deaf ? scratch->silence : scratch->mix)[rate];
  leg->HearsShared(&streams_, member->deaf ? kHearSilence : kHearMix, audio);
}

void Conference::Serve(RoomMember* member, RoomScratch* scratch) noexcept {
  MediaLeg* leg = member->leg;
  AudioFrame* from_players = &scratch->from_players;
  const AudioFrame* players = leg->NextPlayerFrame(from_players) ? from_players : nullptr;
  const int32_t* wide_voice = leg->OwnVoice(member->in_mix, scratch->own_wide);
  if (!leg->MaySend()) return leg->SkipFrame();
  const int rate = RateIndex(leg->send_rate_hz());
  SharedAudio* audio = &(member->deaf ? scratch->silence : scratch->mix)[rate];
  if (!member->own) return leg->HearShared(audio, &scratch->streams);
  if (member->deaf) return leg->HearOwn(players != nullptr ? *players : audio->frame);
  // The sum without the member's own voice, with what is played to it: limited here, once.
  const Mixer& sum = scratch->sums[rate];
  if (leg->send_rate_hz() == rate_hz_) {
    const AudioFrame* voice = member->in_mix ? &leg->frame() : nullptr;
    sum.MinusPlusInto(voice, players, &scratch->own_mix);
  } else {
    sum.MinusWidePlusInto(wide_voice, players, &scratch->own_mix);
  }
  leg->HearOwn(scratch->own_mix);
}

}  // namespace mixminus
