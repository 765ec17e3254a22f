// The file thread's side of a player: opens the source, decodes it ahead into the ring, seeks,
// loops. See player.h.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "core/file/sound_file.h"
#include "engine/player.h"

namespace mixminus {
namespace {

constexpr size_t kChunk = 1024;
constexpr int kRingMs = 400;
// Chunks in one visit, so that a player which skips far shares the thread.
constexpr int kMostChunks = 64;

// The engine's rate that loses nothing of the source, or the highest.
int RingRate(int rate_hz) noexcept { return RateAt(RateIndex(rate_hz)); }

uint64_t SamplesOf(int64_t ms, int rate_hz) noexcept {
  return static_cast<uint64_t>(std::max<int64_t>(ms, 0)) * static_cast<uint64_t>(rate_hz) / 1000;
}

// Why a source failed.
EngineStatus ProblemOf(const PcmSource& source, const FileInput* file) {
  const std::string name = file != nullptr ? file->path() : std::string("the sound");
  if (source.problem() != nullptr) return {"ERR_INVALID_AUDIO", name + " " + source.problem()};
  return {"ERR_FILE", name + ": " + std::strerror(file != nullptr ? file->error() : EIO)};
}

}  // namespace

EngineStatus CheckSoundFile(const std::string& path) {
  auto input = std::make_unique<FileInput>(path);
  const FileInput* file = input.get();
  SoundFile source(std::move(input));
  return source.Open() == InputState::kOk ? EngineStatus() : ProblemOf(source, file);
}

IoResult Player::RunIo() noexcept {
  if (released_.load(std::memory_order_acquire)) return IoResult::kDone;
  if (source_done_ && seek_ms_.load(std::memory_order_relaxed) < 0) return IoResult::kWaiting;
  if (error_code_ != nullptr) return IoResult::kWaiting;
  if (!ring_ && !OpenSource()) return IoResult::kWaiting;
  const int64_t seek_ms = seek_ms_.exchange(-1, std::memory_order_acquire);
  if (seek_ms >= 0) {
    GoTo(seek_ms);
    discard_to_.store(ring_->written(), std::memory_order_release);
  }
  const IoResult result = Fill();
  if (stream_ != nullptr && stream_->TakeHungry()) facts_->News(&links);
  return result;
}

bool Player::OpenSource() noexcept {
  const InputState state = source_->Open();
  if (state == InputState::kFailed) Fail();
  if (state != InputState::kOk) return false;
  rate_hz_ = RingRate(source_->rate_hz());
  prime_samples_ = prime_samples_ * static_cast<size_t>(rate_hz_) / 1000;
  resampler_ = std::make_unique<Resampler>(source_->rate_hz(), rate_hz_);
  input_.resize(kChunk);
  output_.resize(static_cast<size_t>(std::max(
      resampler_->MaxOutput(kChunk), resampler_->MaxOutput(resampler_->latency_in_samples()))));
  const size_t wanted = SamplesOf(kRingMs, rate_hz_);
  ring_ = std::make_unique<SampleRing>(std::max(wanted, 2 * output_.size()));
  if (start_ms_ > 0) GoTo(start_ms_);
  ready_.store(true, std::memory_order_release);
  return true;
}

void Player::GoTo(int64_t ms) noexcept {
  // A stream cannot go back, and forward only by passing over.
  if (!source_->Seek(SamplesOf(ms, source_->rate_hz()))) skip_ = SamplesOf(ms, rate_hz_);
  resampler_->Reset();
  source_done_ = false;
  played_any_ = true;
  ended_.store(false, std::memory_order_release);
}

IoResult Player::Fill() noexcept {
  for (int chunk = 0; chunk < kMostChunks; ++chunk) {
    if (source_done_ || ring_->free() < output_.size()) return IoResult::kWaiting;
    size_t count = 0;
    const InputState state = source_->Read(input_.data(), kChunk, &count);
    if (state == InputState::kLater) return IoResult::kWaiting;
    if (state == InputState::kFailed) {
      Fail();
      return IoResult::kWaiting;
    }
    if (state == InputState::kEnd) {
      if (FinishSource()) return IoResult::kWaiting;
      continue;
    }
    played_any_ = true;
    Push(static_cast<size_t>(
        resampler_->Process(input_.data(), static_cast<int>(count), output_.data())));
  }
  return IoResult::kMore;
}

// At the end of the source: round again, or true when it is over.
bool Player::FinishSource() noexcept {
  if (loop_ && played_any_ && source_->Seek(0)) {
    played_any_ = false;  // an empty source is not gone round for ever
    return false;
  }
  Push(static_cast<size_t>(resampler_->Flush(output_.data())));
  source_done_ = true;
  ended_.store(true, std::memory_order_release);
  return true;
}

void Player::Push(size_t made) noexcept {
  const size_t skipped = static_cast<size_t>(std::min<uint64_t>(skip_, made));
  skip_ -= skipped;
  ring_->Write(output_.data() + skipped, made - skipped);
}

// What was decoded is still played; then the player ends with the error.
void Player::Fail() noexcept {
  const EngineStatus status = ProblemOf(*source_, file_);
  error_code_ = status.code();
  error_text_ = status.message();
  ended_.store(true, std::memory_order_release);
}

}  // namespace mixminus
