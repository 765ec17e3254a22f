#pragma once
// Comfort noise (RFC 3389): what a sender that is silent says about its background, and noise made
// from it. A payload is a level and, optionally, the shape of the spectrum as reflection
// coefficients. Works at any rate of the engine. Pure, a few hundred bytes, nothing allocated.

#include <cstddef>
#include <cstdint>

namespace mixminus {

// The most reflection coefficients that are sent or used; a payload's further ones are ignored, as
// RFC 3389 §3.2 leaves to the receiver.
constexpr int kMaxNoiseOrder = 12;
constexpr int kMaxNoisePayloadBytes = 1 + kMaxNoiseOrder;

struct ComfortNoise {
  int level_dbov = 127;  // below the overload point: 0 loud … 127
  int order = 0;         // coefficients that follow; 0 is white noise
  float reflection[kMaxNoiseOrder] = {};
};

// False when the payload is empty; a level with its reserved bit set is read without that bit.
bool ParseComfortNoise(const uint8_t* payload, size_t size, ComfortNoise* out) noexcept;
// Returns the bytes written: 1 + order, or 0 when they do not fit.
size_t WriteComfortNoise(const ComfortNoise& noise, uint8_t* out, size_t capacity) noexcept;

// Makes noise. A change of level or spectrum is reached within 20 ms, so that it does not click.
class ComfortNoiseGenerator {
 public:
  explicit ComfortNoiseGenerator(uint32_t seed = 1) noexcept : random_(seed | 1) {}

  // What the latest packet said. The first one holds at once.
  void Update(const ComfortNoise& noise) noexcept;
  // The next `count` samples; silence before the first Update.
  void Generate(int16_t* out, int count) noexcept;
  bool active() const noexcept { return active_; }
  // The next Generate makes silence again.
  void Reset() noexcept;

 private:
  float NextWhite() noexcept;
  int16_t NextSample(float gain, float limit) noexcept;

  bool active_ = false;
  uint32_t random_;
  int order_ = 0;
  float target_rms_ = 0;
  float rms_ = 0;
  float target_[kMaxNoiseOrder] = {};  // reflection coefficients
  float reflection_[kMaxNoiseOrder] = {};
  float memory_[kMaxNoiseOrder + 1] = {};  // of the lattice
};

// Measures the background of a silent sender and says when a packet is due: when a silence begins,
// when level or spectrum have changed, and otherwise each second.
class ComfortNoiseEncoder {
 public:
  static constexpr int kOrder = 8;
  static constexpr int kRepeatMs = 1000;
  static constexpr int kStepDb = 3;               // a change of level that is worth a packet
  static constexpr float kStepReflection = 0.3f;  // likewise of a coefficient
  static constexpr int kLeastMs = 100;            // between two packets of one silence
  static constexpr int kMaxFrame = 2880;

  explicit ComfortNoiseEncoder(int sample_rate_hz) noexcept : rate_hz_(sample_rate_hz) {}

  // A frame of silence that will not be sent; up to 60 ms at 48 kHz. True when a packet is due.
  bool Observe(const int16_t* samples, int count) noexcept;
  // The packet; its size, 0 when it does not fit. Nothing is due again until something changes.
  size_t Write(uint8_t* out, size_t capacity) noexcept;
  // The talkspurt begins: the next silence starts with a packet.
  void OnSpeech() noexcept { begun_ = false; }

 private:
  bool HasChanged() const noexcept;

  int rate_hz_;
  bool begun_ = false;                   // a packet was written in this silence
  int since_ms_ = 0;                     // since it was
  double correlation_[kOrder + 1] = {};  // averaged over frames
  ComfortNoise now_;
  ComfortNoise sent_;
};

}  // namespace mixminus
