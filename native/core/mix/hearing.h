#pragma once
// Who hears whom otherwise than everybody does: for a listener a short list of speakers, each with
// what they are to this listener alone. Sparse: a room without exceptions costs nothing, and one
// with some costs in proportion to them, never members × members. An exception is heard as a
// correction to the room's sum: the speaker's voice times (what the listener should hear − what the
// sum holds). Pure; memory comes from the calling thread; owned by the engine's conference, which
// knows members by their seats.

#include <cstdint>
#include <memory>

#include "core/mix/gain_ramp.h"

namespace mixminus {

enum class Hearing : uint8_t {
  kAsAll,   // no exception
  kNever,   // blocked
  kScaled,  // when everybody hears the speaker, louder or quieter
  kAlways,  // also when the speaker is not among the loudest, or speaks to a few only
};

struct HearingException {
  int speaker = -1;  // seat
  int next = -1;
  Hearing hearing = Hearing::kAsAll;
  float gain = 1.0f;
  float heard = 0.0f;  // the gain that the listener heard at the end of the last tick
  bool fresh = true;   // no tick yet: `heard` is what everybody heard
};

// A speaker in one tick.
struct VoiceStep {
  GainStep in_sum;     // as everybody hears it; silent when it is not in the mix
  float alone = 0.0f;  // as those hear it who always do, at the end of the tick
};

class HearingTable {
 public:
  HearingTable() = default;
  explicit HearingTable(int capacity);

  int capacity() const noexcept { return capacity_; }
  int size() const noexcept { return size_; }

  // Takes the larger memory and all that is in its own; what was its own goes back.
  void Adopt(HearingTable* larger) noexcept;

  // Lists are known by their first entry, −1 for none, which the listener keeps. kAsAll ends an
  // exception, which then lasts for one more tick to fade. False when the memory is full.
  bool Set(int* list, int speaker, Hearing hearing, float gain) noexcept;

  // The list's owner has left.
  void DropList(int* list) noexcept;
  // A speaker has left; to be called for each list.
  void DropSpeaker(int* list, int speaker) noexcept;
  // A member has another seat now.
  void MoveSpeaker(int from, int to) noexcept;

  const HearingException& entry(int index) const noexcept { return entries_[index]; }
  // All entries ever used, to look at; those that are free have speaker −1.
  int high_water() const noexcept { return high_water_; }

  // The correction for the entry in this tick, as a gain of the speaker's voice.
  GainStep Correction(int index, const VoiceStep& voice) const noexcept;
  // The tick is over for the entry.
  void Advance(int index, const VoiceStep& voice) noexcept;
  // After Advance of all: entries that were ended are freed.
  void Sweep(int* list) noexcept;

 private:
  int Take() noexcept;
  void Free(int* link) noexcept;
  static float Target(const HearingException& entry, const VoiceStep& voice) noexcept;

  std::unique_ptr<HearingException[]> entries_;
  int capacity_ = 0;
  int size_ = 0;
  int high_water_ = 0;
  int free_ = -1;
};

}  // namespace mixminus
