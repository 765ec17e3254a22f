// Where everything that workers give back waits for the JavaScript thread: legs with news, legs,
// rooms, players and recorders that ended, and spent command payloads (all freed there, never on a
// worker). Lock-free lists without a capacity; one wake-up call for all news of a tick.
#pragma once

#include <atomic>
#include <functional>
#include <utility>

#include "engine/intrusive_stack.h"

namespace mixminus {

class MediaLeg;
class Player;

enum class ReturnedKind { kLeg, kPlayer, kRecorder, kReader, kDigits, kSpent };

// Base of what comes back through the hub.
struct Returned {
  explicit Returned(ReturnedKind its_kind) : kind(its_kind) {}
  virtual ~Returned() = default;
  const ReturnedKind kind;
  Returned* returned_next = nullptr;
};

// A leg's links into the two lists it can be in.
struct LegLinks {
  LegLinks* news_next = nullptr;
  LegLinks* mailbox_next = nullptr;
  std::atomic<bool> in_news{false};
  MediaLeg* leg = nullptr;
};

// The same of a player.
struct PlayerLinks {
  PlayerLinks* news_next = nullptr;
  std::atomic<bool> in_news{false};
  Player* player = nullptr;
};

class FactHub {
 public:
  // `wake` may be called by any worker; it must not block.
  explicit FactHub(std::function<void()> wake) : wake_(std::move(wake)) {}

  // Workers. The leg is listed at most once; the thread that takes the list clears its flag first.
  void News(LegLinks* leg) noexcept {
    if (!leg->in_news.exchange(true, std::memory_order_acq_rel)) news_.Push(leg);
    fresh_.store(true, std::memory_order_release);
  }
  void News(PlayerLinks* player) noexcept {
    if (!player->in_news.exchange(true, std::memory_order_acq_rel)) player_news_.Push(player);
    fresh_.store(true, std::memory_order_release);
  }
  // PCM waits in a reader.
  void AudioWaits() noexcept { fresh_.store(true, std::memory_order_release); }
  // Give an object back for good: the caller never touches it again. An ended leg, player or
  // recorder is a fact and worth a wake-up; a spent payload or a closed room is not.
  void Return(Returned* object) noexcept {
    returned_.Push(object);
    fresh_.store(true, std::memory_order_release);
  }
  void ReturnSpent(Returned* payload) noexcept { spent_.Push(payload); }

  // Any thread, after its facts: wakes JavaScript unless it is awake already.
  void Flush() noexcept {
    if (!fresh_.load(std::memory_order_relaxed) ||
        !fresh_.exchange(false, std::memory_order_acq_rel))
      return;
    if (!woken_.exchange(true, std::memory_order_acq_rel)) wake_();
  }

  // JavaScript thread. Returned legs are taken before the news, so that no leg is listed in news
  // after it was freed.
  void BeginTaking() noexcept { woken_.store(false, std::memory_order_release); }
  Returned* TakeReturned() noexcept { return returned_.TakeAll(); }
  LegLinks* TakeNews() noexcept { return news_.TakeAll(); }
  PlayerLinks* TakePlayerNews() noexcept { return player_news_.TakeAll(); }
  Returned* TakeSpent() noexcept { return spent_.TakeAll(); }

 private:
  const std::function<void()> wake_;
  std::atomic<bool> fresh_{false};
  std::atomic<bool> woken_{false};
  IntrusiveStack<LegLinks, &LegLinks::news_next> news_;
  IntrusiveStack<PlayerLinks, &PlayerLinks::news_next> player_news_;
  IntrusiveStack<Returned, &Returned::returned_next> returned_;
  IntrusiveStack<Returned, &Returned::returned_next> spent_;
};

}  // namespace mixminus
