#pragma once
// What is heard where no packet is, beside the waveform's repetition: the fade of a codec's own
// concealment, and comfort noise (RFC 3389) behind a concealment and in the pauses of a sender that
// says what its background is like. Pure, nothing allocated; owned by a receive leg.

#include <cstddef>
#include <cstdint>

#include "core/codec/comfort_noise.h"

namespace mixminus {

class GapFiller {
 public:
  // A codec knows its signal better than a repetition does, so it is believed for longer; but none
  // of them goes on for as long as a network can be away.
  static constexpr int kCodecHoldMs = 60;   // at the codec's level …
  static constexpr int kCodecFadeMs = 120;  // … and from the first missing sample to silence
  static constexpr int kReturnMs = 5;       // back to the signal
  // Where the peer may send comfort noise but has not: noise is no louder than this, whatever the
  // background.
  static constexpr int kLoudestGuessDbov = 50;

  // Another rate: what was faded is forgotten, the noise stays.
  void SetRate(int rate_hz) noexcept;
  // Whether the peer may send comfort noise.
  void Negotiate(bool comfort_noise) noexcept { negotiated_ = comfort_noise; }
  bool negotiated() const noexcept { return negotiated_; }
  // Another source: its background is not known.
  void Reset() noexcept;

  // A payload of comfort noise; false when it is damaged.
  bool OnNoisePacket(const uint8_t* payload, size_t size) noexcept;
  // The background by our own measure; serves until a packet says better.
  void OnBackground(int level_dbov) noexcept { background_dbov_ = level_dbov; }

  // The next samples of a gap as the codec made them up: faded in place.
  void FadeCodec(int16_t* samples, int count) noexcept;
  // The next samples of a gap, made up and faded by whomever: noise is added as they fade.
  // `hold_ms` and `fade_ms` are those of the fade. Counts the gap's time.
  void AddNoise(int16_t* samples, int count, int hold_ms, int fade_ms) noexcept;
  // A pause that the sender meant, or that is too long for anything else: noise, and true; or
  // zeros.
  bool Fill(int16_t* samples, int count) noexcept;
  // Real audio: its first milliseconds come up from where the fade was.
  void OnAudio(int16_t* samples, int count) noexcept;

 private:
  static constexpr int kUnity = 1 << 14;

  // Of the sample `made` into a gap.
  int Gain(int made, int hold_ms, int fade_ms) const noexcept;
  bool HasNoise() noexcept;

  ComfortNoiseGenerator noise_;
  bool negotiated_ = false;
  bool told_ = false;          // by a packet
  int background_dbov_ = 127;  // 127: not known
  int guess_dbov_ = -1;        // what the noise was last set to without a packet
  int per_ms_ = 8;
  int made_ = 0;         // samples of the gap so far
  int gain_ = kUnity;    // at the end of a faded gap; in the return from it, at its begin
  int return_left_ = 0;  // samples of the return
};

}  // namespace mixminus
