#pragma once
// Converts mono audio between sample rates: a Kaiser-windowed sinc as a polyphase filter,
// streaming. Used for files when they are opened and for rooms of mixed rates. Memory is taken in
// the constructor; Process does not allocate. Single-threaded.
//
// Output sample n stands for the time of input sample n × in_rate / out_rate exactly: nothing has
// to be skipped at the start. The last latency_in_samples() of input come out only with more input
// or with Flush.

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

  // Most samples that Process can write for `input_count` samples.
  int MaxOutput(int input_count) const noexcept;

  // Takes all `count` input samples; returns how many output samples were written. `out` has room
  // for MaxOutput(count). With equal rates it copies.
  int Process(const int16_t* in, int count, int16_t* out) noexcept;

  // Ends the stream: writes the rest, so that all output together has the length of the input
  // (ceil(input × out_rate / in_rate) samples), and starts anew. `out` has room for
  // MaxOutput(latency_in_samples()).
  int Flush(int16_t* out) noexcept;

  // Input samples that the filter looks ahead; 0 with equal rates.
  int latency_in_samples() const noexcept { return half_; }

  // Back to the beginning of a stream.
  void Reset() noexcept;

 private:
  static constexpr int kMaxExactPhases = 640;  // past this (odd rates) phases are interpolated
  static constexpr int kInterpolatedPhases = 512;
  static constexpr int kBlock = 512;

  void BuildFilter(double cutoff);
  int Drain(int16_t* out) noexcept;
  float OutputSample(const float* window) const noexcept;

  Status status_ = Status::kOutOfRange;
  int in_step_ = 1;  // one output sample advances in_step_ / out_step_ input samples
  int out_step_ = 1;
  int half_ = 0;  // taps on each side
  int phases_ = 0;
  int fraction_ = 0;  // of the next output, in 1/out_step_ input samples behind start_
  int start_ = 0;     // index in history_ where the next output's window begins
  int filled_ = 0;    // samples in history_
  int64_t taken_ = 0;
  int64_t given_ = 0;
  std::unique_ptr<float[]> filter_;  // (phases_ + 1) × 2 × half_
  std::unique_ptr<float[]> history_;
};

}  // namespace mixminus
