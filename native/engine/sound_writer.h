// A sound file being written: WAV (PCM 16 bit) or Ogg Opus, 20 ms at a time. The header of a WAV
// file is brought up to date every second, so that what a crash leaves behind can be played. Opened
// on the calling thread, then the writer thread's.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/file/opus_writer.h"
#include "engine/engine_status.h"

namespace mixminus {

enum class SoundFormat : uint8_t { kWav, kOpus };

struct SoundWriterOptions {
  std::string path;
  SoundFormat format = SoundFormat::kWav;
  int rate_hz = 8000;       // 8000, 16000, 24000 or 48000
  int channels = 1;         // 1 or 2
  int bitrate_bps = 32000;  // Opus
  uint64_t max_bytes = 0;   // of the file; 0: what the format can hold
  uint32_t serial = 1;      // Opus
};

class SoundWriter {
 public:
  explicit SoundWriter(const SoundWriterOptions& options) : options_(options) {}
  ~SoundWriter();
  SoundWriter(const SoundWriter&) = delete;
  SoundWriter& operator=(const SoundWriter&) = delete;

  // Calling thread: creates or truncates the file and writes its head. ERR_FILE with the system's
  // reason.
  EngineStatus Open();

  // Writer thread. 20 ms of interleaved samples, buffered; nothing happens after a failure.
  void Write(const int16_t* frames);
  // What is buffered goes to the file.
  void Flush();
  void Close();

  bool failed() const noexcept { return error_ != 0 || full_; }
  // Null while nothing is wrong; then ERR_FILE, or ERR_LIMIT for a file that is as large as it may
  // be.
  const char* error_code() const noexcept;
  std::string error_text() const;
  // Of each channel, in the file.
  uint64_t samples() const noexcept { return samples_; }
  const SoundWriterOptions& options() const noexcept { return options_; }

 private:
  bool wav() const noexcept { return options_.format == SoundFormat::kWav; }
  void UpdateHeader() noexcept;
  uint64_t MostBytes() const noexcept;

  const SoundWriterOptions options_;
  int fd_ = -1;
  int error_ = 0;  // errno
  bool full_ = false;
  bool seekable_ = true;
  uint64_t bytes_ = 0;  // in the file
  uint64_t samples_ = 0;
  uint64_t unsaved_samples_ = 0;  // since the header was written
  std::vector<uint8_t> buffer_;
  uint64_t buffered_samples_ = 0;
  std::unique_ptr<OpusWriter> opus_;
};

}  // namespace mixminus
