// One media thread: its sockets, its legs, its rooms. It wakes on the 5 ms grid, reads RTCP,
// applies all commands that wait, ticks the rooms and lone legs of the grid point's phase (each leg
// reads its RTP there), and publishes. Nothing is shared with other workers but the mailboxes
// through which a leg changes hands. In manual mode the JavaScript thread calls RunGridPoint
// itself.
#pragma once

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "core/base/spsc_queue.h"
#include "engine/commands.h"
#include "engine/conference.h"
#include "engine/fact_hub.h"
#include "engine/media_leg.h"
#include "engine/packet_io.h"
#include "engine/room_scratch.h"
#include "engine/stats_table.h"
#include "engine/tick_time.h"
#include "engine/time_source.h"

namespace mixminus {

struct WorkerInit {
  PacketIo* io = nullptr;
  FactHub* facts = nullptr;
  StatsRow stats;
  size_t max_legs = 0;
  size_t max_rooms = 0;
  size_t command_capacity = 0;
};

class Worker {
 public:
  explicit Worker(const WorkerInit& init);

  // All workers of an engine know each other before the first one starts.
  void SetPeers(const std::vector<Worker*>& peers) { peers_ = peers; }

  // Calling thread.
  void Start();
  void Stop();  // returns when the thread has ended
  size_t FreeCommands() const noexcept { return commands_.capacity() - commands_.Size(); }
  void Push(const Command& command) noexcept;

  // The thread that owns the worker: its own, or the calling thread in manual mode and after Stop.
  void RunGridPoint(const TickTime& time) noexcept;
  // Applies what can be applied; true when commands remain that wait for a leg from another worker.
  bool ApplyCommands(const TickTime& time) noexcept;
  void CloseAll(const TickTime& time) noexcept;
  bool Idle() const noexcept;

  // Any thread.
  void Deliver(LegLinks* leg) noexcept;

 private:
  void ThreadMain() noexcept;
  void TryRealtime() noexcept;
  void SleepWhileIdle() noexcept;
  void NoteLateness(int64_t late_ns) noexcept;
  void ReadRtcp(const TickTime& time) noexcept;

  bool Ready(const Command& command) noexcept;
  bool Owns(const MediaLeg* leg) noexcept;
  void TakeMail() noexcept;
  void Apply(const Command& command, const TickTime& time) noexcept;
  void ApplyToLeg(const Command& command, const TickTime& time) noexcept;
  void OpenRoom(Conference* room) noexcept;
  void ChangeRoom(Conference* room, RoomBatch* batch) noexcept;
  void CloseRoom(Conference* room) noexcept;
  void CloseLeg(MediaLeg* leg, const TickTime& time) noexcept;
  void MoveLeg(MediaLeg* leg, Worker* to) noexcept;
  void Adopt(MediaLeg* leg) noexcept;
  void Release(MediaLeg* leg) noexcept;
  void AddLone(MediaLeg* leg) noexcept;
  void RemoveLone(MediaLeg* leg) noexcept;

  void TickLone(int phase, const TickTime& time) noexcept;
  void TickLoneLeg(MediaLeg* leg, const TickTime& time) noexcept;
  void Publish() noexcept;

  PacketIo* const io_;
  FactHub* const facts_;
  const StatsRow stats_;
  std::vector<Worker*> peers_;
  SpscQueue<Command> commands_;
  IntrusiveStack<LegLinks, &LegLinks::mailbox_next> mailbox_;
  std::thread thread_;
  std::atomic<bool> stop_{false};
  std::atomic<bool> asleep_{false};

  // The worker's own from here on; all capacities are taken in the constructor.
  std::vector<MediaLeg*> owned_;             // by row, nullptr elsewhere
  std::vector<MediaLeg*> lone_[kPhases];     // legs in no room, by phase
  std::vector<Conference*> rooms_[kPhases];  // by phase
  size_t leg_count_ = 0;
  size_t room_count_ = 0;
  const std::unique_ptr<RoomScratch> scratch_ = std::make_unique<RoomScratch>();
  StreamGroups silent_streams_[kPhases];  // of legs in no room
  uint64_t ticks_ = 0;
  uint64_t skipped_ticks_ = 0;
  int64_t busy_ns_ = 0;
  int64_t max_late_ns_ = 0;
  int64_t sum_late_ns_ = 0;
  bool realtime_ = false;
};

}  // namespace mixminus
