#pragma once
// Where a reader of sound files gets its bytes from, and a small buffer in front of it. Pure
// interfaces: files and fed streams are in engine/, memory is here. Used on the engine's file
// thread by one reader at a time.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

namespace mixminus {

enum class InputState : uint8_t {
  kOk,
  kLater,  // nothing now; ask again (a stream that is still being fed)
  kEnd,
  kFailed,  // the system refused; the input knows why
};

constexpr uint64_t kUnknownSize = UINT64_MAX;

class ByteInput {
 public:
  virtual ~ByteInput() = default;
  // Up to `size` bytes into `to`; `read` is above 0 with kOk and 0 otherwise.
  virtual InputState Read(uint8_t* to, size_t size, size_t* read) noexcept = 0;
  // False where that cannot be done: a stream.
  virtual bool Seek(uint64_t position) noexcept = 0;
  // In bytes; kUnknownSize of what cannot seek.
  virtual uint64_t size() const noexcept = 0;
};

// Bytes in memory, owned.
class MemoryInput final : public ByteInput {
 public:
  explicit MemoryInput(std::vector<uint8_t> bytes) : bytes_(std::move(bytes)) {}

  InputState Read(uint8_t* to, size_t size, size_t* read) noexcept override {
    *read = std::min(size, bytes_.size() - at_);
    if (*read > 0) std::memcpy(to, bytes_.data() + at_, *read);
    at_ += *read;
    return *read > 0 ? InputState::kOk : InputState::kEnd;
  }
  bool Seek(uint64_t position) noexcept override {
    at_ = static_cast<size_t>(std::min<uint64_t>(position, bytes_.size()));
    return true;
  }
  uint64_t size() const noexcept override { return bytes_.size(); }

 private:
  const std::vector<uint8_t> bytes_;
  size_t at_ = 0;
};

// Reads ahead, so that parsers see runs of contiguous bytes and know their position.
class InputBuffer {
 public:
  static constexpr size_t kCapacity = size_t{16} * 1024;

  explicit InputBuffer(ByteInput* input) : input_(input), bytes_(kCapacity) {}

  // Makes at least `count` bytes (at most kCapacity) stand at data(). kEnd and kFailed when they
  // never will; what is there stays.
  InputState Need(size_t count) noexcept {
    while (size() < count) {
      if (begin_ > 0) {
        std::memmove(bytes_.data(), data(), size());
        end_ -= begin_;
        begin_ = 0;
      }
      size_t read = 0;
      const InputState state = input_->Read(bytes_.data() + end_, bytes_.size() - end_, &read);
      if (state != InputState::kOk) return state;
      end_ += read;
    }
    return InputState::kOk;
  }

  const uint8_t* data() const noexcept { return bytes_.data() + begin_; }
  size_t size() const noexcept { return end_ - begin_; }
  // Of data(), from the beginning of the input.
  uint64_t position() const noexcept { return position_; }
  uint64_t total() const noexcept { return input_->size(); }

  // At most size().
  void Take(size_t count) noexcept {
    begin_ += count;
    position_ += count;
  }
  // Passes over bytes that need not be there yet.
  InputState Skip(uint64_t* count) noexcept {
    while (*count > 0) {
      const InputState state = Need(1);
      if (state != InputState::kOk) return state;
      const auto now = static_cast<size_t>(std::min<uint64_t>(*count, size()));
      Take(now);
      *count -= now;
    }
    return InputState::kOk;
  }
  bool Seek(uint64_t position) noexcept {
    if (!input_->Seek(position)) return false;
    begin_ = 0;
    end_ = 0;
    position_ = position;
    return true;
  }

 private:
  ByteInput* const input_;
  std::vector<uint8_t> bytes_;
  size_t begin_ = 0;
  size_t end_ = 0;
  uint64_t position_ = 0;
};

}  // namespace mixminus
