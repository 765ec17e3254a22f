// The engine as its caller sees it: handles, commands and facts. All methods belong to one thread
// (JavaScript's); workers, the housekeeping thread and the recorders' writer are hidden here.
// Misuse is answered by a status with a stable code. The addon is its only user besides native
// tests.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/base/slot_pool.h"
#include "engine/commands.h"
#include "engine/conference.h"
#include "engine/engine_status.h"
#include "engine/fact_hub.h"
#include "engine/media_leg.h"
#include "engine/memory_packet_io.h"
#include "engine/port_pool.h"
#include "engine/random_source.h"
#include "engine/recorder.h"
#include "engine/stats_table.h"
#include "engine/worker.h"

namespace mixminus {

struct EngineOptions {
  int workers = 1;  // 1…64; manual mode has one and no thread
  bool manual = false;
  size_t max_legs = 1000;
  size_t max_rooms = 1000;
  uint16_t port_min = 16384;
  uint16_t port_max = 32767;
  int64_t port_rest_ms = 5000;
  std::vector<std::string> bind_addresses;
  std::string cname = "mixminus";
  uint32_t seed = 1;
  int64_t rtp_timeout_ms = 0;
};

struct OpenedLeg {
  Handle leg = kNullHandle;
  uint16_t rtp_port = 0;
  uint16_t rtcp_port = 0;
};

struct RoomChangeRequest {
  RoomOp op;
  Handle leg;
  bool muted = false;
  bool deaf = false;
};

// Something that happened, for the caller.
struct EngineFact {
  enum class Kind {
    kDtmf,
    kTalking,
    kLatched,
    kRtpTimeout,
    kRtcpBye,
    kPlayerEnded,
    kRecorderClosed,
    kLegClosed,
    kEventsLost,
    kWarning,
  };
  Kind kind;
  Handle leg = kNullHandle;
  Handle object = kNullHandle;  // player or recorder
  char digit = 0;
  int duration_ms = 0;
  bool talking = false;
  TransportAddress address;
  uint64_t count = 0;    // events lost, or samples recorded
  uint64_t dropped = 0;  // samples
  std::string code;      // of a warning
  std::string text;      // of a warning, or why a recorder stopped
};

struct EngineCounts {
  uint32_t legs = 0;
  uint32_t rooms = 0;
  uint32_t players = 0;
  uint32_t recorders = 0;
  PortCounts ports;
};

class Engine {
 public:
  // `stats_memory` holds StatsTable::BytesFor(max_legs, workers) zeroed bytes and outlives the
  // engine. `wake` is called from any thread when facts wait and the last TakeFacts has begun.
  // Null, with the reason in `status`, on failure.
  static std::unique_ptr<Engine> Create(const EngineOptions& options, void* stats_memory,
                                        std::function<void()> wake, EngineStatus* status);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  EngineStatus OpenLeg(const std::string& bind_address, OpenedLeg* out);
  EngineStatus ConfigureLeg(Handle leg, std::unique_ptr<LegSettings> settings);
  EngineStatus AllowSend(Handle leg);
  EngineStatus CloseLeg(Handle leg);

  EngineStatus OpenRoom(int loudest, Handle* out);
  EngineStatus ApplyRoom(Handle room, const std::vector<RoomChangeRequest>& changes);
  EngineStatus CloseRoom(Handle room);

  EngineStatus Play(Handle leg, std::vector<int16_t> samples, bool loop, Handle* out);
  EngineStatus StopPlayer(Handle player);
  EngineStatus Record(Handle leg, const std::string& path, RecordSource source, Handle* out);
  EngineStatus StopRecorder(Handle recorder);

  // Appends what happened since the last call; also frees what workers gave back. Works after
  // Close.
  void TakeFacts(std::vector<EngineFact>* out);

  // Manual mode only.
  bool manual() const noexcept { return options_.manual; }
  void Advance(int64_t now_ns);
  void Inject(const TransportAddress& local, const TransportAddress& remote, const uint8_t* data,
              size_t size);
  MemoryPacketIo* memory_io() noexcept { return memory_io_.get(); }

  EngineCounts Counts() const;
  // Says BYE on every leg, closes recorders and sockets, ends all threads. Idempotent. Facts remain
  // to be taken.
  void Close();
  bool closed() const noexcept { return closed_; }

 private:
  struct LegEntry {
    std::unique_ptr<MediaLeg> leg;
    int worker = 0;
    Handle room = kNullHandle;
    bool closing = false;
  };
  struct RoomEntry {
    Conference* room = nullptr;  // owned by its worker until it comes back
    int worker = 0;
    int members = 0;
    int capacity = 0;
  };
  struct PlayerEntry {
    std::unique_ptr<Player> player;
  };
  struct RecorderEntry {
    std::unique_ptr<Recorder> recorder;
  };

  Engine(const EngineOptions& options, void* stats_memory, std::function<void()> wake);
  EngineStatus Start();
  EngineStatus CheckDescriptors() const;
  EngineStatus MakeWorkers();
  EngineStatus WarmPools();
  void HousekeepingMain();
  int64_t NowNs() const noexcept;
  TickTime Now() const noexcept;

  LegEntry* FindLeg(Handle leg, EngineStatus* status);
  std::unique_ptr<MediaLeg> MakeLeg(Handle handle, const PortPair& ports);
  EngineStatus Send(int worker, const Command& command);
  int LeastLoadedWorker() const noexcept;

  EngineStatus PlanRoom(Handle handle, const std::vector<RoomChangeRequest>& changes,
                        RoomBatch* batch, int* peak);
  EngineStatus PlanChange(Handle room, const RoomChangeRequest& change, int* members);
  bool RoomForCommands(size_t count) const noexcept;
  void MoveToWorker(LegEntry* entry, int worker);

  void TakeNews(MediaLeg* leg, std::vector<EngineFact>* out);
  void TakeReturned(Returned* object, std::vector<EngineFact>* out);
  void TakeWarnings(std::vector<EngineFact>* out);
  void FreeSpent();

  const EngineOptions options_;
  const StatsTable stats_;
  FactHub facts_;
  RandomSource random_;
  std::unique_ptr<SocketFactory> sockets_;
  std::unique_ptr<PortPool> ports_;
  std::unique_ptr<MemoryPacketIo> memory_io_;
  std::vector<std::unique_ptr<PacketIo>> ios_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<int> worker_legs_;
  RecorderWriter writer_;
  SlotPool<LegEntry> legs_;
  SlotPool<RoomEntry> rooms_;
  SlotPool<PlayerEntry> players_;
  SlotPool<RecorderEntry> recorders_;
  uint32_t legs_opened_ = 0;
  uint32_t rooms_opened_ = 0;
  int64_t manual_now_ns_ = 0;
  int64_t manual_grid_ = -1;
  bool closed_ = false;

  std::thread housekeeping_;
  std::mutex housekeeping_mutex_;
  std::condition_variable housekeeping_wake_;
  bool housekeeping_stop_ = false;  // guarded
};

}  // namespace mixminus
