// Any datagrams and ticks through a whole receiving leg and the latch before it: no crash, frames
// of the right shape, levels in range.

#include "core/base/check.h"
#include "core/leg/receive_leg.h"
#include "core/rtp/source_latch.h"
#include "fuzz_input.h"

using namespace mixminus;

namespace {

// A plausible packet from a few bytes, so that the fuzzer need not find RTP headers by itself.
size_t Compose(fuzz::Input* input, uint8_t control, uint16_t* sequence, uint32_t* timestamp,
               uint8_t* packet) {
  const int step = static_cast<int8_t>(input->Byte());
  *sequence = static_cast<uint16_t>(*sequence + ((control & 0x08) != 0 ? step : 1));
  *timestamp += static_cast<uint32_t>((control & 0x10) != 0 ? step * 4000 : 160);
  const uint8_t types[] = {0, 8, 13, 101};
  packet[0] = 0x80;
  packet[1] = types[step & 3];
  packet[2] = static_cast<uint8_t>(*sequence >> 8);
  packet[3] = static_cast<uint8_t>(*sequence);
  for (int i = 0; i < 4; ++i) packet[4 + i] = static_cast<uint8_t>(*timestamp >> (24 - 8 * i));
  for (int i = 0; i < 3; ++i) packet[8 + i] = 0;
  packet[11] = (control & 0x20) != 0 ? 1 : 2;
  size_t payload = (control & 0x40) != 0 ? input->Byte() * 2u : 160u;
  if (packet[1] == 101) payload = 4;
  for (size_t i = 0; i < payload; ++i)
    packet[12 + i] = i < 4 ? input->Byte() : static_cast<uint8_t>(i * 7);
  return 12 + payload;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  ReceiveLegConfig config;
  config.formats[0] = {0, CodecId::kPcmu};
  config.formats[1] = {8, CodecId::kPcma};
  config.formats[2] = {13, CodecId::kNone};
  config.format_count = 3;
  config.telephone_events[0].payload_type = 101;
  ReceiveLeg leg(config);
  SourceLatch latch;
  TransportAddress from;
  from.family = 4;
  from.bytes[0] = 1;
  AudioFrame frame;
  uint16_t sequence = 0;
  uint32_t timestamp = 0;
  int64_t now_ns = 0;
  uint8_t packet[600];
  while (!input.done()) {
    const uint8_t control = input.Byte();
    if ((control & 0x03) == 0) {
      now_ns += 20'000'000;
      leg.FlushTelephoneEvent(now_ns);
      leg.Pull(&frame, now_ns);
      MIXMINUS_CHECK(frame.samples_per_channel == 160);
      MIXMINUS_CHECK(leg.level_dbov() >= 0 && leg.level_dbov() <= 127);
      TelephoneEvent event;
      while (leg.PopTelephoneEvent(&event)) MIXMINUS_CHECK(event.digit != 0);
      continue;
    }
    if (control == 0xFF) leg.ResetSource();
    const uint8_t* raw = packet;
    size_t length = 0;
    if ((control & 0x03) == 3) {
      length = input.Take(input.Byte(), &raw);
    } else {
      length = Compose(&input, control, &sequence, &timestamp, packet);
    }
    RtpPacketView view;
    if (ParseRtp(raw, length, &view) != Status::kOk) continue;
    from.port = static_cast<uint16_t>(1000 + (control >> 7));
    latch.OnPacket(from, view.ssrc, view.sequence, now_ns);
    leg.Insert(view, now_ns);
    leg.TakeReport();
  }
  return 0;
}
