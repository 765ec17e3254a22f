// Records one leg into a WAV file (mono, 8 kHz, PCM16). The worker pushes a frame each tick into a
// ring; the writer thread (RecorderWriter) empties it into the file, so that no disk ever holds up
// audio. A full ring drops frames, counts them and leaves silence of the same length, so that the
// file stays aligned with the call.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/base/audio_frame.h"
#include "core/base/slot_pool.h"
#include "core/base/spsc_queue.h"
#include "core/dsp/rate_converter.h"
#include "engine/engine_status.h"
#include "engine/fact_hub.h"

namespace mixminus {

enum class RecordSource : uint8_t { kReceived, kSent };

class Recorder final : public Returned {
 public:
  static constexpr int kRateHz = 8000;
  static constexpr int kFrameSamples = kRateHz / kFramesPerSecond;
  static constexpr size_t kRingFrames = 256;  // five seconds of a disk that does not answer

  explicit Recorder(RecordSource source) : Returned(ReturnedKind::kRecorder), source_(source) {}
  ~Recorder() override;

  // Calling thread: creates or truncates the file and writes a header. ERR_FILE with the system's
  // reason.
  EngineStatus Open(const std::string& path);

  // Worker. Push answers false when writing failed and the recorder should be finished.
  bool Push(const AudioFrame* frame) noexcept;  // nullptr: silence
  // The worker's last touch; the writer closes the file once the ring is empty.
  void Finish() noexcept { finished_.store(true, std::memory_order_release); }

  // Writer thread. Writes what waits; true when the file is closed and the recorder can be given
  // back.
  bool Write() noexcept;

  RecordSource source() const noexcept { return source_; }
  // After it was given back.
  uint64_t samples() const noexcept { return samples_; }
  uint64_t dropped_samples() const noexcept {
    return dropped_frames_.load(std::memory_order_relaxed) * kFrameSamples;
  }
  int error() const noexcept {
    return error_.load(std::memory_order_relaxed);
  }  // errno, 0 when all went well

  Handle handle = kNullHandle;
  Handle leg = kNullHandle;
  Recorder* next = nullptr;  // the list of the leg; worker only

 private:
  struct Frame {
    uint32_t silent_before;  // frames that were dropped since the one before
    int16_t samples[kFrameSamples];
  };

  void Append(const int16_t* samples) noexcept;
  void FlushBuffer() noexcept;
  void CloseFile() noexcept;

  const RecordSource source_;
  SpscQueue<Frame> ring_{kRingFrames};
  std::atomic<bool> finished_{false};
  std::atomic<int> error_{0};
  std::atomic<uint64_t> dropped_frames_{0};
  uint32_t dropped_since_push_ = 0;  // worker
  RateConverter to_file_;            // worker
  int fd_ = -1;                      // the rest: writer
  uint64_t samples_ = 0;
  size_t buffered_ = 0;
  std::vector<int16_t> buffer_;
};

// The thread that writes all recorders of an engine. Without a thread (manual mode) RunOnce does
// its work.
class RecorderWriter {
 public:
  RecorderWriter(FactHub* facts, bool threaded) : facts_(facts), threaded_(threaded) {}
  ~RecorderWriter() { Stop(); }

  // Calling thread. The first recorder starts the thread.
  void Add(Recorder* recorder);
  // One round over all recorders.
  void RunOnce();
  // Returns when every recorder that was finished is closed; those still running stay. Idempotent.
  void Stop();

 private:
  void ThreadMain();

  FactHub* const facts_;
  const bool threaded_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stop_ = false;              // guarded
  std::vector<Recorder*> added_;   // guarded
  std::vector<Recorder*> active_;  // writer only
  std::thread thread_;
};

}  // namespace mixminus
