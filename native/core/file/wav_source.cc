// See wav_source.h.
#include "core/file/wav_source.h"

#include <algorithm>
#include <cstring>

#include "core/base/bytes.h"

namespace mixminus {
namespace {

constexpr size_t kRiffHeader = 12;
constexpr size_t kChunkHeader = 8;
constexpr uint32_t kMostFormat = 1024;

bool Is(const uint8_t* p, const char* id) noexcept { return std::memcmp(p, id, 4) == 0; }

const char* FormatProblem(Status status) noexcept {
  switch (status) {
    case Status::kUnsupported:
      return "holds a sound format that cannot be played (PCM 8 to 32 bit, float, A-law or µ-law "
             "can)";
    case Status::kOutOfRange:
      return "has a sample rate or number of channels that cannot be played (4000 to 192000 Hz, 1 "
             "to 8 channels can)";
    default:
      return "has a broken format chunk";
  }
}

}  // namespace

InputState WavSource::Open() noexcept {
  InputState state = InputState::kOk;
  while (stage_ != Stage::kData && state == InputState::kOk) state = OpenStep();
  if (state == InputState::kEnd) return Wrong("ends before its sound begins");
  return state;
}

InputState WavSource::OpenStep() noexcept {
  if (stage_ == Stage::kBody) {
    const InputState state = input_->Skip(&to_skip_);
    if (state == InputState::kOk) stage_ = Stage::kChunk;
    return state;
  }
  const size_t wanted = stage_ == Stage::kRiff ? kRiffHeader : kChunkHeader;
  const InputState state = input_->Need(wanted);
  if (state != InputState::kOk) return state;
  if (stage_ == Stage::kChunk) return ReadChunkHeader();
  const uint8_t* head = input_->data();
  if (Is(head, "RF64") || Is(head, "RIFX"))
    return Wrong("is an RF64 or RIFX file; only RIFF is read");
  if (!Is(head, "RIFF") || !Is(head + 8, "WAVE")) return Wrong("is not a WAVE file");
  riff_size_ = LoadLe32(head + 4);
  input_->Take(kRiffHeader);
  stage_ = Stage::kChunk;
  return InputState::kOk;
}

InputState WavSource::ReadChunkHeader() noexcept {
  const uint32_t claimed = LoadLe32(input_->data() + 4);
  const uint64_t padded = uint64_t{claimed} + (claimed & 1);  // chunks begin at even offsets
  if (Is(input_->data(), "data")) {
    if (info_.channels == 0) return Wrong("has no format chunk before its sound");
    input_->Take(kChunkHeader);
    data_begin_ = input_->position();
    data_frames_ = WavDataBytes(riff_size_, claimed, input_->total(), data_begin_) /
                   static_cast<uint64_t>(info_.bytes_per_frame);
    stage_ = Stage::kData;
    return InputState::kOk;
  }
  if (Is(input_->data(), "fmt ")) {
    if (claimed > kMostFormat) return Wrong(FormatProblem(Status::kBadLength));
    const InputState state = input_->Need(kChunkHeader + claimed);
    if (state != InputState::kOk) return state;
    const Status status = ReadWavFormat(input_->data() + kChunkHeader, claimed, &info_);
    if (status != Status::kOk) return Wrong(FormatProblem(status));
  }
  input_->Take(kChunkHeader);
  to_skip_ = padded;
  stage_ = Stage::kBody;
  return InputState::kOk;
}

InputState WavSource::Read(int16_t* out, size_t max, size_t* count) noexcept {
  *count = 0;
  if (at_ >= data_frames_) return InputState::kEnd;
  const auto block = static_cast<size_t>(info_.bytes_per_frame);
  // A file cut off inside a frame ends before it.
  const InputState state = input_->Need(block);
  if (state != InputState::kOk) return state;
  const auto left = static_cast<size_t>(std::min<uint64_t>(data_frames_ - at_, max));
  *count = std::min(left, input_->size() / block);
  WavToMono(info_, input_->data(), *count, out);
  input_->Take(*count * block);
  at_ += *count;
  return InputState::kOk;
}

bool WavSource::Seek(uint64_t sample) noexcept {
  const uint64_t to = std::min(sample, data_frames_);
  if (input_->total() == kUnknownSize) return false;
  if (!input_->Seek(data_begin_ + to * static_cast<uint64_t>(info_.bytes_per_frame))) return false;
  at_ = to;
  return true;
}

}  // namespace mixminus
