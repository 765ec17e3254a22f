// What a leg hears: through its own encoder, or through one that it shares with others. See
// media_leg.h.
#include "engine/media_leg.h"

namespace mixminus {
namespace {

// A stream of one's own becomes the shared one again when both encoders have seen enough of the
// same audio to agree: some frames of quiet, or two seconds of anything.
constexpr int kQuietDbov = 60;
constexpr int kQuietTicks = 10;
constexpr int kMostPrivateTicks = 100;

}  // namespace

const AudioFrame& MediaLeg::FrameAt(int rate_hz) noexcept {
  if (frame_.rate_hz != rate_hz) {
    to_room_.SetRates(frame_.rate_hz, rate_hz);
    to_room_.Convert(frame_, &frame_);
  }
  return frame_;
}

bool MediaLeg::KeepCorrection(bool some, int room_rate_hz) noexcept {
  from_room_.SetRates(room_rate_hz, send_rate_hz());
  // The filter's tail is still in the mix for a moment after the last frame.
  return some || !from_room_.quiet();
}

const float* MediaLeg::Correction(const float* in, float* out) noexcept {
  static constexpr float kNothing[AudioFrame::kMaxSamples] = {};
  if (from_room_.from_hz() == from_room_.to_hz()) return in;
  if (in == nullptr && from_room_.quiet()) return nullptr;
  from_room_.ConvertWide(in != nullptr ? in : kNothing, out);
  return out;
}

// Another class of loss is another stream: the encoder goes on alone, with what it now expects,
// until it can join those of its class as one that comes back from talk.
void MediaLeg::FollowLoss() noexcept {
  StreamEncoder* encoder = send_.encoder();
  const int percent = loss_.expected_percent();
  if (encoder == nullptr || encoder->settings().codec.opus.expected_loss_percent == percent) return;
  if (encoder->settings().codec.id != CodecId::kOpus || !encoder->settings().codec.opus.fec) return;
  LeaveStream();
  encoder->SetExpectedLoss(percent);
  had_own_ = true;
  quiet_ticks_ = 0;
  private_ticks_ = 0;
}

void MediaLeg::HearsOwn() noexcept {
  FollowLoss();
  LeaveStream();
  had_own_ = true;
  quiet_ticks_ = 0;
  private_ticks_ = 0;
}

void MediaLeg::HearsShared(StreamGroups* groups, int source, SharedAudio* audio) noexcept {
  FollowLoss();
  StreamEncoder* encoder = send_.encoder();
  if (encoder == nullptr || (groups_ == groups && groups->source_of(stream_) == source)) return;
  LeaveStream();
  if (had_own_ && encoder->has_state()) {
    quiet_ticks_ = audio->LevelDbovOnce() >= kQuietDbov ? quiet_ticks_ + 1 : 0;
    if (quiet_ticks_ < kQuietTicks && ++private_ticks_ < kMostPrivateTicks) return;
  }
  if (groups->Join(&stream_, encoder, source)) groups_ = groups;
  had_own_ = false;
}

void MediaLeg::LeaveStream() noexcept {
  if (groups_ != nullptr) groups_->Leave(&stream_);
  groups_ = nullptr;
}

void MediaLeg::HearShared(SharedAudio* audio, StreamScratch* scratch) noexcept {
  if (!MaySend()) return SkipFrame();
  level_out_dbov_ = audio->LevelDbovOnce();
  bool heard = false;
  if (groups_ != nullptr) {
    heard = SendEncoded(groups_->Hear(stream_, audio->frame, scratch));
  } else {
    EncodedAudio own;
    send_.Encode(audio->frame, &own);
    heard = SendEncoded(own);
  }
  taps_.Push(TapSource::kSent, heard ? &audio->frame : nullptr);
}

void MediaLeg::HearOwn(const AudioFrame& frame) noexcept {
  if (!MaySend()) return SkipFrame();
  level_out_dbov_ = LevelDbov(frame.samples, frame.samples_per_channel);
  EncodedAudio own;
  send_.Encode(frame, &own);
  const bool heard = SendEncoded(own);
  taps_.Push(TapSource::kSent, heard ? &frame : nullptr);
}

void MediaLeg::SkipFrame() noexcept {
  send_.Skip();
  level_out_dbov_ = kSilenceDbov;
  taps_.Push(TapSource::kSent, nullptr);
}

// False when a telephone event took the place of the audio, which the encoder went on with.
bool MediaLeg::SendEncoded(const EncodedAudio& audio) noexcept {
  const bool heard = !SendDigit();
  for (int i = 0; heard && i < audio.count; ++i) {
    uint8_t packet[SendLeg::kMostPacketBytes];
    SendPacket(packet, send_.Write(audio, i, packet, sizeof(packet)));
  }
  send_.Pass();
  return heard;
}

// RFC 4733 2.5.1.2: the peer hears the tone that it makes of the event, or nothing.
bool MediaLeg::SendDigit() noexcept {
  TelephoneEventSender::Packet event;
  if (!digits_.waiting() || !digits_.Tick(send_.next_timestamp(), &event)) return false;
  uint8_t packet[kRtpHeaderSize + TelephoneEventSender::kPayloadSize];
  SendPacket(packet, send_.WriteEvent(digits_.payload_type(), event, packet));
  level_out_dbov_ = kSilenceDbov;
  return true;
}

void MediaLeg::SendPacket(const uint8_t* packet, size_t size) noexcept {
  if (size == 0) return;
  if (io_->Send(ports_, false, latch_.destination(), packet, size)) {
    bytes_sent_ += size;
  } else {
    ++send_errors_;
  }
}

}  // namespace mixminus
