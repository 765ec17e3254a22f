// The facts that come back from workers and file threads. See engine.h.
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

EngineStatus Engine::SendDigits(Handle leg, std::vector<TelephoneEventRequest> events,
                                uint64_t* number) {
  EngineStatus status;
  LegEntry* entry = FindLeg(leg, &status);
  if (entry == nullptr) return status;
  *number = ++digits_numbered_;
  auto digits = std::make_unique<DigitSequence>(leg, *number, std::move(events));
  Command command;
  command.kind = CommandKind::kSendDigits;
  command.leg = entry->leg.get();
  command.payload = digits.get();
  status = Send(entry->worker, command);
  if (status.ok()) (void)digits.release();  // comes back by TakeReturned
  return status;
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
  for (PlayerLinks* links = facts_.TakePlayerNews(); links != nullptr;) {
    PlayerLinks* next = links->news_next;
    links->in_news.exchange(false, std::memory_order_acq_rel);
    TakePlayerNews(links->player, out);
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

void Engine::TakePlayerNews(Player* player, std::vector<EngineFact>* out) {
  const auto kind =
      player->has_source() ? EngineFact::Kind::kPlayerHungry : EngineFact::Kind::kPcmTaken;
  out->push_back(FactOf(kind, player->leg));
  EngineFact& fact = out->back();
  fact.object = player->handle;
  if (player->has_source()) return;
  // Before the position: a fact that says dry then holds the position where it was.
  fact.dry = player->TakeDry();
  fact.count = player->taken();
  fact.underruns = player->underruns();
  fact.starved = player->starved_samples();
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
    if (player->error_code() != nullptr) {
      out->back().code = player->error_code();
      out->back().text = player->error_text();
    }
    if (!player->has_source()) {
      out->back().count = player->taken();
      out->back().underruns = player->underruns();
      out->back().starved = player->starved_samples();
    }
    players_.Remove(handle);
  } else if (object->kind == ReturnedKind::kRecorder) {
    auto* recorder = static_cast<Recorder*>(object);
    const Handle handle = recorder->handle;
    out->push_back(FactOf(EngineFact::Kind::kRecorderClosed, recorder->leg));
    out->back().object = handle;
    out->back().count = recorder->samples();
    out->back().dropped = recorder->dropped_samples();
    out->back().rate_hz = recorder->rate_hz();
    if (recorder->error_code() != nullptr) {
      out->back().code = recorder->error_code();
      out->back().text = recorder->error_text();
    }
    recorders_.Remove(handle);
  } else if (object->kind == ReturnedKind::kReader) {
    auto* reader = static_cast<PcmReader*>(object);
    const Handle handle = reader->handle;
    out->push_back(FactOf(EngineFact::Kind::kReaderClosed, reader->leg));
    out->back().object = handle;
    out->back().dropped = reader->dropped();
    readers_.Remove(handle);
  } else if (object->kind == ReturnedKind::kDigits) {
    const std::unique_ptr<DigitSequence> digits(static_cast<DigitSequence*>(object));
    out->push_back(FactOf(EngineFact::Kind::kDigitsSent, digits->leg));
    out->back().count = digits->number;
    out->back().completed = digits->completed;
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
