#pragma once
// Symmetric RTP: decides from which address a leg accepts packets, and so where it sends to when
// the address in the SDP is not the real one (NAT). Pure; the engine asks it for every parsed
// packet, before the leg.
//
// The rule: the address in the SDP is accepted at once. Another address is accepted only while
// nothing is latched, after some packets in a row of one SSRC; then it is latched and stays. A
// packet from the SDP address still takes over later, because it is the one that was signalled. The
// latch re-arms when the SDP brings a new address, or when the latched source has been silent and
// its own stream (same SSRC, sequence going on) appears elsewhere. Strangers are never followed.

#include <cstdint>

#include "core/base/sequence.h"

namespace mixminus {

// An IP address and port without a socket header. IPv4 uses the first 4 bytes, the rest is zero.
struct TransportAddress {
  uint8_t family = 0;  // 0 none, 4 or 6
  uint8_t bytes[16] = {};
  uint16_t port = 0;  // host order
};

bool operator==(const TransportAddress& a, const TransportAddress& b) noexcept;
inline bool operator!=(const TransportAddress& a, const TransportAddress& b) noexcept {
  return !(a == b);
}

// True for a real address: family set, not all zero, port set (0.0.0.0 is an old form of hold).
bool IsUsable(const TransportAddress& address) noexcept;
// Same family and IP, whatever the port.
bool SameHost(const TransportAddress& a, const TransportAddress& b) noexcept;

enum class LatchVerdict : uint8_t {
  kAccept,     // from the right source
  kLatched,    // accepted, and destination() has just changed
  kProbation,  // may become the source; not to be played
  kReject,     // a stranger
};

struct SourceLatchConfig {
  int probation_packets = 3;           // in a row, from an address that is not in the SDP
  int64_t silence_ns = 2'000'000'000;  // before the stream may be found at another address
  int64_t retired_holdoff_ns =
      1'000'000'000;  // after a re-arm, before the previous source may latch again
};

class SourceLatch {
 public:
  explicit SourceLatch(const SourceLatchConfig& config = {}) noexcept;

  // The address in the peer's SDP. A usable address that differs from the one before re-arms the
  // latch; the same one, or none (hold by 0.0.0.0), changes nothing.
  void SetSignalled(const TransportAddress& address, int64_t now_ns) noexcept;

  // Judges one well-formed RTP packet. `now_ns` monotonic.
  LatchVerdict OnPacket(const TransportAddress& from, uint32_t ssrc, uint16_t sequence,
                        int64_t now_ns) noexcept;

  // Where to send: the latched address, otherwise the signalled one (family 0 when there is
  // neither).
  const TransportAddress& destination() const noexcept { return latched_ ? source_ : signalled_; }
  bool latched() const noexcept { return latched_; }
  const TransportAddress& signalled() const noexcept { return signalled_; }
  uint64_t rejected() const noexcept { return rejected_; }

 private:
  LatchVerdict Latch(const TransportAddress& from, uint32_t ssrc, uint16_t sequence,
                     int64_t now_ns) noexcept;
  LatchVerdict OnOther(const TransportAddress& from, uint32_t ssrc, uint16_t sequence,
                       int64_t now_ns) noexcept;
  LatchVerdict Reject() noexcept;
  bool MayProbe(const TransportAddress& from, uint32_t ssrc, uint16_t sequence,
                int64_t now_ns) const noexcept;

  SourceLatchConfig config_;
  TransportAddress signalled_;
  TransportAddress source_;   // valid while latched_
  TransportAddress retired_;  // latched before the last re-arm
  TransportAddress candidate_;
  int64_t last_accept_ns_ = 0;
  int64_t rearmed_ns_ = 0;
  uint64_t rejected_ = 0;
  uint32_t source_ssrc_ = 0;
  uint32_t candidate_ssrc_ = 0;
  uint16_t source_sequence_ = 0;
  uint16_t candidate_sequence_ = 0;
  int candidate_count_ = 0;
  bool latched_ = false;
};

}  // namespace mixminus
