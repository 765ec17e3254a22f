// Telephone events from our sender to our receiver over a network that loses, repeats and delays:
// never an event that was not sent, never one twice.
#include "core/base/check.h"
#include "core/rtp/telephone_event.h"
#include "core/rtp/telephone_event_sender.h"
#include "fuzz_input.h"

using namespace mixminus;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr int kClocks[] = {8000, 16'000, 48'000};
  fuzz::Input input(data, size);
  const int clock_hz = kClocks[input.Byte() % 3];
  TelephoneEventReceiver receiver(clock_hz);
  TelephoneEventSender sender;
  TelephoneEventSender::Packet kept;
  bool has_kept = false;
  uint32_t timestamp = input.Long();
  int64_t now_ns = 0;
  uint64_t sent = 0;
  uint64_t heard = 0;
  for (int tick = 0; tick < 2000 && !input.done(); ++tick) {
    if (sender.idle()) {
      const uint8_t code = input.Byte() % 17;
      // Long enough for a receiver that lost the end to give up before the next one of the same
      // kind, or for the timestamp to tell them apart.
      sender.Start({code, static_cast<uint16_t>(input.Word() % 4000), 40, input.Byte()});
      ++sent;
    }
    TelephoneEventSender::Packet packet;
    if (sender.Tick(timestamp, clock_hz, &packet)) {
      const uint8_t fate = input.Byte() % 8;
      const auto arrive = [&](const TelephoneEventSender::Packet& it) {
        MIXMINUS_CHECK(receiver.Insert(it.timestamp, it.marker, it.payload, 4, now_ns));
      };
      if (fate != 0) arrive(packet);
      if (fate == 1) arrive(packet);
      if (fate == 2 && has_kept) arrive(kept);
      if (fate == 3) {
        kept = packet;
        has_kept = true;
      }
    }
    timestamp += static_cast<uint32_t>(clock_hz / 50);
    now_ns += 20'000'000;
    if (tick % 16 == 0) has_kept = false;  // nothing is late by more than that
    TelephoneEvent event;
    while (receiver.Pop(&event)) ++heard;
  }
  receiver.FlushNow();
  TelephoneEvent event;
  while (receiver.Pop(&event)) ++heard;
  MIXMINUS_CHECK(heard + receiver.overflows() <= sent);
  return 0;
}
