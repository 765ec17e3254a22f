// See player.h. Here: the worker's side; the file thread's is in player_feed.cc.
#include "engine/player.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

namespace mixminus {
namespace {

// A cushion against the file thread's rounds.
constexpr int kFilePrebufferMs = 60;

}  // namespace

Player::Player(PlayerInit init, FactHub* facts)
    : Returned(ReturnedKind::kPlayer),
      facts_(facts),
      gain_(static_cast<float>(init.gain)),
      source_(std::move(init.source)),
      file_(init.file),
      stream_(init.stream),
      loop_(init.loop),
      start_ms_(init.start_ms) {
  links.player = this;
  prime_samples_ = kFilePrebufferMs;
  if (source_) return;
  rate_hz_ = init.rate_hz;
  prime_samples_ = static_cast<size_t>(init.prebuffer_ms) * static_cast<size_t>(rate_hz_) / 1000;
  ring_ = std::make_unique<SampleRing>(static_cast<size_t>(init.buffer_ms) *
                                       static_cast<size_t>(rate_hz_) / 1000);
  ready_.store(true, std::memory_order_release);
}

bool Player::Stir() noexcept {
  // Before the ring is looked at: what was written before the end is then seen.
  stirred_to_end_ = ended_.load(std::memory_order_acquire);
  stirred_ = stirred_to_end_;
  if (!ready_.load(std::memory_order_acquire)) return stirred_;
  frame_.SetRate(rate_hz_);
  DropCleared();
  const bool sounds = Prime(stirred_to_end_) && ring_->size() > 0;
  if (!sounds && primed_ && !stirred_to_end_) RunDry();
  if (!sounds && starving_) {
    starved_.fetch_add(static_cast<uint64_t>(frame_.samples_per_channel),
                       std::memory_order_relaxed);
  }
  CheckNotify();
  stirred_ = stirred_ || sounds || !converter_.quiet();
  return stirred_;
}

// What was cleared leaves no tail, and its silence is wanted.
void Player::DropCleared() noexcept {
  const uint64_t before = ring_->read();
  ring_->SkipTo(discard_to_.load(std::memory_order_acquire));
  if (ring_->read() == before) return;
  converter_.Reset();
  primed_ = false;
  starving_ = false;
}

Played Player::AddFrame(AudioFrame* out) noexcept {
  if (!stirred_) return Played::kNothing;
  stirred_ = false;
  if (!ready_.load(std::memory_order_acquire)) return Played::kEnded;
  const auto wanted = static_cast<size_t>(frame_.samples_per_channel);
  const size_t got = primed_ ? ring_->Read(frame_.samples, wanted) : 0;
  std::fill(frame_.samples + got, frame_.samples + wanted, int16_t{0});
  converter_.SetRates(rate_hz_, out->rate_hz);
  const bool silent = got == 0 && converter_.quiet();
  if (!silent) {
    converter_.Convert(frame_, &frame_);
    Mix(frame_, out);
  }
  if (stirred_to_end_ && ring_->size() == 0 && converter_.quiet()) return Played::kEnded;
  return silent ? Played::kNothing : Played::kSound;
}

// Whether samples may be taken: a source that has just begun, or had run dry, first gathers a
// cushion, but what little there is does not wait longer than the cushion is long.
bool Player::Prime(bool ended) noexcept {
  if (primed_) return true;
  const size_t waiting = ring_->size();
  if (waiting == 0) return false;
  ++waited_frames_;
  const size_t patience =
      static_cast<size_t>(waited_frames_) * static_cast<size_t>(frame_.samples_per_channel);
  if (!ended && waiting < prime_samples_ && patience <= prime_samples_) return false;
  primed_ = true;
  starving_ = false;
  waited_frames_ = 0;
  return true;
}

void Player::RunDry() noexcept {
  primed_ = false;
  starving_ = true;
  underruns_.fetch_add(1, std::memory_order_relaxed);
  dry_.store(true, std::memory_order_release);
  if (!source_) facts_->News(&links);
}

void Player::NotifyAt(uint64_t position) noexcept {
  notify_at_.store(position, std::memory_order_release);
}

void Player::CheckNotify() noexcept {
  if (source_) return;
  uint64_t at = notify_at_.load(std::memory_order_acquire);
  if (ring_->read() < at) return;
  // A newer wish of the calling thread stands.
  notify_at_.compare_exchange_strong(at, UINT64_MAX, std::memory_order_acq_rel);
  facts_->News(&links);
}

void Player::Mix(const AudioFrame& frame, AudioFrame* out) const noexcept {
  for (int i = 0; i < out->samples_per_channel; ++i) {
    const int32_t sample =
        gain_ == 1 ? frame.samples[i]
                   : static_cast<int32_t>(std::lrint(gain_ * static_cast<float>(frame.samples[i])));
    out->samples[i] = SaturateToInt16(out->samples[i] + sample);
  }
}

void Player::Release() noexcept {
  if (source_) {
    released_.store(true, std::memory_order_release);
  } else {
    facts_->Return(this);
  }
}

void PlayerList::Add(Player* player) noexcept {
  Player** link = &first_;
  while (*link != nullptr) link = &(*link)->next;
  *link = player;
}

void PlayerList::Stop(Handle player) noexcept {
  for (Player** link = &first_; *link != nullptr; link = &(*link)->next) {
    if ((*link)->handle != player) continue;
    End(link);
    return;
  }
}

void PlayerList::StopAll() noexcept {
  while (first_ != nullptr) End(&first_);
}

void PlayerList::DropFailed() noexcept {
  for (Player** link = &first_; *link != nullptr;) {
    if ((*link)->Failed()) {
      End(link);
    } else {
      link = &(*link)->next;
    }
  }
}

bool PlayerList::Stir() noexcept {
  bool any = false;
  for (Player* player = first_; player != nullptr; player = player->next)
    any = player->Stir() || any;
  return any;
}

bool PlayerList::AddFrame(AudioFrame* out) noexcept {
  bool heard = false;
  for (Player** link = &first_; *link != nullptr;) {
    const Played played = (*link)->AddFrame(out);
    heard = heard || played != Played::kNothing;
    if (played == Played::kEnded) {
      End(link);
    } else {
      link = &(*link)->next;
    }
  }
  return heard;
}

void PlayerList::End(Player** link) noexcept {
  Player* ended = *link;
  *link = ended->next;
  ended->Release();
}

}  // namespace mixminus
