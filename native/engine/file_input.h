// Bytes of a file or of a stream that JavaScript feeds, for players. Opened and read on the file
// thread; a stream is filled by the calling thread.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "core/file/byte_input.h"

namespace mixminus {

class FileInput final : public ByteInput {
 public:
  explicit FileInput(std::string path) : path_(std::move(path)) {}
  ~FileInput() override;
  FileInput(const FileInput&) = delete;
  FileInput& operator=(const FileInput&) = delete;

  InputState Read(uint8_t* to, size_t size, size_t* read) noexcept override;
  bool Seek(uint64_t position) noexcept override;
  uint64_t size() const noexcept override { return size_; }

  const std::string& path() const noexcept { return path_; }
  // errno of what failed; 0 while nothing has.
  int error() const noexcept { return error_; }

 private:
  bool Open() noexcept;

  const std::string path_;
  int fd_ = -1;
  int error_ = 0;
  uint64_t size_ = 0;
  uint64_t at_ = 0;
};

// A stream of bytes with a bound that whoever feeds it respects.
class StreamInput final : public ByteInput {
 public:
  static constexpr size_t kEnough = size_t{256} * 1024;
  static constexpr size_t kLow = size_t{64} * 1024;

  // Calling thread. Returns how many bytes wait now; above kEnough the feeder waits until
  // TakeHungry answers true.
  size_t Feed(const uint8_t* bytes, size_t size);
  void End();

  // File thread.
  InputState Read(uint8_t* to, size_t size, size_t* read) noexcept override;
  bool Seek(uint64_t) noexcept override { return false; }
  uint64_t size() const noexcept override { return kUnknownSize; }
  // Once, when a feeder that was told to wait may go on.
  bool TakeHungry() noexcept;

 private:
  std::mutex mutex_;
  std::deque<std::vector<uint8_t>> chunks_;
  size_t first_at_ = 0;
  size_t waiting_ = 0;
  bool ended_ = false;
  bool full_ = false;
};

}  // namespace mixminus
