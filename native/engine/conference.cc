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

void Conference::Add(MediaLeg* leg, const MemberSettings& settings) noexcept {
  MIXMINUS_CHECK(size_ < storage_->capacity && leg->room == nullptr);
  RoomMember& member = storage_->members[size_];
  member = RoomMember();
  member.leg = leg;
  leg->room = this;
  leg->seat = size_++;
  Set(leg, settings);
}

void Conference::Set(MediaLeg* leg, const MemberSettings& settings) noexcept {
  if (leg->room != this) return;
  RoomMember& member = storage_->members[leg->seat];
  member.settings = settings;
  member.speaker.priority = settings.priority;
}

void Conference::Relate(MediaLeg* listener, MediaLeg* speaker, const Relation& relation) noexcept {
  if (listener->room != this || speaker->room != this) return;
  int* list = &storage_->members[listener->seat].exceptions;
  if (exceptions_.Set(list, speaker->seat, relation.hearing, relation.gain)) return;
  // The memory is as large as all exceptions together: those that only fade give way.
  for (int i = 0; i < size_; ++i) exceptions_.Sweep(&storage_->members[i].exceptions);
  exceptions_.Set(list, speaker->seat, relation.hearing, relation.gain);
}

void Conference::Remove(MediaLeg* leg) noexcept {
  if (leg->room != this) return;
  leg->LeaveStream();
  const int seat = leg->seat;
  RoomMember* members = storage_->members.get();
  exceptions_.DropList(&members[seat].exceptions);
  for (int i = 0; exceptions_.size() > 0 && i < size_; ++i)
    exceptions_.DropSpeaker(&members[i].exceptions, seat);
  --size_;
  if (seat != size_) {
    members[seat] = members[size_];
    members[seat].leg->seat = seat;
    exceptions_.MoveSpeaker(size_, seat);
  }
  leg->room = nullptr;
  leg->seat = -1;
}

