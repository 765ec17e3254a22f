#pragma once
// The interface of an audio codec. A packet is decoded in one or several runs of ascending samples,
// which is what the jitter buffer's plan asks for: packets of 10 to 60 ms in, frames of 20 ms out.
// Codecs with state (later ones) decode the packet on its first run and serve the rest from their
// own memory. Pure; called by the legs once or a few times a frame, never per sample.

#include <cstddef>
#include <cstdint>

namespace mixminus {

enum class CodecId : uint8_t { kNone, kPcmu, kPcma };

struct CodecInfo {
  CodecId id;
  const char* name;             // encoding name in SDP (RFC 3551 §6)
  uint8_t static_payload_type;  // RFC 3551 table 4; 255 = none
  int sample_rate_hz;           // of the decoded audio
  int rtp_clock_hz;             // of RTP timestamps
  int max_frame_bytes;          // largest payload of a 20 ms frame
};

class AudioDecoder {
 public:
  virtual ~AudioDecoder() = default;

  // Samples in this payload at the codec's rate, or 0 when it is not a valid one.
  virtual int PacketSamples(const uint8_t* payload, size_t size) const noexcept = 0;

  // Decodes samples [first, first + count) of a packet, which lie inside PacketSamples(). Returns
  // the number written: count, or less when the payload is damaged.
  virtual int Decode(const uint8_t* payload, size_t size, int first, int16_t* out,
                     int count) noexcept = 0;

  // Forgets what came before: the source changed.
  virtual void Reset() noexcept = 0;
};

class AudioEncoder {
 public:
  virtual ~AudioEncoder() = default;

  // Encodes one frame of `count` samples at the codec's rate; returns the payload's size, 0 when it
  // does not fit into `capacity`.
  virtual size_t Encode(const int16_t* samples, int count, uint8_t* out,
                        size_t capacity) noexcept = 0;

  virtual void Reset() noexcept = 0;
};

}  // namespace mixminus
