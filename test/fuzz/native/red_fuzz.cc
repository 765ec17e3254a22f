// RED (RFC 2198): blocks lie inside the payload, in order, and cover it; a builder fed with the
// blocks repeats them byte for byte.
#include <cstring>

#include "core/base/check.h"
#include "core/rtp/red.h"
#include "fuzz_input.h"

using namespace mixminus;

namespace {

void CheckBlocks(const RedPacket& red, uint8_t own, const uint8_t* payload, size_t size) {
  MIXMINUS_CHECK(red.count >= 1 && red.count <= RedPacket::kMaxBlocks);
  const size_t headers = 4 * static_cast<size_t>(red.count - 1) + 1;
  const uint8_t* at = payload + headers;
  for (int i = 0; i < red.count; ++i) {
    MIXMINUS_CHECK(red.blocks[i].payload == at);
    MIXMINUS_CHECK(red.blocks[i].payload_type < 128 && red.blocks[i].payload_type != own);
    MIXMINUS_CHECK(red.blocks[i].timestamp_offset < 1 << 14);
    at += red.blocks[i].size;
  }
  MIXMINUS_CHECK(at == payload + size);
  MIXMINUS_CHECK(red.primary().timestamp_offset == 0);
}

void Rebuild(fuzz::Input* input) {
  RedBuilder builder;
  builder.Configure(input->Byte() % 4);
  uint32_t timestamp = input->Long();
  const uint8_t* before = nullptr;
  size_t before_size = 0;
  uint8_t out[1600];
  while (!input->done()) {
    const uint8_t* payload = nullptr;
    timestamp += input->Word();
    const size_t size = input->Take(input->Word() % 700, &payload);
    const size_t capacity = input->Byte() % 2 == 0 ? sizeof(out) : input->Word() % sizeof(out);
    const size_t built = builder.Build(5, timestamp, payload, size, out, capacity);
    MIXMINUS_CHECK(built <= capacity);
    MIXMINUS_CHECK((built > 0) == (size > 0 && capacity > size));
    if (built == 0) continue;
    RedPacket red;
    MIXMINUS_CHECK(ParseRed(out, built, 120, &red) == Status::kOk);
    CheckBlocks(red, 120, out, built);
    MIXMINUS_CHECK(red.count <= 1 + RedBuilder::kMaxRedundant);
    MIXMINUS_CHECK(red.primary().size == size);
    MIXMINUS_CHECK(std::memcmp(red.primary().payload, payload, size) == 0);
    if (red.count > 1) {
      const RedBlock& repeated = red.blocks[red.count - 2];
      MIXMINUS_CHECK(repeated.size == before_size);
      MIXMINUS_CHECK(std::memcmp(repeated.payload, before, before_size) == 0);
    }
    before = payload;
    before_size = size;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const uint8_t own = data[0] & 0x7F;
  RedPacket red;
  if (ParseRed(data + 1, size - 1, own, &red) == Status::kOk)
    CheckBlocks(red, own, data + 1, size - 1);
  fuzz::Input input(data, size);
  Rebuild(&input);
  return 0;
}
