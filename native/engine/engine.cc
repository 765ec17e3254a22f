// See engine.h. Here: start, legs, close and manual time; rooms are in engine_rooms.cc, players,
// recorders and readers in engine_taps.cc, facts in engine_media.cc.
#include "engine/engine.h"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "engine/address.h"
#include "engine/socket_packet_io.h"
#include "engine/time_source.h"

namespace mixminus {
namespace {

constexpr int kReadyPairs = 32;
constexpr auto kHousekeepingPeriod = std::chrono::milliseconds(500);
// Players hold 400 ms of decoded sound, recorders seconds of room.
constexpr auto kFilePeriod = std::chrono::milliseconds(20);
constexpr auto kWritePeriod = std::chrono::milliseconds(50);
// Manual mode's wall clock begins here: 2026-01-01T00:00:00Z.
constexpr int64_t kManualEpochNs = 1'767'225'600 * kNsPerSecond;

PortPoolOptions PoolOptions(const EngineOptions& options) {
  PortPoolOptions pool;
  pool.port_min = options.port_min;
  pool.port_max = options.port_max;
  pool.rest_ns = options.port_rest_ms * kNsPerMs;
  pool.ready_pairs = options.manual ? 0 : std::min(kReadyPairs, static_cast<int>(options.max_legs));
  return pool;
}

uint32_t PlayersFor(const EngineOptions& options) {
  return static_cast<uint32_t>(2 * options.max_legs + 16);
}

}  // namespace

std::unique_ptr<Engine> Engine::Create(const EngineOptions& options, void* stats_memory,
                                       std::function<void()> wake, EngineStatus* status) {
  std::unique_ptr<Engine> engine(new Engine(options, stats_memory, std::move(wake)));
  *status = engine->Start();
  if (!status->ok()) engine.reset();
  return engine;
}

Engine::Engine(const EngineOptions& options, void* stats_memory, std::function<void()> wake)
    : options_(options),
      stats_(stats_memory, options.max_legs),
      facts_(std::move(wake)),
      random_(options.manual, options.seed),
      file_thread_(&facts_, !options.manual, kFilePeriod, "mixminus-files"),
      writer_thread_(&facts_, !options.manual, kWritePeriod, "mixminus-writer"),
      legs_(static_cast<uint32_t>(options.max_legs)),
      rooms_(static_cast<uint32_t>(options.max_rooms)),
      players_(PlayersFor(options)),
      recorders_(PlayersFor(options)),
      readers_(PlayersFor(options)) {
  if (options_.manual) {
    sockets_ = std::make_unique<MemorySocketFactory>();
    memory_io_ = std::make_unique<MemoryPacketIo>();
  } else {
    sockets_ = std::make_unique<KernelSocketFactory>();
  }
  const uint32_t first_pair = options_.manual ? 0 : random_.Next();
  ports_ = std::make_unique<PortPool>(sockets_.get(), PoolOptions(options_), first_pair);
}

Engine::~Engine() {
  Close();
  std::vector<EngineFact> unheard;
  TakeFacts(&unheard);
}

EngineStatus Engine::Start() {
  EngineStatus status = options_.manual ? EngineStatus() : CheckDescriptors();
  if (status.ok()) status = WarmPools();
  if (status.ok()) status = MakeWorkers();
  if (!status.ok()) {
    closed_ = true;
    return status;
  }
  if (!options_.manual) {
    for (auto& worker : workers_) worker->Start();
    housekeeping_ = std::thread([this] { HousekeepingMain(); });
  }
  return {};
}

// Two sockets a leg, and some for everything else in the process. The soft limit is raised as far
// as it must.
EngineStatus Engine::CheckDescriptors() const {
  constexpr rlim_t kOthers = 256;
  const rlim_t needed = 2 * options_.max_legs + kOthers;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY ||
      limit.rlim_cur >= needed)
    return {};
  const rlim_t had = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max == RLIM_INFINITY ? needed : std::min(needed, limit.rlim_max);
  if (limit.rlim_cur == needed && setrlimit(RLIMIT_NOFILE, &limit) == 0) return {};
  return {"ERR_FILE_DESCRIPTORS", std::to_string(options_.max_legs) + " streams need " +
                                      std::to_string(needed) + " file descriptors, the limit is " +
                                      std::to_string(had) +
                                      "; raise it (ulimit -n) or lower the number of streams"};
}

EngineStatus Engine::WarmPools() {
  for (const std::string& text : options_.bind_addresses) {
    TransportAddress address;
    if (!ParseAddress(text, 0, &address))
      return {"ERR_INVALID_ARGUMENT", "not an IP address: " + text};
    EngineStatus status = ports_->Warm(address, NowNs());
    // A small range that is already bound in full serves as far as it goes.
    if (!status.ok() && std::string(status.code()) != "ERR_NO_PORTS") return status;
  }
  return {};
}

