// See ogg.h.
#include "core/file/ogg.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "core/base/bytes.h"

namespace mixminus {
namespace {

constexpr size_t kVersionAt = 4;
constexpr size_t kFlagsAt = 5;
constexpr size_t kGranuleAt = 6;
constexpr size_t kSerialAt = 14;
constexpr size_t kSequenceAt = 18;
constexpr size_t kCrcAt = 22;
constexpr size_t kSegmentsAt = 26;
constexpr uint8_t kFullSegment = 255;

constexpr std::array<uint32_t, 256> MakeCrcTable() noexcept {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t value = i << 24;
    for (int bit = 0; bit < 8; ++bit)
      value = (value << 1) ^ ((value & 0x80000000u) != 0 ? 0x04C11DB7u : 0u);
    table[i] = value;
  }
  return table;
}

constexpr std::array<uint32_t, 256> kCrcTable = MakeCrcTable();

uint32_t AddToCrc(uint32_t crc, const uint8_t* bytes, size_t size) noexcept {
  for (size_t i = 0; i < size; ++i) crc = (crc << 8) ^ kCrcTable[(crc >> 24) ^ bytes[i]];
  return crc;
}

int64_t LoadGranule(const uint8_t* p) noexcept {
  return static_cast<int64_t>(uint64_t{LoadLe32(p)} | uint64_t{LoadLe32(p + 4)} << 32);
}

}  // namespace

uint32_t OggCrc(const uint8_t* page, size_t size) noexcept {
  constexpr uint8_t kZero[4] = {};
  const uint32_t crc = AddToCrc(AddToCrc(0, page, kCrcAt), kZero, sizeof(kZero));
  return AddToCrc(crc, page + kCrcAt + sizeof(kZero), size - kCrcAt - sizeof(kZero));
}

