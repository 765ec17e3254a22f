// What a receiver sees of one RTP stream: packets lost, repeated, and late. Pure: times come as
// arguments. Filled on the load generator's media thread, read when the run is over.
//
// A packet's deadline is derived from the stream itself: RTP timestamps say when packet i should
// follow the first, and the packet that came soonest against its timestamp anchors that line. So
// lateness is what the stream's own sender (and the path) added, whatever the phase of its clock,
// and an anchor cannot be pulled by a late first packet.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "rtp_wire.h"

namespace mixminus::bench {

struct MeterReport {
  int64_t received = 0;  // Different packets.
  int64_t lost = 0;      // Holes in the sequence numbers.
  int64_t duplicates = 0;
  int64_t restarts = 0;  // Changes of the SSRC.
  int64_t empty_slots =
      0;  // 20 ms of arrival time without a packet, whatever the sequence numbers say.
  double max_gap_ms = 0;        // Longest time between two arrivals.
  std::vector<double> late_ms;  // Of every packet, ascending.
};

// The value below which `share` of the ascending values lie; 0 of nothing.
inline double Quantile(const std::vector<double>& ascending, double share) {
  if (ascending.empty()) return 0;
  const double last = static_cast<double>(ascending.size() - 1);
  return ascending[static_cast<size_t>(share * last + 0.5)];
}

class StreamMeter {
 public:
  void OnPacket(const RtpHeader& header, int64_t arrival_ns) {
    if (segments_.empty() || header.ssrc != ssrc_) {
      if (!segments_.empty()) ++restarts_;
      ssrc_ = header.ssrc;
      sequence_ = header.sequence;
      timestamp_ = header.timestamp;
      segments_.emplace_back();
    }
    sequence_ += static_cast<int16_t>(header.sequence - static_cast<uint16_t>(sequence_));
    timestamp_ += static_cast<int32_t>(header.timestamp - static_cast<uint32_t>(timestamp_));
    segments_.back().push_back({sequence_, arrival_ns, arrival_ns - timestamp_ * 125'000});
  }

  // Forgets everything; the next packet is the first.
  void Reset() {
    segments_.clear();
    restarts_ = 0;
  }

  MeterReport Report() const {
    MeterReport report;
    report.restarts = restarts_;
    std::vector<int64_t> arrivals;
    for (const Segment& segment : segments_) AddSegment(segment, &report, &arrivals);
    std::sort(report.late_ms.begin(), report.late_ms.end());
    std::sort(arrivals.begin(), arrivals.end());
    for (size_t i = 1; i < arrivals.size(); ++i) {
      const double gap_ms = static_cast<double>(arrivals[i] - arrivals[i - 1]) / 1e6;
      report.max_gap_ms = std::max(report.max_gap_ms, gap_ms);
    }
    if (!arrivals.empty()) {
      // Rounded down: a last packet that is less than a slot late leaves no slot empty.
      const int64_t span_ns = arrivals.back() - arrivals.front();
      report.empty_slots = std::max<int64_t>(0, span_ns / kFrameNs + 1 - report.received);
    }
    return report;
  }

 private:
  struct Arrival {
    int64_t sequence;  // Unwrapped.
    int64_t arrival_ns;
    int64_t delay_ns;  // Arrival against the RTP timestamp, up to a constant of the segment.
  };
  using Segment = std::vector<Arrival>;  // One SSRC.

  static void AddSegment(Segment segment, MeterReport* report, std::vector<int64_t>* arrivals) {
    // Of copies of a packet, the first to come is the one that counts.
    std::stable_sort(segment.begin(), segment.end(),
                     [](const Arrival& a, const Arrival& b) { return a.sequence < b.sequence; });
    const auto same = [](const Arrival& a, const Arrival& b) { return a.sequence == b.sequence; };
    const auto end = std::unique(segment.begin(), segment.end(), same);
    report->duplicates += segment.end() - end;
    segment.erase(end, segment.end());
    const auto count = static_cast<int64_t>(segment.size());
    report->received += count;
    report->lost += segment.back().sequence - segment.front().sequence + 1 - count;
    int64_t soonest = segment.front().delay_ns;
    for (const Arrival& arrival : segment) soonest = std::min(soonest, arrival.delay_ns);
    for (const Arrival& arrival : segment) {
      report->late_ms.push_back(static_cast<double>(arrival.delay_ns - soonest) / 1e6);
      arrivals->push_back(arrival.arrival_ns);
    }
  }

  std::vector<Segment> segments_;
  uint32_t ssrc_ = 0;
  int64_t sequence_ = 0;
  int64_t timestamp_ = 0;
  int64_t restarts_ = 0;
};

}  // namespace mixminus::bench
