// Any bytes as Ogg pages, fed in pieces: packets lie inside what was given, and the reader always
// comes to an end. Then the same bytes as packets through the writer and back, unchanged.
#include <algorithm>
#include <cstring>
#include <vector>

#include "core/base/check.h"
#include "core/file/ogg.h"
#include "core/file/opus_header.h"
#include "fuzz_input.h"

using namespace mixminus;

namespace {

// Repairs the CRC of what looks like pages, or nothing but noise would ever be looked into.
void Repair(std::vector<uint8_t>* bytes) {
  for (size_t at = 0; at + kOggHeaderSize <= bytes->size(); ++at) {
    uint8_t* page = bytes->data() + at;
    if (std::memcmp(page, "OggS", 4) != 0) continue;
    size_t size = kOggHeaderSize + page[26];
    if (at + size > bytes->size()) return;
    for (size_t i = 0; i < page[26]; ++i) size += page[kOggHeaderSize + i];
    if (at + size > bytes->size()) return;
    const uint32_t crc = OggCrc(page, size);
    for (size_t i = 0; i < 4; ++i) page[22 + i] = static_cast<uint8_t>(crc >> (8 * i));
    at += size - 1;
  }
}

void ReadPages(const std::vector<uint8_t>& bytes, size_t piece) {
  OggReader reader;
  size_t given = 0;
  bool following = false;
  for (;;) {
    OggPacket packet;
    while (reader.Next(&packet)) {
      MIXMINUS_CHECK(packet.size <= OggReader::kMostPacket);
      uint32_t sum = 0;
      for (size_t i = 0; i < packet.size; ++i) sum += packet.data[i];
      MIXMINUS_CHECK(sum <= 255 * packet.size);
      OpusHead head;
      (void)ParseOpusHead(packet.data, packet.size, &head);
      MIXMINUS_CHECK(OpusPacketSamples(packet.data, packet.size) <= 5760);
      if (!following) reader.Follow(packet.serial);
      following = true;
    }
    if (given == bytes.size()) break;
    size_t space = 0;
    uint8_t* to = reader.Space(&space);
    MIXMINUS_CHECK(space > 0);
    const size_t count = std::min({piece, space, bytes.size() - given});
    std::memcpy(to, bytes.data() + given, count);
    reader.Commit(count);
    given += count;
  }
  MIXMINUS_CHECK(reader.consumed() <= bytes.size());
}

void RoundTrip(fuzz::Input input) {
  OggPageWriter writer(3);
  OggReader reader;
  reader.Follow(3);
  while (!input.done()) {
    const uint8_t* packet = nullptr;
    const size_t size = input.Take(input.Word() % 2000, &packet);
    MIXMINUS_CHECK(writer.Add(packet, size, 5));
    size_t space = 0;
    uint8_t* to = reader.Space(&space);
    MIXMINUS_CHECK(space >= kOggMostPage);
    reader.Commit(writer.Finish(0, to));
    OggPacket back;
    MIXMINUS_CHECK(reader.Next(&back) && back.size == size && back.granule == 5);
    MIXMINUS_CHECK(size == 0 || std::memcmp(back.data, packet, size) == 0);
    MIXMINUS_CHECK(!reader.Next(&back));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  std::vector<uint8_t> bytes(data, data + size - 1);
  const size_t piece = size_t{1} + data[size - 1];
  ReadPages(bytes, piece * 16);
  Repair(&bytes);
  ReadPages(bytes, piece);
  RoundTrip(fuzz::Input(data, size));
  return 0;
}