uint8_t* OggReader::Space(size_t* size) noexcept {
  // The page that is being taken apart stays where it is.
  if (!in_page_ && begin_ > 0) {
    std::memmove(bytes_.data(), bytes_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  *size = bytes_.size() - end_;
  return bytes_.data() + end_;
}

void OggReader::Follow(uint32_t serial) noexcept {
  following_ = true;
  followed_ = serial;
  sequence_known_ = false;
  in_partial_ = false;
}

void OggReader::Reset() noexcept {
  begin_ = 0;
  end_ = 0;
  consumed_ = 0;
  in_page_ = false;
  in_partial_ = false;
  sequence_known_ = false;
}

void OggReader::Drop(size_t count) noexcept {
  begin_ += count;
  consumed_ += count;
}

bool OggReader::Next(OggPacket* out) noexcept {
  for (;;) {
    if (in_page_ && NextOnPage(out)) return true;
    if (in_page_) {
      in_page_ = false;
      Drop(page_size_);
    }
    if (!NextPage()) return false;
    BeginPage();
  }
}

// Finds the next whole page with a right CRC at begin_; everything else is passed over.
bool OggReader::NextPage() noexcept {
  while (end_ - begin_ >= kOggHeaderSize) {
    const uint8_t* page = bytes_.data() + begin_;
    if (std::memcmp(page, "OggS", 4) != 0 || page[kVersionAt] != 0) {
      const auto* next = static_cast<const uint8_t*>(std::memchr(page + 1, 'O', end_ - begin_ - 1));
      const auto skip = next == nullptr ? end_ - begin_ : static_cast<size_t>(next - page);
      bytes_skipped_ += skip;
      Drop(skip);
      continue;
    }
    const size_t segments = page[kSegmentsAt];
    if (end_ - begin_ < kOggHeaderSize + segments) return false;
    size_t size = kOggHeaderSize + segments;
    for (size_t i = 0; i < segments; ++i) size += page[kOggHeaderSize + i];
    if (end_ - begin_ < size) return false;
    if (OggCrc(page, size) == LoadLe32(page + kCrcAt)) {
      page_size_ = size;
      return true;
    }
    ++pages_damaged_;
    ++bytes_skipped_;
    Drop(1);
  }
  return false;
}

void OggReader::BeginPage() noexcept {
  const uint8_t* page = bytes_.data() + begin_;
  in_page_ = true;
  segments_ = page[kSegmentsAt];
  segment_ = 0;
  body_at_ = begin_ + kOggHeaderSize + static_cast<size_t>(segments_);
  flags_ = page[kFlagsAt];
  page_serial_ = LoadLe32(page + kSerialAt);
  granule_ = LoadGranule(page + kGranuleAt);
  skip_first_ = false;
  const bool wanted = following_ && page_serial_ == followed_;
  // Of other streams only the packet that begins one is looked at.
  if (!wanted && (flags_ & kOggBegin) == 0) segment_ = segments_;
  if (!wanted) {
    skip_first_ = (flags_ & kOggContinued) != 0;
    return;
  }
  const uint32_t sequence = LoadLe32(page + kSequenceAt);
  if (sequence_known_ && sequence != sequence_) in_partial_ = false;
  sequence_known_ = true;
  sequence_ = sequence + 1;
  if ((flags_ & kOggContinued) == 0) in_partial_ = false;
  skip_first_ = (flags_ & kOggContinued) != 0 && !in_partial_;
}

bool OggReader::NextOnPage(OggPacket* out) noexcept {
  const uint8_t* lacing = bytes_.data() + begin_ + kOggHeaderSize;
  const bool wanted = following_ && page_serial_ == followed_;
  while (segment_ < segments_) {
    const size_t from = body_at_;
    bool whole = false;
    while (segment_ < segments_ && !whole) {
      body_at_ += lacing[segment_];
      whole = lacing[segment_++] != kFullSegment;
    }
    const size_t size = body_at_ - from;
    if (skip_first_) {
      skip_first_ = !whole;
      continue;
    }
    if (!wanted && !whole) return false;  // the first packet of a stream fits on its page
    if (in_partial_ && wanted) {
      const size_t fits = std::min(size, partial_.size() - partial_size_);
      std::memcpy(partial_.data() + partial_size_, bytes_.data() + from, fits);
      partial_size_ += fits;
      if (!whole) return false;
      in_partial_ = false;
      out->data = partial_.data();
      out->size = partial_size_;
    } else if (!whole) {
      std::memcpy(partial_.data(), bytes_.data() + from, size);
      partial_size_ = size;
      in_partial_ = true;
      return false;
    } else {
      out->data = bytes_.data() + from;
      out->size = size;
    }
    out->serial = page_serial_;
    out->granule = granule_;
    out->ends_page = LastOnPage();
    out->begins_stream = (flags_ & kOggBegin) != 0;
    out->ends_stream = (flags_ & kOggEnd) != 0;
    if (!wanted) segment_ = segments_;
    return true;
  }
  return false;
}

// Whether no other packet ends on the page behind segment_.
bool OggReader::LastOnPage() const noexcept {
  const uint8_t* lacing = bytes_.data() + begin_ + kOggHeaderSize;
  for (int i = segment_; i < segments_; ++i) {
    if (lacing[i] != kFullSegment) return false;
  }
  return true;
}

bool OggPageWriter::Add(const uint8_t* packet, size_t size, int64_t granule) noexcept {
  const size_t segments = size / kFullSegment + 1;
  if (static_cast<size_t>(segments_) + segments > kOggMostSegments) return false;
  for (size_t i = 0; i + 1 < segments; ++i) lacing_[segments_++] = kFullSegment;
  lacing_[segments_++] = static_cast<uint8_t>(size % kFullSegment);
  if (size > 0) std::memcpy(body_.data() + body_size_, packet, size);
  body_size_ += size;
  granule_ = granule;
  ++packets_;
  return true;
}

size_t OggPageWriter::Finish(uint8_t flags, uint8_t* out) noexcept {
  std::memcpy(out, "OggS", 4);
  out[kVersionAt] = 0;
  out[kFlagsAt] = flags;
  const auto granule = static_cast<uint64_t>(granule_);
  StoreLe32(static_cast<uint32_t>(granule), out + kGranuleAt);
  StoreLe32(static_cast<uint32_t>(granule >> 32), out + kGranuleAt + 4);
  StoreLe32(serial_, out + kSerialAt);
  StoreLe32(sequence_++, out + kSequenceAt);
  StoreLe32(0, out + kCrcAt);
  out[kSegmentsAt] = static_cast<uint8_t>(segments_);
  std::memcpy(out + kOggHeaderSize, lacing_, static_cast<size_t>(segments_));
  const size_t body = kOggHeaderSize + static_cast<size_t>(segments_);
  std::memcpy(out + body, body_.data(), body_size_);
  const size_t size = body + body_size_;
  StoreLe32(OggCrc(out, size), out + kCrcAt);
  body_size_ = 0;
  segments_ = 0;
  packets_ = 0;
  granule_ = -1;
  return size;
}

}  // namespace mixminus
