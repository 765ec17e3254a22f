// Search and overlap-add. See time_stretch.h. Pure.

#include "core/jitter/time_stretch.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace mixminus {

namespace {

constexpr int kSearchRateHz = 8000;  // higher rates are searched on every n-th sample first
constexpr float kQuietEnergy = 4;    // per sample: below it everything is alike

struct Match {
  int lag = 0;
  float likeness = -2;
};

// How like `a` and `b` are: 1 the same but for loudness, 0 unrelated.
float Likeness(const int16_t* a, const int16_t* b, int count, int stride) noexcept {
  int64_t product = 0;
  int64_t energy_a = 0;
  int64_t energy_b = 0;
  int taken = 0;
  for (int i = 0; i < count; i += stride, ++taken) {
    product += a[i] * b[i];
    energy_a += a[i] * a[i];
    energy_b += b[i] * b[i];
  }
  const float quiet = kQuietEnergy * static_cast<float>(taken);
  const auto loud_a = static_cast<float>(energy_a);
  const auto loud_b = static_cast<float>(energy_b);
  if (loud_a <= quiet && loud_b <= quiet) return 1;
  // A louder copy is no match: the fade would be heard as a step of loudness.
  return 2 * static_cast<float>(product) / (loud_a + loud_b + 1);
}

// The lag at which `fixed` is most like `fixed + sign × lag`.
Match FindLag(const int16_t* fixed, int sign, int overlap, const StretchLimits& limits) noexcept {
  const int stride = std::max(1, limits.rate_hz / kSearchRateHz);
  Match best;
  for (int lag = limits.shortest; lag <= limits.longest; lag += stride) {
    const float likeness = Likeness(fixed, fixed + sign * lag, overlap, stride);
    // Of equals the longest: fewer changes do the same work.
    if (likeness >= best.likeness) best = {lag, likeness};
  }
  if (stride == 1) return best;
  const int from = std::max(limits.shortest, best.lag - stride + 1);
  const int to = std::min(limits.longest, best.lag + stride - 1);
  Match fine;
  for (int lag = from; lag <= to; ++lag) {
    const float likeness = Likeness(fixed, fixed + sign * lag, overlap, 1);
    if (likeness > fine.likeness) fine = {lag, likeness};
  }
  return fine;
}

int16_t Faded(int from, int to, int at, int length) noexcept {
  return static_cast<int16_t>((from * (length - at) + to * at) / length);
}

int Overlap(int rate_hz) noexcept { return rate_hz / 1000 * kStretchFadeMs; }

}  // namespace

int Accelerate(int16_t* audio, int count, const StretchLimits& limits) noexcept {
  const int overlap = Overlap(limits.rate_hz);
  StretchLimits within = limits;
  within.longest = std::min(limits.longest, count - overlap);
  if (within.shortest > within.longest || within.shortest < 1) return 0;
  const Match match = FindLag(audio, 1, overlap, within);
  if (match.lag == 0 || match.likeness < limits.likeness) return 0;
  for (int i = 0; i < overlap; ++i) audio[i] = Faded(audio[i], audio[i + match.lag], i, overlap);
  std::memmove(audio + overlap, audio + overlap + match.lag,
               static_cast<size_t>(count - overlap - match.lag) * sizeof(int16_t));
  return match.lag;
}

int Expand(const int16_t* audio, int count, int16_t* out, const StretchLimits& limits) noexcept {
  const int overlap = Overlap(limits.rate_hz);
  if (limits.shortest > limits.longest || limits.shortest < 1 || count < overlap) return 0;
  const Match match = FindLag(audio, -1, overlap, limits);
  if (match.lag == 0 || match.likeness < limits.likeness) return 0;
  for (int i = 0; i < overlap; ++i) out[i] = Faded(audio[i], audio[i - match.lag], i, overlap);
  std::memcpy(out + overlap, audio + overlap - match.lag,
              static_cast<size_t>(count - overlap + match.lag) * sizeof(int16_t));
  return match.lag;
}

}  // namespace mixminus
