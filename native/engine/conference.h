// A room: who is in it, and its tick — pull everybody, choose the speakers, sum, and give each
// listener the sum minus their own voice. Owned by one worker from its opening; its memory grows by
// storage that the calling thread allocates and that arrives with the changes which need it.
#pragma once

#include <memory>

#include "core/base/audio_frame.h"
#include "core/base/slot_pool.h"
#include "core/mix/mixer.h"
#include "core/mix/speaker_selector.h"
#include "engine/commands.h"
#include "engine/fact_hub.h"
#include "engine/media_leg.h"
#include "engine/shared_audio.h"
#include "engine/tick_time.h"

namespace mixminus {

struct RoomMember {
  MediaLeg* leg = nullptr;
  Speaker speaker;
  bool muted = false;
  bool deaf = false;
  bool due = false;     // ticks now
  bool in_mix = false;  // its frame is in this tick's sum
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
  void Add(MediaLeg* leg, bool muted, bool deaf) noexcept;
  void Set(MediaLeg* leg, bool muted, bool deaf) noexcept;
  void Remove(MediaLeg* leg) noexcept;
  void Tick(const TickTime& time, SharedAudio* silence) noexcept;

  int index = -1;  // in the worker's list of its phase

 private:
  void PullAll(const TickTime& time) noexcept;
  void MixSpeakers() noexcept;
  void Serve(RoomMember* member, SharedAudio* silence) noexcept;

  const int phase_;
  const SpeakerSelector selector_;
  std::unique_ptr<MemberStorage> storage_;
  int size_ = 0;
  Mixer mixer_;
  SharedAudio mix_;     // what everybody hears who is not in it
  AudioFrame own_mix_;  // scratch of one listener
  AudioFrame from_players_;
};

}  // namespace mixminus
