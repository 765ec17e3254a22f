// Bursts and gaps by the transition counters of RFC 3611 appendix A.2; the densities are taken from
// them as §4.7.2 defines them, by counting. Pure.

#include "core/rtp/loss_pattern.h"

#include <algorithm>

#include "core/base/sequence.h"

namespace mixminus {

namespace {

uint8_t ToShare(double share) noexcept {
  return static_cast<uint8_t>(std::clamp(share * 256, 0.0, 255.0));
}

uint16_t ToMs(double ms) noexcept { return static_cast<uint16_t>(std::clamp(ms, 0.0, 65535.0)); }

double Ratio(uint64_t part, uint64_t whole) noexcept {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

void LossPattern::Reset() noexcept { *this = LossPattern(); }

void LossPattern::OnPacket(uint16_t sequence, int packet_ms) noexcept {
  packet_ms_ = std::max(packet_ms, 1);
  if (!started_) {
    started_ = true;
    newest_ = sequence;
    filled_ = 1;
    window_[sequence % kWindow] = Fate::kReceived;
    return;
  }
  const int16_t ahead = Diff16(sequence, newest_);
  if (ahead > 0) {
    AdvanceTo(sequence);
  } else if (-ahead >= filled_) {
    return;  // it was counted as lost, or came before the first
  }
  // One that was thrown away stays so: its repeat is no better.
  Fate& fate = window_[sequence % kWindow];
  if (fate == Fate::kLost) fate = Fate::kReceived;
}

void LossPattern::OnDiscarded(uint16_t sequence) noexcept {
  const int16_t ahead = Diff16(sequence, newest_);
  if (started_ && ahead <= 0 && -ahead < filled_) window_[sequence % kWindow] = Fate::kDiscarded;
}

// The window moves on; what falls out of it counts.
void LossPattern::AdvanceTo(uint16_t sequence) noexcept {
  while (newest_ != sequence) {
    ++newest_;
    Fate& slot = window_[newest_ % kWindow];
    if (filled_ == kWindow) {
      Count(slot);
    } else {
      ++filled_;
    }
    slot = Fate::kLost;
  }
}

void LossPattern::Count(Fate fate) noexcept {
  if (fate == Fate::kReceived) {
    ++received_;
    ++good_in_row_;
    in_run_ = false;
    return;
  }
  ++(fate == Fate::kLost ? lost_ : discarded_);
  if (!in_run_) ++runs_;
  in_run_ = true;
  CountLoss();
}

void LossPattern::CountLoss() noexcept {
  if (losses_in_burst_ == 0 || good_in_row_ >= kGmin) {
    if (losses_in_burst_ == 1) {
      ++c14_;
    } else if (losses_in_burst_ > 1) {
      ++c13_;
    }
    losses_in_burst_ = 1;
    c11_ += good_in_row_;
  } else {
    ++losses_in_burst_;
    if (good_in_row_ == 0) {
      ++c33_;
    } else {
      ++c23_;
      c22_ += good_in_row_ - 1;
    }
  }
  good_in_row_ = 0;
}

LossFigures LossPattern::figures() const noexcept {
  LossFigures figures;
  const uint64_t all = counted();
  if (all == 0) return figures;
  const uint64_t unused = lost_ + discarded_;
  figures.loss_rate = ToShare(Ratio(lost_, all));
  figures.discard_rate = ToShare(Ratio(discarded_, all));
  figures.loss_percent = 100 * Ratio(unused, all);
  figures.burst_ratio = std::max(1.0, Ratio(unused, runs_) * (1 - Ratio(unused, all)));

  // The burst or single loss that is under way, and the good packets since, belong to the figures.
  uint64_t c13 = c13_;
  uint64_t c14 = c14_;
  if (losses_in_burst_ == 1) ++c14;
  if (losses_in_burst_ > 1) ++c13;
  const uint64_t good_in_gaps = c11_ + good_in_row_;
  const uint64_t losses_in_bursts = c13 + c23_ + c33_;
  const uint64_t burst_packets = losses_in_bursts + c22_ + c23_;
  if (c13 > 0) figures.burst_density = ToShare(Ratio(losses_in_bursts, burst_packets));
  figures.gap_density = ToShare(Ratio(c14, good_in_gaps + c14));
  const uint64_t bursts = std::max<uint64_t>(c13, 1);
  figures.gap_ms = ToMs(Ratio(good_in_gaps + c14, bursts) * packet_ms_);
  if (c13 > 0) figures.burst_ms = ToMs(Ratio(burst_packets, bursts) * packet_ms_);
  return figures;
}

}  // namespace mixminus
