// See audio_file.h.
#include "engine/audio_file.h"

#include <algorithm>
#include <string>

#include "core/dsp/resampler.h"
#include "core/file/wav.h"

namespace mixminus {
namespace {

constexpr size_t kChunkFrames = 4096;

void Resample(const WavInfo& info, const uint8_t* bytes, size_t size, Resampler* resampler,
              std::vector<int16_t>* out) {
  std::vector<int16_t> input(kChunkFrames);
  std::vector<int16_t> output(static_cast<size_t>(std::max(
      resampler->MaxOutput(kChunkFrames), resampler->MaxOutput(resampler->latency_in_samples()))));
  for (size_t first = 0; first < info.frames;) {
    const size_t count = ReadWavMono(info, bytes, size, first, kChunkFrames, input.data());
    if (count == 0) break;
    const int made = resampler->Process(input.data(), static_cast<int>(count), output.data());
    out->insert(out->end(), output.begin(), output.begin() + made);
    first += count;
  }
  const int rest = resampler->Flush(output.data());
  out->insert(out->end(), output.begin(), output.begin() + rest);
}

}  // namespace

EngineStatus DecodeWav(const uint8_t* bytes, size_t size, int rate_hz, std::vector<int16_t>* out) {
  WavInfo info;
  const Status status = ParseWav(bytes, size, &info);
  if (status != Status::kOk) {
    return {"ERR_INVALID_AUDIO",
            std::string("not a WAVE file that this build reads: ") + StatusName(status)};
  }
  Resampler resampler(info.rate_hz, rate_hz);
  if (resampler.status() != Status::kOk) {
    return {"ERR_INVALID_AUDIO", "cannot convert " + std::to_string(info.rate_hz) + " Hz to " +
                                     std::to_string(rate_hz) + " Hz"};
  }
  out->clear();
  Resample(info, bytes, size, &resampler, out);
  return {};
}

}  // namespace mixminus
