// Any bytes as a WAVE file: an error, or all the frames that it says are there.

#include <vector>

#include "core/base/check.h"
#include "core/file/wav.h"

using namespace mixminus;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  WavInfo info;
  if (ParseWav(data, size, &info) != Status::kOk) return 0;
  MIXMINUS_CHECK(info.rate_hz >= 4000 && info.rate_hz <= 192000);
  MIXMINUS_CHECK(info.channels >= 1 && info.channels <= 8);
  MIXMINUS_CHECK(info.data_offset <= size);
  MIXMINUS_CHECK(info.frames <=
                 (size - info.data_offset) / static_cast<size_t>(info.bytes_per_frame));
  std::vector<int16_t> samples(info.frames + 1);
  MIXMINUS_CHECK(ReadWavMono(info, data, size, 0, info.frames + 1, samples.data()) == info.frames);
  const size_t middle = info.frames / 2;
  MIXMINUS_CHECK(ReadWavMono(info, data, size, middle, info.frames, samples.data()) ==
                 info.frames - middle);
  MIXMINUS_CHECK(ReadWavMono(info, data, size / 2, 0, info.frames, samples.data()) <= info.frames);
  return 0;
}
