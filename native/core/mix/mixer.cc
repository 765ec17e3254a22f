// The sums of a room. Pure; plain loops over at most 960 samples.

#include "core/mix/mixer.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace mixminus {

namespace {

// out[i] = clip(sum[i]). Packing with saturation is one instruction that compilers do not find by
// themselves.
void Clip(const int32_t* __restrict sum, int count, int16_t* __restrict out) noexcept {
  int i = 0;
#if defined(__SSE2__)
  for (; i + 8 <= count; i += 8) {
    const __m128i low = _mm_loadu_si128(reinterpret_cast<const __m128i*>(sum + i));
    const __m128i high = _mm_loadu_si128(reinterpret_cast<const __m128i*>(sum + i + 4));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + i), _mm_packs_epi32(low, high));
  }
#endif
  for (; i < count; ++i) out[i] = SaturateToInt16(sum[i]);
}

}  // namespace

void Mixer::Begin(int rate_hz) noexcept {
  rate_hz_ = rate_hz < kFramesPerSecond         ? kFramesPerSecond
             : rate_hz > AudioFrame::kMaxRateHz ? AudioFrame::kMaxRateHz
                                                : rate_hz;
  samples_ = SamplesPerFrame(rate_hz_);
  added_ = 0;
  scaled_ = false;
  std::memset(sum_, 0, static_cast<size_t>(samples_) * sizeof(int32_t));
}

int32_t* Mixer::BeginWith(int rate_hz) noexcept {
  Begin(rate_hz);
  return sum_;
}

bool Mixer::Add(const AudioFrame& frame) noexcept {
  if (frame.rate_hz != rate_hz_ || added_ == kMaxMembers) return false;
  const int16_t* __restrict samples = frame.samples;
  int32_t* __restrict sum = sum_;
  const int count = samples_;  // a member would be read again after every store
  for (int i = 0; i < count; ++i) sum[i] += samples[i];
  ++added_;
  return true;
}

bool Mixer::AddScaled(const AudioFrame& frame, GainStep gain) noexcept {
  if (frame.rate_hz != rate_hz_ || added_ == kMaxMembers) return false;
  if (!scaled_) std::memset(fraction_, 0, static_cast<size_t>(samples_) * sizeof(float));
  scaled_ = true;
  mixminus::AddScaled(frame.samples, samples_, gain, fraction_);
  ++added_;
  return true;
}

void Mixer::Settle() noexcept {
  if (!scaled_) return;
  for (int i = 0; i < samples_; ++i) {
    const float whole = std::nearbyint(fraction_[i]);
    sum_[i] += static_cast<int32_t>(whole);
    fraction_[i] -= whole;
  }
}

void Mixer::MinusInto(const AudioFrame* own, AudioFrame* out) const noexcept {
  MinusPlusInto(own, nullptr, out);
}

void Mixer::MinusPlusInto(const AudioFrame* own, const AudioFrame* extra,
                          AudioFrame* out) const noexcept {
  out->rate_hz = rate_hz_;
  out->samples_per_channel = samples_;
  if (own != nullptr && own->rate_hz != rate_hz_) own = nullptr;
  if (extra != nullptr && extra->rate_hz != rate_hz_) extra = nullptr;
  if (own == nullptr && extra == nullptr) {
    Clip(sum_, samples_, out->samples);
    return;
  }
  alignas(16) int32_t wide[AudioFrame::kMaxSamples];
  const int count = samples_;
  if (extra == nullptr) {
    for (int i = 0; i < count; ++i) wide[i] = sum_[i] - own->samples[i];
  } else if (own == nullptr) {
    for (int i = 0; i < count; ++i) wide[i] = sum_[i] + extra->samples[i];
  } else {
    for (int i = 0; i < count; ++i) wide[i] = sum_[i] - own->samples[i] + extra->samples[i];
  }
  Clip(wide, samples_, out->samples);
}

void Mixer::PersonalInto(const float* correction, GainStep gain, const AudioFrame* extra,
                         AudioFrame* out) const noexcept {
  out->rate_hz = rate_hz_;
  out->samples_per_channel = samples_;
  if (extra != nullptr && extra->rate_hz != rate_hz_) extra = nullptr;
  alignas(16) float values[AudioFrame::kMaxSamples];
  const int count = samples_;
  for (int i = 0; i < count; ++i) values[i] = static_cast<float>(sum_[i]);
  if (scaled_) {
    for (int i = 0; i < count; ++i) values[i] += fraction_[i];
  }
  if (correction != nullptr) {
    for (int i = 0; i < count; ++i) values[i] += correction[i];
  }
  Scale(values, count, gain);
  if (extra != nullptr) {
    for (int i = 0; i < count; ++i) values[i] += static_cast<float>(extra->samples[i]);
  }
  for (int i = 0; i < count; ++i) {
    const float clipped = std::clamp(values[i], -32768.0f, 32767.0f);
    out->samples[i] = static_cast<int16_t>(std::lrint(clipped));
  }
}

}  // namespace mixminus
