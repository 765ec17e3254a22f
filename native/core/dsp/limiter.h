#pragma once
// The last step of a mix: brings wide sums into the range of a sample, once. At present a hard
// clip, which is exact below full scale. Pure; used by the resampler and by whoever sums outside
// mix/mixer.

#include <cstdint>

namespace mixminus {

// out[i] = in[i] clipped to int16. Returns how many samples were clipped.
int LimitToInt16(const int32_t* in, int count, int16_t* out) noexcept;

}  // namespace mixminus
