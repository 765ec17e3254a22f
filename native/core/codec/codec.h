#pragma once
// The interface of an audio codec, and the settings that one is made from. A packet is decoded in
// one or several runs of ascending samples, which is what the jitter buffer's plan asks for:
// packets of 2.5 to 120 ms in, frames of 20 ms out. Codecs with state decode the packet on its
// first run and serve the rest from their own memory. Objects are made on the calling thread
// (registry.h), which is when memory is taken; from then on nothing allocates or throws, and one
// thread at a time uses them. Called by the legs once or a few times a frame, never per sample.

#include <cstddef>
#include <cstdint>

namespace mixminus {

enum class CodecId : uint8_t { kNone, kPcmu, kPcma, kL16, kG722, kOpus };

// One line of SDP's rtpmap. L16 has a line for each rate, the others one.
struct CodecInfo {
  CodecId id;
  const char* name;             // encoding name in SDP (RFC 3551 §6)
  uint8_t static_payload_type;  // RFC 3551 table 4; 255 = none
  int sample_rate_hz;           // of the decoded audio; Opus can do with less, see CodecSettings
  int rtp_clock_hz;     // of RTP timestamps. G.722: 8000 at 16000 samples (RFC 3551 §4.5.2)
  int rtpmap_channels;  // as written in SDP: Opus says 2, whatever is sent (RFC 7587 §7)
  int max_frame_bytes;  // largest payload of a 20 ms frame
  bool has_state;       // between packets: a decoder or encoder serves one stream
};

// Of an Opus encoder; the decoder needs none. Members of two encoders are equal when the encoders
// can share a payload. The values of fmtp are the peer's wishes (RFC 7587 §6.1).
struct OpusSettings {
  int bitrate_bps = 32000;           // 6000…510000
  bool fec = true;                   // in-band FEC, once a loss is expected (useinbandfec)
  bool dtx = false;                  // silence needs no packets (usedtx)
  bool cbr = false;                  // constant bit rate (cbr)
  int complexity = 5;                // 0…10
  int expected_loss_percent = 0;     // 0…100
  int max_playback_rate_hz = 48000;  // the peer plays no more: 8000…48000 (maxplaybackrate)

  bool operator==(const OpusSettings& other) const noexcept {
    return bitrate_bps == other.bitrate_bps && fec == other.fec && dtx == other.dtx &&
           cbr == other.cbr && complexity == other.complexity &&
           expected_loss_percent == other.expected_loss_percent &&
           max_playback_rate_hz == other.max_playback_rate_hz;
  }
  bool operator!=(const OpusSettings& other) const noexcept { return !(*this == other); }
};

struct CodecSettings {
  CodecId id = CodecId::kNone;
  int rtp_clock_hz = 8000;  // with the id, a line of the table
  // Of the PCM side; 0: the table's. Only Opus has a choice: 8000, 12000, 16000, 24000, 48000.
  int sample_rate_hz = 0;
  OpusSettings opus;  // not read for other codecs
};

class AudioDecoder {
 public:
  virtual ~AudioDecoder() = default;

  // Of the PCM that comes out.
  virtual int sample_rate_hz() const noexcept = 0;

  // Samples in this payload at sample_rate_hz(), or 0 when it is not a valid one. Does not touch
  // the state: packets are asked about when they arrive, in any order.
  virtual int PacketSamples(const uint8_t* payload, size_t size) const noexcept = 0;

  // Decodes samples [first, first + count) of a packet, which lie inside PacketSamples(). Returns
  // the number written: count, or less when the payload is damaged. Packets come in the order of
  // their sequence numbers. A run with first > 0 goes on with the packet of the run before when it
  // begins where that one ended and payload and size are the same; otherwise a new packet begins,
  // of which the samples before `first` are not wanted.
  virtual int Decode(const uint8_t* payload, size_t size, int first, int16_t* out,
                     int count) noexcept = 0;

  // Samples right before this packet that its in-band FEC can restore; 0 when it carries none.
  virtual int FecSamples(const uint8_t* payload, size_t size) const noexcept {
    static_cast<void>(payload);
    static_cast<void>(size);
    return 0;
  }

  // Restores samples [first, first + count) of the FecSamples() before the packet `payload`, when
  // what came before it was lost. Runs as in Decode; call Decode with the same packet afterwards.
  // Returns the number written; 0 when there is no FEC after all.
  virtual int DecodeFec(const uint8_t* payload, size_t size, int first, int16_t* out,
                        int count) noexcept {
    static_cast<void>(payload);
    static_cast<void>(size);
    static_cast<void>(first);
    static_cast<void>(out);
    static_cast<void>(count);
    return 0;
  }

  // The codec's own concealment: the next `count` samples of a signal whose packet is missing, or
  // of its comfort noise when the sender has stopped for silence (DTX). Returns `count`, or 0 when
  // the codec has none.
  virtual int Conceal(int16_t* out, int count) noexcept {
    static_cast<void>(out);
    static_cast<void>(count);
    return 0;
  }

  // Forgets what came before: the source changed.
  virtual void Reset() noexcept = 0;
};

class AudioEncoder {
 public:
  virtual ~AudioEncoder() = default;

  // Of the PCM that goes in.
  virtual int sample_rate_hz() const noexcept = 0;

  // True when a packet can hold `count` samples. Any number for G.711 and L16, an even one for
  // G.722; 2.5, 5, 10, 20, 40 or 60 ms for Opus.
  virtual bool TakesSamples(int count) const noexcept { return count > 0; }

  // Encodes one packet of `count` samples; returns the payload's size, 0 when it does not fit into
  // `capacity` or TakesSamples() is false.
  virtual size_t Encode(const int16_t* samples, int count, uint8_t* out,
                        size_t capacity) noexcept = 0;

  // True when the packet of the last Encode need not be sent: the peer fills the gap with noise
  // (DTX). Its timestamp passes all the same.
  virtual bool needs_no_packet() const noexcept { return false; }

  // Takes over the state of an encoder of the same codec and settings, so that both produce the
  // same bytes from then on. False, and nothing changes, when they do not match.
  virtual bool CloneStateFrom(const AudioEncoder& other) noexcept = 0;

  // What may change while a stream runs; codecs without such a knob stay as they are. Values are
  // clamped as in OpusSettings.
  virtual void SetBitrate(int bitrate_bps) noexcept { static_cast<void>(bitrate_bps); }
  virtual void SetExpectedLoss(int percent) noexcept { static_cast<void>(percent); }
  virtual void SetComplexity(int complexity) noexcept { static_cast<void>(complexity); }

  // Forgets what came before; settings stay.
  virtual void Reset() noexcept = 0;

  // Which codec this is, for CloneStateFrom.
  virtual CodecId id() const noexcept = 0;
};

}  // namespace mixminus
