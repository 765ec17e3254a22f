// The engine's players, PCM writers, recorders and PCM readers. See engine.h.
#include <algorithm>
#include <utility>

#include "core/file/sound_file.h"
#include "core/file/tone_source.h"
#include "engine/engine.h"

namespace mixminus {
namespace {

constexpr uint32_t kFirstSerial = 0x6D69786D;  // of Ogg streams; any number does

PlayerInit InitOf(PlayRequest request) {
  PlayerInit init;
  init.gain = request.gain;
  init.loop = request.loop;
  init.start_ms = request.start_ms;
  switch (request.kind) {
    case PlayRequest::Kind::kFile: {
      auto input = std::make_unique<FileInput>(std::move(request.path));
      init.file = input.get();
      init.source = std::make_unique<SoundFile>(std::move(input));
      break;
    }
    case PlayRequest::Kind::kBytes:
      init.source =
          std::make_unique<SoundFile>(std::make_unique<MemoryInput>(std::move(request.bytes)));
      break;
    case PlayRequest::Kind::kStream: {
      auto input = std::make_unique<StreamInput>();
      init.stream = input.get();
      init.source = std::make_unique<SoundFile>(std::move(input));
      break;
    }
    case PlayRequest::Kind::kSamples:
      init.source = std::make_unique<MemorySource>(std::move(request.samples), request.rate_hz);
      break;
    case PlayRequest::Kind::kTones:
      init.source = std::make_unique<ToneSource>(std::move(request.tones), request.rate_hz);
      break;
  }
  return init;
}

}  // namespace

EngineStatus Engine::AddPlayer(Handle leg, PlayerInit init, Handle* out) {
  EngineStatus status;
  LegEntry* entry = FindLeg(leg, &status);
  if (entry == nullptr) return status;
  const Handle handle = players_.Insert({std::make_unique<Player>(std::move(init), &facts_)});
  if (handle == kNullHandle) return {"ERR_LIMIT", "too many players"};
  Player* player = players_.Get(handle)->player.get();
  player->handle = handle;
  player->leg = leg;
  Command command;
  command.kind = CommandKind::kPlay;
  command.leg = entry->leg.get();
  command.payload = player;
  status = Send(entry->worker, command);
  if (!status.ok()) {
    players_.Remove(handle);
    return status;
  }
  if (player->has_source()) file_thread_.Add(player);
  *out = handle;
  return status;
}

EngineStatus Engine::Play(Handle leg, PlayRequest request, Handle* out) {
  if (request.loop && request.kind == PlayRequest::Kind::kStream)
    return {"ERR_INVALID_ARGUMENT", "a stream cannot be played in a loop"};
  return AddPlayer(leg, InitOf(std::move(request)), out);
}

EngineStatus Engine::FindPlayer(Handle player, Player** out) {
  PlayerEntry* playing = players_.Get(player);
  if (closed_) return {"ERR_CLOSED", "the media engine is closed"};
  if (playing == nullptr) return {"ERR_STALE_HANDLE", "the player has ended"};
  *out = playing->player.get();
  return {};
}

EngineStatus Engine::FindWriter(Handle writer, Player** out) {
  const EngineStatus status = FindPlayer(writer, out);
  if (status.ok() && (*out)->has_source())
    return {"ERR_INVALID_ARGUMENT", "the player has a source of its own"};
  return status;
}

EngineStatus Engine::FeedPlayer(Handle player, const uint8_t* bytes, size_t size, size_t* waiting) {
  Player* fed = nullptr;
  EngineStatus status = FindPlayer(player, &fed);
  if (!status.ok()) return status;
  if (fed->stream() == nullptr) return {"ERR_INVALID_ARGUMENT", "the player is not fed"};
  *waiting = fed->stream()->Feed(bytes, size);
  return {};
}

EngineStatus Engine::EndFeed(Handle player) {
  Player* fed = nullptr;
  EngineStatus status = FindPlayer(player, &fed);
  if (!status.ok()) return status;
  if (fed->stream() == nullptr) return {"ERR_INVALID_ARGUMENT", "the player is not fed"};
  fed->stream()->End();
  return {};
}

EngineStatus Engine::SeekPlayer(Handle player, int64_t ms) {
  Player* playing = nullptr;
  EngineStatus status = FindPlayer(player, &playing);
  if (!status.ok()) return status;
  if (!playing->can_seek())
    return {"ERR_INVALID_STATE", "a stream has only the position that it is at"};
  playing->Seek(ms);
  return {};
}

EngineStatus Engine::StopPlayer(Handle player) {
  Player* playing = nullptr;
  const EngineStatus status = FindPlayer(player, &playing);
  return status.ok() ? StopOnLeg(playing->leg, CommandKind::kStopPlayer, player) : status;
}

EngineStatus Engine::StopOnLeg(Handle leg, CommandKind kind, Handle object) {
  LegEntry* entry = legs_.Get(leg);
  // The leg's end ends what hangs on it too; the fact is on the way.
  if (entry == nullptr || entry->closing) return {};
  Command command;
  command.kind = kind;
  command.leg = entry->leg.get();
  command.number = object;
  return Send(entry->worker, command);
}

EngineStatus Engine::OpenWriter(Handle leg, const WriterRequest& request, Handle* out) {
  PlayerInit init;
  init.gain = request.gain;
  init.rate_hz = request.rate_hz;
  init.buffer_ms = request.buffer_ms;
  init.prebuffer_ms = request.prebuffer_ms;
  return AddPlayer(leg, std::move(init), out);
}

EngineStatus Engine::WritePcm(Handle writer, const int16_t* samples, size_t count, size_t* taken) {
  Player* player = nullptr;
  EngineStatus status = FindWriter(writer, &player);
  if (status.ok()) *taken = player->Write(samples, count);
  return status;
}

EngineStatus Engine::ClearWriter(Handle writer) {
  Player* player = nullptr;
  EngineStatus status = FindWriter(writer, &player);
  if (status.ok()) player->Clear();
  return status;
}

EngineStatus Engine::NotifyWriter(Handle writer, uint64_t position) {
  Player* player = nullptr;
  EngineStatus status = FindWriter(writer, &player);
  if (status.ok()) player->NotifyAt(position);
  return status;
}

EngineStatus Engine::EndWriter(Handle writer) {
  Player* player = nullptr;
  EngineStatus status = FindWriter(writer, &player);
  if (status.ok()) player->End();
  return status;
}

EngineStatus Engine::Record(Handle leg, RecordRequest request, Handle* out) {
  EngineStatus status;
  LegEntry* entry = FindLeg(leg, &status);
  if (entry == nullptr) return status;
  if (workers_[static_cast<size_t>(entry->worker)]->FreeCommands() == 0) {
    return {"ERR_ENGINE_BUSY", "the media worker has not taken its commands yet"};
  }
  if (request.file.rate_hz == 0) request.file.rate_hz = entry->rate_hz;
  request.file.channels = request.source == TapSource::kBoth ? 2 : 1;
  request.file.serial = kFirstSerial + static_cast<uint32_t>(HandleIndex(leg));
  auto recorder = std::make_unique<Recorder>(request.source, request.file);
  const Handle handle = recorders_.Insert(RecorderEntry());
  if (handle == kNullHandle) return {"ERR_LIMIT", "too many recorders"};
  status = recorder->Open();
  if (!status.ok()) {
    recorders_.Remove(handle);
    return status;
  }
  recorder->handle = handle;
  recorder->leg = leg;
  recorders_.Get(handle)->recorder = std::move(recorder);
  Recorder* recording = recorders_.Get(handle)->recorder.get();
  writer_thread_.Add(recording);
  Command command;
  command.kind = CommandKind::kAddTap;
  command.leg = entry->leg.get();
  command.payload = recording;
  *out = handle;
  return Send(entry->worker, command);
}

EngineStatus Engine::StopRecorder(Handle recorder) {
  RecorderEntry* recording = recorders_.Get(recorder);
  if (closed_) return {"ERR_CLOSED", "the media engine is closed"};
  if (recording == nullptr) return {"ERR_STALE_HANDLE", "the recorder is closed"};
  return StopOnLeg(recording->recorder->leg, CommandKind::kStopTap, recorder);
}

EngineStatus Engine::OpenReader(Handle leg, TapSource source, int rate_hz, int buffer_ms,
                                Handle* out) {
  EngineStatus status;
  LegEntry* entry = FindLeg(leg, &status);
  if (entry == nullptr) return status;
  const Handle handle =
      readers_.Insert({std::make_unique<PcmReader>(source, rate_hz, buffer_ms, &facts_)});
  if (handle == kNullHandle) return {"ERR_LIMIT", "too many readers of PCM"};
  PcmReader* reader = readers_.Get(handle)->reader.get();
  reader->handle = handle;
  reader->leg = leg;
  Command command;
  command.kind = CommandKind::kAddTap;
  command.leg = entry->leg.get();
  command.payload = reader;
  status = Send(entry->worker, command);
  if (!status.ok()) readers_.Remove(handle);
  *out = handle;
  return status;
}

EngineStatus Engine::CloseReader(Handle reader) {
  ReaderEntry* reading = readers_.Get(reader);
  if (closed_) return {"ERR_CLOSED", "the media engine is closed"};
  if (reading == nullptr) return {"ERR_STALE_HANDLE", "the reader is closed"};
  return StopOnLeg(reading->reader->leg, CommandKind::kStopTap, reader);
}

bool Engine::DrainReaders(int16_t* samples, size_t capacity, std::vector<ReaderChunk>* out) {
  size_t used = 0;
  bool left = false;
  readers_.ForEach([&](Handle handle, ReaderEntry& entry) {
    const size_t count = entry.reader->Read(samples + used, capacity - used);
    used += count;
    left = left || used == capacity;
    if (count > 0) out->push_back({handle, count, entry.reader->dropped()});
  });
  return left;
}

}  // namespace mixminus
