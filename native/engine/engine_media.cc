// The engine's players and recorders, and the facts that come back from workers. See engine.h.
#include <cstring>
#include <utility>

#include "engine/engine.h"

namespace mixminus {
namespace {

EngineFact FactOf(EngineFact::Kind kind, Handle leg) {
  EngineFact fact{};
  fact.kind = kind;
  fact.leg = leg;
  return fact;
}

}  // namespace

EngineStatus Engine::Play(Handle leg, std::vector<int16_t> samples, bool loop, Handle* out) {
  EngineStatus status;
  LegEntry* entry = FindLeg(leg, &status);
  if (entry == nullptr) return status;
  const Handle handle = players_.Insert({std::make_unique<Player>(std::move(samples), loop)});
  if (handle == kNullHandle) return {"ERR_LIMIT", "too many players"};
  Player* player = players_.Get(handle)->player.get();
  player->handle = handle;
  player->leg = leg;
  Command command;
  command.kind = CommandKind::kPlay;
  command.leg = entry->leg.get();
  command.payload = player;
  status = Send(entry->worker, command);
  if (!status.ok()) players_.Remove(handle);
  *out = handle;
  return status;
}

EngineStatus Engine::StopPlayer(Handle player) {
  PlayerEntry* playing = players_.Get(player);
  if (closed_) return {"ERR_CLOSED", "the media engine is closed"};
  if (playing == nullptr) return {"ERR_STALE_HANDLE", "the player has ended"};
  LegEntry* entry = legs_.Get(playing->player->leg);
  // The leg's end ends the player too; its fact is on the way.
  if (entry == nullptr || entry->closing) return {};
  Command command;
  command.kind = CommandKind::kStopPlayer;
  command.leg = entry->leg.get();
  command.number = player;
  return Send(entry->worker, command);
}

EngineStatus Engine::Record(Handle leg, const std::string& path, RecordSource source, Handle* out) {
  EngineStatus status;
  LegEntry* entry = FindLeg(leg, &status);
  if (entry == nullptr) return status;
  if (workers_[static_cast<size_t>(entry->worker)]->FreeCommands() == 0) {
    return {"ERR_ENGINE_BUSY", "the media worker has not taken its commands yet"};
  }
  auto recorder = std::make_unique<Recorder>(source);
  const Handle handle = recorders_.Insert(RecorderEntry());
  if (handle == kNullHandle) return {"ERR_LIMIT", "too many recorders"};
  status = recorder->Open(path);
  if (!status.ok()) {
    recorders_.Remove(handle);
    return status;
  }
  recorder->handle = handle;
  recorder->leg = leg;
  recorders_.Get(handle)->recorder = std::move(recorder);
  Recorder* recording = recorders_.Get(handle)->recorder.get();
  writer_.Add(recording);
  Command command;
  command.kind = CommandKind::kRecord;
  command.leg = entry->leg.get();
  command.payload = recording;
  *out = handle;
  return Send(entry->worker, command);
}

EngineStatus Engine::StopRecorder(Handle recorder) {
  RecorderEntry* recording = recorders_.Get(recorder);
  if (closed_) return {"ERR_CLOSED", "the media engine is closed"};
  if (recording == nullptr) return {"ERR_STALE_HANDLE", "the recorder is closed"};
  LegEntry* entry = legs_.Get(recording->recorder->leg);
  if (entry == nullptr || entry->closing) return {};
  Command command;
  command.kind = CommandKind::kStopRecorder;
  command.leg = entry->leg.get();
  command.number = recorder;
  return Send(entry->worker, command);
}

void Engine::TakeFacts(std::vector<EngineFact>* out) {
  facts_.BeginTaking();
  Returned* returned = facts_.TakeReturned();
  for (LegLinks* links = facts_.TakeNews(); links != nullptr;) {
    LegLinks* next = links->news_next;
    // The flag goes first: news that come from here on list the leg again.
    links->in_news.exchange(false, std::memory_order_acq_rel);
    TakeNews(links->leg, out);
    links = next;
  }
  while (returned != nullptr) {
    Returned* next = returned->returned_next;
    TakeReturned(returned, out);
    returned = next;
  }
  FreeSpent();
  TakeWarnings(out);
  // All legs are back: their sockets go with the pool.
  if (closed_ && legs_.size() == 0) ports_.reset();
}

void Engine::TakeNews(MediaLeg* leg, std::vector<EngineFact>* out) {
  LegEvents& events = leg->events();
  const uint32_t bits = events.TakeBits();
  if ((bits & LegEvents::kLatched) != 0) {
    out->push_back(FactOf(EngineFact::Kind::kLatched, leg->handle()));
    out->back().address = events.latched();
  }
  LegEvents::Digit digit;
  while (events.PopDigit(&digit)) {
    out->push_back(FactOf(EngineFact::Kind::kDtmf, leg->handle()));
    out->back().digit = digit.digit;
    out->back().duration_ms = digit.duration_ms;
  }
  if ((bits & LegEvents::kLost) != 0) {
    out->push_back(FactOf(EngineFact::Kind::kEventsLost, leg->handle()));
    out->back().count = events.TakeLost();
  }
  if ((bits & LegEvents::kTalking) != 0) {
    out->push_back(FactOf(EngineFact::Kind::kTalking, leg->handle()));
    out->back().talking = events.talking();
  }
  if ((bits & LegEvents::kRtpTimeout) != 0)
    out->push_back(FactOf(EngineFact::Kind::kRtpTimeout, leg->handle()));
  if ((bits & LegEvents::kRtcpBye) != 0)
    out->push_back(FactOf(EngineFact::Kind::kRtcpBye, leg->handle()));
}

void Engine::TakeReturned(Returned* object, std::vector<EngineFact>* out) {
  if (object->kind == ReturnedKind::kLeg) {
    auto* leg = static_cast<MediaLeg*>(object);
    const Handle handle = leg->handle();
    TakeNews(leg, out);
    out->push_back(FactOf(EngineFact::Kind::kLegClosed, handle));
    ports_->Return(leg->ports(), NowNs());
    legs_.Remove(handle);
  } else if (object->kind == ReturnedKind::kPlayer) {
    auto* player = static_cast<Player*>(object);
    const Handle handle = player->handle;
    out->push_back(FactOf(EngineFact::Kind::kPlayerEnded, player->leg));
    out->back().object = handle;
    players_.Remove(handle);
  } else if (object->kind == ReturnedKind::kRecorder) {
    auto* recorder = static_cast<Recorder*>(object);
    const Handle handle = recorder->handle;
    out->push_back(FactOf(EngineFact::Kind::kRecorderClosed, recorder->leg));
    out->back().object = handle;
    out->back().count = recorder->samples();
    out->back().dropped = recorder->dropped_samples();
    if (recorder->error() != 0) out->back().text = std::strerror(recorder->error());
    recorders_.Remove(handle);
  }
}

void Engine::TakeWarnings(std::vector<EngineFact>* out) {
  if (!ports_ || !ports_->TakeShortBufferWarning()) return;
  out->push_back(FactOf(EngineFact::Kind::kWarning, kNullHandle));
  out->back().code = "SOCKET_BUFFERS";
  const std::string bytes = std::to_string(kSocketBufferBytes);
  out->back().text =
      "the kernel gave smaller UDP buffers than asked for; run: sysctl -w net.core.rmem_max=" +
      bytes + " net.core.wmem_max=" + bytes;
}

void Engine::FreeSpent() {
  for (Returned* spent = facts_.TakeSpent(); spent != nullptr;) {
    Returned* next = spent->returned_next;
    delete spent;
    spent = next;
  }
}

}  // namespace mixminus
