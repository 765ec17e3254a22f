#pragma once
// The pattern of loss in one stream: how much, in bursts or alone, as RFC 3611 §4.7 reports it and
// the E-model asks for it. A packet counts once it can no longer arrive in time. Pure; fed by a
// receive leg.

#include <cstdint>

namespace mixminus {

struct LossFigures {
  // Shares of 256, of all packets since the source began (RFC 3611 §4.7.1).
  uint8_t loss_rate = 0;     // never came
  uint8_t discard_rate = 0;  // came too late, or did not fit
  uint8_t burst_density = 0;
  uint8_t gap_density = 0;
  uint16_t burst_ms = 0;  // mean lengths
  uint16_t gap_ms = 0;
  double loss_percent = 0;  // lost and discarded together
  double burst_ratio = 1;   // G.107: mean run of losses × (1 − loss)
};

class LossPattern {
 public:
  static constexpr int kGmin = 16;    // RFC 3611 §4.7.2: packets in a row that end a burst
  static constexpr int kWindow = 64;  // packets that one may be behind the newest before it counts

  // Forgets all: another source, or one that began anew.
  void Reset() noexcept;

  // A packet of the source; `packet_ms` is what it holds.
  void OnPacket(uint16_t sequence, int packet_ms) noexcept;
  // The packet was not used after all; said after OnPacket.
  void OnDiscarded(uint16_t sequence) noexcept;

  LossFigures figures() const noexcept;
  uint64_t counted() const noexcept { return received_ + lost_ + discarded_; }

 private:
  enum class Fate : uint8_t { kLost, kReceived, kDiscarded };
  void Count(Fate fate) noexcept;
  void CountLoss() noexcept;
  void AdvanceTo(uint16_t sequence) noexcept;

  bool started_ = false;
  uint16_t newest_ = 0;
  Fate window_[kWindow] = {};
  int filled_ = 0;  // packets of the window that belong to the stream
  int packet_ms_ = 20;

  uint64_t received_ = 0;
  uint64_t lost_ = 0;
  uint64_t discarded_ = 0;
  uint64_t runs_ = 0;  // of losses
  bool in_run_ = false;
  // The counters of RFC 3611 A.2.
  uint64_t good_in_row_ = 0;
  uint64_t losses_in_burst_ = 0;
  uint64_t c11_ = 0, c13_ = 0, c14_ = 0, c22_ = 0, c23_ = 0, c33_ = 0;
};

}  // namespace mixminus
