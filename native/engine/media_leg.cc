// See media_leg.h. Here: life cycle, commands and datagrams; the tick is in media_leg_tick.cc.
#include "engine/media_leg.h"

namespace mixminus {
namespace {

SendLegConfig SendConfig(const MediaLegInit& init) noexcept {
  SendLegConfig config;
  config.ssrc = init.ssrc;
  config.first_sequence = init.first_sequence;
  config.first_timestamp = init.first_timestamp;
  return config;
}

// Nothing is understood before a negotiation, whose settings bring the memory that its codecs need.
ReceiveLegConfig NoFormats() noexcept {
  ReceiveLegConfig config;
  config.slots = 1;
  return config;
}

}  // namespace

MediaLeg::MediaLeg(const MediaLegInit& init)
    : Returned(ReturnedKind::kLeg),
      handle_(init.handle),
      ports_(init.ports),
      stats_(init.stats),
      facts_(init.facts),
      rtp_timeout_ns_(init.rtp_timeout_ns),
      receive_(NoFormats()),
      send_(SendConfig(init)),
      rtcp_(init.seed, init.cname),
      digits_(init.facts) {
  links.leg = this;
}

void MediaLeg::Enter(PacketIo* io) noexcept {
  io_ = io;
  // A refusal (no memory in the kernel) shows as a leg that hears nothing; its counters say so.
  if (!io_->Attach(ports_, row())) ++send_errors_;
  Publish(false);
  stats_.Set(LegStat::kGeneration, HandleGeneration(handle_));
}

void MediaLeg::Leave() noexcept {
  io_->Detach(ports_);
  io_ = nullptr;
}

void MediaLeg::Close(const TickTime& time) noexcept {
  LeaveStream();
  if (GateOpen() && send_.stats().packets > 0) SendReport(time, true);
  Leave();
  digits_.Stop();
  players_.StopAll();
  taps_.StopAll();
  // An event whose end the caller's hang-up cut off still counts.
  receive_.FlushTelephoneEvent(INT64_MAX / 2);
  TakeDigits();
  stats_.Set(LegStat::kGeneration, 0);
  facts_->Return(this);
}

void MediaLeg::Configure(LegSettings* from, const TickTime& time) noexcept {
  const LegSettings& settings = *from;
  const TransportAddress before = latch_.signalled();
  receive_.Renegotiate(from->receive_leg.get());
  LeaveStream();
  if (from->encoder != nullptr) from->encoder->SetExpectedLoss(loss_.expected_percent());
  send_.Configure(settings.send_payload_type, &from->encoder, settings.send_noise_payload_type);
  digits_.Configure(settings.event_payload_type, settings.event_clock_hz);
  latch_.SetSignalled(settings.remote_rtp, time.now_ns);
  // The ACK proved that one address wants media; another has to prove it again. 0.0.0.0 is a hold,
  // not an address.
  if (IsUsable(settings.remote_rtp) && settings.remote_rtp != before) {
    allow_send_ = false;
    learned_rtcp_ = {};
  }
  allow_send_ = allow_send_ || settings.allow_send;
  remote_rtcp_ = settings.remote_rtcp;
  rtcp_mux_ = settings.rtcp_mux;
  send_direction_ = settings.send;
  // What came before a hold is not played after it, and the pause is not loss.
  if (settings.receive_media != receive_direction_) receive_.ResetSource();
  receive_direction_ = settings.receive_media;
  if (!receive_direction_) SetTalking(false);
  configured_ = true;
  timeout_from_ns_ = time.now_ns;
  timeout_told_ = false;
}

// One call reads all that one sender's 20 ms bring; the bound keeps a flood from eating the tick,
// the rest waits or is dropped by the kernel.
void MediaLeg::ReadRtp(const TickTime& time) noexcept {
  constexpr int kMostCalls = 4;
  for (int call = 0; call < kMostCalls; ++call) {
    const Datagram* datagrams = nullptr;
    const int count = io_->Read(ports_, false, &datagrams);
    for (int i = 0; i < count; ++i) {
      // On a muxed port the packet type tells them apart (RFC 5761 4).
      if (LooksLikeRtcp(datagrams[i].data, datagrams[i].size)) {
        HandleRtcp(datagrams[i], time.wall_ns);
      } else {
        HandleRtp(datagrams[i]);
      }
    }
    if (count < PacketIo::kBatch) return;
  }
}

void MediaLeg::ReadRtcp(const TickTime& time) noexcept {
  const Datagram* datagrams = nullptr;
  const int count = io_->Read(ports_, true, &datagrams);
  for (int i = 0; i < count; ++i) HandleRtcp(datagrams[i], time.wall_ns);
}

void MediaLeg::HandleRtp(const Datagram& datagram) noexcept {
  // Before the negotiation there is nobody whose packets these could be.
  if (!configured_) return;
  RtpPacketView packet;
  if (ParseRtp(datagram.data, datagram.size, &packet) != Status::kOk) {
    ++malformed_;
    return;
  }
  const bool was_latched = latch_.latched();
  const LatchVerdict verdict =
      latch_.OnPacket(datagram.from, packet.ssrc, packet.sequence, datagram.arrival_ns);
  if (verdict == LatchVerdict::kReject || verdict == LatchVerdict::kProbation) return;
  if (verdict == LatchVerdict::kLatched || !was_latched) Latched(datagram.from, packet.ssrc);
  ++packets_received_;
  bytes_received_ += datagram.size;
  last_packet_ns_ = datagram.arrival_ns;
  timeout_told_ = false;
  if (!receive_direction_) {
    ++held_packets_;
    return;
  }
  if (receive_.Insert(packet, datagram.arrival_ns) == InsertResult::kTelephoneEvent) TakeDigits();
}

void MediaLeg::Latched(const TransportAddress& from, uint32_t ssrc) noexcept {
  // The same stream from another address goes on where it was; another stream begins anew.
  if (receive_.has_source() && receive_.remote_ssrc() != ssrc) receive_.ResetSource();
  learned_rtcp_ = {};
  events_.SetLatched(from);
  facts_->News(&links);
}

void MediaLeg::HandleRtcp(const Datagram& datagram, int64_t wall_ns) noexcept {
  if (!configured_) return;
  if (!SameHost(datagram.from, latch_.destination())) {
    ++strangers_;
    return;
  }
  switch (rtcp_.Handle(datagram.data, datagram.size, receive_, send_, wall_ns)) {
    case LegRtcp::Heard::kInvalid:
      ++malformed_;
      return;
    case LegRtcp::Heard::kBye:
      if (!bye_heard_) {
        events_.SetRtcpBye();
        facts_->News(&links);
      }
      bye_heard_ = true;
      break;
    case LegRtcp::Heard::kReport:
      loss_.Update(rtcp_.remote_lost_fraction());
      break;
  }
  learned_rtcp_ = datagram.from;
}

void MediaLeg::TakeDigits() noexcept {
  TelephoneEvent event;
  while (receive_.PopTelephoneEvent(&event)) {
    ++telephone_events_;
    events_.AddDigit(event);
    facts_->News(&links);
  }
}

bool MediaLeg::GateOpen() const noexcept {
  // Reflection guard: media goes only to an address that asked for it by an ACK, or that sends
  // media itself.
  return configured_ && (latch_.latched() || allow_send_) && IsUsable(latch_.destination());
}

TransportAddress MediaLeg::RtcpDestination() const noexcept {
  if (rtcp_mux_) return latch_.destination();
  if (IsUsable(learned_rtcp_)) return learned_rtcp_;
  // Behind a NAT the signalled host is not the real one: the latched host is, and the port a guess
  // (RFC 3550 11).
  TransportAddress address = latch_.destination();
  address.port = remote_rtcp_.port;
  return address;
}

}  // namespace mixminus
