// The digits that one leg has still to send: sequences of telephone events with their pauses, one
// after the other (RFC 4733 2.5.1). A sequence is made by the calling thread and goes back through
// the FactHub when it was sent, or when the leg could not send it to its end. Owned by the leg's
// worker; MediaLeg asks once a tick.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "core/base/slot_pool.h"
#include "core/rtp/telephone_event_sender.h"
#include "engine/fact_hub.h"

namespace mixminus {

class DigitSequence final : public Returned {
 public:
  DigitSequence(Handle its_leg, uint64_t its_number, std::vector<TelephoneEventRequest> events)
      : Returned(ReturnedKind::kDigits),
        leg(its_leg),
        number(its_number),
        events_(std::move(events)) {}

  const TelephoneEventRequest* Next() noexcept {
    return position_ < events_.size() ? &events_[position_++] : nullptr;
  }

  const Handle leg;
  const uint64_t number;   // of the caller
  bool completed = false;  // worker, before it goes back
  DigitSequence* next = nullptr;

 private:
  const std::vector<TelephoneEventRequest> events_;
  size_t position_ = 0;
};

class LegDigits {
 public:
  explicit LegDigits(FactHub* facts) noexcept : facts_(facts) {}

  // What negotiation settled; −1: no telephone events, and what waits goes back unsent.
  void Configure(int payload_type, int clock_hz) noexcept;
  void Add(DigitSequence* sequence) noexcept;
  // The leg ends.
  void Stop() noexcept;

  bool waiting() const noexcept { return first_ != nullptr; }
  uint8_t payload_type() const noexcept { return static_cast<uint8_t>(payload_type_); }

  // One tick in which the leg may send; `stream_timestamp` of the audio frame that would go now.
  // True: `out` goes instead.
  bool Tick(uint32_t stream_timestamp, TelephoneEventSender::Packet* out) noexcept;

 private:
  void ReturnFirst(bool completed) noexcept;

  FactHub* const facts_;
  TelephoneEventSender sender_;
  DigitSequence* first_ = nullptr;
  int payload_type_ = -1;
  int clock_hz_ = 8000;
};

}  // namespace mixminus
