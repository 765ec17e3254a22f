// Symmetric RTP. Pure. The rule stands in the header.

#include "core/rtp/source_latch.h"

#include <cstring>

namespace mixminus {

namespace {

constexpr int kMaxSequenceGap = 3000;  // as RFC 3550 A.1: about a minute of packets

bool AllZero(const TransportAddress& address) noexcept {
  constexpr uint8_t kZeros[16] = {};
  return std::memcmp(address.bytes, kZeros, sizeof(kZeros)) == 0;
}

}  // namespace

bool operator==(const TransportAddress& a, const TransportAddress& b) noexcept {
  return a.port == b.port && SameHost(a, b);
}

bool SameHost(const TransportAddress& a, const TransportAddress& b) noexcept {
  return a.family == b.family && std::memcmp(a.bytes, b.bytes, sizeof(a.bytes)) == 0;
}

bool IsUsable(const TransportAddress& address) noexcept {
  return (address.family == 4 || address.family == 6) && address.port != 0 && !AllZero(address);
}

SourceLatch::SourceLatch(const SourceLatchConfig& config) noexcept : config_(config) {
  if (config_.probation_packets < 1) config_.probation_packets = 1;
}

void SourceLatch::SetSignalled(const TransportAddress& address, int64_t now_ns) noexcept {
  if (!IsUsable(address) || address == signalled_) return;
  signalled_ = address;
  candidate_count_ = 0;
  if (!latched_) return;
  if (source_ == address) return;  // the peer signals what we had found out
  retired_ = source_;
  rearmed_ns_ = now_ns;
  latched_ = false;
}

LatchVerdict SourceLatch::OnPacket(const TransportAddress& from, uint32_t ssrc, uint16_t sequence,
                                   int64_t now_ns) noexcept {
  if (latched_ && from == source_) {
    source_ssrc_ = ssrc;
    source_sequence_ = sequence;
    last_accept_ns_ = now_ns;
    return LatchVerdict::kAccept;
  }
  if (IsUsable(signalled_) && from == signalled_) {
    // The signalled address needs no probation, and takes the place of one that was found out.
    const bool moved = latched_;
    Latch(from, ssrc, sequence, now_ns);
    return moved ? LatchVerdict::kLatched : LatchVerdict::kAccept;
  }
  return OnOther(from, ssrc, sequence, now_ns);
}

LatchVerdict SourceLatch::OnOther(const TransportAddress& from, uint32_t ssrc, uint16_t sequence,
                                  int64_t now_ns) noexcept {
  if (!MayProbe(from, ssrc, sequence, now_ns)) return Reject();
  const bool continues = candidate_count_ > 0 && from == candidate_ && ssrc == candidate_ssrc_ &&
                         sequence == static_cast<uint16_t>(candidate_sequence_ + 1);
  if (!continues) {
    candidate_ = from;
    candidate_ssrc_ = ssrc;
    candidate_count_ = 0;
  }
  candidate_sequence_ = sequence;
  if (++candidate_count_ < config_.probation_packets) return LatchVerdict::kProbation;
  return Latch(from, ssrc, sequence, now_ns);
}

bool SourceLatch::MayProbe(const TransportAddress& from, uint32_t ssrc, uint16_t sequence,
                           int64_t now_ns) const noexcept {
  if (!latched_) {
    // The stream of before a re-INVITE goes on for a moment; it must not latch again at once.
    return from != retired_ || now_ns - rearmed_ns_ >= config_.retired_holdoff_ns;
  }
  // Latched: only the same stream, after silence, from elsewhere (a NAT that gave it a new port).
  const int16_t ahead = Diff16(sequence, source_sequence_);
  return now_ns - last_accept_ns_ >= config_.silence_ns && ssrc == source_ssrc_ && ahead > 0 &&
         ahead < kMaxSequenceGap;
}

LatchVerdict SourceLatch::Latch(const TransportAddress& from, uint32_t ssrc, uint16_t sequence,
                                int64_t now_ns) noexcept {
  source_ = from;
  source_ssrc_ = ssrc;
  source_sequence_ = sequence;
  last_accept_ns_ = now_ns;
  candidate_count_ = 0;
  latched_ = true;
  return LatchVerdict::kLatched;
}

LatchVerdict SourceLatch::Reject() noexcept {
  ++rejected_;
  return LatchVerdict::kReject;
}

}  // namespace mixminus
