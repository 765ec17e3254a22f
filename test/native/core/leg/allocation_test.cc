// The media thread must not allocate: a lock inside malloc is where audio glitches come from. Runs
// the whole core path of a room under the test program's allocation counter.

#include <doctest/doctest.h>

#include <memory>
#include <vector>

#include "core/base/spsc_queue.h"
#include "core/dsp/tone.h"
#include "core/leg/receive_leg.h"
#include "core/leg/send_leg.h"
#include "core/mix/mixer.h"
#include "core/mix/speaker_selector.h"
#include "core/rtp/rtcp.h"
#include "core/rtp/source_latch.h"
#include "core/testing.h"
#include "engine/allocation_counter.h"

using namespace mixminus;

namespace {

constexpr int kMembers = 6;

struct Member {
  Member(uint32_t ssrc, const ReceiveLegConfig& config)
      : receive(config),
        send(SendLegConfig{ssrc, 65000, 0xFFFFFF00}),
        phone(SendLegConfig{ssrc + 1000, 65000, 0xFFFFFF00}) {
    for (SendLeg* leg : {&send, &phone}) {
      StreamSettings stream;
      stream.codec.id = CodecId::kPcmu;
      auto encoder = StreamEncoder::Make(stream);
      leg->Configure(0, &encoder);
    }
  }
  ReceiveLeg receive;
  SendLeg send;
  SendLeg phone;
  SourceLatch latch;
  Speaker speaker;
  AudioFrame frame;
};

size_t Send(SendLeg* leg, const AudioFrame& frame, uint8_t* packet, size_t capacity) {
  static EncodedAudio encoded;
  leg->Encode(frame, &encoded);
  const size_t size = leg->Write(encoded, 0, packet, capacity);
  leg->Pass();
  return size;
}

// One tick of the room, with losses, repeats, digits and a renegotiation now and then.
void Tick(int tick, std::vector<std::unique_ptr<Member>>* members, testing::Random* random,
          ToneGenerator* tone, SpscQueue<int>* queue) {
  static AudioFrame spoken;
  static AudioFrame mixed;
  uint8_t packet[300];
  Mixer mixer;
  Speaker* speakers[kMembers];
  int count = 0;
  TransportAddress from;
  from.family = 4;
  from.bytes[0] = 10;
  from.port = 4000;
  const int64_t now_ns = int64_t{tick} * 20'000'000;
  for (auto& member : *members) {
    tone->Generate(spoken.samples, 160);
    const size_t size = Send(&member->phone, spoken, packet, sizeof(packet));
    RtpPacketView view;
    ParseRtp(packet, size, &view);
    if (random->Chance(0.05)) view.payload_type = 101;
    if (random->Chance(0.001)) view.ssrc = 77;
    if (view.payload_type == 101) view.payload_size = 4;
    member->latch.OnPacket(from, view.ssrc, view.sequence, now_ns);
    if (!random->Chance(0.05)) member->receive.Insert(view, now_ns);
    if (random->Chance(0.05)) member->receive.Insert(view, now_ns);
    member->receive.FlushTelephoneEvent(now_ns);
    member->receive.Pull(&member->frame, now_ns);
    TelephoneEvent event;
    while (member->receive.PopTelephoneEvent(&event)) queue->Push(event.code);
    member->speaker.level_dbov = member->receive.level_dbov();
    member->speaker.talking = member->receive.talking();
    speakers[count++] = &member->speaker;
  }
  SpeakerSelector(3).Select(speakers, count);
  mixer.Begin(8000);
  for (auto& member : *members) {
    if (member->speaker.selected) mixer.Add(member->frame);
  }
  for (auto& member : *members) {
    mixer.MinusInto(member->speaker.selected ? &member->frame : nullptr, &mixed);
    Send(&member->send, mixed, packet, sizeof(packet));
    if (random->Chance(0.01)) member->send.Skip();
    if (random->Chance(0.001)) member->receive.ResetSource();
    const ReceptionReport reception = member->receive.TakeReport();
    RtcpReportBlock block;
    block.fraction_lost = reception.fraction_lost;
    RtcpReport report;
    report.cname = "someone@somewhere";
    report.blocks = &block;
    report.block_count = 1;
    uint8_t rtcp[200];
    RtcpCompound compound;
    ParseRtcp(rtcp, BuildRtcp(report, rtcp, sizeof(rtcp)), &compound);
  }
  int code = 0;
  while (queue->Pop(&code)) {
  }
}

}  // namespace

TEST_CASE("allocations: the counter counts") {
  const uint64_t before = rig::Allocations();
  const std::vector<int> kept(static_cast<size_t>(before % 2 + 1));
  CHECK(rig::Allocations() > before);
  CHECK_FALSE(kept.empty());
}

TEST_CASE("allocations: 10,000 ticks of a room make none in core") {
  ReceiveLegConfig config;
  config.formats[0] = {0, CodecId::kPcmu};
  config.format_count = 1;
  config.telephone_events[0].payload_type = 101;
  std::vector<std::unique_ptr<Member>> members;
  for (uint32_t i = 0; i < kMembers; ++i)
    members.push_back(std::make_unique<Member>(100 + i, config));
  testing::Random random(12);
  ToneGenerator tone(8000, 300, 9000);
  SpscQueue<int> queue(64);
  const uint64_t before = rig::Allocations();
  for (int tick = 0; tick < 10000; ++tick) Tick(tick, &members, &random, &tone, &queue);
  CHECK(rig::Allocations() - before == 0);
  CHECK(members[0]->receive.jitter_stats().inserted > 5000);
  CHECK(members[0]->send.stats().packets == 10000);
}
