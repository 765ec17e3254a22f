// Any bytes as a sound file, WAVE or Ogg Opus, as players read it: from memory, with seeks to
// places that the input names, and as a stream that comes in pieces. Both give the same samples.
#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include "core/base/check.h"
#include "core/file/sound_file.h"
#include "fuzz_input.h"

using namespace mixminus;

namespace {

class Pieces final : public ByteInput {
 public:
  Pieces(std::vector<uint8_t> bytes, size_t piece) : bytes_(std::move(bytes)), piece_(piece) {}
  InputState Read(uint8_t* to, size_t size, size_t* read) noexcept override {
    *read = std::min({size, piece_, bytes_.size() - at_});
    if (*read == 0) return InputState::kEnd;
    std::memcpy(to, bytes_.data() + at_, *read);
    at_ += *read;
    return InputState::kOk;
  }
  bool Seek(uint64_t) noexcept override { return false; }
  uint64_t size() const noexcept override { return kUnknownSize; }

 private:
  const std::vector<uint8_t> bytes_;
  const size_t piece_;
  size_t at_ = 0;
};

constexpr size_t kMostSamples = 200'000;

size_t ReadSome(SoundFile* file, size_t most, uint64_t* sum) {
  size_t total = 0;
  while (total < most) {
    int16_t block[1024];
    size_t count = 0;
    const InputState state = file->Read(block, 1024, &count);
    MIXMINUS_CHECK(count <= 1024 && (count > 0) == (state == InputState::kOk));
    for (size_t i = 0; i < count; ++i) *sum = *sum * 31 + static_cast<uint16_t>(block[i]);
    total += count;
    if (state != InputState::kOk) break;
  }
  return total;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // The last bytes say how it is read, so that the first ones are a file as it stands.
  fuzz::Input how(data + size - std::min<size_t>(size, 8), std::min<size_t>(size, 8));
  const std::vector<uint8_t> bytes(data, data + size);
  SoundFile file(std::make_unique<MemoryInput>(bytes));
  SoundFile stream(std::make_unique<Pieces>(bytes, size_t{1} + how.Byte()));
  const InputState opened = file.Open();
  const InputState streamed = stream.Open();
  MIXMINUS_CHECK(opened == streamed);
  if (opened != InputState::kOk) {
    MIXMINUS_CHECK(file.problem() != nullptr);
    return 0;
  }
  MIXMINUS_CHECK(file.rate_hz() >= 4000 && file.rate_hz() <= 192'000);
  uint64_t a = 0;
  uint64_t b = 0;
  const size_t from_memory = ReadSome(&file, kMostSamples, &a);
  const size_t from_stream = ReadSome(&stream, kMostSamples, &b);
  // A WAVE header of unknown length means something else where the size is not known.
  if (std::memcmp(data, "OggS", 4) == 0) MIXMINUS_CHECK(from_memory == from_stream && a == b);
  for (int i = 0; i < 2; ++i) {
    if (!file.Seek(how.Word() * uint64_t{16})) break;
    uint64_t unused = 0;
    ReadSome(&file, 5000, &unused);
  }
  return 0;
}
