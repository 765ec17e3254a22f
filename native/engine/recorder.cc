// See recorder.h.
#include "engine/recorder.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "core/file/wav.h"

namespace mixminus {
namespace {

constexpr size_t kBufferSamples = size_t{16} * 1024;
constexpr auto kWritePeriod = std::chrono::milliseconds(50);

// Writes everything or answers the errno that stopped it.
int WriteAll(int fd, const void* data, size_t size) noexcept {
  const char* bytes = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t written = write(fd, bytes, size);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    bytes += written;
    size -= static_cast<size_t>(written);
  }
  return 0;
}

}  // namespace

Recorder::~Recorder() {
  if (fd_ >= 0) close(fd_);
}

EngineStatus Recorder::Open(const std::string& path) {
  fd_ = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  int error = fd_ < 0 ? errno : 0;
  if (error == 0) {
    uint8_t header[kWavHeaderSize];
    WriteWavHeader(kRateHz, 1, 0, header);
    error = WriteAll(fd_, header, sizeof(header));
  }
  if (error != 0) return {"ERR_FILE", "cannot record to " + path + ": " + std::strerror(error)};
  buffer_.resize(kBufferSamples);
  return {};
}

bool Recorder::Push(const AudioFrame* frame) noexcept {
  Frame slot;
  slot.silent_before = dropped_since_push_;
  if (frame != nullptr) {
    AudioFrame converted;
    to_file_.SetRates(frame->rate_hz, kRateHz);
    to_file_.Convert(*frame, &converted);
    std::memcpy(slot.samples, converted.samples, sizeof(slot.samples));
  } else {
    std::memset(slot.samples, 0, sizeof(slot.samples));
  }
  if (ring_.Push(slot)) {
    dropped_since_push_ = 0;
  } else {
    ++dropped_since_push_;
    dropped_frames_.fetch_add(1, std::memory_order_relaxed);
  }
  return error_.load(std::memory_order_relaxed) == 0;
}

bool Recorder::Write() noexcept {
  // Read before the ring: what was pushed before the finish is then seen below.
  const bool finished = finished_.load(std::memory_order_acquire);
  while (Frame* frame = ring_.Front()) {
    static constexpr int16_t kSilence[kFrameSamples] = {};
    for (uint32_t i = 0; i < frame->silent_before; ++i) Append(kSilence);
    Append(frame->samples);
    ring_.Drop();
  }
  FlushBuffer();
  if (!finished) return false;
  CloseFile();
  return true;
}

void Recorder::Append(const int16_t* samples) noexcept {
  if (buffered_ + kFrameSamples > buffer_.size()) FlushBuffer();
  std::memcpy(&buffer_[buffered_], samples, kFrameSamples * sizeof(int16_t));
  buffered_ += kFrameSamples;
}

// After a failure the rest is thrown away, so that the worker's ring stays empty until it lets go.
void Recorder::FlushBuffer() noexcept {
  if (buffered_ == 0) return;
  if (error_.load(std::memory_order_relaxed) == 0) {
    const int error = WriteAll(fd_, buffer_.data(), buffered_ * sizeof(int16_t));
    if (error == 0) samples_ += buffered_;
    if (error != 0) error_.store(error, std::memory_order_relaxed);
  }
  buffered_ = 0;
}

void Recorder::CloseFile() noexcept {
  uint8_t header[kWavHeaderSize];
  WriteWavHeader(kRateHz, 1, samples_ * sizeof(int16_t), header);
  // A header that cannot be patched says "to the end of the file", which readers understand.
  const ssize_t patched = pwrite(fd_, header, sizeof(header), 0);
  int error = patched == static_cast<ssize_t>(sizeof(header)) ? 0 : errno;
  if (close(fd_) != 0 && error == 0) error = errno;
  fd_ = -1;
  if (error_.load(std::memory_order_relaxed) == 0) error_.store(error, std::memory_order_relaxed);
}

void RecorderWriter::Add(Recorder* recorder) {
  std::lock_guard<std::mutex> lock(mutex_);
  added_.push_back(recorder);
  if (threaded_ && !thread_.joinable()) thread_ = std::thread([this] { ThreadMain(); });
  changed_.notify_one();
}

void RecorderWriter::RunOnce() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    active_.insert(active_.end(), added_.begin(), added_.end());
    added_.clear();
  }
  size_t kept = 0;
  for (Recorder* recorder : active_) {
    if (recorder->Write()) {
      facts_->Return(recorder);
    } else {
      active_[kept++] = recorder;
    }
  }
  active_.resize(kept);
  facts_->Flush();
}

void RecorderWriter::Stop() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
    changed_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
  RunOnce();
}

void RecorderWriter::ThreadMain() {
  for (;;) {
    RunOnce();
    std::unique_lock<std::mutex> lock(mutex_);
    if (stop_) return;
    if (active_.empty() && added_.empty()) {
      changed_.wait(lock, [this] { return stop_ || !added_.empty(); });
    } else {
      changed_.wait_for(lock, kWritePeriod, [this] { return stop_; });
    }
  }
}

}  // namespace mixminus
