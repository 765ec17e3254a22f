// Any payloads through any decoder of this build, in runs of any length, with FEC, concealment and
// resets in between. No decoder writes more than it was asked for or than the packet holds.

#include <vector>

#include "core/base/check.h"
#include "core/codec/registry.h"
#include "fuzz_input.h"

using namespace mixminus;

namespace {

constexpr int kGuard = 4;
constexpr int16_t kMark = 12345;

// Room for `count` samples with a mark behind them.
struct Output {
  explicit Output(int count) : samples(static_cast<size_t>(count + kGuard), kMark), size(count) {}
  void Check(int written) const {
    MIXMINUS_CHECK(written >= 0 && written <= size);
    for (int i = 0; i < kGuard; ++i) {
      MIXMINUS_CHECK(samples[static_cast<size_t>(size + i)] == kMark);
    }
  }
  std::vector<int16_t> samples;
  int size;
};

void Play(AudioDecoder* decoder, const uint8_t* payload, size_t size, uint8_t control) {
  const int whole = decoder->PacketSamples(payload, size);
  MIXMINUS_CHECK(whole >= 0);
  const int fec = decoder->FecSamples(payload, size);
  MIXMINUS_CHECK(fec >= 0 && fec <= decoder->sample_rate_hz() * 60 / 1000);
  const int runs = 1 + (control & 3);
  if ((control & 0x10) != 0) {
    for (int i = 0; i < runs && fec > 0; ++i) {
      Output out(fec / runs);
      out.Check(decoder->DecodeFec(payload, size, i * (fec / runs), out.samples.data(), out.size));
    }
  }
  const int length = whole / runs + ((control & 0x20) != 0 ? 1 : 0);
  for (int first = (control & 0x40) != 0 ? 7 : 0; first < whole; first += length) {
    if (length == 0) break;
    Output out(length);
    const int written = decoder->Decode(payload, size, first, out.samples.data(), length);
    out.Check(written);
    MIXMINUS_CHECK(first + written <= whole);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  int count = 0;
  const CodecInfo* all = AllCodecs(&count);
  const CodecInfo& info = all[input.Byte() % count];
  CodecSettings settings;
  settings.id = info.id;
  settings.rtp_clock_hz = info.rtp_clock_hz;
  const int rates[] = {0, 8000, 12000, 16000, 24000};
  if (info.id == CodecId::kOpus) settings.sample_rate_hz = rates[input.Byte() % 5];
  const auto decoder = MakeDecoder(settings);
  MIXMINUS_CHECK(decoder != nullptr);
  for (int packets = 0; !input.done() && packets < 40; ++packets) {
    const uint8_t control = input.Byte();
    const uint8_t* payload = nullptr;
    const size_t length = input.Take(input.Byte(), &payload);
    Play(decoder.get(), payload, length, control);
    if ((control & 0x08) != 0) {
      Output out(input.Byte() * 5);
      out.Check(decoder->Conceal(out.samples.data(), out.size));
    }
    if ((control & 0x80) != 0) decoder->Reset();
  }
  return 0;
}
