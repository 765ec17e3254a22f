// The engine as its caller sees it: handles, commands and facts. All methods belong to one thread
// (JavaScript's); workers, the housekeeping thread and the threads for files are hidden here.
// Misuse is answered by a status with a stable code. The addon is its only user besides native
// tests.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/base/slot_pool.h"
#include "core/dsp/tone_plan.h"
#include "engine/commands.h"
#include "engine/conference.h"
#include "engine/engine_status.h"
#include "engine/fact_hub.h"
#include "engine/media_leg.h"
#include "engine/memory_packet_io.h"
#include "engine/pcm_reader.h"
#include "engine/player.h"
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
  Handle leg;  // kRelate: the listener
  MemberSettings member = {};
  Handle speaker = kNullHandle;  // kRelate
  Relation relation = {};
};

// What is to be played: exactly one of these.
struct PlayRequest {
  enum class Kind { kFile, kBytes, kSamples, kStream, kTones };
  Kind kind = Kind::kFile;
  std::string path;
  std::vector<uint8_t> bytes;    // of a sound file
  std::vector<int16_t> samples;  // mono
  std::vector<ToneStep> tones;
  int rate_hz = 8000;  // of samples and tones, 4000…192000
  bool loop = false;   // not of a stream
  int64_t start_ms = 0;
  double gain = 1;  // linear
};

// PCM from the calling thread. Rates are 8000, 16000, 24000 or 48000.
struct WriterRequest {
  int rate_hz = 8000;
  int buffer_ms = 200;  // 20…60000
  int prebuffer_ms = 40;
  double gain = 1;
};

struct RecordRequest {
  TapSource source = TapSource::kReceived;
  SoundWriterOptions file;  // rate_hz 0: that of the leg's codec; channels follow from the source
};

// PCM of one reader that was handed over.
struct ReaderChunk {
  Handle reader = kNullHandle;
  size_t samples = 0;
  uint64_t dropped = 0;  // since it was opened
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
    kPlayerHungry,  // a fed stream has room again
    kPcmTaken,      // a writer's samples were played up to a wanted position, or ran out
    kRecorderClosed,
    kReaderClosed,
    kDigitsSent,
    kLegClosed,
    kEventsLost,
    kWarning,
  };
  Kind kind;
  Handle leg = kNullHandle;
  Handle object = kNullHandle;  // player, recorder or reader
  char digit = 0;
  int duration_ms = 0;
  bool talking = false;
  bool completed = false;  // digits: all were sent
  TransportAddress address;
  // Events lost, samples recorded, samples of a writer taken, or the number of a digit sequence.
  uint64_t count = 0;
  uint64_t dropped = 0;  // samples
  uint64_t underruns = 0;
  uint64_t starved = 0;  // samples of silence where a writer had nothing
  int rate_hz = 0;       // of a recording
  bool dry = false;      // a writer has run out since the last fact
  std::string code;      // of a warning, or why a player or recorder stopped before its end
  std::string text;
};

struct EngineCounts {
  uint32_t legs = 0;
  uint32_t rooms = 0;
  uint32_t players = 0;
  uint32_t recorders = 0;
  uint32_t readers = 0;
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

  // Files are opened on a thread of their own: what is wrong with one comes with kPlayerEnded.
  EngineStatus Play(Handle leg, PlayRequest request, Handle* out);
  // Bytes of a kStream player; `waiting` above StreamInput::kEnough asks to wait for kPlayerHungry.
  EngineStatus FeedPlayer(Handle player, const uint8_t* bytes, size_t size, size_t* waiting);
  EngineStatus EndFeed(Handle player);
  EngineStatus SeekPlayer(Handle player, int64_t ms);
  // kPlayerEnded follows for every player and writer.
  EngineStatus StopPlayer(Handle player);

  EngineStatus OpenWriter(Handle leg, const WriterRequest& request, Handle* out);
  // Returns in `taken` how many samples fitted.
  EngineStatus WritePcm(Handle writer, const int16_t* samples, size_t count, size_t* taken);
  EngineStatus ClearWriter(Handle writer);
  // kPcmTaken once so many samples in all were played or cleared.
  EngineStatus NotifyWriter(Handle writer, uint64_t position);
  // Ends when all is played.
  EngineStatus EndWriter(Handle writer);

  EngineStatus Record(Handle leg, RecordRequest request, Handle* out);
  EngineStatus StopRecorder(Handle recorder);

  EngineStatus OpenReader(Handle leg, TapSource source, int rate_hz, int buffer_ms, Handle* out);
  // kReaderClosed follows.
  EngineStatus CloseReader(Handle reader);
  // Empties the readers into `samples` as far as it has room and appends what it took; true when
  // some is left.
  bool DrainReaders(int16_t* samples, size_t capacity, std::vector<ReaderChunk>* out);

  // Sends telephone events one after the other, after those that wait already. The fact
  // kDigitsSent with the number given out follows, at the leg's end at the latest.
  EngineStatus SendDigits(Handle leg, std::vector<TelephoneEventRequest> events, uint64_t* number);

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
    int rate_hz = 8000;  // of what is sent
    bool closing = false;
  };
  struct RoomEntry {
    Conference* room = nullptr;  // owned by its worker until it comes back
    int worker = 0;
    int members = 0;
    int capacity = 0;
    // Listener and speaker of each exception; and how many the room's memory holds.
    std::set<std::pair<Handle, Handle>> relations;
    int hearing_capacity = 0;
  };
  // The most that a room holds while a batch is applied.
  struct RoomPeak {
    int members = 0;
    int relations = 0;
  };
  struct PlayerEntry {
    std::unique_ptr<Player> player;
  };
  struct RecorderEntry {
    std::unique_ptr<Recorder> recorder;
  };
  struct ReaderEntry {
    std::unique_ptr<PcmReader> reader;
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

  EngineStatus AddPlayer(Handle leg, PlayerInit init, Handle* out);
  EngineStatus FindPlayer(Handle player, Player** out);
  EngineStatus FindWriter(Handle writer, Player** out);
  EngineStatus StopOnLeg(Handle leg, CommandKind kind, Handle object);

  EngineStatus PlanRoom(Handle handle, const std::vector<RoomChangeRequest>& changes,
                        RoomBatch* batch, RoomPeak* peak);
  EngineStatus PlanChange(Handle room, const RoomChangeRequest& change);
  EngineStatus PlanRelation(Handle room, const RoomChangeRequest& change);
  static void LeaveRoom(RoomEntry* room, Handle leg);
  bool RoomForCommands(size_t count) const noexcept;
  void MoveToWorker(LegEntry* entry, int worker);

  void TakeNews(MediaLeg* leg, std::vector<EngineFact>* out);
  void TakePlayerNews(Player* player, std::vector<EngineFact>* out);
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
  IoThread file_thread_;    // players
  IoThread writer_thread_;  // recorders
  SlotPool<LegEntry> legs_;
  SlotPool<RoomEntry> rooms_;
  SlotPool<PlayerEntry> players_;
  SlotPool<RecorderEntry> recorders_;
  SlotPool<ReaderEntry> readers_;
  uint32_t legs_opened_ = 0;
  uint32_t rooms_opened_ = 0;
  uint64_t digits_numbered_ = 0;
  int64_t manual_now_ns_ = 0;
  int64_t manual_grid_ = -1;
  bool closed_ = false;

  std::thread housekeeping_;
  std::mutex housekeeping_mutex_;
  std::condition_variable housekeeping_wake_;
  bool housekeeping_stop_ = false;  // guarded
};

}  // namespace mixminus
