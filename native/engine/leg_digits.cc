// See leg_digits.h.
#include "engine/leg_digits.h"

namespace mixminus {

void LegDigits::Configure(int payload_type, int clock_hz) noexcept {
  payload_type_ = payload_type;
  clock_hz_ = clock_hz;
  if (payload_type_ < 0) Stop();
}

void LegDigits::Add(DigitSequence* sequence) noexcept {
  DigitSequence** link = &first_;
  while (*link != nullptr) link = &(*link)->next;
  *link = sequence;
  // The peer may have renegotiated while the command was on its way.
  if (payload_type_ < 0) Stop();
}

void LegDigits::Stop() noexcept {
  sender_.Abort();
  while (first_ != nullptr) ReturnFirst(false);
}

void LegDigits::ReturnFirst(bool completed) noexcept {
  DigitSequence* sequence = first_;
  first_ = sequence->next;
  sequence->completed = completed;
  facts_->Return(sequence);
}

bool LegDigits::Tick(uint32_t stream_timestamp, TelephoneEventSender::Packet* out) noexcept {
  while (sender_.idle() && first_ != nullptr) {
    if (const TelephoneEventRequest* request = first_->Next()) {
      sender_.Start(*request);
    } else {
      ReturnFirst(true);
    }
  }
  return sender_.Tick(stream_timestamp, clock_hz_, out);
}

}  // namespace mixminus
