#pragma once
// Fills gaps in speech by repeating the last pitch period, faded to silence within 60 ms, and
// blends back into the real signal when it returns. Single-threaded, memory taken in the
// constructor; owned by a receive leg, which shows it every decoded sample.

#include <cstdint>
#include <memory>

namespace mixminus {

class Concealer {
 public:
  static constexpr int kFadeMs = 60;  // from the first missing sample to silence
  static constexpr int kHoldMs = 10;  // of which at full level
  static constexpr int kBlendMs = 5;  // cross-fade back into the signal

  // `rate_hz`: 8000…48000; the highest that SetRate may ask for later.
  explicit Concealer(int rate_hz);

  // Another rate, up to that of the constructor; forgets everything.
  void SetRate(int rate_hz) noexcept;
  int max_rate_hz() const noexcept { return max_per_ms_ * 1000; }

  // Real audio passes through here. Right after a concealment its first 5 ms are changed in place,
  // blended with the continued concealment; otherwise it is only remembered.
  void OnAudio(int16_t* samples, int count) noexcept;

  // Makes up `count` samples that continue what OnAudio saw last.
  void Conceal(int16_t* out, int count) noexcept;

  // Intended silence (DTX, buffer filling): `count` zeros; what follows is not blended.
  void Silence(int16_t* out, int count) noexcept;

  // Copies `count` samples of real audio, those before the latest `skip`, in order. False, and
  // nothing copied, while it remembers fewer or what was heard last was made up.
  bool CopyLatest(int16_t* out, int count, int skip) const noexcept;

  // Forgets everything.
  void Reset() noexcept;

  bool concealing() const noexcept { return concealing_; }

 private:
  void Remember(const int16_t* samples, int count) noexcept;
  void Unroll(int16_t* line) const noexcept;
  void Begin() noexcept;
  int FindPeriod(const int16_t* end) const noexcept;
  int NextSample() noexcept;

  int max_per_ms_;
  int per_ms_;
  int history_capacity_;
  std::unique_ptr<int16_t[]> history_;  // the latest real audio, a ring
  std::unique_ptr<int16_t[]> cycle_;    // one pitch period, ready to repeat
  int history_size_ = 0;
  int history_next_ = 0;  // where the next sample goes
  int period_ = 0;
  int position_ = 0;  // in cycle_
  int made_ = 0;      // samples made up in this run
  int step_ =
      0;  // from the last real sample to the cycle's start, taken back over the first samples
  int blend_left_ = 0;  // samples of the cross-fade still to come
  bool concealing_ = false;
};

}  // namespace mixminus
