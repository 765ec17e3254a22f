// Records one leg into a file: what it received, what was sent to it, or both as stereo (received
// left, sent right). The worker puts a record into a ring each tick; the writer thread encodes and
// writes, so that no disk ever holds up audio. A full ring drops frames, counts them and leaves
// silence of the same length, so that the file stays aligned with the call.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "core/base/audio_frame.h"
#include "core/base/sample_ring.h"
#include "core/dsp/rate_converter.h"
#include "engine/io_thread.h"
#include "engine/sound_writer.h"
#include "engine/tap.h"

namespace mixminus {

class Recorder final : public Tap, public IoTask {
 public:
  // `options.channels` 2 with kBoth, else 1.
  Recorder(TapSource source, const SoundWriterOptions& options);

  // Calling thread: creates the file. ERR_FILE with the system's reason.
  EngineStatus Open() { return writer_.Open(); }

  // Worker.
  bool Push(TapSource side, const AudioFrame* frame) noexcept override;
  void Finish() noexcept override { finished_.store(true, std::memory_order_release); }

  // Writer thread: writes what waits; kDone when the file is closed.
  IoResult RunIo() noexcept override;
  Returned* AsReturned() noexcept override { return this; }

  // After it was given back.
  uint64_t samples() const noexcept { return writer_.samples(); }
  int rate_hz() const noexcept { return writer_.options().rate_hz; }
  uint64_t dropped_samples() const noexcept;
  const char* error_code() const noexcept { return writer_.error_code(); }
  std::string error_text() const { return writer_.error_text(); }

 private:
  // What stands before the samples of a tick in the ring, in units of a sample.
  struct Head {
    uint16_t silent_before[2];  // frames dropped before this one
    int16_t rate[2];            // of each channel, in tens of Hz; 0: it is silent
  };
  static constexpr size_t kHeadSamples = sizeof(Head) / sizeof(int16_t);

  void Enqueue(const AudioFrame* first, const AudioFrame* second) noexcept;
  void Take(const Head& head);
  void WriteSilence(uint32_t frames);
  void WriteFrame();

  std::atomic<bool> finished_{false};
  std::atomic<bool> failed_{false};
  std::atomic<uint64_t> dropped_frames_{0};
  SampleRing ring_;
  // Worker.
  uint32_t dropped_since_push_ = 0;
  bool received_silent_ = true;
  AudioFrame received_;
  int16_t record_[kHeadSamples + 2 * AudioFrame::kMaxSamples];
  // Writer thread.
  SoundWriter writer_;
  RateConverter converters_[2];
  AudioFrame frames_[2];
};

}  // namespace mixminus
