#pragma once
// Fills gaps in speech by repeating the last pitch period, faded to silence within 60 ms, and
// blends back into the real signal when it returns. Pure, single-threaded, no allocation at all;
// owned by a receive leg, which shows it every decoded sample.

#include <cstdint>

namespace mixminus {

class Concealer {
 public:
  static constexpr int kFadeMs = 60;  // from the first lost sample to silence
  static constexpr int kHoldMs = 10;  // of which at full level
  static constexpr int kBlendMs = 5;  // cross-fade back into the signal
  static constexpr int kMaxRateHz = 48000;

  explicit Concealer(int rate_hz) noexcept;

  // Real audio passes through here. Right after a concealment its first 5 ms are changed in place,
  // blended with the continued concealment; otherwise it is only remembered.
  void OnAudio(int16_t* samples, int count) noexcept;

  // Makes up `count` samples that continue what OnAudio saw last.
  void Conceal(int16_t* out, int count) noexcept;

  // Intended silence (DTX, buffer filling): `count` zeros; what follows is not blended.
  void Silence(int16_t* out, int count) noexcept;

  // Forgets everything; also a new rate (8000…48000 Hz).
  void Reset(int rate_hz) noexcept;

  bool concealing() const noexcept { return concealing_; }

 private:
  static constexpr int kHistoryMs = 40;
  static constexpr int kMaxHistory = kMaxRateHz / 1000 * kHistoryMs;
  static constexpr int kMaxPeriod = kMaxRateHz / 1000 * 15;

  void Remember(const int16_t* samples, int count) noexcept;
  void Begin() noexcept;
  int FindPeriod() const noexcept;
  int16_t NextSample() noexcept;
  int Units(int ms) const noexcept { return rate_hz_ / 1000 * ms; }

  int rate_hz_;
  int history_size_ = 0;  // samples of real audio in history_, newest last
  int period_ = 0;
  int position_ = 0;  // in period_samples_
  int made_ = 0;      // samples concealed in this run
  bool concealing_ = false;
  int16_t history_[kMaxHistory];
  int16_t period_samples_[kMaxPeriod];
};

}  // namespace mixminus
