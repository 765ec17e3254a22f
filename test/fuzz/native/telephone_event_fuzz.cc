// Any sequence of telephone-event packets and ticks. Never more digits than events were begun or
// continued, and only real ones.

#include "core/base/check.h"
#include "core/rtp/telephone_event.h"
#include "fuzz_input.h"

using namespace mixminus;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  TelephoneEventReceiver receiver(input.Byte() % 2 == 0 ? 8000 : 48000);
  int64_t now_ns = 0;
  uint64_t blocks = 0;
  uint64_t digits = 0;
  while (!input.done()) {
    const uint8_t control = input.Byte();
    now_ns += int64_t{control & 0x0F} * 20'000'000;
    const uint32_t timestamp = (control & 0x10) != 0 ? input.Long() : input.Byte() * 160u;
    const uint8_t* payload = nullptr;
    const size_t length = input.Take((control & 0x20) != 0 ? 8 : 4, &payload);
    if (receiver.Insert(timestamp, (control & 0x40) != 0, payload, length, now_ns))
      blocks += length / 4;
    if ((control & 0x80) != 0) receiver.Flush(now_ns);
    TelephoneEvent event;
    while ((control & 0x08) != 0 && receiver.Pop(&event)) {
      ++digits;
      MIXMINUS_CHECK(event.digit != 0 && event.digit == TelephoneEventDigit(event.code));
      MIXMINUS_CHECK(event.duration_ms >= 0);
    }
    MIXMINUS_CHECK(digits + receiver.overflows() <= blocks);
  }
  receiver.FlushNow();
  MIXMINUS_CHECK(!receiver.active());
  return 0;
}
