#pragma once
// Reception state of one RTP source: validity and sequence tracking (RFC 3550 A.1), loss (A.3) and
// interarrival jitter (A.8). Pure; owned by a receive leg, which feeds every packet of the source
// to it.

#include <cstddef>
#include <cstdint>

namespace mixminus {

enum class SequenceVerdict : uint8_t {
  kValid,      // counts, play it
  kProbation,  // the source has not yet shown two packets in a row
  kRestarted,  // the source began anew: drop what was buffered, play this packet
  kRejected,   // a jump that is too large to believe until the next packet confirms it
};

// What an RTCP report block says about the source (RFC 3550 §6.4.1), without the sender-report
// times.
struct ReceptionReport {
  uint8_t fraction_lost = 0;    // of 256, since the previous report
  int32_t cumulative_lost = 0;  // clamped to 24 bits signed
  uint32_t extended_highest_sequence = 0;
  uint32_t jitter = 0;  // RTP timestamp units
};

class ReceiveStats {
 public:
  static constexpr int kMinSequential = 2;  // RFC 3550 A.1
  static constexpr int kMaxDropout = 3000;
  static constexpr int kMaxMisorder = 100;

  // `clock_hz`: RTP clock of the source's audio format, for jitter.
  explicit ReceiveStats(int clock_hz) noexcept;

  // Forgets everything and starts probation for `ssrc` with `sequence` as its first packet (still
  // to be given to OnSequence). With `trusted` the caller has done the probation and the source is
  // valid at once.
  void Start(uint32_t ssrc, uint16_t sequence, bool trusted) noexcept;

  // Judges and counts one packet of the source (A.1); `payload_size` in bytes.
  SequenceVerdict OnSequence(uint16_t sequence, size_t payload_size) noexcept;

  // Feeds jitter (A.8). For audio packets only: the packets of one telephone event share a
  // timestamp (RFC 4733 §2.2), which would count as jitter.
  void OnArrival(uint32_t timestamp, int64_t arrival_ns) noexcept;

  void SetClock(int clock_hz) noexcept;

  // Figures for a report block; begins the next fraction_lost interval.
  ReceptionReport TakeReport() noexcept;

  bool started() const noexcept { return started_; }
  bool valid() const noexcept { return started_ && probation_ == 0; }
  uint32_t ssrc() const noexcept { return ssrc_; }
  uint64_t packets() const noexcept { return received_; }   // since the source became valid
  uint64_t octets() const noexcept { return octets_; }      // payload bytes
  uint64_t restarts() const noexcept { return restarts_; }  // of the same SSRC
  uint32_t extended_highest_sequence() const noexcept { return cycles_ + highest_; }
  int64_t cumulative_lost() const noexcept;  // A.3; negative when duplicates outnumber losses
  double jitter_ms() const noexcept;

 private:
  SequenceVerdict OnProbation(uint16_t sequence, size_t payload_size) noexcept;
  void StartSequence(uint16_t sequence) noexcept;
  int64_t Expected() const noexcept;

  int clock_hz_;
  uint32_t ssrc_ = 0;
  bool started_ = false;
  uint8_t probation_ = 0;
  uint16_t highest_ = 0;
  uint32_t cycles_ = 0;  // sequence wraps × 65,536
  uint32_t base_ = 0;
  uint32_t bad_ = 0;  // the sequence number that would confirm a restart; > 65,535 = none
  uint64_t received_ = 0;
  uint64_t octets_ = 0;
  uint64_t restarts_ = 0;
  int64_t expected_prior_ = 0;
  uint64_t received_prior_ = 0;
  bool has_transit_ = false;
  uint32_t transit_ = 0;
  uint32_t jitter_q4_ = 0;  // × 16, as in A.8
};

}  // namespace mixminus