void Conference::Tick(const TickTime& time, RoomScratch* scratch) noexcept {
  PullAll(time);
  ChooseRate();
  ChooseSpeakers();
  MixSpeakers(scratch);
  MakeRates(scratch);
  // Who leaves a shared stream takes its state along, so all choose before anybody encodes.
  streams_.BeginTick();
  for (int i = 0; i < size_; ++i) ChooseStream(&storage_->members[i], scratch);
  for (int i = 0; i < size_; ++i) {
    RoomMember& member = storage_->members[i];
    if (!member.due) continue;
    Serve(&member, scratch);
    EndExceptions(&member);
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

void Conference::ChooseSpeakers() noexcept {
  // Who is not heard by all does not stand for election: it would hold a seat.
  int candidates = 0;
  for (int i = 0; i < size_; ++i) {
    RoomMember& member = storage_->members[i];
    member.asked = false;
    if (member.settings.muted || member.settings.apart) {
      member.speaker.selected = false;
    } else {
      storage_->speakers[candidates++] = &member.speaker;
    }
  }
  selector_.Select(storage_->speakers.get(), candidates);
  for (int i = 0; exceptions_.size() > 0 && i < exceptions_.high_water(); ++i) {
    const int speaker = exceptions_.entry(i).speaker;
    if (speaker >= 0) storage_->members[speaker].asked = true;
  }
}

void Conference::MixSpeakers(RoomScratch* scratch) noexcept {
  Mixer* mixer = &scratch->sums[RateIndex(rate_hz_)];
  mixer->Begin(rate_hz_);
  for (int i = 0; i < size_; ++i) {
    RoomMember& member = storage_->members[i];
    member.in_mix = false;
    member.spoken = false;
    if (member.due) {
      const float alone = member.settings.muted ? 0.0f : member.settings.gain_in;
      const float to = member.speaker.selected ? alone : 0.0f;
      member.voice.in_sum = {member.fresh ? to : member.voice.in_sum.to, to};
      member.voice.alone = alone;
      const bool audible = member.leg->audible() || (size_ == 2 && member.leg->noisy());
      const bool heard = audible && !member.voice.in_sum.silent();
      member.spoken = heard || (audible && member.asked);
      if (heard) {
        const AudioFrame& frame = member.leg->FrameAt(rate_hz_);
        const GainStep gain = member.voice.in_sum;
        member.in_mix = gain.unity() ? mixer->Add(frame) : mixer->AddScaled(frame, gain);
      } else if (member.spoken) {
        member.leg->FrameAt(rate_hz_);
      }
    }
    if (!member.spoken) member.leg->ForgetFrameRate();
  }
  mixer->Settle();
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
  const float loudness = member->settings.deaf ? 0.0f : member->settings.gain_out;
  member->room = {member->fresh ? loudness : member->room.to, loudness};
  const bool hears = !member->room.silent();
  const bool some = hears && (member->in_mix || HasExceptionsNow(*member));
  const bool corrected = leg->KeepCorrection(some, rate_hz_);
  const bool playing = leg->StirPlayers();
  member->own = corrected || playing || (hears && !member->room.unity());
  if (!leg->MaySend()) return leg->LeaveStream();
  if (member->own) return leg->HearsOwn();
  const int rate = RateIndex(leg->send_rate_hz());
  SharedAudio* audio = &(hears ? scratch->mix : scratch->silence)[rate];
  leg->HearsShared(&streams_, hears ? kHearMix : kHearSilence, audio);
}

void Conference::Serve(RoomMember* member, RoomScratch* scratch) noexcept {
  MediaLeg* leg = member->leg;
  const bool hears = !member->room.silent();
  AudioFrame* from_players = &scratch->from_players;
  const AudioFrame* players = leg->NextPlayerFrame(from_players) ? from_players : nullptr;
  // The common case needs whole samples only.
  const bool plain = leg->send_rate_hz() == rate_hz_ && member->room.unity() &&
                     (!member->in_mix || member->voice.in_sum.unity()) &&
                     !HasExceptionsNow(*member);
  const float* correction = nullptr;
  if (!plain) {
    if (hears && member->own) correction = MakeCorrection(*member, scratch);
    correction = leg->Correction(correction, scratch->converted);
  }
  member->fresh = false;
  if (!leg->MaySend()) return leg->SkipFrame();
  const int rate = RateIndex(leg->send_rate_hz());
  SharedAudio* audio = &(hears ? scratch->mix : scratch->silence)[rate];
  if (!member->own) return leg->HearShared(audio, &scratch->streams);
  if (!hears) return leg->HearOwn(players != nullptr ? *players : audio->frame);
  // The sum without the member's own voice, with what is played to it: limited here, once.
  const Mixer& sum = scratch->sums[rate];
  if (plain) {
    sum.MinusPlusInto(member->in_mix ? &leg->frame() : nullptr, players, &scratch->own_mix);
  } else {
    sum.PersonalInto(correction, member->room, players, &scratch->own_mix);
  }
  leg->HearOwn(scratch->own_mix);
}

bool Conference::HasExceptionsNow(const RoomMember& member) const noexcept {
  for (int i = member.exceptions; i >= 0; i = exceptions_.entry(i).next) {
    const RoomMember& speaker = storage_->members[exceptions_.entry(i).speaker];
    if (speaker.spoken && !exceptions_.Correction(i, speaker.voice).silent()) return true;
  }
  return false;
}

// What this listener hears beyond the sum: minus its own voice, and for each exception the
// speaker's voice times what the sum has too little of it. Null when that is nothing.
const float* Conference::MakeCorrection(const RoomMember& member,
                                        RoomScratch* scratch) const noexcept {
  if (!member.in_mix && !HasExceptionsNow(member)) return nullptr;
  const int count = SamplesPerFrame(rate_hz_);
  float* correction = scratch->correction;
  std::fill_n(correction, count, 0.0f);
  if (member.in_mix) {
    const GainStep own = member.voice.in_sum;
    AddScaled(member.leg->frame().samples, count, {-own.from, -own.to}, correction);
  }
  for (int i = member.exceptions; i >= 0; i = exceptions_.entry(i).next) {
    const RoomMember& speaker = storage_->members[exceptions_.entry(i).speaker];
    if (!speaker.spoken) continue;
    const GainStep gain = exceptions_.Correction(i, speaker.voice);
    AddScaled(speaker.leg->frame().samples, count, gain, correction);
  }
  return correction;
}

void Conference::EndExceptions(RoomMember* member) noexcept {
  if (member->exceptions < 0) return;
  for (int i = member->exceptions; i >= 0; i = exceptions_.entry(i).next)
    exceptions_.Advance(i, storage_->members[exceptions_.entry(i).speaker].voice);
  exceptions_.Sweep(&member->exceptions);
}

}  // namespace mixminus
