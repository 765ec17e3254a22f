// See sound_writer.h.
#include "engine/sound_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/base/audio_frame.h"
#include "core/base/bytes.h"
#include "core/file/wav.h"

namespace mixminus {
namespace {

constexpr size_t kBufferBytes = size_t{32} * 1024;
// RIFF counts in 32 bits: what stands behind its first eight bytes.
constexpr uint64_t kMostRiff = uint64_t{UINT32_MAX} + 8;

// Writes everything or answers the errno that stopped it.
int WriteAll(int fd, const uint8_t* bytes, size_t size) noexcept {
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

SoundWriter::~SoundWriter() {
  if (fd_ >= 0) close(fd_);
}

EngineStatus SoundWriter::Open() {
  fd_ = open(options_.path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd_ < 0) {
    error_ = errno;
    return {"ERR_FILE", "cannot record to " + options_.path + ": " + std::strerror(error_)};
  }
  seekable_ = lseek(fd_, 0, SEEK_CUR) == 0;
  buffer_.reserve(2 * kBufferBytes);
  if (wav()) {
    buffer_.resize(kWavHeaderSize);
    WriteWavHeader(options_.rate_hz, options_.channels, 0, buffer_.data());
    // A pipe's header is never put right: its length is open (see ParseWav).
    if (!seekable_) StoreLe32(UINT32_MAX, buffer_.data() + kWavHeaderSize - 4);
  } else {
    opus_ = std::make_unique<OpusWriter>(options_.rate_hz, options_.channels, options_.bitrate_bps,
                                         options_.serial);
    if (!opus_->ok())
      return {"ERR_FILE", "cannot record to " + options_.path + ": this build has no Opus"};
    opus_->Begin(&buffer_);
  }
  Flush();
  if (!failed()) return {};
  return {"ERR_FILE", "cannot record to " + error_text()};
}

uint64_t SoundWriter::MostBytes() const noexcept {
  const uint64_t most = wav() ? kMostRiff : UINT64_MAX;
  return options_.max_bytes == 0 ? most : std::min(most, options_.max_bytes);
}

void SoundWriter::Write(const int16_t* frames) {
  if (failed()) return;
  const int samples = SamplesPerFrame(options_.rate_hz);
  if (wav()) {
    const auto count = static_cast<size_t>(samples * options_.channels);
    const size_t before = buffer_.size();
    buffer_.resize(before + count * sizeof(int16_t));
    for (size_t i = 0; i < count; ++i)
      StoreLe16(static_cast<uint16_t>(frames[i]), buffer_.data() + before + 2 * i);
    // The sample that does not fit whole any more is not begun.
    if (bytes_ + buffer_.size() > MostBytes()) {
      buffer_.resize(before);
      Flush();
      full_ = true;
      return;
    }
  } else {
    opus_->Write(frames, &buffer_);
    if (bytes_ + buffer_.size() > MostBytes()) {
      Flush();
      full_ = true;
      return;
    }
  }
  buffered_samples_ += static_cast<uint64_t>(samples);
  if (buffer_.size() >= kBufferBytes) Flush();
}

void SoundWriter::Flush() {
  // Of Opus a second of samples may wait for its page.
  if (buffer_.empty()) return;
  if (error_ == 0) error_ = WriteAll(fd_, buffer_.data(), buffer_.size());
  if (error_ == 0) {
    bytes_ += buffer_.size();
    samples_ += buffered_samples_;
    unsaved_samples_ += buffered_samples_;
  }
  buffer_.clear();
  buffered_samples_ = 0;
  if (unsaved_samples_ >= static_cast<uint64_t>(options_.rate_hz)) UpdateHeader();
}

// A header that cannot be patched says "to the end of the file", which readers understand.
void SoundWriter::UpdateHeader() noexcept {
  unsaved_samples_ = 0;
  if (!wav() || !seekable_ || error_ != 0) return;
  uint8_t header[kWavHeaderSize];
  WriteWavHeader(options_.rate_hz, options_.channels, bytes_ - kWavHeaderSize, header);
  if (pwrite(fd_, header, sizeof(header), 0) < 0) error_ = errno;
}

void SoundWriter::Close() {
  if (fd_ < 0) return;
  if (opus_ && error_ == 0) opus_->End(&buffer_);
  Flush();
  if (wav() && seekable_ && bytes_ >= kWavHeaderSize) {
    // Also after a failure: what did get into the file is described.
    uint8_t header[kWavHeaderSize];
    WriteWavHeader(options_.rate_hz, options_.channels, bytes_ - kWavHeaderSize, header);
    if (pwrite(fd_, header, sizeof(header), 0) < 0 && error_ == 0) error_ = errno;
  }
  if (close(fd_) != 0 && error_ == 0) error_ = errno;
  fd_ = -1;
}

const char* SoundWriter::error_code() const noexcept {
  if (error_ != 0) return "ERR_FILE";
  return full_ ? "ERR_LIMIT" : nullptr;
}

std::string SoundWriter::error_text() const {
  if (error_ != 0) return options_.path + ": " + std::strerror(error_);
  if (!full_) return {};
  return options_.path + ": the file has reached " + std::to_string(MostBytes()) + " bytes";
}

}  // namespace mixminus
