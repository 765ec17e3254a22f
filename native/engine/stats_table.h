// The table of statistics: one row of doubles for each leg and each worker, overwritten by workers
// and read by JavaScript through an ArrayBuffer on the same memory, without a lock and without a
// call. Slots are those of src/media-core/native.ts (legStatSlots, workerStatSlots).
#pragma once

#include <atomic>
#include <cstddef>

namespace mixminus {

constexpr int kStatsRowDoubles = 40;

enum class LegStat : int {
  kGeneration,
  kPacketsReceived,
  kBytesReceived,
  kPacketsLost,
  kJitterMs,
  kDuplicates,
  kReordered,
  kLate,
  kDiscarded,
  kMalformed,
  kStrangers,
  kUnknownPayload,
  kConcealedSamples,
  kConcealmentEvents,
  kInsertedSamples,
  kRemovedSamples,
  kPlayoutDelayMs,
  kLevelInDbov,
  kLevelOutDbov,
  kTalking,
  kPacketsSent,
  kBytesSent,
  kRttMs,
  kRemoteLostFraction,
  kRemoteLostPackets,
  kRemoteJitterMs,
  kRtcpReceived,
  kRtcpSent,
  kLastPacketMs,
  kLatched,
  kSending,
  kInMix,
  kTelephoneEvents,
  kEventsLost,
  kSendErrors,
  kTargetDelayMs,
  kRepairedSamples,
  kRedundantPackets,
  kReceiveCodec,
};

enum class WorkerStat : int {
  kTicks,
  kSkippedTicks,
  kMaxLatenessUs,
  kSumLatenessUs,
  kBusyNs,
  kPacketsIn,
  kPacketsOut,
  kLegs,
  kRooms,
  kRealtime,
};

using StatCell = std::atomic<double>;
static_assert(sizeof(StatCell) == sizeof(double) && StatCell::is_always_lock_free,
              "JavaScript reads the cells as plain doubles");

// One row; a view, the memory is the table's.
class StatsRow {
 public:
  explicit StatsRow(StatCell* cells = nullptr) noexcept : cells_(cells) {}

  template <typename Slot, typename Number>
  void Set(Slot slot, Number value) const noexcept {
    cells_[static_cast<int>(slot)].store(static_cast<double>(value), std::memory_order_relaxed);
  }
  template <typename Slot>
  double Get(Slot slot) const noexcept {
    return cells_[static_cast<int>(slot)].load(std::memory_order_relaxed);
  }
  void Clear() const noexcept {
    for (int i = 0; i < kStatsRowDoubles; ++i) cells_[i].store(0.0, std::memory_order_relaxed);
  }

 private:
  StatCell* cells_;
};

// Rows 0 … max_legs − 1 are legs, the rows after them workers. The memory belongs to the creator.
class StatsTable {
 public:
  static constexpr size_t BytesFor(size_t max_legs, size_t workers) noexcept {
    return (max_legs + workers) * kStatsRowDoubles * sizeof(double);
  }

  StatsTable(void* memory, size_t max_legs) noexcept
      : cells_(static_cast<StatCell*>(memory)), max_legs_(max_legs) {}

  StatsRow Leg(size_t row) const noexcept { return StatsRow(cells_ + row * kStatsRowDoubles); }
  StatsRow Worker(size_t index) const noexcept { return Leg(max_legs_ + index); }

 private:
  StatCell* cells_;
  size_t max_legs_;
};

}  // namespace mixminus
