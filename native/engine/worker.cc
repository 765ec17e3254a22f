// See worker.h. Here: commands and ticks; the thread itself is in worker_thread.cc.
#include "engine/worker.h"

#include "core/base/check.h"

namespace mixminus {

Worker::Worker(const WorkerInit& init)
    : io_(init.io), facts_(init.facts), stats_(init.stats), commands_(init.command_capacity) {
  owned_.assign(init.max_legs, nullptr);
  for (int phase = 0; phase < kPhases; ++phase) {
    lone_[phase].reserve(init.max_legs);
    rooms_[phase].reserve(init.max_rooms);
  }
}

void Worker::RunGridPoint(const TickTime& time) noexcept {
  io_->SetTimes(time.now_ns, time.wall_ns);
  ReadRtcp(time);
  ApplyCommands(time);
  const int phase = static_cast<int>(time.grid % kPhases);
  for (Conference* room : rooms_[phase]) room->Tick(time, scratch_.get());
  TickLone(phase, time);
  ++ticks_;
  Publish();
  facts_->Flush();
}

// A phone that hears nothing must still get packets: silence, or what a player has.
void Worker::TickLone(int phase, const TickTime& time) noexcept {
  StreamGroups* groups = &silent_streams_[phase];
  groups->BeginTick();
  for (MediaLeg* leg : lone_[phase]) {
    SharedAudio* silence = &scratch_->silence[RateIndex(leg->send_rate_hz())];
    const bool playing = leg->StirPlayers();
    if (!leg->MaySend()) {
      leg->LeaveStream();
    } else if (playing) {
      leg->HearsOwn();
    } else {
      leg->HearsShared(groups, kHearSilence, silence);
    }
  }
  for (MediaLeg* leg : lone_[phase]) TickLoneLeg(leg, time);
}

void Worker::TickLoneLeg(MediaLeg* leg, const TickTime& time) noexcept {
  if (!leg->BeginTick(time)) return;
  leg->Pull(time);
  if (leg->NextPlayerFrame(&scratch_->from_players)) {
    leg->HearOwn(scratch_->from_players);
  } else {
    leg->HearShared(&scratch_->silence[RateIndex(leg->send_rate_hz())], &scratch_->streams);
  }
  leg->EndTick(time, false);
}

void Worker::ReadRtcp(const TickTime& time) noexcept {
  // Level triggering: what one round leaves behind comes with the next grid point.
  constexpr int kMost = 64;
  uint32_t keys[kMost];
  const int count = io_->PollRtcp(keys, kMost);
  for (int i = 0; i < count; ++i) {
    if (MediaLeg* leg = owned_[keys[i]]) leg->ReadRtcp(time);
  }
}

bool Worker::ApplyCommands(const TickTime& time) noexcept {
  TakeMail();
  while (const Command* command = commands_.Front()) {
    // A command for a leg that is still on its way waits, and all behind it: the calling thread
    // gives commands in one total order, so that the worker which must let the leg go never waits
    // for us.
    if (!Ready(*command)) return true;
    Apply(*command, time);
    commands_.Drop();
  }
  return false;
}

bool Worker::Ready(const Command& command) noexcept {
  if (command.kind == CommandKind::kAttachLeg || command.kind == CommandKind::kOpenRoom)
    return true;
  if (command.kind == CommandKind::kChangeRoom) {
    for (const RoomChange& change : static_cast<RoomBatch*>(command.payload)->changes) {
      if (!Owns(change.leg)) return false;
      if (change.speaker != nullptr && !Owns(change.speaker)) return false;
    }
    return true;
  }
  return command.leg == nullptr || Owns(command.leg);
}

bool Worker::Owns(const MediaLeg* leg) noexcept {
  if (owned_[leg->row()] == leg) return true;
  TakeMail();
  return owned_[leg->row()] == leg;
}

void Worker::TakeMail() noexcept {
  for (LegLinks* links = mailbox_.TakeAll(); links != nullptr;) {
    LegLinks* next = links->mailbox_next;
    Adopt(links->leg);
    links = next;
  }
}

void Worker::Apply(const Command& command, const TickTime& time) noexcept {
  switch (command.kind) {
    case CommandKind::kAttachLeg:
      return Adopt(command.leg);
    case CommandKind::kOpenRoom:
      return OpenRoom(command.room);
    case CommandKind::kChangeRoom:
      return ChangeRoom(command.room, static_cast<RoomBatch*>(command.payload));
    case CommandKind::kCloseRoom:
      return CloseRoom(command.room);
    default:
      return ApplyToLeg(command, time);
  }
}

void Worker::ApplyToLeg(const Command& command, const TickTime& time) noexcept {
  MediaLeg* leg = command.leg;
  switch (command.kind) {
    case CommandKind::kConfigureLeg:
      leg->Configure(static_cast<LegSettings*>(command.payload), time);
      return facts_->ReturnSpent(command.payload);
    case CommandKind::kAllowSend:
      return leg->AllowSend();
    case CommandKind::kCloseLeg:
      return CloseLeg(leg, time);
    case CommandKind::kMoveLeg:
      return MoveLeg(leg, peers_[command.number]);
    case CommandKind::kPlay:
      return leg->AddPlayer(static_cast<Player*>(command.payload));
    case CommandKind::kStopPlayer:
      return leg->StopPlayer(command.number);
    case CommandKind::kAddTap:
      return leg->AddTap(static_cast<Tap*>(command.payload));
    case CommandKind::kStopTap:
      return leg->StopTap(command.number);
    case CommandKind::kSendDigits:
      return leg->AddDigits(static_cast<DigitSequence*>(command.payload));
    default:
      MIXMINUS_CHECK(false);
  }
}

void Worker::OpenRoom(Conference* room) noexcept {
  std::vector<Conference*>& list = rooms_[room->phase()];
  MIXMINUS_CHECK(list.size() < list.capacity());
  room->index = static_cast<int>(list.size());
  list.push_back(room);
  ++room_count_;
}

void Worker::ChangeRoom(Conference* room, RoomBatch* batch) noexcept {
  if (batch->storage) room->AdoptStorage(&batch->storage);
  if (batch->hearing) room->AdoptHearing(batch->hearing.get());
  for (const RoomChange& change : batch->changes) {
    switch (change.op) {
      case RoomOp::kAdd:
        RemoveLone(change.leg);
        room->Add(change.leg, change.member);
        break;
      case RoomOp::kSet:
        room->Set(change.leg, change.member);
        break;
      case RoomOp::kRelate:
        room->Relate(change.leg, change.speaker, change.relation);
        break;
      case RoomOp::kRemove:
        room->Remove(change.leg);
        AddLone(change.leg);
        break;
    }
  }
  facts_->ReturnSpent(batch);
}

void Worker::CloseRoom(Conference* room) noexcept {
  while (room->size() > 0) {
    MediaLeg* leg = room->leg(room->size() - 1);
    room->Remove(leg);
    AddLone(leg);
  }
  std::vector<Conference*>& list = rooms_[room->phase()];
  list[static_cast<size_t>(room->index)] = list.back();
  list[static_cast<size_t>(room->index)]->index = room->index;
  list.pop_back();
  --room_count_;
  facts_->ReturnSpent(room);
}

void Worker::CloseLeg(MediaLeg* leg, const TickTime& time) noexcept {
  Release(leg);
  leg->Close(time);
}

void Worker::MoveLeg(MediaLeg* leg, Worker* to) noexcept {
  Release(leg);
  leg->Leave();
  to->Deliver(&leg->links);
}

void Worker::Adopt(MediaLeg* leg) noexcept {
  owned_[leg->row()] = leg;
  ++leg_count_;
  leg->Enter(io_);
  AddLone(leg);
}

void Worker::Release(MediaLeg* leg) noexcept {
  if (leg->room != nullptr) {
    leg->room->Remove(leg);
  } else {
    RemoveLone(leg);
  }
  owned_[leg->row()] = nullptr;
  --leg_count_;
}

void Worker::AddLone(MediaLeg* leg) noexcept {
  std::vector<MediaLeg*>& list = lone_[leg->phase];
  MIXMINUS_CHECK(list.size() < list.capacity());
  leg->lone_slot = static_cast<int>(list.size());
  list.push_back(leg);
}

void Worker::RemoveLone(MediaLeg* leg) noexcept {
  leg->LeaveStream();
  std::vector<MediaLeg*>& list = lone_[leg->phase];
  list[static_cast<size_t>(leg->lone_slot)] = list.back();
  list[static_cast<size_t>(leg->lone_slot)]->lone_slot = leg->lone_slot;
  list.pop_back();
  leg->lone_slot = -1;
}

void Worker::CloseAll(const TickTime& time) noexcept {
  for (auto& list : rooms_) {
    while (!list.empty()) CloseRoom(list.back());
  }
  for (MediaLeg* leg : owned_) {
    if (leg != nullptr) CloseLeg(leg, time);
  }
  Publish();
  facts_->Flush();
}

void Worker::Publish() noexcept {
  stats_.Set(WorkerStat::kTicks, ticks_);
  stats_.Set(WorkerStat::kSkippedTicks, skipped_ticks_);
  stats_.Set(WorkerStat::kMaxLatenessUs, static_cast<double>(max_late_ns_) / 1000);
  stats_.Set(WorkerStat::kSumLatenessUs, static_cast<double>(sum_late_ns_) / 1000);
  stats_.Set(WorkerStat::kBusyNs, busy_ns_);
  stats_.Set(WorkerStat::kPacketsIn, io_->received());
  stats_.Set(WorkerStat::kPacketsOut, io_->sent());
  stats_.Set(WorkerStat::kLegs, leg_count_);
  stats_.Set(WorkerStat::kRooms, room_count_);
  stats_.Set(WorkerStat::kRealtime, realtime_);
}

}  // namespace mixminus
