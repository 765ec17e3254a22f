// The table of codecs and their factory. The shared objects hold no state.

#include "core/codec/registry.h"

#include "core/codec/g711.h"
#include "core/codec/g722.h"
#include "core/codec/l16.h"
#ifdef MIXMINUS_OPUS
#include "core/codec/opus.h"
#endif

namespace mixminus {

namespace {

constexpr CodecInfo kCodecs[] = {
    {CodecId::kPcmu, "PCMU", 0, 8000, 8000, 1, 160, false},
    {CodecId::kPcma, "PCMA", 8, 8000, 8000, 1, 160, false},
    {CodecId::kG722, "G722", 9, 16000, 8000, 1, 160, true},
    {CodecId::kL16, "L16", 255, 8000, 8000, 1, 320, false},
    {CodecId::kL16, "L16", 255, 16000, 16000, 1, 640, false},
    {CodecId::kL16, "L16", 255, 24000, 24000, 1, 960, false},
    {CodecId::kL16, "L16", 255, 48000, 48000, 1, 1920, false},
#ifdef MIXMINUS_OPUS
    {CodecId::kOpus, "opus", 255, 48000, 48000, 2, 1275, true},
#endif
};
constexpr int kCodecCount = sizeof(kCodecs) / sizeof(kCodecs[0]);

PcmuDecoder pcmu_decoder;
PcmaDecoder pcma_decoder;
PcmuEncoder pcmu_encoder;
PcmaEncoder pcma_encoder;

char Lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool SameName(const char* a, const char* b) noexcept {
  while (*a != '\0' && Lower(*a) == Lower(*b)) {
    ++a;
    ++b;
  }
  return *a == *b;
}

// The rate that the settings ask for; 0 when the codec does not have it.
int SampleRate(const CodecSettings& settings) noexcept {
  const CodecInfo* info = FindCodec(settings.id, settings.rtp_clock_hz);
  if (info == nullptr) return 0;
  if (settings.sample_rate_hz == 0 || settings.sample_rate_hz == info->sample_rate_hz) {
    return info->sample_rate_hz;
  }
#ifdef MIXMINUS_OPUS
  if (settings.id == CodecId::kOpus && OpusHasRate(settings.sample_rate_hz)) {
    return settings.sample_rate_hz;
  }
#endif
  return 0;
}

}  // namespace

const CodecInfo* FindCodec(CodecId id) noexcept {
  for (const CodecInfo& info : kCodecs) {
    if (info.id == id) return &info;
  }
  return nullptr;
}

const CodecInfo* FindCodec(CodecId id, int rtp_clock_hz) noexcept {
  for (const CodecInfo& info : kCodecs) {
    if (info.id == id && info.rtp_clock_hz == rtp_clock_hz) return &info;
  }
  return nullptr;
}

const CodecInfo* FindCodecByName(const char* name, int rtp_clock_hz) noexcept {
  if (name == nullptr) return nullptr;
  for (const CodecInfo& info : kCodecs) {
    if (info.rtp_clock_hz == rtp_clock_hz && SameName(info.name, name)) return &info;
  }
  return nullptr;
}

const CodecInfo* AllCodecs(int* count) noexcept {
  *count = kCodecCount;
  return kCodecs;
}

std::unique_ptr<AudioDecoder> MakeDecoder(const CodecSettings& settings) {
  if (SampleRate(settings) == 0) return nullptr;
  switch (settings.id) {
    case CodecId::kPcmu:
      return std::make_unique<PcmuDecoder>();
    case CodecId::kPcma:
      return std::make_unique<PcmaDecoder>();
    case CodecId::kL16:
      return std::make_unique<L16Decoder>(SampleRate(settings));
    case CodecId::kG722:
      return std::make_unique<G722Decoder>();
#ifdef MIXMINUS_OPUS
    case CodecId::kOpus:
      return std::make_unique<OpusAudioDecoder>(SampleRate(settings));
#endif
    default:
      return nullptr;
  }
}

std::unique_ptr<AudioEncoder> MakeEncoder(const CodecSettings& settings) {
  if (SampleRate(settings) == 0) return nullptr;
  switch (settings.id) {
    case CodecId::kPcmu:
      return std::make_unique<PcmuEncoder>();
    case CodecId::kPcma:
      return std::make_unique<PcmaEncoder>();
    case CodecId::kL16:
      return std::make_unique<L16Encoder>(SampleRate(settings));
    case CodecId::kG722:
      return std::make_unique<G722Encoder>();
#ifdef MIXMINUS_OPUS
    case CodecId::kOpus:
      return std::make_unique<OpusAudioEncoder>(SampleRate(settings), settings.opus);
#endif
    default:
      return nullptr;
  }
}

size_t EncoderStateSize(CodecId id) noexcept {
  switch (id) {
    case CodecId::kG722:
      return sizeof(G722Encoder);
#ifdef MIXMINUS_OPUS
    case CodecId::kOpus:
      return sizeof(OpusAudioEncoder) + OpusEncoderStateBytes();
#endif
    default:
      return 0;
  }
}

AudioDecoder* SharedDecoder(CodecId id) noexcept {
  switch (id) {
    case CodecId::kPcmu:
      return &pcmu_decoder;
    case CodecId::kPcma:
      return &pcma_decoder;
    default:
      return nullptr;
  }
}

AudioEncoder* SharedEncoder(CodecId id) noexcept {
  switch (id) {
    case CodecId::kPcmu:
      return &pcmu_encoder;
    case CodecId::kPcma:
      return &pcma_encoder;
    default:
      return nullptr;
  }
}

}  // namespace mixminus
