// Sound that one leg hears over the mix: from a file, a stream, memory or tones, which the file
// thread decodes ahead into a ring (player_feed.cc), or from JavaScript, which writes into the ring
// itself. The worker that owns the leg takes 20 ms a tick. A ring that runs dry is silence and is
// counted; no source ever delays audio.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/audio_frame.h"
#include "core/base/sample_ring.h"
#include "core/base/slot_pool.h"
#include "core/dsp/rate_converter.h"
#include "core/dsp/resampler.h"
#include "core/file/pcm_source.h"
#include "engine/engine_status.h"
#include "engine/fact_hub.h"
#include "engine/file_input.h"
#include "engine/io_thread.h"

namespace mixminus {

struct PlayerInit {
  double gain = 1;  // linear
  // Fed by the file thread.
  std::unique_ptr<PcmSource> source;
  FileInput* file = nullptr;      // of the source, where it is a file
  StreamInput* stream = nullptr;  // of the source, where it is a stream
  bool loop = false;
  int64_t start_ms = 0;
  // Fed by the calling thread, without a source.
  int rate_hz = 8000;  // 8000, 16000, 24000 or 48000
  int buffer_ms = 200;
  int prebuffer_ms = 0;
};

// What became of one tick.
enum class Played : uint8_t { kNothing, kSound, kEnded };

// Reads the head of a sound file: ERR_FILE or ERR_INVALID_AUDIO say what is wrong with it. Any
// thread.
EngineStatus CheckSoundFile(const std::string& path);

class Player final : public Returned, public IoTask {
 public:
  Player(PlayerInit init, FactHub* facts);

  // Owning worker, once a tick and first: whether there is something to hear or an end to tell in
  // it. What comes later waits for the next tick.
  bool Stir() noexcept;
  // Adds the next 20 ms to `out`, at its rate, clipping the sum; nothing unless it was stirred.
  // kEnded, with the last sound added, when nothing is left.
  Played AddFrame(AudioFrame* out) noexcept;
  // It never had a sound.
  bool Failed() const noexcept {
    return ended_.load(std::memory_order_acquire) && !ready_.load(std::memory_order_acquire);
  }
  // The worker's last touch.
  void Release() noexcept;

  // File thread.
  IoResult RunIo() noexcept override;
  Returned* AsReturned() noexcept override { return this; }

  // Calling thread. Only with a source that can seek; takes effect when the file thread comes by.
  void Seek(int64_t ms) noexcept { seek_ms_.store(ms, std::memory_order_release); }
  bool has_source() const noexcept { return source_ != nullptr; }
  bool can_seek() const noexcept { return source_ != nullptr && stream_ == nullptr; }
  StreamInput* stream() const noexcept { return stream_; }

  // Calling thread, without a source. Returns how many samples fitted.
  size_t Write(const int16_t* samples, size_t count) noexcept {
    return ring_->Write(samples, count);
  }
  // No more comes: ends when the ring is empty.
  void End() noexcept { ended_.store(true, std::memory_order_release); }
  // Drops what waits; heard at the next tick.
  void Clear() noexcept { discard_to_.store(ring_->written(), std::memory_order_release); }
  // News once `position` samples were taken or dropped.
  void NotifyAt(uint64_t position) noexcept;
  uint64_t written() const noexcept { return ring_->written(); }
  uint64_t taken() const noexcept { return ring_->read(); }
  bool TakeDry() noexcept { return dry_.exchange(false, std::memory_order_acq_rel); }
  uint64_t underruns() const noexcept { return underruns_.load(std::memory_order_relaxed); }
  uint64_t starved_samples() const noexcept { return starved_.load(std::memory_order_relaxed); }

  // After it was given back: null, or the code and text of what was wrong.
  const char* error_code() const noexcept { return error_code_; }
  const std::string& error_text() const noexcept { return error_text_; }

  // Set once by the engine before the worker knows the player.
  Handle handle = kNullHandle;
  Handle leg = kNullHandle;
  PlayerLinks links;
  // The list of the leg; worker only.
  Player* next = nullptr;

 private:
  bool Prime(bool ended) noexcept;
  void Mix(const AudioFrame& frame, AudioFrame* out) const noexcept;
  void DropCleared() noexcept;
  void RunDry() noexcept;
  void CheckNotify() noexcept;

  bool OpenSource() noexcept;
  void GoTo(int64_t ms) noexcept;
  IoResult Fill() noexcept;
  bool FinishSource() noexcept;
  void Push(size_t made) noexcept;
  void Fail() noexcept;

  FactHub* const facts_;
  const float gain_;
  // Set by the file thread before ready_, or in the constructor.
  int rate_hz_ = 0;
  size_t prime_samples_ = 0;
  std::unique_ptr<SampleRing> ring_;
  std::atomic<bool> ready_{false};
  std::atomic<bool> ended_{false};  // nothing is written any more
  std::atomic<uint64_t> discard_to_{0};
  std::atomic<uint64_t> notify_at_{UINT64_MAX};
  std::atomic<bool> dry_{false};
  std::atomic<uint64_t> underruns_{0};
  std::atomic<uint64_t> starved_{0};
  std::atomic<bool> released_{false};
  std::atomic<int64_t> seek_ms_{-1};

  // Worker.
  RateConverter converter_;
  AudioFrame frame_;
  bool stirred_ = false;
  bool stirred_to_end_ = false;
  bool primed_ = false;
  bool starving_ = false;
  int waited_frames_ = 0;

  // File thread.
  const std::unique_ptr<PcmSource> source_;
  FileInput* const file_;
  StreamInput* const stream_;
  const bool loop_;
  const int64_t start_ms_;
  std::unique_ptr<Resampler> resampler_;
  std::vector<int16_t> input_;
  std::vector<int16_t> output_;
  uint64_t skip_ = 0;        // samples at the ring's rate that a stream has to pass over
  bool played_any_ = false;  // since the source was at its beginning
  bool source_done_ = false;
  const char* error_code_ = nullptr;
  std::string error_text_;
};

// The players of one listener. Worker only.
class PlayerList {
 public:
  bool empty() const noexcept { return first_ == nullptr; }
  void Add(Player* player) noexcept;
  void Stop(Handle player) noexcept;
  void StopAll() noexcept;
  // Lets go of those whose source could not be opened: nothing else is asked of players while
  // nothing may be sent.
  void DropFailed() noexcept;
  // Whether any of them has something in this tick: AddFrame is then called in it.
  bool Stir() noexcept;
  // Adds what all play to `out`; true when anything is to be heard. Ended players are released.
  bool AddFrame(AudioFrame* out) noexcept;

 private:
  static void End(Player** link) noexcept;
  Player* first_ = nullptr;
};

}  // namespace mixminus
