// MediaLeg's 20 ms: pull what the peer said, send what it should hear, report, publish. See
// media_leg.h.
#include "engine/media_leg.h"
#include "engine/time_source.h"

namespace mixminus {

// The leg's own clock runs in steps of four grid points. A room ticks in its phase, up to half a
// frame before or after the leg's own time; beyond that the leg waits for the next tick, or makes
// up for the one that it missed.
bool MediaLeg::BeginTick(const TickTime& time) noexcept {
  if (next_grid_ < 0) next_grid_ = time.grid;
  if (time.grid - next_grid_ < -kPhases / 2) return false;
  ReadRtp(time);
  if (time.grid - next_grid_ >= kPhases / 2) {
    // A worker that did not run for long (a suspended machine) does not chew through the backlog.
    constexpr int64_t kMostFrames = 25;
    if (time.grid - next_grid_ > kMostFrames * kPhases) receive_.ResetSource();
    while (time.grid - next_grid_ >= kPhases / 2) {
      if (time.grid - next_grid_ <= kMostFrames * kPhases) CatchUp(time);
      send_.Skip();
      next_grid_ += kPhases;
    }
  }
  next_grid_ += kPhases;
  return true;
}

// Lets one frame pass unheard: audio follows time, so that a stall never becomes a delay that
// stays.
void MediaLeg::CatchUp(const TickTime& time) noexcept {
  if (receive_direction_) receive_.Pull(&frame_, time.now_ns);
  taps_.Push(TapSource::kReceived, nullptr);
  taps_.Push(TapSource::kSent, nullptr);
}

void MediaLeg::Pull(const TickTime& time) noexcept {
  audible_ = false;
  noisy_ = false;
  level_in_dbov_ = kSilenceDbov;
  if (receive_direction_) {
    const PullResult result = receive_.Pull(&frame_, time.now_ns);
    noisy_ = result == PullResult::kNoise;
    audible_ = result != PullResult::kSilence && !noisy_;
    level_in_dbov_ = receive_.level_dbov();
    SetTalking(receive_.talking());
    receive_.FlushTelephoneEvent(time.now_ns);
    TakeDigits();
  } else {
    frame_.Clear(receive_rate_hz());
  }
  taps_.Push(TapSource::kReceived, &frame_);
}

void MediaLeg::SetTalking(bool talking) noexcept {
  if (talking == talking_) return;
  talking_ = talking;
  events_.SetTalking(talking);
  facts_->News(&links);
}

bool MediaLeg::NextPlayerFrame(AudioFrame* out) noexcept {
  // Nothing is played into a closed gate: a prompt started with the answer is heard from its
  // beginning.
  if (players_.empty()) return false;
  if (!GateOpen()) {
    players_.DropFailed();
    return false;
  }
  out->Clear(send_rate_hz());
  return players_.AddFrame(out);
}

void MediaLeg::EndTick(const TickTime& time, bool in_mix) noexcept {
  if (GateOpen() && rtcp_.Due(time)) SendReport(time, false);
  CheckTimeout(time);
  Publish(in_mix);
}

void MediaLeg::SendReport(const TickTime& time, bool bye) noexcept {
  const TransportAddress to = RtcpDestination();
  if (!IsUsable(to)) return;
  // One block and a CNAME of 255 bytes fit with room to spare.
  uint8_t report[512];
  const size_t size = rtcp_.Build(time, &receive_, send_, bye, report, sizeof(report));
  if (size > 0 && !io_->Send(ports_, !rtcp_mux_, to, report, size)) ++send_errors_;
}

void MediaLeg::CheckTimeout(const TickTime& time) noexcept {
  if (rtp_timeout_ns_ == 0 || !receive_direction_ || timeout_told_ || !GateOpen()) return;
  const int64_t from = last_packet_ns_ > timeout_from_ns_ ? last_packet_ns_ : timeout_from_ns_;
  if (time.now_ns - from < rtp_timeout_ns_) return;
  timeout_told_ = true;
  events_.SetRtpTimeout();
  facts_->News(&links);
}

void MediaLeg::Publish(bool in_mix) noexcept {
  PublishReceived();
  stats_.Set(LegStat::kLevelInDbov, -level_in_dbov_);
  stats_.Set(LegStat::kLevelOutDbov, -level_out_dbov_);
  stats_.Set(LegStat::kTalking, talking_);
  stats_.Set(LegStat::kPacketsSent, send_.stats().packets);
  stats_.Set(LegStat::kBytesSent, bytes_sent_);
  stats_.Set(LegStat::kRttMs, rtcp_.rtt_ms());
  stats_.Set(LegStat::kRemoteLostFraction, rtcp_.remote_lost_fraction());
  stats_.Set(LegStat::kRemoteLostPackets, rtcp_.remote_lost_packets());
  stats_.Set(LegStat::kRemoteJitterMs, rtcp_.remote_jitter_ms());
  stats_.Set(LegStat::kRtcpReceived, rtcp_.received());
  stats_.Set(LegStat::kRtcpSent, rtcp_.sent());
  stats_.Set(LegStat::kLastPacketMs, static_cast<double>(last_packet_ns_) / kNsPerMs);
  stats_.Set(LegStat::kLatched, latch_.latched());
  stats_.Set(LegStat::kSending, MaySend());
  stats_.Set(LegStat::kInMix, in_mix);
  stats_.Set(LegStat::kTelephoneEvents, telephone_events_);
  stats_.Set(LegStat::kEventsLost, events_.lost());
  stats_.Set(LegStat::kSendErrors, send_errors_);
}

void MediaLeg::PublishReceived() const noexcept {
  const JitterStats jitter = receive_.jitter_stats();
  const ReceiveLegCounters& counters = receive_.counters();
  stats_.Set(LegStat::kPacketsReceived, packets_received_);
  stats_.Set(LegStat::kBytesReceived, bytes_received_);
  stats_.Set(LegStat::kPacketsLost, jitter.lost);
  stats_.Set(LegStat::kJitterMs, receive_.stats().jitter_ms());
  stats_.Set(LegStat::kDuplicates, jitter.duplicate);
  stats_.Set(LegStat::kReordered, jitter.reordered);
  stats_.Set(LegStat::kLate, jitter.late);
  stats_.Set(LegStat::kDiscarded, jitter.discarded + held_packets_);
  stats_.Set(LegStat::kMalformed, malformed_ + counters.malformed);
  stats_.Set(LegStat::kStrangers, latch_.rejected() + strangers_);
  stats_.Set(LegStat::kUnknownPayload, counters.unknown_payload);
  stats_.Set(LegStat::kConcealedSamples, jitter.concealed_samples);
  stats_.Set(LegStat::kConcealmentEvents, jitter.concealment_events);
  stats_.Set(LegStat::kInsertedSamples, jitter.inserted_samples);
  stats_.Set(LegStat::kRemovedSamples, jitter.removed_samples);
  stats_.Set(LegStat::kPlayoutDelayMs, receive_.playout_delay_ms());
  stats_.Set(LegStat::kTargetDelayMs, jitter.target_ms);
  stats_.Set(LegStat::kRepairedSamples, jitter.repaired_samples);
  stats_.Set(LegStat::kRedundantPackets, jitter.redundant);
  stats_.Set(LegStat::kReceiveCodec, static_cast<int>(receive_.codec()));
}

}  // namespace mixminus
