// What the engine tests stand on: an engine in manual mode with phones around it. A phone knows the
// port of its leg, sends RTP there once a tick and keeps what comes back. Time moves only by Tick.
// Also raw RTP for tests with real sockets.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/codec/g711.h"
#include "core/rtp/packet.h"
#include "core/rtp/rtcp.h"
#include "engine/address.h"
#include "engine/engine.h"
#include "engine/time_source.h"

namespace mixminus::rig {

constexpr int kFrameBytes = 160;

inline TransportAddress Address(const std::string& text, uint16_t port) {
  TransportAddress address;
  REQUIRE(ParseAddress(text, port, &address));
  return address;
}

inline std::vector<uint8_t> Rtp(uint8_t payload_type, uint16_t sequence, uint32_t timestamp,
                                uint32_t ssrc, const std::vector<uint8_t>& payload) {
  std::vector<uint8_t> packet(kRtpHeaderSize + payload.size());
  packet[0] = 0x80;
  packet[1] = payload_type;
  packet[2] = static_cast<uint8_t>(sequence >> 8);
  packet[3] = static_cast<uint8_t>(sequence);
  for (size_t i = 0; i < 4; ++i) {
    packet[4 + i] = static_cast<uint8_t>(timestamp >> (24 - 8 * i));
    packet[8 + i] = static_cast<uint8_t>(ssrc >> (24 - 8 * i));
  }
  std::copy(payload.begin(), payload.end(), packet.begin() + kRtpHeaderSize);
  return packet;
}

inline std::unique_ptr<LegSettings> Settings(const TransportAddress& remote) {
  auto settings = std::make_unique<LegSettings>();
  settings->receive.formats[0] = {0, CodecId::kPcmu};
  settings->receive.formats[1] = {8, CodecId::kPcma};
  settings->receive.format_count = 2;
  settings->receive.telephone_events[0].payload_type = 101;
  settings->event_payload_type = 101;
  settings->send_payload_type = 0;
  settings->send_stream.codec.id = CodecId::kPcmu;
  settings->remote_rtp = remote;
  settings->remote_rtcp = remote;
  settings->remote_rtcp.port = static_cast<uint16_t>(remote.port + 1);
  settings->send = true;
  settings->receive_media = true;
  settings->allow_send = true;
  return settings;
}

// Mono 8 kHz samples to play.
inline PlayRequest Pcm(std::vector<int16_t> samples, bool loop = false) {
  PlayRequest request;
  request.kind = PlayRequest::Kind::kSamples;
  request.samples = std::move(samples);
  request.loop = loop;
  return request;
}

inline RecordRequest ToWav(const std::string& path, TapSource source) {
  RecordRequest request;
  request.source = source;
  request.file.path = path;
  request.file.rate_hz = 8000;
  return request;
}

struct Received {
  TransportAddress to;
  std::vector<uint8_t> data;
};

struct Phone {
  Handle leg = kNullHandle;
  TransportAddress local;   // the engine's side
  TransportAddress remote;  // ours
  uint32_t ssrc = 0;
  uint16_t sequence = 65'530;  // wraps during most tests
  uint32_t timestamp = 4'294'966'000u;
  std::vector<Received> rtp;  // what came to us, oldest first
  std::vector<Received> rtcp;

  const std::vector<uint8_t>& last() const {
    REQUIRE(!rtp.empty());
    return rtp.back().data;
  }
  // The payload of the last packet.
  std::vector<uint8_t> Heard() const { return {last().begin() + kRtpHeaderSize, last().end()}; }
};

inline EngineOptions ManualOptions() {
  EngineOptions options;
  options.manual = true;
  options.max_legs = 64;
  options.max_rooms = 8;
  options.port_min = 20'000;
  options.port_max = 21'999;
  options.cname = "rig@example.invalid";
  return options;
}

class Rig {
 public:
  explicit Rig(const EngineOptions& options = ManualOptions())
      : memory_(StatsTable::BytesFor(options.max_legs, 1) / sizeof(double)),
        max_legs_(options.max_legs) {
    EngineStatus status;
    engine = Engine::Create(
        options, memory_.data(), [this] { ++wakes; }, &status);
    REQUIRE_MESSAGE(status.ok(), status.message());
    engine->Advance(now_ns_);
  }

  // A phone whose leg is open but not configured.
  Phone Open() {
    OpenedLeg opened;
    const EngineStatus status = engine->OpenLeg("10.0.0.1", &opened);
    REQUIRE_MESSAGE(status.ok(), status.message());
    ++phones_;
    Phone phone;
    phone.leg = opened.leg;
    phone.local = Address("10.0.0.1", opened.rtp_port);
    phone.remote = Address("10.0.1." + std::to_string(phones_), 4000);
    phone.ssrc = 0x1000'0000u + static_cast<uint32_t>(phones_);
    return phone;
  }

  // A phone in a call; one grid point later, so that the leg listens.
  Phone Call() {
    Phone phone = Open();
    Configure(phone, Settings(phone.remote));
    Advance(5);
    return phone;
  }

  void Configure(const Phone& phone, std::unique_ptr<LegSettings> settings) {
    const EngineStatus status = engine->ConfigureLeg(phone.leg, std::move(settings));
    REQUIRE_MESSAGE(status.ok(), status.message());
  }

  // Sends one packet of 20 ms.
  void Say(Phone* phone, const std::vector<uint8_t>& payload, uint8_t payload_type = 0) {
    Inject(*phone, Rtp(payload_type, phone->sequence++, phone->timestamp, phone->ssrc, payload));
    phone->timestamp += kFrameBytes;
  }
  void Say(Phone* phone, uint8_t code) { Say(phone, std::vector<uint8_t>(kFrameBytes, code)); }