EngineStatus Engine::MakeWorkers() {
  const int count = options_.manual ? 1 : options_.workers;
  std::vector<Worker*> peers;
  for (int i = 0; i < count; ++i) {
    WorkerInit init;
    if (options_.manual) {
      init.io = memory_io_.get();
    } else {
      auto io = std::make_unique<SocketPacketIo>();
      if (!io->ok())
        return {"ERR_FILE_DESCRIPTORS", "no file descriptor left for the media workers"};
      init.io = io.get();
      ios_.push_back(std::move(io));
    }
    init.facts = &facts_;
    init.stats = stats_.Worker(static_cast<size_t>(i));
    init.max_legs = options_.max_legs;
    init.max_rooms = options_.max_rooms;
    init.command_capacity = 8 * options_.max_legs + 4 * options_.max_rooms + 1024;
    workers_.push_back(std::make_unique<Worker>(init));
    peers.push_back(workers_.back().get());
  }
  for (auto& worker : workers_) worker->SetPeers(peers);
  worker_legs_.assign(workers_.size(), 0);
  return {};
}

void Engine::HousekeepingMain() {
  std::unique_lock<std::mutex> lock(housekeeping_mutex_);
  while (!housekeeping_stop_) {
    lock.unlock();
    ports_->Maintain(NowNs());
    lock.lock();
    housekeeping_wake_.wait_for(lock, kHousekeepingPeriod, [this] { return housekeeping_stop_; });
  }
}

int64_t Engine::NowNs() const noexcept { return options_.manual ? manual_now_ns_ : MonotonicNs(); }

TickTime Engine::Now() const noexcept {
  TickTime time;
  time.now_ns = NowNs();
  time.grid = time.now_ns / kGridNs;
  time.wall_ns = options_.manual ? kManualEpochNs + time.now_ns : WallNs();
  return time;
}

EngineStatus Engine::OpenLeg(const std::string& bind_address, OpenedLeg* out) {
  if (closed_) return {"ERR_CLOSED", "the media engine is closed"};
  TransportAddress address;
  if (!ParseAddress(bind_address, 0, &address))
    return {"ERR_INVALID_ARGUMENT", "not an IP address: " + bind_address};
  const Handle handle = legs_.Insert(LegEntry());
  if (handle == kNullHandle) {
    return {"ERR_LIMIT", "all " + std::to_string(options_.max_legs) + " media streams are in use"};
  }
  const int worker = static_cast<int>(legs_opened_ % workers_.size());
  PortPair ports;
  EngineStatus status = ports_->Lease(address, NowNs(), &ports);
  if (status.ok() && workers_[static_cast<size_t>(worker)]->FreeCommands() == 0) {
    ports_->Return(ports, NowNs());
    status = {"ERR_ENGINE_BUSY", "the media worker has not taken its commands yet"};
  }
  if (!status.ok()) {
    legs_.Remove(handle);
    return status;
  }
  LegEntry* entry = legs_.Get(handle);
  entry->leg = MakeLeg(handle, ports);
  entry->worker = worker;
  ++worker_legs_[static_cast<size_t>(worker)];
  ++legs_opened_;
  Command command;
  command.kind = CommandKind::kAttachLeg;
  command.leg = entry->leg.get();
  *out = {handle, ports.local.port, static_cast<uint16_t>(ports.local.port + 1)};
  return Send(worker, command);
}

std::unique_ptr<MediaLeg> Engine::MakeLeg(Handle handle, const PortPair& ports) {
  MediaLegInit init;
  init.handle = handle;
  init.ports = ports;
  init.ssrc = random_.Next();
  init.first_sequence = static_cast<uint16_t>(random_.Next());
  init.first_timestamp = random_.Next();
  init.seed = random_.Next();
  init.cname = options_.cname.c_str();
  init.rtp_timeout_ns = options_.rtp_timeout_ms * kNsPerMs;
  init.stats = stats_.Leg(HandleIndex(handle));
  init.facts = &facts_;
  auto leg = std::make_unique<MediaLeg>(init);
  // Consecutive legs of one worker tick in different phases.
  leg->phase = static_cast<int>((legs_opened_ / workers_.size()) % kPhases);
  return leg;
}

