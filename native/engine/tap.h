// What a listener's audio is copied to: recorders and readers of PCM. A leg has a list of them and
// hands over what it received and what it sent, once a tick each; a room's mix can have one just as
// well. Worker only, but for what the kinds say themselves.
#pragma once

#include <cstdint>

#include "core/base/audio_frame.h"
#include "core/base/slot_pool.h"
#include "engine/fact_hub.h"

namespace mixminus {

// Which side of a leg: what the peer says, what it hears, or both.
enum class TapSource : uint8_t { kReceived, kSent, kBoth };

class Tap : public Returned {
 public:
  Tap(ReturnedKind its_kind, TapSource source) : Returned(its_kind), source_(source) {}

  // Owning worker. `side` is kReceived or kSent, in this order in each tick, and one that source()
  // names; null is silence. False when the tap wants no more: Finish follows.
  virtual bool Push(TapSource side, const AudioFrame* frame) noexcept = 0;
  // The worker's last touch.
  virtual void Finish() noexcept = 0;

  TapSource source() const noexcept { return source_; }

  Handle handle = kNullHandle;
  Handle leg = kNullHandle;
  Tap* next = nullptr;  // the list of the leg

 private:
  const TapSource source_;
};

class TapList {
 public:
  bool empty() const noexcept { return first_ == nullptr; }
  void Add(Tap* tap) noexcept {
    tap->next = first_;
    first_ = tap;
  }
  void Stop(Handle tap) noexcept {
    for (Tap** link = &first_; *link != nullptr; link = &(*link)->next) {
      if ((*link)->handle != tap) continue;
      Finish(link);
      return;
    }
  }
  void StopAll() noexcept {
    while (first_ != nullptr) Finish(&first_);
  }
  void Push(TapSource side, const AudioFrame* frame) noexcept {
    for (Tap** link = &first_; *link != nullptr;) {
      Tap* tap = *link;
      const bool wants = tap->source() == side || tap->source() == TapSource::kBoth;
      if (wants && !tap->Push(side, frame)) {
        Finish(link);
      } else {
        link = &tap->next;
      }
    }
  }

 private:
  static void Finish(Tap** link) noexcept {
    Tap* finished = *link;
    *link = finished->next;
    finished->Finish();
  }

  Tap* first_ = nullptr;
};

}  // namespace mixminus
