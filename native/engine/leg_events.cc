// See leg_events.h.
#include "engine/leg_events.h"

#include <cstring>

namespace mixminus {

void SharedAddress::Store(const TransportAddress& address) noexcept {
  uint64_t words[kWords] = {};
  std::memcpy(words, address.bytes, 16);
  words[2] = static_cast<uint64_t>(address.family) << 16 | address.port;
  const uint32_t version = version_.load(std::memory_order_relaxed);
  version_.store(version + 1, std::memory_order_relaxed);
  // Each word is released, so that a reader who sees any of them also sees the odd version.
  for (int i = 0; i < kWords; ++i) words_[i].store(words[i], std::memory_order_release);
  version_.store(version + 2, std::memory_order_release);
}

TransportAddress SharedAddress::Load() const noexcept {
  uint64_t words[kWords];
  uint32_t before = 0;
  uint32_t after = 0;
  // The writer's section is three stores, so that a retry is rare and a second one all but
  // impossible.
  do {
    before = version_.load(std::memory_order_acquire);
    for (int i = 0; i < kWords; ++i) words[i] = words_[i].load(std::memory_order_acquire);
    after = version_.load(std::memory_order_relaxed);
  } while (before != after || (before & 1) != 0);
  TransportAddress address;
  std::memcpy(address.bytes, words, 16);
  address.family = static_cast<uint8_t>(words[2] >> 16);
  address.port = static_cast<uint16_t>(words[2]);
  return address;
}

void LegEvents::SetTalking(bool talking) noexcept {
  talking_.store(talking, std::memory_order_relaxed);
  Raise(kTalking);
}

void LegEvents::SetLatched(const TransportAddress& address) noexcept {
  latched_.Store(address);
  Raise(kLatched);
}

void LegEvents::AddDigit(const TelephoneEvent& event) noexcept {
  if (digits_.Push({event.digit, event.duration_ms})) {
    Raise(kDigits);
  } else {
    lost_.fetch_add(1, std::memory_order_relaxed);
    Raise(kLost);
  }
}

uint64_t LegEvents::TakeLost() noexcept {
  const uint64_t now = lost();
  const uint64_t since = now - lost_told_;
  lost_told_ = now;
  return since;
}

}  // namespace mixminus
