// A room: who is in it, and its tick — pull everybody, choose the speakers, sum, and give each
// listener the sum minus their own voice, with the exceptions that it has (whom it hears louder,
// always, or never) as further corrections. What changes in loudness, and who enters or leaves the
// mix, fades within the tick. Members may have any of the engine's rates: the room mixes
// at the lowest one at which nobody misses anything, brings each talker there, and the sum to each
// other rate once. Owned by one worker from its opening; its memory grows by storage that the
// calling thread allocates and that arrives with the changes which need it.
#pragma once

#include <memory>

#include "core/base/audio_frame.h"
#include "core/base/slot_pool.h"
#include "core/dsp/rate_converter.h"
#include "core/leg/stream_groups.h"
#include "core/mix/hearing.h"
#include "core/mix/speaker_selector.h"
#include "engine/commands.h"
#include "engine/fact_hub.h"
#include "engine/media_leg.h"
#include "engine/room_scratch.h"
#include "engine/tick_time.h"

namespace mixminus {

struct RoomMember {
  MediaLeg* leg = nullptr;
  Speaker speaker;
  MemberSettings settings;
  VoiceStep voice;      // how it is heard
  GainStep room;        // how it hears
  int exceptions = -1;  // its list in the room's HearingTable
  bool fresh = true;    // no tick yet: nothing to fade from
  bool asked = false;   // some exception is about its voice
  bool due = false;     // ticks now
  bool spoken = false;  // its frame is at the room's rate, for the sum or for exceptions
  bool in_mix = false;  // its frame is in this tick's sum
  bool own = false;     // it hears something of its own in this tick
};

struct MemberStorage {
  explicit MemberStorage(int its_capacity)
      : capacity(its_capacity),
        members(new RoomMember[static_cast<size_t>(its_capacity)]),
        speakers(new Speaker*[static_cast<size_t>(its_capacity)]) {}
  const int capacity;
  std::unique_ptr<RoomMember[]> members;
  std::unique_ptr<Speaker*[]> speakers;
};

class Conference final : public Returned {
 public:
  static constexpr int kFirstCapacity = 8;

  // `loudest` 0 mixes everybody. `phase` 0…3 of the 20 ms period.
  Conference(int loudest, int phase);

  int phase() const noexcept { return phase_; }
  int size() const noexcept { return size_; }
  MediaLeg* leg(int seat) const noexcept { return storage_->members[seat].leg; }

  // Owning worker. The capacity was seen to by the calling thread.
  void AdoptStorage(std::unique_ptr<MemberStorage>* larger) noexcept;
  void AdoptHearing(HearingTable* larger) noexcept { exceptions_.Adopt(larger); }
  void Add(MediaLeg* leg, const MemberSettings& settings) noexcept;
  void Set(MediaLeg* leg, const MemberSettings& settings) noexcept;
  void Relate(MediaLeg* listener, MediaLeg* speaker, const Relation& relation) noexcept;
  void Remove(MediaLeg* leg) noexcept;
  void Tick(const TickTime& time, RoomScratch* scratch) noexcept;

  int rate_hz() const noexcept { return rate_hz_; }  // of the last tick's mix
  // Encoders that work for more than their own leg, or could.
  int shared_streams() const noexcept { return streams_.alive(); }

  int index = -1;  // in the worker's list of its phase

 private:
  void PullAll(const TickTime& time) noexcept;
  void ChooseRate() noexcept;
  void ChooseSpeakers() noexcept;
  void MixSpeakers(RoomScratch* scratch) noexcept;
  void MakeRates(RoomScratch* scratch) noexcept;
  void ChooseStream(RoomMember* member, RoomScratch* scratch) noexcept;
  void Serve(RoomMember* member, RoomScratch* scratch) noexcept;
  bool HasExceptionsNow(const RoomMember& member) const noexcept;
  const float* MakeCorrection(const RoomMember& member, RoomScratch* scratch) const noexcept;
  void EndExceptions(RoomMember* member) noexcept;

  const int phase_;
  const SpeakerSelector selector_;
  std::unique_ptr<MemberStorage> storage_;
  HearingTable exceptions_;
  int size_ = 0;
  int rate_hz_ = 8000;
  // Members by the rate of what they say, of what they hear, and of the lesser of both.
  int saying_[kEngineRates] = {};
  int hearing_[kEngineRates] = {};
  int both_[kEngineRates] = {};
  RateConverter to_rate_[kEngineRates];  // the sum, from rate_hz_
  StreamGroups streams_;
};

}  // namespace mixminus
