// Source validity, loss and jitter as the algorithms of RFC 3550 appendix A prescribe. Pure.

#include "core/rtp/receive_stats.h"

#include <algorithm>

#include "core/base/sequence.h"

namespace mixminus {

namespace {

constexpr uint32_t kSequenceModulus = 1u << 16;
constexpr uint32_t kNoBadSequence =
    kSequenceModulus + 1;  // RFC 3550 A.1: never equal to a sequence number
constexpr int64_t kNsPerSecond = 1'000'000'000;

}  // namespace

ReceiveStats::ReceiveStats(int clock_hz) noexcept
    : clock_hz_(std::max(clock_hz, 1)), bad_(kNoBadSequence) {}

void ReceiveStats::Start(uint32_t ssrc, uint16_t sequence, bool trusted) noexcept {
  const uint64_t restarts = restarts_;
  *this = ReceiveStats(clock_hz_);
  restarts_ = restarts;
  ssrc_ = ssrc;
  started_ = true;
  StartSequence(sequence);
  highest_ = static_cast<uint16_t>(sequence - 1);
  // A first number of 0 makes its predecessor 65,535 of the cycle before; OnSequence takes that
  // back.
  if (sequence == 0) cycles_ -= kSequenceModulus;
  probation_ = trusted ? 0 : kMinSequential;
}

void ReceiveStats::StartSequence(uint16_t sequence) noexcept {
  base_ = sequence;
  highest_ = sequence;
  bad_ = kNoBadSequence;
  cycles_ = 0;
  received_ = 0;
  octets_ = 0;
  expected_prior_ = 0;
  received_prior_ = 0;
  has_transit_ = false;
  jitter_q4_ = 0;
}

// A new source is believed after two packets in a row.
SequenceVerdict ReceiveStats::OnProbation(uint16_t sequence, size_t payload_size) noexcept {
  const bool in_row = sequence == static_cast<uint16_t>(highest_ + 1);
  highest_ = sequence;
  if (!in_row) {
    probation_ = kMinSequential - 1;
    return SequenceVerdict::kProbation;
  }
  if (--probation_ > 0) return SequenceVerdict::kProbation;
  // Unlike A.1 the packets of the probation count as received: they were buffered and will be
  // played.
  const auto first = static_cast<uint16_t>(sequence - (kMinSequential - 1));
  StartSequence(first);
  highest_ = sequence;
  if (sequence < first) cycles_ = kSequenceModulus;
  received_ = kMinSequential;
  octets_ = payload_size * kMinSequential;
  return SequenceVerdict::kValid;
}

SequenceVerdict ReceiveStats::OnSequence(uint16_t sequence, size_t payload_size) noexcept {
  if (probation_ > 0) return OnProbation(sequence, payload_size);
  SequenceVerdict verdict = SequenceVerdict::kValid;
  const auto ahead = static_cast<uint16_t>(sequence - highest_);
  if (ahead < kMaxDropout) {
    if (sequence < highest_) cycles_ += kSequenceModulus;
    highest_ = sequence;
  } else if (ahead <= kSequenceModulus - kMaxMisorder) {
    if (sequence != bad_) {
      bad_ = (sequence + 1u) & (kSequenceModulus - 1);
      return SequenceVerdict::kRejected;
    }
    // Two in a row after the jump: the sender began anew without telling us.
    StartSequence(sequence);
    ++restarts_;
    verdict = SequenceVerdict::kRestarted;
  }
  ++received_;
  octets_ += payload_size;
  return verdict;
}

void ReceiveStats::OnArrival(uint32_t timestamp, int64_t arrival_ns) noexcept {
  // Split, because nanoseconds times 48,000 leave 64 bits within two days of uptime.
  const int64_t seconds = arrival_ns / kNsPerSecond;
  const int64_t rest = arrival_ns % kNsPerSecond;
  const int64_t arrival = seconds * clock_hz_ + rest * clock_hz_ / kNsPerSecond;
  const uint32_t transit = static_cast<uint32_t>(arrival) - timestamp;
  if (has_transit_) {
    const int32_t change = Diff32(transit, transit_);
    const uint32_t distance =
        change < 0 ? 0u - static_cast<uint32_t>(change) : static_cast<uint32_t>(change);
    // A step of more than 10 s is a timestamp that began anew, not jitter.
    if (distance < static_cast<uint32_t>(clock_hz_) * 10u) {
      jitter_q4_ += distance - ((jitter_q4_ + 8) >> 4);
    }
  }
  transit_ = transit;
  has_transit_ = true;
}

void ReceiveStats::SetClock(int clock_hz) noexcept {
  clock_hz = std::max(clock_hz, 1);
  if (clock_hz == clock_hz_) return;
  clock_hz_ = clock_hz;
  has_transit_ = false;
  jitter_q4_ = 0;
}

int64_t ReceiveStats::Expected() const noexcept {
  if (!valid()) return 0;
  return Diff32(extended_highest_sequence(), base_) + 1;
}

int64_t ReceiveStats::cumulative_lost() const noexcept {
  return Expected() - static_cast<int64_t>(received_);
}

double ReceiveStats::jitter_ms() const noexcept {
  return static_cast<double>(jitter_q4_) / 16.0 * 1000.0 / clock_hz_;
}

ReceptionReport ReceiveStats::TakeReport() noexcept {
  ReceptionReport report;
  const int64_t expected = Expected();
  report.extended_highest_sequence = extended_highest_sequence();
  report.jitter = jitter_q4_ >> 4;
  report.cumulative_lost =
      static_cast<int32_t>(std::clamp<int64_t>(cumulative_lost(), -0x800000, 0x7FFFFF));
  const int64_t expected_interval = expected - expected_prior_;
  const int64_t received_interval = static_cast<int64_t>(received_ - received_prior_);
  const int64_t lost_interval = expected_interval - received_interval;
  if (expected_interval > 0 && lost_interval > 0) {
    // 256/256 does not fit the field: all lost is reported as 255.
    report.fraction_lost =
        static_cast<uint8_t>(std::min<int64_t>((lost_interval << 8) / expected_interval, 255));
  }
  expected_prior_ = expected;
  received_prior_ = received_;
  return report;
}

}  // namespace mixminus
