#pragma once
// Sends DTMF as telephone events (RFC 4733 §2.5.1): one packet each 20 ms with the timestamp of the
// event's beginning and a growing duration, the marker on the first, the last one three times; a
// long event goes on in segments. Pure; owned by a leg, which asks once a tick and sends audio when
// there is nothing to say.

#include <cstddef>
#include <cstdint>

namespace mixminus {

struct TelephoneEventRequest {
  static constexpr uint8_t kPause = 0xFF;  // no event: `duration_ms` of audio as usual

  uint8_t code = 0;  // RFC 4733 §3.2, or kPause
  uint16_t duration_ms = 100;
  uint16_t gap_ms = 100;  // after the event, before the next; the repeats of its end fall into it
  uint8_t volume_dbm0 = 10;  // 0…63: 0…−63 dBm0 (§2.3.4)
};

// The event code of a digit (0-9 * # A-D a-d, '!' for flash), or -1.
int TelephoneEventCode(char digit) noexcept;

class TelephoneEventSender {
 public:
  static constexpr int kEndPackets = 3;  // §2.5.1.4
  static constexpr size_t kPayloadSize = 4;

  struct Packet {
    uint32_t timestamp = 0;
    bool marker = false;
    uint8_t payload[kPayloadSize] = {};
  };

  // Starts an event or pause; the caller waited for idle().
  void Start(const TelephoneEventRequest& request) noexcept;

  // True when the last request, its gap included, is over.
  bool idle() const noexcept { return phase_ == Phase::kIdle; }
  // True while packets of an event take the place of audio.
  bool sounding() const noexcept {
    return phase_ == Phase::kWaiting || phase_ == Phase::kEvent || phase_ == Phase::kSegmentEnd ||
           phase_ == Phase::kEnd;
  }

  // One tick of 20 ms. `stream_timestamp`: that of the audio frame whose place the packet takes;
  // `clock_hz`: of the event's durations, the same as the audio's where both sides obey RFC 4733
  // §2.1. True: send `out` instead of audio.
  bool Tick(uint32_t stream_timestamp, int clock_hz, Packet* out) noexcept;

  // Breaks off: nothing more is sent of the event (the call ended, or events are no longer
  // negotiated). The receiver gives it up by itself (§2.5.2.2).
  void Abort() noexcept { phase_ = Phase::kIdle; }

 private:
  enum class Phase : uint8_t { kIdle, kWaiting, kEvent, kSegmentEnd, kEnd, kGap };

  void TickEvent(Packet* out) noexcept;
  void Repeat(Packet* out, bool end, uint32_t duration) noexcept;
  void Write(Packet* out, bool end, uint32_t duration) const noexcept;
  bool TickGap() noexcept;

  TelephoneEventRequest request_;
  Phase phase_ = Phase::kIdle;
  int repeats_left_ = 0;
  uint32_t clock_hz_ = 8000;
  uint32_t start_ = 0;    // RTP timestamp of the present segment
  uint32_t elapsed_ = 0;  // units of the present segment, up to the end of this tick
  uint32_t left_ = 0;     // units of the event from the beginning of the present segment
  uint32_t last_duration_ = 0;
  int gap_left_ms_ = 0;
};

}  // namespace mixminus
