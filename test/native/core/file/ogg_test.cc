// Ogg pages: what the writer makes, the reader takes apart, in pieces of any size, after damage,
// and beside other streams.
#include "core/file/ogg.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

using namespace mixminus;

namespace {

struct Seen {
  std::vector<uint8_t> data;
  int64_t granule;
  bool ends_page;
  bool ends_stream;
};

std::vector<uint8_t> Packet(size_t size, uint8_t fill) { return std::vector<uint8_t>(size, fill); }

void Finish(OggPageWriter* writer, uint8_t flags, std::vector<uint8_t>* out) {
  std::vector<uint8_t> page(kOggMostPage);
  page.resize(writer->Finish(flags, page.data()));
  out->insert(out->end(), page.begin(), page.end());
}

// One stream of 12 packets of many sizes, three to a page.
std::vector<uint8_t> Stream(uint32_t serial, std::vector<std::vector<uint8_t>>* packets) {
  OggPageWriter writer(serial);
  std::vector<uint8_t> out;
  for (size_t i = 0; i < 12; ++i) {
    constexpr size_t kSizes[] = {19, 0, 1, 254, 255, 256, 509, 510, 511, 1275, 3, 7};
    packets->push_back(Packet(kSizes[i], static_cast<uint8_t>(i)));
    REQUIRE(writer.Add(packets->back().data(), packets->back().size(), static_cast<int64_t>(i)));
    if (i == 0) Finish(&writer, kOggBegin, &out);
    if (i > 0 && i % 3 == 0 && i < 11) Finish(&writer, 0, &out);
  }
  Finish(&writer, kOggEnd, &out);
  return out;
}

std::vector<Seen> ReadAll(const std::vector<uint8_t>& bytes, size_t piece, OggReader* reader,
                          uint32_t follow) {
  std::vector<Seen> seen;
  reader->Follow(follow);
  for (size_t at = 0; at < bytes.size();) {
    OggPacket packet;
    while (reader->Next(&packet)) {
      seen.push_back({{packet.data, packet.data + packet.size},
                      packet.granule,
                      packet.ends_page,
                      packet.ends_stream});
    }
    size_t space = 0;
    uint8_t* to = reader->Space(&space);
    const size_t count = std::min({piece, space, bytes.size() - at});
    REQUIRE(count > 0);
    std::memcpy(to, bytes.data() + at, count);
    reader->Commit(count);
    at += count;
  }
  OggPacket packet;
  while (reader->Next(&packet)) {
    seen.push_back({{packet.data, packet.data + packet.size},
                    packet.granule,
                    packet.ends_page,
                    packet.ends_stream});
  }
  return seen;
}

}  // namespace

TEST_CASE("the CRC is the one of RFC 3533: polynomial 04c11db7, not reflected, from zero") {
  // Worked out bit by bit by another program.
  uint8_t page[kOggHeaderSize] = {'O', 'g', 'g', 'S'};
  CHECK(OggCrc(page, sizeof(page)) == 0x9EA1A511u);
  page[22] = 0xFF;  // the field itself counts as zero
  CHECK(OggCrc(page, sizeof(page)) == 0x9EA1A511u);
}

TEST_CASE("packets come back whole, whatever the pieces") {
  std::vector<std::vector<uint8_t>> packets;
  const std::vector<uint8_t> bytes = Stream(7, &packets);
  for (const size_t piece : {size_t{1}, size_t{26}, size_t{27}, size_t{1000}, size_t{100'000}}) {
    OggReader reader;
    const std::vector<Seen> seen = ReadAll(bytes, piece, &reader, 7);
    REQUIRE(seen.size() == packets.size());
    for (size_t i = 0; i < seen.size(); ++i) CHECK(seen[i].data == packets[i]);
    CHECK(seen[0].granule == 0);
    CHECK(seen[3].granule == 3);
    CHECK(seen[3].ends_page);
    CHECK(!seen[2].ends_page);
    CHECK(seen.back().ends_stream);
    CHECK(seen.back().granule == 11);
    CHECK(reader.bytes_skipped() == 0);
    CHECK(reader.pages_damaged() == 0);
  }
}

TEST_CASE("a damaged page costs its packets and no other; garbage between pages costs nothing") {
  std::vector<std::vector<uint8_t>> packets;
  std::vector<uint8_t> bytes = Stream(7, &packets);
  const std::string mark = "OggS";
  std::vector<size_t> pages;
  for (auto it = bytes.begin();;) {
    it = std::search(it, bytes.end(), mark.begin(), mark.end());
    if (it == bytes.end()) break;
    pages.push_back(static_cast<size_t>(it++ - bytes.begin()));
  }
  REQUIRE(pages.size() == 5);
  bytes[pages[2] + 40] ^= 1;
  bytes.insert(bytes.begin() + static_cast<long>(pages[4]), {'O', 'g', 'g', 'x', 'O'});
  OggReader reader;
  const std::vector<Seen> seen = ReadAll(bytes, 50, &reader, 7);
  REQUIRE(seen.size() == 9);  // 12 less the three of that page
  CHECK(seen[3].data == packets[3]);
  CHECK(seen[4].data == packets[7]);
  CHECK(reader.pages_damaged() == 1);
}

TEST_CASE("other streams in between are passed over, but for what begins them") {
  std::vector<std::vector<uint8_t>> ours;
  std::vector<std::vector<uint8_t>> theirs;
  std::vector<uint8_t> bytes = Stream(1, &theirs);
  const std::vector<uint8_t> mine = Stream(2, &ours);
  bytes.insert(bytes.end(), mine.begin(), mine.end());
  OggReader reader;
  const std::vector<Seen> seen = ReadAll(bytes, 333, &reader, 2);
  REQUIRE(seen.size() == ours.size() + 1);
  CHECK(seen[0].data == theirs[0]);
  CHECK(seen[5].data == ours[4]);
}

TEST_CASE("a packet over several pages is put together, and lost when one of them is") {
  // Made by hand: 300 bytes on one page without an end, the rest on the next.
  std::vector<uint8_t> bytes;
  const auto page = [&](uint8_t flags, uint32_t sequence, std::vector<uint8_t> lacing) {
    std::vector<uint8_t> made(kOggHeaderSize);
    std::memcpy(made.data(), "OggS", 4);
    made[5] = flags;
    made[14] = 9;
    made[18] = static_cast<uint8_t>(sequence);
    made[26] = static_cast<uint8_t>(lacing.size());
    made.insert(made.end(), lacing.begin(), lacing.end());
    for (const uint8_t size : lacing) made.insert(made.end(), size, size);
    const uint32_t crc = OggCrc(made.data(), made.size());
    for (size_t i = 0; i < 4; ++i) made[22 + i] = static_cast<uint8_t>(crc >> (8 * i));
    bytes.insert(bytes.end(), made.begin(), made.end());
  };
  page(kOggBegin, 0, {1});
  page(0, 1, {255});
  page(kOggContinued, 2, {255, 45, 2});
  page(0, 3, {255});
  page(kOggContinued, 5, {20, 3});  // page 4 is lost
  OggReader reader;
  const std::vector<Seen> seen = ReadAll(bytes, 100, &reader, 9);
  REQUIRE(seen.size() == 4);
  CHECK(seen[1].data.size() == 555);
  CHECK(seen[2].data.size() == 2);
  CHECK(seen[3].data.size() == 3);
}
