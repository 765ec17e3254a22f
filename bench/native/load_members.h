// The members that rtp_load plays: each a UDP socket that sends one PCMU packet every 20 ms (a tone
// of its own, or silence) and measures what comes back. Used by one media thread; nothing here
// waits or locks.
#pragma once

#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "rtp_wire.h"
#include "stream_meter.h"
#include "udp.h"
#include "ulaw.h"

namespace mixminus::bench {

struct LoadOptions {
  int members = 0;
  int talkers = 3;
  const char* bind_address = "127.0.0.1";
  double level_dbfs = -20;  // Of each tone; 0 dBFS is a sine that just does not clip.
  bool burst = false;       // All members at once, instead of spread over the 20 ms.
  bool realtime = false;    // Ask for SCHED_FIFO.
  std::vector<std::pair<int, std::string>> record;  // Member → file of raw s16.
};

// Tones of 400 to 3400 Hz in uneven steps: of evenly spaced ones, the distortion of two (2·f2 − f3)
// would fall on a third and look as if it were heard.
inline double ToneHz(int talker) {
  return 400 + std::fmod(147.0 * talker + 23.0 * talker * talker, 3000);
}

struct LoadMember {
  int fd = -1;
  uint16_t port = 0;
  bool has_peer = false;
  Address peer;
  RtpHeader header{};
  double tone_hz = 0;  // 0 is silence.
  double phase = 0;
  int64_t sent = 0;
  int64_t send_errors = 0;
  int64_t strangers = 0;  // Datagrams that did not come from the peer.
  StreamMeter meter;
  const std::string* record_path = nullptr;
  bool recording = false;
  uint32_t record_start = 0;  // RTP timestamp of the recording's first sample.
  std::vector<int16_t> recorded;
};

class LoadMembers {
 public:
  explicit LoadMembers(const LoadOptions& options)
      : members_(static_cast<size_t>(options.members)) {
    amplitude_ = 32767 * std::pow(10, options.level_dbfs / 20);
    for (size_t i = 0; i < members_.size(); ++i) {
      LoadMember& member = members_[i];
      member.fd = OpenUdp(options.bind_address, &member.port, true);
      member.header.ssrc = 0x20000 + static_cast<uint32_t>(i);
      member.header.sequence = static_cast<uint16_t>(65'000 + 97 * i);  // Wraps soon, on purpose.
      member.header.timestamp = 0xfffff000U + static_cast<uint32_t>(i);
      const int talker = static_cast<int>(i);
      if (talker < options.talkers) member.tone_hz = ToneHz(talker);
    }
    for (const auto& [index, path] : options.record) {
      if (index >= 0 && index < options.members)
        members_[static_cast<size_t>(index)].record_path = &path;
    }
  }

  std::vector<LoadMember>& all() { return members_; }

  void SetPeer(size_t index, const Address& peer) {
    if (index >= members_.size()) return;
    members_[index].peer = peer;
    members_[index].has_peer = true;
  }

  // Forgets what was counted so far; recordings begin again.
  void ResetCounts() {
    for (LoadMember& member : members_) {
      member.sent = member.send_errors = member.strangers = 0;
      member.meter.Reset();
      member.recording = false;
      member.recorded.clear();
    }
  }

  void Drain(LoadMember* member) {
    Datagram datagram;
    while (Receive(member->fd, &datagram)) {
      RtpView view{};
      if (!ReadRtp(datagram.data, datagram.size, &view)) continue;
      if (member->has_peer && !SameAddress(member->peer, datagram.from)) {
        ++member->strangers;
        continue;
      }
      member->meter.OnPacket(view.header, datagram.arrival_ns);
      if (member->record_path != nullptr && view.header.payload_type == 0) Record(view, member);
    }
  }

  void Send(LoadMember* member) {
    if (!member->has_peer) return;
    uint8_t packet[kRtpHeaderBytes + kFrameSamples];
    WriteRtpHeader(member->header, packet);
    for (size_t i = 0; i < kFrameSamples; ++i) packet[kRtpHeaderBytes + i] = NextSample(member);
    ++member->header.sequence;
    member->header.timestamp += kFrameSamples;
    const ssize_t sent =
        sendto(member->fd, packet, sizeof packet, 0, member->peer.get(), member->peer.size);
    ++(sent == sizeof packet ? member->sent : member->send_errors);
  }

 private:
  uint8_t NextSample(LoadMember* member) const {
    if (member->tone_hz == 0) return kUlawSilence;
    const double sample = amplitude_ * std::sin(member->phase);
    member->phase = std::fmod(member->phase + 2 * M_PI * member->tone_hz / 8000, 2 * M_PI);
    return tables_.encode[static_cast<uint16_t>(static_cast<int16_t>(std::lround(sample)))];
  }

  // Samples go where their timestamp says, so that a lost packet is a hole of zeros and not a jump
  // in time.
  void Record(const RtpView& view, LoadMember* member) const {
    if (!member->recording) member->record_start = view.header.timestamp;
    member->recording = true;
    const auto offset = static_cast<int32_t>(view.header.timestamp - member->record_start);
    if (offset < 0 || offset > 8000 * 600) return;
    const size_t end = static_cast<size_t>(offset) + view.payload_size;
    if (member->recorded.size() < end) member->recorded.resize(end, 0);
    for (size_t i = 0; i < view.payload_size; ++i) {
      member->recorded[static_cast<size_t>(offset) + i] = tables_.decode[view.payload[i]];
    }
  }

  UlawTables tables_;
  double amplitude_ = 0;
  std::vector<LoadMember> members_;
};

}  // namespace mixminus::bench
