#pragma once
// Frames of 20 ms → payloads of the negotiated length: packets of 10 ms are cut out of a frame,
// longer ones are gathered from several. What listeners of the same audio and settings share is one
// of these. Made on the calling thread (memory is taken there); the rest does not allocate. One
// thread at a time; owned by a send leg.

#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/base/audio_frame.h"
#include "core/codec/codec.h"
#include "core/leg/silence_suppressor.h"

namespace mixminus {

// Everything that decides about the bytes of a stream: streams of equal settings may share them.
struct StreamSettings {
  CodecSettings codec;
  int ptime_ms = 20;                 // of a packet: 10…60, see PacketMs
  bool silence_suppression = false;  // comfort noise in place of silence; Opus has its own (dtx)

  bool operator==(const StreamSettings& other) const noexcept;
  bool operator!=(const StreamSettings& other) const noexcept { return !(*this == other); }
};

// The rate of the PCM side; 0 for a codec that this build does not have.
int SampleRateOf(const CodecSettings& codec) noexcept;

// The packet length that is used when a peer asks for `wanted_ms`: the longest of 10, 20, …, 60 ms
// that is not longer, that the codec can make and that fits into a datagram; 10 at least.
int PacketMs(const CodecSettings& codec, int wanted_ms) noexcept;

// What one frame brought.
struct EncodedAudio {
  static constexpr int kMostPackets = 2;
  static constexpr int kMostBytes = 1440;  // of one payload: fits an Ethernet frame over IPv6

  struct Packet {
    uint16_t offset = 0;
    uint16_t size = 0;   // 0: time that needs no packet (DTX), or that could not be encoded
    bool noise = false;  // a comfort-noise payload (RFC 3389)
  };
  int count = 0;              // packets that this frame completed
  uint32_t lead_units = 0;    // RTP time from the first packet's begin to the frame's
  uint32_t packet_units = 0;  // RTP time of a packet
  Packet packets[kMostPackets];
  uint8_t payload[kMostPackets * 960 + 160];

  const uint8_t* PayloadOf(int index) const noexcept { return payload + packets[index].offset; }
};

class StreamEncoder {
 public:
  // Null when this build has no such codec. `ptime_ms` is brought to what PacketMs allows.
  static std::unique_ptr<StreamEncoder> Make(const StreamSettings& settings);

  const StreamSettings& settings() const noexcept { return settings_; }
  int rate_hz() const noexcept { return rate_hz_; }
  int clock_hz() const noexcept { return clock_hz_; }
  bool has_state() const noexcept { return has_state_; }
  // Nothing is gathered: the next frame begins a packet.
  bool aligned() const noexcept { return gathered_ == 0; }

  // Takes 20 ms at rate_hz(); a frame of another rate is taken for silence.
  void Encode(const AudioFrame& frame, EncodedAudio* out) noexcept;

  // What was gathered is thrown away: the stream pauses.
  void Drop() noexcept { gathered_ = 0; }

  // What in-band FEC shall be prepared for (Opus with FEC; nothing else has it). Part of the
  // settings: streams that expect another loss are others. Not while in a group.
  void SetExpectedLoss(int percent) noexcept;

  // Goes on exactly as `other`, of equal settings, would.
  void CloneFrom(const StreamEncoder& other) noexcept;

 private:
  StreamEncoder(const StreamSettings& settings, const CodecInfo& info,
                std::unique_ptr<AudioEncoder> encoder);
  uint32_t Units(int samples) const noexcept {
    return static_cast<uint32_t>(samples) * static_cast<uint32_t>(clock_hz_) /
           static_cast<uint32_t>(rate_hz_);
  }
  void EncodePacket(const int16_t* samples, EncodedAudio* out) noexcept;
  void Suppress(const int16_t* samples, size_t room, EncodedAudio* out,
                EncodedAudio::Packet* packet) noexcept;

  StreamSettings settings_;
  const int rate_hz_;
  const int clock_hz_;
  const bool has_state_;
  const int packet_samples_;
  std::unique_ptr<AudioEncoder> encoder_;
  std::unique_ptr<SilenceSuppressor> suppressor_;
  std::unique_ptr<int16_t[]> samples_;  // for packets longer than a frame
  int gathered_ = 0;
};

}  // namespace mixminus
