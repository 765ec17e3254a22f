// The engine's rooms: membership is kept here, on the calling thread, so that misuse is answered at
// once and a leg is moved to the room's worker before it is added. See engine.h.
#include <algorithm>
#include <utility>

#include "engine/engine.h"

namespace mixminus {

EngineStatus Engine::OpenRoom(int loudest, Handle* out) {
  if (closed_) return {"ERR_CLOSED", "the media engine is closed"};
  const int worker = LeastLoadedWorker();
  // Rooms of one worker are spread over the phases of the 20 ms period.
  const int phase = static_cast<int>((rooms_opened_ / workers_.size()) % kPhases);
  RoomEntry entry;
  entry.worker = worker;
  entry.capacity = Conference::kFirstCapacity;
  const Handle handle = rooms_.Insert(entry);
  if (handle == kNullHandle)
    return {"ERR_LIMIT", "all " + std::to_string(options_.max_rooms) + " rooms are in use"};
  auto room = std::make_unique<Conference>(loudest, phase);
  Command command;
  command.kind = CommandKind::kOpenRoom;
  command.room = room.get();
  EngineStatus status = Send(worker, command);
  if (!status.ok()) {
    rooms_.Remove(handle);
    return status;
  }
  rooms_.Get(handle)->room = room.release();
  ++rooms_opened_;
  *out = handle;
  return {};
}

int Engine::LeastLoadedWorker() const noexcept {
  return static_cast<int>(std::min_element(worker_legs_.begin(), worker_legs_.end()) -
                          worker_legs_.begin());
}

bool Engine::RoomForCommands(size_t count) const noexcept {
  return std::all_of(workers_.begin(), workers_.end(),
                     [count](const auto& worker) { return worker->FreeCommands() >= count; });
}

EngineStatus Engine::ApplyRoom(Handle handle, const std::vector<RoomChangeRequest>& changes) {
  if (closed_) return {"ERR_CLOSED", "the media engine is closed"};
  RoomEntry* entry = rooms_.Get(handle);
  if (entry == nullptr) return {"ERR_STALE_HANDLE", "the room is closed"};
  if (!RoomForCommands(changes.size() + 1)) {
    return {"ERR_ENGINE_BUSY", "the media worker has not taken its commands yet"};
  }
  auto batch = std::make_unique<RoomBatch>();
  int peak = entry->members;
  EngineStatus status = PlanRoom(handle, changes, batch.get(), &peak);
  if (!status.ok() || changes.empty()) return status;
  if (peak > entry->capacity) {
    while (entry->capacity < peak) entry->capacity *= 2;
    batch->storage = std::make_unique<MemberStorage>(entry->capacity);
  }
  for (const RoomChangeRequest& change : changes) {
    if (change.op == RoomOp::kAdd) MoveToWorker(legs_.Get(change.leg), entry->worker);
  }
  Command command;
  command.kind = CommandKind::kChangeRoom;
  command.room = entry->room;
  command.payload = batch.release();
  return Send(entry->worker, command);
}

// Plays the changes through on the entries, in order; the first that cannot be undoes those before
// it.
EngineStatus Engine::PlanRoom(Handle handle, const std::vector<RoomChangeRequest>& changes,
                              RoomBatch* batch, int* peak) {
  RoomEntry* room = rooms_.Get(handle);
  std::vector<std::pair<LegEntry*, Handle>> before;
  const int members_before = room->members;
  for (const RoomChangeRequest& change : changes) {
    LegEntry* entry = legs_.Get(change.leg);
    if (entry != nullptr) before.push_back({entry, entry->room});
    EngineStatus status = PlanChange(handle, change, &room->members);
    if (!status.ok()) {
      for (auto undo = before.rbegin(); undo != before.rend(); ++undo)
        undo->first->room = undo->second;
      room->members = members_before;
      return status;
    }
    *peak = std::max(*peak, room->members);
    batch->changes.push_back({change.op, entry->leg.get(), change.muted, change.deaf});
  }
  return {};
}

EngineStatus Engine::PlanChange(Handle room, const RoomChangeRequest& change, int* members) {
  EngineStatus status;
  LegEntry* entry = FindLeg(change.leg, &status);
  if (entry == nullptr) return status;
  if (change.op == RoomOp::kAdd) {
    if (entry->room == room) return {"ERR_DUPLICATE", "the media stream is in this room already"};
    if (entry->room != kNullHandle)
      return {"ERR_INVALID_STATE", "the media stream is in another room"};
    entry->room = room;
    ++*members;
    return {};
  }
  if (entry->room != room) return {"ERR_NOT_FOUND", "the media stream is not in this room"};
  if (change.op == RoomOp::kRemove) {
    entry->room = kNullHandle;
    --*members;
  }
  return {};
}

void Engine::MoveToWorker(LegEntry* entry, int worker) {
  if (entry->worker == worker) return;
  Command command;
  command.kind = CommandKind::kMoveLeg;
  command.leg = entry->leg.get();
  command.number = static_cast<uint64_t>(worker);
  workers_[static_cast<size_t>(entry->worker)]->Push(command);
  --worker_legs_[static_cast<size_t>(entry->worker)];
  ++worker_legs_[static_cast<size_t>(worker)];
  entry->worker = worker;
}

EngineStatus Engine::CloseRoom(Handle handle) {
  if (closed_) return {"ERR_CLOSED", "the media engine is closed"};
  RoomEntry* entry = rooms_.Get(handle);
  if (entry == nullptr) return {"ERR_STALE_HANDLE", "the room is closed"};
  Command command;
  command.kind = CommandKind::kCloseRoom;
  command.room = entry->room;
  EngineStatus status = Send(entry->worker, command);
  if (!status.ok()) return status;
  legs_.ForEach([handle](Handle, LegEntry& leg) {
    if (leg.room == handle) leg.room = kNullHandle;
  });
  rooms_.Remove(handle);
  return {};
}

}  // namespace mixminus
