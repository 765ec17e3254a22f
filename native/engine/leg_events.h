// The event lane of one leg: what happened there, from its worker to the JavaScript thread, without
// a lock and without loss of life-cycle facts. States are one word of pending bits, latest wins;
// digits have a ring of 64, past which they are counted as lost. The worker writes, the JavaScript
// thread takes.
#pragma once

#include <atomic>
#include <cstdint>

#include "core/base/spsc_queue.h"
#include "core/rtp/source_latch.h"
#include "core/rtp/telephone_event.h"

namespace mixminus {

// An address that one thread overwrites and another reads whole: a sequence lock over relaxed
// words.
class SharedAddress {
 public:
  void Store(const TransportAddress& address) noexcept;
  TransportAddress Load() const noexcept;

 private:
  static constexpr int kWords = 3;
  std::atomic<uint32_t> version_{0};
  std::atomic<uint64_t> words_[kWords] = {};
};

class LegEvents {
 public:
  static constexpr size_t kDigitSlots = 64;
  enum Bit : uint32_t {
    kTalking = 1,
    kLatched = 2,
    kRtpTimeout = 4,
    kRtcpBye = 8,
    kDigits = 16,
    kLost = 32
  };

  struct Digit {
    char digit;
    int duration_ms;
  };

  // Worker. Each answers nothing; the caller puts the leg into the dirty list afterwards.
  void SetTalking(bool talking) noexcept;
  void SetLatched(const TransportAddress& address) noexcept;
  void SetRtpTimeout() noexcept { Raise(kRtpTimeout); }
  void SetRtcpBye() noexcept { Raise(kRtcpBye); }
  void AddDigit(const TelephoneEvent& event) noexcept;
  uint64_t lost() const noexcept { return lost_.load(std::memory_order_relaxed); }

  // JavaScript thread. The bits raised since the last call.
  uint32_t TakeBits() noexcept { return bits_.exchange(0, std::memory_order_acquire); }
  bool talking() const noexcept { return talking_.load(std::memory_order_relaxed); }
  TransportAddress latched() const noexcept { return latched_.Load(); }
  bool PopDigit(Digit* out) noexcept { return digits_.Pop(out); }
  // How many were lost since the last call.
  uint64_t TakeLost() noexcept;

 private:
  void Raise(uint32_t bits) noexcept { bits_.fetch_or(bits, std::memory_order_release); }

  std::atomic<uint32_t> bits_{0};
  std::atomic<bool> talking_{false};
  std::atomic<uint64_t> lost_{0};
  uint64_t lost_told_ = 0;  // JavaScript thread
  SharedAddress latched_;
  SpscQueue<Digit> digits_{kDigitSlots};
};

}  // namespace mixminus
