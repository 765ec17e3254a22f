// The table of codecs. Pure; the shared objects hold no state.

#include "core/codec/registry.h"

#include "core/codec/g711.h"

namespace mixminus {

namespace {

constexpr CodecInfo kCodecs[] = {
    {CodecId::kPcmu, "PCMU", 0, 8000, 8000, 160},
    {CodecId::kPcma, "PCMA", 8, 8000, 8000, 160},
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

}  // namespace

const CodecInfo* FindCodec(CodecId id) noexcept {
  for (const CodecInfo& info : kCodecs) {
    if (info.id == id) return &info;
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

AudioDecoder* SharedDecoder(CodecId id) noexcept {
  switch (id) {
    case CodecId::kPcmu:
      return &pcmu_decoder;
    case CodecId::kPcma:
      return &pcma_decoder;
    case CodecId::kNone:
      break;
  }
  return nullptr;
}

AudioEncoder* SharedEncoder(CodecId id) noexcept {
  switch (id) {
    case CodecId::kPcmu:
      return &pcmu_encoder;
    case CodecId::kPcma:
      return &pcma_encoder;
    case CodecId::kNone:
      break;
  }
  return nullptr;
}

}  // namespace mixminus
