// Comfort noise: white noise through an all-pole lattice of the payload's reflection coefficients.
// The encoder is their inverse: autocorrelation and the Levinson-Durbin recursion. Pure.

#include "core/codec/comfort_noise.h"

#include <algorithm>
#include <cmath>

namespace mixminus {

namespace {

constexpr float kOverload = 32767;  // RMS of a full-scale square wave: 0 dBov
constexpr float kMaxReflection = 0.98f;
constexpr int kGlideSamples = 16;  // level and spectrum move in steps of that many samples,
constexpr float kGlide = 0.2f;     // each by this part of what is left
constexpr float kPeak = 4;         // of noise, times its RMS
constexpr int kShapeOrder = 3;
constexpr double kAveraging = 0.125;   // weight of a new frame
constexpr double kWhitening = 1.0001;  // a little white noise keeps the recursion stable

float LevelToRms(int level_dbov) noexcept {
  return kOverload * std::pow(10.0f, static_cast<float>(-level_dbov) / 20);
}

// RFC 3389 §3.2: N = 0…254 stands for (N − 127) / 127.
float FromCode(uint8_t code) noexcept {
  const float value = (static_cast<float>(code) - 127) / 127;
  return std::clamp(value, -kMaxReflection, kMaxReflection);
}

uint8_t ToCode(float reflection) noexcept {
  const float code = std::round(reflection * 127) + 127;
  return static_cast<uint8_t>(std::clamp(code, 0.0f, 254.0f));
}

// Power of the white noise that comes out of the filter with power 1.
float DrivingPower(const float* reflection, int order) noexcept {
  float power = 1;
  for (int i = 0; i < order; ++i) power *= 1 - reflection[i] * reflection[i];
  return power;
}

// Levinson-Durbin; the coefficients' sign is that of RFC 3389's lattice: k₁ = −r₁ / r₀.
void Reflections(const double* correlation, int order, float* out) noexcept {
  double forward[kMaxNoiseOrder + 1] = {};
  double error = correlation[0] * kWhitening;
  for (int i = 0; i < order; ++i) {
    double sum = correlation[i + 1];
    for (int j = 0; j < i; ++j) sum += forward[j] * correlation[i - j];
    const double k = error > 0 ? std::clamp(-sum / error, -0.98, 0.98) : 0;
    out[i] = static_cast<float>(k);
    double next[kMaxNoiseOrder + 1];
    for (int j = 0; j < i; ++j) next[j] = forward[j] + k * forward[i - 1 - j];
    next[i] = k;
    std::copy(next, next + i + 1, forward);
    error *= 1 - k * k;
  }
}

}  // namespace

bool ParseComfortNoise(const uint8_t* payload, size_t size, ComfortNoise* out) noexcept {
  if (size == 0) return false;
  out->level_dbov = payload[0] & 0x7F;
  out->order = static_cast<int>(std::min<size_t>(size - 1, kMaxNoiseOrder));
  for (int i = 0; i < out->order; ++i) out->reflection[i] = FromCode(payload[1 + i]);
  return true;
}

size_t WriteComfortNoise(const ComfortNoise& noise, uint8_t* out, size_t capacity) noexcept {
  const int order = std::clamp(noise.order, 0, kMaxNoiseOrder);
  const size_t size = 1 + static_cast<size_t>(order);
  if (size > capacity) return 0;
  out[0] = static_cast<uint8_t>(std::clamp(noise.level_dbov, 0, 127));
  for (int i = 0; i < order; ++i) out[1 + i] = ToCode(noise.reflection[i]);
  return size;
}

void ComfortNoiseGenerator::Update(const ComfortNoise& noise) noexcept {
  const int order = std::clamp(noise.order, 0, kMaxNoiseOrder);
  for (int i = 0; i < kMaxNoiseOrder; ++i) {
    target_[i] = i < order ? std::clamp(noise.reflection[i], -kMaxReflection, kMaxReflection) : 0;
  }
  order_ = std::max(order_, order);
  target_rms_ = LevelToRms(noise.level_dbov);
  if (!active_) {
    std::copy(target_, target_ + kMaxNoiseOrder, reflection_);
    rms_ = target_rms_;
  }
  active_ = true;
}

void ComfortNoiseGenerator::Reset() noexcept {
  active_ = false;
  order_ = 0;
  std::fill(memory_, memory_ + kMaxNoiseOrder + 1, 0.0f);
}

// Three uniform numbers make noise of power 1 that is near enough to Gaussian.
float ComfortNoiseGenerator::NextWhite() noexcept {
  float sum = 0;
  for (int i = 0; i < 3; ++i) {
    random_ = random_ * 1664525u + 1013904223u;
    sum += static_cast<float>(static_cast<int32_t>(random_)) / 2147483648.0f;
  }
  return sum;
}

void ComfortNoiseGenerator::Generate(int16_t* out, int count) noexcept {
  if (!active_) {
    std::fill(out, out + count, int16_t{0});
    return;
  }
  for (int n = 0; n < count; n += kGlideSamples) {
    rms_ += (target_rms_ - rms_) * kGlide;
    for (int i = 0; i < order_; ++i) reflection_[i] += (target_[i] - reflection_[i]) * kGlide;
    // The drive follows the filter that is, not the one that will be: the level stays right on the
    // way as well.
    const float gain = rms_ * std::sqrt(DrivingPower(reflection_, order_));
    // A filter that rings while its coefficients change must not be heard doing so.
    const float limit = std::min(32767.0f, kPeak * std::max(rms_, 1.0f));
    const int end = std::min(count, n + kGlideSamples);
    for (int i = n; i < end; ++i) out[i] = NextSample(gain, limit);
  }
}

int16_t ComfortNoiseGenerator::NextSample(float gain, float limit) noexcept {
  float forward = gain * NextWhite();
  for (int i = order_ - 1; i >= 0; --i) {
    forward -= reflection_[i] * memory_[i];
    memory_[i + 1] = memory_[i] + reflection_[i] * forward;
  }
  memory_[0] = std::clamp(forward, -limit, limit);
  return static_cast<int16_t>(std::lrint(memory_[0]));
}

bool ComfortNoiseEncoder::Observe(const int16_t* samples, int count) noexcept {
  if (count <= kOrder || count > kMaxFrame) return false;
  const double weight = begun_ ? kAveraging : 1;
  for (int lag = 0; lag <= kOrder; ++lag) {
    double sum = 0;
    for (int i = lag; i < count; ++i) sum += static_cast<double>(samples[i]) * samples[i - lag];
    correlation_[lag] += weight * (sum / count - correlation_[lag]);
  }
  const double power = correlation_[0] / (static_cast<double>(kOverload) * kOverload);
  const double level = power > 0 ? -10 * std::log10(power) : 127;
  now_.level_dbov = static_cast<int>(std::lround(std::clamp(level, 0.0, 127.0)));
  now_.order = now_.level_dbov < 127 ? kOrder : 0;
  Reflections(correlation_, now_.order, now_.reflection);
  since_ms_ += 1000 * count / rate_hz_;
  return !begun_ || since_ms_ >= kRepeatMs || (since_ms_ >= kLeastMs && HasChanged());
}

bool ComfortNoiseEncoder::HasChanged() const noexcept {
  if (std::abs(now_.level_dbov - sent_.level_dbov) >= kStepDb) return true;
  if (now_.order != sent_.order) return true;
  // The first few are the shape that is heard; the later ones wander by themselves.
  for (int i = 0; i < std::min(kShapeOrder, now_.order); ++i) {
    if (std::abs(now_.reflection[i] - sent_.reflection[i]) >= kStepReflection) return true;
  }
  return false;
}

size_t ComfortNoiseEncoder::Write(uint8_t* out, size_t capacity) noexcept {
  const size_t size = WriteComfortNoise(now_, out, capacity);
  if (size == 0) return 0;
  sent_ = now_;
  begun_ = true;
  since_ms_ = 0;
  return size;
}

}  // namespace mixminus
