// RTP header extension elements (RFC 8285) and audio levels in them (RFC 6464, RFC 6465). Pure;
// every length is compared with what the packet has before it is used.

#include "core/rtp/extension.h"

#include <algorithm>
#include <cstring>

#include "core/base/bytes.h"

namespace mixminus {

namespace {

constexpr size_t kHeadSize = 4;
constexpr uint8_t kLevelMask = 0x7F;
constexpr uint8_t kVoiceBit = 0x80;

}  // namespace

ExtensionReader::ExtensionReader(const RtpPacketView& packet) noexcept {
  if (packet.extension == nullptr) return;
  two_byte_ = (packet.extension_profile & 0xFFF0) == kTwoByteExtension;
  if (!two_byte_ && packet.extension_profile != kOneByteExtension) return;
  at_ = packet.extension;
  end_ = at_ + packet.extension_size;
}

bool ExtensionReader::Next(ExtensionElement* out) noexcept {
  return two_byte_ ? NextTwoByte(out) : NextOneByte(out);
}

bool ExtensionReader::NextOneByte(ExtensionElement* out) noexcept {
  while (at_ < end_) {
    const uint8_t head = *at_++;
    const uint8_t id = head >> 4;
    // §4.2: a byte of zero is padding; an id of 0 with a length is skipped by its length; 15 ends
    // the reading.
    if (head == 0) continue;
    if (id > kLastOneByteId) break;
    if (!Take(id, size_t{head & 0x0Fu} + 1, out)) return false;
    if (id != 0) return true;
  }
  at_ = end_;
  return false;
}

bool ExtensionReader::NextTwoByte(ExtensionElement* out) noexcept {
  while (at_ < end_) {
    const uint8_t id = *at_++;
    if (id == 0) continue;  // §4.3: padding, without a length byte
    if (at_ == end_) {
      damaged_ = true;
      return false;
    }
    const size_t size = *at_++;
    return Take(id, size, out);
  }
  return false;
}

bool ExtensionReader::Take(uint8_t id, size_t size, ExtensionElement* out) noexcept {
  if (static_cast<size_t>(end_ - at_) < size) {
    damaged_ = true;
    at_ = end_;
    return false;
  }
  out->id = id;
  out->size = static_cast<uint8_t>(size);
  out->data = at_;
  at_ += size;
  return true;
}

bool FindExtension(const RtpPacketView& packet, uint8_t id, ExtensionElement* out) noexcept {
  ExtensionReader reader(packet);
  while (reader.Next(out)) {
    if (out->id == id) return true;
  }
  return false;
}

ExtensionWriter::ExtensionWriter(bool two_byte, uint8_t* out, size_t capacity) noexcept
    : out_(out), capacity_(capacity & ~size_t{3}), two_byte_(two_byte) {}

bool ExtensionWriter::Add(uint8_t id, const uint8_t* data, size_t size) noexcept {
  if (id == 0 || size > 255) return false;
  if (!two_byte_ && (id > kLastOneByteId || size == 0 || size > kMostOneByteData)) return false;
  const size_t head = two_byte_ ? 2 : 1;
  if (capacity_ < size_ || capacity_ - size_ < head + size) return false;
  if (two_byte_) {
    out_[size_] = id;
    out_[size_ + 1] = static_cast<uint8_t>(size);
  } else {
    out_[size_] = static_cast<uint8_t>(id << 4 | (size - 1));
  }
  if (size > 0) std::memcpy(out_ + size_ + head, data, size);
  size_ += head + size;
  return true;
}

size_t ExtensionWriter::Finish() noexcept {
  if (size_ == kHeadSize) return 0;
  while (size_ % 4 != 0) out_[size_++] = 0;
  StoreBe16(two_byte_ ? kTwoByteExtension : kOneByteExtension, out_);
  StoreBe16(static_cast<uint16_t>((size_ - kHeadSize) / 4), out_ + 2);
  return size_;
}

bool ReadClientLevel(const ExtensionElement& element, ClientAudioLevel* out) noexcept {
  if (element.size == 0) return false;
  out->voice = (element.data[0] & kVoiceBit) != 0;
  out->level_dbov = element.data[0] & kLevelMask;
  return true;
}

uint8_t WriteClientLevel(const ClientAudioLevel& level) noexcept {
  const uint8_t dbov = std::min<uint8_t>(level.level_dbov, kLevelMask);
  return static_cast<uint8_t>((level.voice ? kVoiceBit : 0) | dbov);
}

size_t WriteMixerLevels(const uint8_t* levels_dbov, int count, uint8_t* out) noexcept {
  for (int i = 0; i < count; ++i) out[i] = std::min<uint8_t>(levels_dbov[i], kLevelMask);
  return static_cast<size_t>(std::max(count, 0));
}

uint8_t ReadMixerLevel(const ExtensionElement& element, int n) noexcept {
  return n >= 0 && n < element.size ? element.data[n] & kLevelMask : kLevelMask;
}

}  // namespace mixminus
