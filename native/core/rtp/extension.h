#pragma once
// The elements of an RTP header extension (RFC 8285: one-byte and two-byte headers), read in place
// and written, and the audio levels that they carry: what one sender says (client-to-mixer, RFC
// 6464) and what each contributing source of a mix says (mixer-to-client, RFC 6465). Pure; legs use
// it for each packet whose extension was negotiated.

#include <cstddef>
#include <cstdint>

#include "core/rtp/packet.h"

namespace mixminus {

constexpr uint16_t kOneByteExtension = 0xBEDE;  // RFC 8285 §4.2
constexpr uint16_t kTwoByteExtension = 0x1000;  // §4.3; its low four bits are free for the sender
constexpr uint8_t kLastOneByteId = 14;          // 15 is reserved and ends the reading
constexpr size_t kMostOneByteData = 16;

struct ExtensionElement {
  uint8_t id = 0;  // 1…14 with one-byte headers, 1…255 with two-byte ones
  uint8_t size = 0;
  const uint8_t* data = nullptr;  // in the packet
};

// Walks over the elements of a packet's extension; profiles other than the two hold none.
class ExtensionReader {
 public:
  explicit ExtensionReader(const RtpPacketView& packet) noexcept;

  // False at the end, and where an element claims more bytes than there are (then damaged() holds).
  bool Next(ExtensionElement* out) noexcept;
  bool damaged() const noexcept { return damaged_; }

 private:
  bool NextOneByte(ExtensionElement* out) noexcept;
  bool NextTwoByte(ExtensionElement* out) noexcept;
  bool Take(uint8_t id, size_t size, ExtensionElement* out) noexcept;

  const uint8_t* at_ = nullptr;
  const uint8_t* end_ = nullptr;
  bool two_byte_ = false;
  bool damaged_ = false;
};

// The first element with that id.
bool FindExtension(const RtpPacketView& packet, uint8_t id, ExtensionElement* out) noexcept;

// Writes one extension behind the CSRC list of a packet whose X bit is set.
class ExtensionWriter {
 public:
  // `two_byte` is needed for an id above 14, and for an element that is empty or longer than 16
  // bytes.
  ExtensionWriter(bool two_byte, uint8_t* out, size_t capacity) noexcept;

  // False, and nothing is written, when the form cannot carry it or it does not fit.
  bool Add(uint8_t id, const uint8_t* data, size_t size) noexcept;

  // Pads to 32 bits and writes the head; returns all bytes, 0 when there is no element. (The
  // caller leaves the X bit clear then.)
  size_t Finish() noexcept;

 private:
  uint8_t* const out_;
  const size_t capacity_;  // whole words
  const bool two_byte_;
  size_t size_ = 4;
};

// RFC 6464: one byte, the voice flag and the level. The level is the sender's word for it.
struct ClientAudioLevel {
  bool voice = false;
  uint8_t level_dbov = 127;  // 0 loud … 127 silence: the negative of dBov
};

// False for an empty element. RFC 6464 §3 lets padding bytes follow with two-byte headers, so that
// only the first byte is read.
bool ReadClientLevel(const ExtensionElement& element, ClientAudioLevel* out) noexcept;
uint8_t WriteClientLevel(const ClientAudioLevel& level) noexcept;

// RFC 6465: one byte for each CSRC, in the order of the CSRC list; the high bit is reserved.
// `levels_dbov` as in ClientAudioLevel; `count` 1…15. Returns the bytes written.
size_t WriteMixerLevels(const uint8_t* levels_dbov, int count, uint8_t* out) noexcept;
// The level of the n-th CSRC, or 127 for one that the element does not reach.
uint8_t ReadMixerLevel(const ExtensionElement& element, int n) noexcept;

}  // namespace mixminus
