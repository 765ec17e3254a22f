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
  RoomPeak peak;
  EngineStatus status = PlanRoom(handle, changes, batch.get(), &peak);
  if (!status.ok() || changes.empty()) return status;
  if (peak.members > entry->capacity) {
    while (entry->capacity < peak.members) entry->capacity *= 2;
    batch->storage = std::make_unique<MemberStorage>(entry->capacity);
  }
  if (peak.relations > entry->hearing_capacity) {
    entry->hearing_capacity = std::max(2 * entry->hearing_capacity, peak.relations);
    batch->hearing = std::make_unique<HearingTable>(entry->hearing_capacity);
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
                              RoomBatch* batch, RoomPeak* peak) {
  RoomEntry* room = rooms_.Get(handle);
  std::vector<std::pair<LegEntry*, Handle>> before;
  const int members_before = room->members;
  const auto relations_before = room->relations;
  for (const RoomChangeRequest& change : changes) {
    LegEntry* entry = legs_.Get(change.leg);
    if (entry != nullptr) before.push_back({entry, entry->room});
    EngineStatus status =
        change.op == RoomOp::kRelate ? PlanRelation(handle, change) : PlanChange(handle, change);
    if (!status.ok()) {
      for (auto undo = before.rbegin(); undo != before.rend(); ++undo)
        undo->first->room = undo->second;
      room->members = members_before;
      room->relations = relations_before;
      return status;
    }
    peak->members = std::max(peak->members, room->members);
    peak->relations = std::max(peak->relations, static_cast<int>(room->relations.size()));
    LegEntry* speaker = change.op == RoomOp::kRelate ? legs_.Get(change.speaker) : nullptr;
    batch->changes.push_back({change.op, entry->leg.get(), change.member,
                              speaker == nullptr ? nullptr : speaker->leg.get(), change.relation});
  }
  return {};
}

EngineStatus Engine::PlanChange(Handle room, const RoomChangeRequest& change) {
  EngineStatus status;
  LegEntry* entry = FindLeg(change.leg, &status);
  if (entry == nullptr) return status;
  if (change.op == RoomOp::kAdd) {
    if (entry->room == room) return {"ERR_DUPLICATE", "the media stream is in this room already"};
    if (entry->room != kNullHandle)
      return {"ERR_INVALID_STATE", "the media stream is in another room"};
    entry->room = room;
    ++rooms_.Get(room)->members;
    return {};
  }
  if (entry->room != room) return {"ERR_NOT_FOUND", "the media stream is not in this room"};
  if (change.op == RoomOp::kRemove) {
    entry->room = kNullHandle;
    LeaveRoom(rooms_.Get(room), change.leg);
  }
  return {};
}

void Engine::LeaveRoom(RoomEntry* room, Handle leg) {
  --room->members;
  for (auto pair = room->relations.begin(); pair != room->relations.end();)
    pair = pair->first == leg || pair->second == leg ? room->relations.erase(pair) : ++pair;
}

EngineStatus Engine::PlanRelation(Handle room, const RoomChangeRequest& change) {
  EngineStatus status;
  LegEntry* listener = FindLeg(change.leg, &status);
  LegEntry* speaker = FindLeg(change.speaker, &status);
  if (!status.ok()) return status;
  if (listener == speaker) return {"ERR_INVALID_ARGUMENT", "nobody hears themself"};
  if (listener->room != room || speaker->room != room)
    return {"ERR_NOT_FOUND", "the media stream is not in this room"};
  const std::pair<Handle, Handle> pair(change.leg, change.speaker);
  if (change.relation.hearing == Hearing::kAsAll) {
    rooms_.Get(room)->relations.erase(pair);
  } else {
    rooms_.Get(room)->relations.insert(pair);
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
