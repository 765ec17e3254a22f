#pragma once
// Ogg pages (RFC 3533): a reader that finds packets in any bytes, checks each page's CRC and comes
// back into step after damage, and a writer that makes pages of packets. No file access, no
// allocation after construction. Own code and not libogg: a few hundred lines that the fuzzer walks
// whole, whose bounds are fixed at construction, and nothing more to link. Used by opus_source.h
// and opus_writer.h on the engine's file threads.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace mixminus {

constexpr size_t kOggHeaderSize = 27;
constexpr size_t kOggMostSegments = 255;
// Header, lacing values and 255 segments of 255 bytes.
constexpr size_t kOggMostPage = kOggHeaderSize + kOggMostSegments + kOggMostSegments * 255;

enum OggPageFlag : uint8_t { kOggContinued = 1, kOggBegin = 2, kOggEnd = 4 };

// The CRC of a page whose own CRC field counts as zero (RFC 3533 §6).
uint32_t OggCrc(const uint8_t* page, size_t size) noexcept;

struct OggPacket {
  const uint8_t* data = nullptr;  // until the next call of the reader
  size_t size = 0;
  uint32_t serial = 0;
  int64_t granule = -1;    // of the page that it ends on; −1: that page says nothing
  bool ends_page = false;  // the last packet that ends on that page
  bool begins_stream = false;
  bool ends_stream = false;  // ends on the page that ends the stream, maybe with others
};

class OggReader {
 public:
  // A longer packet (cover art in comments) is cut off at this size.
  static constexpr size_t kMostPacket = kOggMostPage;

  OggReader() : bytes_(2 * kOggMostPage), partial_(kMostPacket) {}

  // Where more bytes may be put, and how many; then say how many there are. At least a page fits
  // when Next has answered false.
  uint8_t* Space(size_t* size) noexcept;
  void Commit(size_t size) noexcept { end_ += size; }

  // The next packet: of the followed stream, or one that begins any stream. False: more bytes are
  // needed.
  bool Next(OggPacket* out) noexcept;
  // The packets of this stream are wanted; before it only those that begin one.
  void Follow(uint32_t serial) noexcept;
  // Bytes from somewhere else come next.
  void Reset() noexcept;

  // Since construction.
  uint64_t bytes_skipped() const noexcept { return bytes_skipped_; }
  uint64_t pages_damaged() const noexcept { return pages_damaged_; }
  // Bytes taken from the front since the last Reset: where the page that comes next begins.
  uint64_t consumed() const noexcept { return consumed_; }

 private:
  bool NextPage() noexcept;
  void BeginPage() noexcept;
  bool NextOnPage(OggPacket* out) noexcept;
  bool LastOnPage() const noexcept;
  void Drop(size_t count) noexcept;

  std::vector<uint8_t> bytes_;
  size_t begin_ = 0;
  size_t end_ = 0;
  std::vector<uint8_t> partial_;  // a packet that began on an earlier page
  size_t partial_size_ = 0;
  bool in_partial_ = false;
  bool following_ = false;
  uint32_t followed_ = 0;
  bool sequence_known_ = false;
  uint32_t sequence_ = 0;  // of the followed stream's next page
  // The page that is being taken apart; it begins at begin_.
  bool in_page_ = false;
  size_t page_size_ = 0;
  int segments_ = 0;
  int segment_ = 0;
  size_t body_at_ = 0;
  bool skip_first_ = false;  // the rest of a packet whose beginning is lost
  uint8_t flags_ = 0;
  uint32_t page_serial_ = 0;
  int64_t granule_ = -1;
  uint64_t bytes_skipped_ = 0;
  uint64_t pages_damaged_ = 0;
  uint64_t consumed_ = 0;
};

class OggPageWriter {
 public:
  explicit OggPageWriter(uint32_t serial) : serial_(serial), body_(kOggMostSegments * 255) {}

  // Adds a packet to the page. `granule` is the position of its end. False, and nothing added, when
  // the page has no room: Finish it first. A packet has at most 65,024 bytes.
  bool Add(const uint8_t* packet, size_t size, int64_t granule) noexcept;
  int packets() const noexcept { return packets_; }
  // Says another position than that of the last packet's end: the end of the sound.
  void SetGranule(int64_t granule) noexcept { granule_ = granule; }
  // Writes the page into `out` (kOggMostPage bytes) and begins the next; returns its size.
  size_t Finish(uint8_t flags, uint8_t* out) noexcept;

 private:
  const uint32_t serial_;
  uint32_t sequence_ = 0;
  std::vector<uint8_t> body_;
  size_t body_size_ = 0;
  uint8_t lacing_[kOggMostSegments] = {};
  int segments_ = 0;
  int packets_ = 0;
  int64_t granule_ = -1;
};

}  // namespace mixminus
