// See file_input.h.
#include "engine/file_input.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace mixminus {

FileInput::~FileInput() {
  if (fd_ >= 0) close(fd_);
}

bool FileInput::Open() noexcept {
  if (fd_ >= 0) return true;
  if (error_ != 0) return false;
  // Non-blocking, so that a pipe in the place of a file is refused and not waited for.
  fd_ = open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat info {};
  if (fd_ < 0 || fstat(fd_, &info) != 0) {
    error_ = errno;
  } else if (!S_ISREG(info.st_mode)) {
    error_ = S_ISDIR(info.st_mode) ? EISDIR : ESPIPE;
  }
  if (error_ == 0) size_ = static_cast<uint64_t>(info.st_size);
  return error_ == 0;
}

InputState FileInput::Read(uint8_t* to, size_t size, size_t* read) noexcept {
  *read = 0;
  if (!Open()) return InputState::kFailed;
  ssize_t got = 0;
  do {
    got = pread(fd_, to, size, static_cast<off_t>(at_));
  } while (got < 0 && errno == EINTR);
  if (got < 0) {
    error_ = errno;
    return InputState::kFailed;
  }
  *read = static_cast<size_t>(got);
  at_ += *read;
  return got > 0 ? InputState::kOk : InputState::kEnd;
}

bool FileInput::Seek(uint64_t position) noexcept {
  at_ = position;
  return true;
}

size_t StreamInput::Feed(const uint8_t* bytes, size_t size) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (size > 0 && !ended_) {
    chunks_.emplace_back(bytes, bytes + size);
    waiting_ += size;
  }
  full_ = waiting_ > kEnough;
  return waiting_;
}

void StreamInput::End() {
  std::lock_guard<std::mutex> lock(mutex_);
  ended_ = true;
}

InputState StreamInput::Read(uint8_t* to, size_t size, size_t* read) noexcept {
  std::lock_guard<std::mutex> lock(mutex_);
  *read = 0;
  while (*read < size && !chunks_.empty()) {
    const std::vector<uint8_t>& chunk = chunks_.front();
    const size_t count = std::min(size - *read, chunk.size() - first_at_);
    std::memcpy(to + *read, chunk.data() + first_at_, count);
    *read += count;
    first_at_ += count;
    if (first_at_ < chunk.size()) break;
    chunks_.pop_front();
    first_at_ = 0;
  }
  waiting_ -= *read;
  if (*read > 0) return InputState::kOk;
  return ended_ ? InputState::kEnd : InputState::kLater;
}

bool StreamInput::TakeHungry() noexcept {
  std::lock_guard<std::mutex> lock(mutex_);
  if (!full_ || waiting_ > kLow) return false;
  full_ = false;
  return true;
}

}  // namespace mixminus