  void Inject(const Phone& phone, const std::vector<uint8_t>& packet) {
    InjectFrom(phone, phone.remote, packet);
  }
  void InjectFrom(const Phone& phone, const TransportAddress& from,
                  const std::vector<uint8_t>& packet) {
    engine->Inject(phone.local, from, packet.data(), packet.size());
  }
  void InjectRtcp(const Phone& phone, const std::vector<uint8_t>& packet) {
    TransportAddress local = phone.local;
    TransportAddress from = phone.remote;
    ++local.port;
    ++from.port;
    engine->Inject(local, from, packet.data(), packet.size());
  }

  // Moves time by `ms` and gives the phones what was sent to them, whatever address it went to.
  void Tick(const std::vector<Phone*>& phones, int ms = 20) {
    Advance(ms);
    while (const MemoryDatagram* front = engine->memory_io()->FrontSent()) {
      Deliver(phones, *front);
      engine->memory_io()->DropSent();
    }
    engine->TakeFacts(&facts);
  }

  void Advance(int ms) {
    now_ns_ += ms * kNsPerMs;
    engine->Advance(now_ns_);
  }

  // `ticks` ticks in which each phone says its code; code −1 is silence without packets.
  void Talk(const std::vector<Phone*>& phones, const std::vector<int>& codes, int ticks) {
    for (int i = 0; i < ticks; ++i) {
      for (size_t p = 0; p < phones.size(); ++p) {
        if (codes[p] >= 0) Say(phones[p], static_cast<uint8_t>(codes[p]));
      }
      Tick(phones);
    }
  }

  Handle Room(const std::vector<Phone*>& phones, int loudest = 0) {
    Handle room = kNullHandle;
    REQUIRE(engine->OpenRoom(loudest, &room).ok());
    for (Phone* phone : phones) REQUIRE(Change(room, RoomOp::kAdd, *phone).ok());
    return room;
  }
  EngineStatus Change(Handle room, RoomOp op, const Phone& phone, bool muted = false,
                      bool deaf = false) {
    MemberSettings member;
    member.muted = muted;
    member.deaf = deaf;
    return Set(room, op, phone, member);
  }
  EngineStatus Set(Handle room, RoomOp op, const Phone& phone, const MemberSettings& member) {
    return engine->ApplyRoom(room, {{op, phone.leg, member, kNullHandle, {}}});
  }
  EngineStatus Relate(Handle room, const Phone& listener, const Phone& speaker, Hearing hearing,
                      double gain_db = 0.0) {
    const Relation relation = {hearing, GainFromDb(gain_db)};
    return engine->ApplyRoom(room, {{RoomOp::kRelate, listener.leg, {}, speaker.leg, relation}});
  }

  double Stat(const Phone& phone, LegStat slot) const {
    return StatsTable(const_cast<double*>(memory_.data()), max_legs_)
        .Leg(HandleIndex(phone.leg))
        .Get(slot);
  }
  double Stat(WorkerStat slot) const {
    return StatsTable(const_cast<double*>(memory_.data()), max_legs_).Worker(0).Get(slot);
  }

  // Facts of one kind so far.
  std::vector<EngineFact> Facts(EngineFact::Kind kind) const {
    std::vector<EngineFact> found;
    for (const EngineFact& fact : facts) {
      if (fact.kind == kind) found.push_back(fact);
    }
    return found;
  }

  int64_t now_ns() const { return now_ns_; }

 private:
  static void Deliver(const std::vector<Phone*>& phones, const MemoryDatagram& datagram) {
    for (Phone* phone : phones) {
      const bool rtcp = datagram.local.port == phone->local.port + 1;
      if (datagram.local.port != phone->local.port && !rtcp) continue;
      const Received received = {datagram.remote, {datagram.data, datagram.data + datagram.size}};
      const bool muxed = LooksLikeRtcp(datagram.data, datagram.size);
      (rtcp || muxed ? phone->rtcp : phone->rtp).push_back(received);
    }
  }

  std::vector<double> memory_;
  size_t max_legs_;
  int phones_ = 0;
  int64_t now_ns_ = 1'000'000 * kNsPerMs;

 public:
  int wakes = 0;
  std::vector<EngineFact> facts;
  // Last, so that it goes first: the engine writes into the table until it is closed.
  std::unique_ptr<Engine> engine;
};

// Reads one datagram of a socket of the test: its size, or −1 when there is none.
inline int ReceiveFrom(int fd, std::vector<uint8_t>* datagram, TransportAddress* from = nullptr) {
  datagram->resize(2000);
  sockaddr_storage source{};
  socklen_t length = sizeof(source);
  const ssize_t size = recvfrom(fd, datagram->data(), datagram->size(), MSG_DONTWAIT,
                                reinterpret_cast<sockaddr*>(&source), &length);
  datagram->resize(size > 0 ? static_cast<size_t>(size) : 0);
  if (from != nullptr) *from = FromSockaddr(source);
  return static_cast<int>(size);
}

// The address that a socket is bound to.
inline TransportAddress BoundAddress(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  REQUIRE(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  return FromSockaddr(address);
}

// The code that hears exactly these codes at once: decoded, summed, clipped, encoded.
inline uint8_t MixOf(const std::vector<int>& codes) {
  int32_t sum = 0;
  for (const int code : codes) sum += UlawToLinear(static_cast<uint8_t>(code));
  return LinearToUlaw(SaturateToInt16(sum));
}

inline bool AllOf(const std::vector<uint8_t>& payload, uint8_t code) {
  if (payload.size() != kFrameBytes) return false;
  for (const uint8_t each : payload) {
    if (each != code) return false;
  }
  return true;
}

}  // namespace mixminus::rig