EngineStatus Engine::ConfigureLeg(Handle leg, std::unique_ptr<LegSettings> settings) {
  EngineStatus status;
  LegEntry* entry = FindLeg(leg, &status);
  if (entry == nullptr) return status;
  settings->receive_leg = std::make_unique<ReceiveLeg>(settings->receive);
  settings->encoder = StreamEncoder::Make(settings->send_stream);
  if (settings->encoder == nullptr && settings->send_stream.codec.id != CodecId::kNone)
    return {"ERR_INVALID_ARGUMENT", "this build cannot encode the codec at this rate"};
  Command command;
  command.kind = CommandKind::kConfigureLeg;
  command.leg = entry->leg.get();
  command.payload = settings.get();
  // Looked at before the worker has it.
  const int rate_hz = settings->encoder != nullptr ? settings->encoder->rate_hz() : 8000;
  status = Send(entry->worker, command);
  if (!status.ok()) return status;
  entry->rate_hz = rate_hz;
  (void)settings.release();
  return status;
}

EngineStatus Engine::AllowSend(Handle leg) {
  EngineStatus status;
  LegEntry* entry = FindLeg(leg, &status);
  if (entry == nullptr) return status;
  Command command;
  command.kind = CommandKind::kAllowSend;
  command.leg = entry->leg.get();
  return Send(entry->worker, command);
}

EngineStatus Engine::CloseLeg(Handle leg) {
  EngineStatus status;
  LegEntry* entry = FindLeg(leg, &status);
  if (entry == nullptr) return status;
  Command command;
  command.kind = CommandKind::kCloseLeg;
  command.leg = entry->leg.get();
  status = Send(entry->worker, command);
  if (!status.ok()) return status;
  entry->closing = true;
  if (RoomEntry* room = rooms_.Get(entry->room)) LeaveRoom(room, leg);
  entry->room = kNullHandle;
  --worker_legs_[static_cast<size_t>(entry->worker)];
  return {};
}

Engine::LegEntry* Engine::FindLeg(Handle leg, EngineStatus* status) {
  LegEntry* entry = legs_.Get(leg);
  if (closed_) {
    *status = {"ERR_CLOSED", "the media engine is closed"};
    return nullptr;
  }
  if (entry == nullptr || entry->closing) {
    *status = {"ERR_STALE_HANDLE", "the media stream is closed"};
    return nullptr;
  }
  return entry;
}

EngineStatus Engine::Send(int worker, const Command& command) {
  Worker* to = workers_[static_cast<size_t>(worker)].get();
  if (to->FreeCommands() == 0)
    return {"ERR_ENGINE_BUSY", "the media worker has not taken its commands yet"};
  to->Push(command);
  FreeSpent();
  return {};
}

void Engine::Advance(int64_t now_ns) {
  if (closed_ || !options_.manual) return;
  Worker* worker = workers_.front().get();
  const int64_t last = now_ns / kGridNs;
  if (manual_grid_ < 0) manual_grid_ = last - 1;
  while (manual_grid_ < last) {
    // Nothing to do: time leaps.
    if (worker->Idle()) manual_grid_ = last - 1;
    ++manual_grid_;
    manual_now_ns_ = manual_grid_ * kGridNs;
    file_thread_.RunOnce();
    worker->RunGridPoint(Now());
  }
  manual_now_ns_ = std::max(manual_now_ns_, now_ns);
  memory_io_->SetTimes(manual_now_ns_, 0);
  file_thread_.RunOnce();
  writer_thread_.RunOnce();
  ports_->Maintain(manual_now_ns_);
}

void Engine::Inject(const TransportAddress& local, const TransportAddress& remote,
                    const uint8_t* data, size_t size) {
  if (!closed_ && memory_io_) memory_io_->Inject(local, remote, data, size);
}

EngineCounts Engine::Counts() const {
  EngineCounts counts;
  counts.legs = legs_.size();
  counts.rooms = rooms_.size();
  counts.players = players_.size();
  counts.recorders = recorders_.size();
  counts.readers = readers_.size();
  if (ports_) counts.ports = ports_->Counts();
  return counts;
}

void Engine::Close() {
  if (closed_) return;
  closed_ = true;
  {
    std::lock_guard<std::mutex> lock(housekeeping_mutex_);
    housekeeping_stop_ = true;
    housekeeping_wake_.notify_one();
  }
  if (housekeeping_.joinable()) housekeeping_.join();
  for (auto& worker : workers_) worker->Stop();
  // The threads have ended: what they had not come to is done here, legs between two workers
  // included.
  const TickTime time = Now();
  for (bool waiting = true; waiting;) {
    waiting = false;
    for (auto& worker : workers_) waiting = worker->ApplyCommands(time) || waiting;
  }
  for (auto& worker : workers_) worker->CloseAll(time);
  rooms_.ForEach([this](Handle room, RoomEntry&) { rooms_.Remove(room); });
  file_thread_.Stop();
  writer_thread_.Stop();
}

}  // namespace mixminus
