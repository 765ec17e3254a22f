// What an engine call answers to its caller: nothing, or a stable code of src/base/errors.ts and a
// sentence for people. Only made on the calling thread; workers answer by facts.
#pragma once

#include <string>
#include <utility>

namespace mixminus {

class [[nodiscard]] EngineStatus {
 public:
  EngineStatus() = default;
  EngineStatus(const char* code, std::string message) : code_(code), message_(std::move(message)) {}

  bool ok() const noexcept { return code_ == nullptr; }
  // A string literal, or nullptr when ok.
  const char* code() const noexcept { return code_; }
  const std::string& message() const noexcept { return message_; }

 private:
  const char* code_ = nullptr;
  std::string message_;
};

}  // namespace mixminus
