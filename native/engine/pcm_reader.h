// One side of a leg as PCM for JavaScript: the worker converts each frame to the reader's rate and
// puts it into a ring; the calling thread empties the rings of all readers at once, when it is
// woken. A ring that nobody empties drops what comes and counts it; the worker never waits.
#pragma once

#include <atomic>
#include <cstdint>

#include "core/base/audio_frame.h"
#include "core/base/sample_ring.h"
#include "core/dsp/rate_converter.h"
#include "engine/tap.h"

namespace mixminus {

class PcmReader final : public Tap {
 public:
  // `rate_hz` 8000, 16000, 24000 or 48000; `source` is one side.
  PcmReader(TapSource source, int rate_hz, int buffer_ms, FactHub* facts)
      : Tap(ReturnedKind::kReader, source),
        rate_hz_(rate_hz),
        ring_(static_cast<size_t>(rate_hz) * static_cast<size_t>(buffer_ms) / 1000),
        facts_(facts) {}

  // Worker.
  bool Push(TapSource, const AudioFrame* frame) noexcept override {
    AudioFrame* converted = &frame_;
    if (frame == nullptr) {
      frame_.Clear(rate_hz_);
      converter_.Reset();
    } else if (frame->rate_hz == rate_hz_) {
      frame_.CopyFrom(*frame);
    } else {
      converter_.SetRates(frame->rate_hz, rate_hz_);
      converter_.Convert(*frame, converted);
    }
    const auto count = static_cast<size_t>(converted->samples_per_channel);
    if (ring_.free() >= count) {
      ring_.Write(converted->samples, count);
    } else {
      dropped_.fetch_add(count, std::memory_order_relaxed);
    }
    facts_->AudioWaits();
    return true;
  }
  void Finish() noexcept override { facts_->Return(this); }

  // Calling thread.
  size_t Read(int16_t* to, size_t count) noexcept { return ring_.Read(to, count); }
  uint64_t dropped() const noexcept { return dropped_.load(std::memory_order_relaxed); }

 private:
  const int rate_hz_;
  SampleRing ring_;
  FactHub* const facts_;
  std::atomic<uint64_t> dropped_{0};
  RateConverter converter_;
  AudioFrame frame_;
};

}  // namespace mixminus
