// The RTCP side of one leg: when a report is due, what it says, and what the peer's reports say
// about us (RFC 3550 6). Owned by the leg's worker; sends nothing itself.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/leg/receive_leg.h"
#include "core/leg/send_leg.h"
#include "core/rtp/rtcp.h"
#include "engine/random_source.h"
#include "engine/tick_time.h"

namespace mixminus {

class LegRtcp {
 public:
  enum class Heard { kInvalid, kReport, kBye };

  // `cname` outlives the leg.
  LegRtcp(uint32_t seed, const char* cname) noexcept : random_(seed), cname_(cname) {}

  // True when the interval since the last report has passed; the first call starts the first
  // interval.
  bool Due(const TickTime& time) noexcept;

  // Writes SR (we sent since the last report) or RR, SDES and, with `bye`, BYE; schedules the next
  // report. Returns the size.
  size_t Build(const TickTime& time, ReceiveLeg* receive, const SendLeg& send, bool bye,
               uint8_t* out, size_t capacity) noexcept;

  // Reads a compound packet. A BYE counts when it names the source that we hear, or when we hear
  // none.
  Heard Handle(const uint8_t* data, size_t size, const ReceiveLeg& receive, const SendLeg& send,
               int64_t wall_ns) noexcept;

  uint64_t sent() const noexcept { return sent_; }
  uint64_t received() const noexcept { return received_; }
  double rtt_ms() const noexcept { return rtt_ms_; }
  double remote_lost_fraction() const noexcept { return remote_lost_fraction_; }
  int32_t remote_lost_packets() const noexcept { return remote_lost_packets_; }
  double remote_jitter_ms() const noexcept { return remote_jitter_ms_; }

 private:
  void ReadBlock(const RtcpReportBlock& block, int clock_hz, int64_t wall_ns) noexcept;

  Xorshift32 random_;
  const char* const cname_;
  SenderReportClock sender_clock_;
  int64_t next_ns_ = 0;  // 0: not started
  uint64_t packets_told_ = 0;
  uint64_t sent_ = 0;
  uint64_t received_ = 0;
  double rtt_ms_ = 0;
  double remote_lost_fraction_ = 0;
  int32_t remote_lost_packets_ = 0;
  double remote_jitter_ms_ = 0;
};

}  // namespace mixminus
