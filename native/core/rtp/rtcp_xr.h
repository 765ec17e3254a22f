#pragma once
// RTCP extended reports (RFC 3611): VoIP metrics (block 7), and the receiver reference time with
// its answer DLRR (blocks 4 and 5), by which a side that sends no audio measures the round trip
// too. Pure; part of the compound packets of rtcp.h.

#include <cstddef>
#include <cstdint>

#include "core/base/status.h"

namespace mixminus {

// RFC 3611 §4.7; 127 and 255 stand for what is not known, where the field has such a value.
struct VoipMetrics {
  uint32_t source_ssrc = 0;  // about whom
  uint8_t loss_rate = 0;     // of 256
  uint8_t discard_rate = 0;
  uint8_t burst_density = 0;
  uint8_t gap_density = 0;
  uint16_t burst_ms = 0;
  uint16_t gap_ms = 0;
  uint16_t round_trip_ms = 0;
  uint16_t end_system_delay_ms = 0;
  int8_t signal_level_dbm0 = 127;
  int8_t noise_level_dbm0 = 127;
  uint8_t residual_echo_db = 127;
  uint8_t gmin = 16;
  uint8_t r_factor = 127;           // 0…100
  uint8_t external_r_factor = 127;  // of a network segment that we do not see
  uint8_t mos_lq_tenths = 127;      // 10…50: listening quality
  uint8_t mos_cq_tenths = 127;      // conversational quality
  uint8_t rx_config = 0;            // §4.7.6: concealment, jitter buffer kind and rate
  uint16_t jitter_nominal_ms = 0;
  uint16_t jitter_maximum_ms = 0;
  uint16_t jitter_absolute_ms = 0;
};

// One sub-block of DLRR (§4.5): as in a report block, about a reference time.
struct RtcpDlrr {
  uint32_t receiver_ssrc = 0;  // who sent the reference time
  uint32_t last_rr = 0;        // middle 32 bits of it
  uint32_t delay = 0;          // 1/65,536 s since it came
};

// What an XR packet says, or what ours is to say.
struct RtcpXr {
  uint32_t reporter_ssrc = 0;
  bool has_reference_time = false;
  uint64_t reference_ntp = 0;
  bool has_dlrr = false;
  RtcpDlrr dlrr;  // reading: the one about the SSRC that was asked for
  bool has_voip = false;
  VoipMetrics voip;  // reading: the first
};

// Reads the body of an XR packet (behind its 4-byte header). `own_ssrc` chooses the DLRR sub-block.
// Other block types are skipped by their length. kBadLength when lengths do not add up.
Status ParseXr(const uint8_t* body, size_t size, uint32_t own_ssrc, RtcpXr* out) noexcept;

// Bytes of the packet with its header; 0 when it would hold no block.
size_t XrSize(const RtcpXr& xr) noexcept;
// Writes XrSize bytes.
void WriteXr(const RtcpXr& xr, uint8_t* out) noexcept;

}  // namespace mixminus
