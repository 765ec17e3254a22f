#pragma once
// Converts mono audio between sample rates: a Kaiser-windowed sinc as a polyphase filter,
// streaming. Used for files when they are opened and for rooms of mixed rates. Memory is taken in
// the constructor; Process does not allocate. Single-threaded.

#include <cstdint>
#include <memory>

#include "core/base/status.h"

namespace mixminus {

class Resampler {
 public:
  static constexpr int kMinRateHz = 4000;
  static constexpr int kMaxRateHz = 192000;

  // Check status() before use: kOutOfRange when a rate lies outside the limits (Process then gives
  // nothing).
  Resampler(int in_rate_hz, int out_rate_hz);

  Status status() const noexcept { return status_; }

  // Most samples that Process can return for `input_count` samples.
  int MaxOutput(int input_count) const noexcept;

  // Takes all `count` input samples; returns how many output samples were written. `out` has room
  // for MaxOutput(count). With equal rates it copies. The output lags by latency_out_samples().
  int Process(const int16_t* in, int count, int16_t* out) noexcept;

  // Delay of the filter, in output samples: what to skip at the start and to flush at the end (by
  // feeding zeros) for an output aligned with the input.
  int latency_out_samples() const noexcept;

  // Back to silence.
  void Reset() noexcept;

 private:
  static constexpr int kHalfTaps = 16;  // zero crossings on each side, at the lower rate
  static constexpr int kMaxExactPhases =
      640;  // more than this (odd rates): interpolated between phases

  void BuildFilter();
  int16_t OutputSample(const float* window) const noexcept;

  Status status_;
  int in_step_ = 1;  // input samples advance by in_step_ / out_step_ for each output sample
  int out_step_ = 1;
  int phases_ = 1;
  int taps_ = 1;
  bool interpolate_ = false;
  int history_capacity_ = 0;
  int64_t position_ = 0;  // of the next output, in 1/out_step_ input samples from history_[0]
  int history_size_ = 0;
  std::unique_ptr<float[]> filter_;  // phases_ (+1) × taps_
  std::unique_ptr<float[]> history_;
};

}  // namespace mixminus
