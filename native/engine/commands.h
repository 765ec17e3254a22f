// What the JavaScript thread tells a worker. Commands are small values in a lock-free queue; what
// does not fit in one travels as a payload that was allocated by the sender and goes back to it
// through the FactHub. All commands that wait at a grid point are applied there, in order.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/leg/receive_leg.h"
#include "core/leg/send_leg.h"
#include "core/leg/stream_encoder.h"
#include "core/mix/hearing.h"
#include "core/rtp/source_latch.h"
#include "engine/fact_hub.h"

namespace mixminus {

class MediaLeg;
class Conference;
class Player;
class Tap;
struct MemberStorage;

// What negotiation settled for a leg.
struct LegSettings final : Returned {
  LegSettings() : Returned(ReturnedKind::kSpent) {}
  ReceiveLegConfig receive;
  uint8_t send_payload_type = 0;
  uint8_t send_noise_payload_type = SendLeg::kStaticNoisePayloadType;
  StreamSettings send_stream;
  TransportAddress remote_rtp;
  TransportAddress remote_rtcp;
  bool rtcp_mux = false;
  bool send = false;
  bool receive_media = false;
  bool allow_send = false;
  // Telephone events out (RFC 4733); −1: not negotiated.
  int event_payload_type = -1;
  int event_clock_hz = 8000;

  // What the leg needs for them, made by the engine on the calling thread: it takes what it lacks,
  // and what it has no more use for goes back in its place.
  std::unique_ptr<ReceiveLeg> receive_leg;
  std::unique_ptr<StreamEncoder> encoder;
};

enum class RoomOp : uint8_t { kAdd, kSet, kRemove, kRelate };

// What a member of a room is to the others, and they to it.
struct MemberSettings {
  bool muted = false;     // heard by nobody
  bool deaf = false;      // hears nobody
  bool apart = false;     // heard only by those who always hear it (Hearing::kAlways)
  uint8_t priority = 3;   // among those who talk: 0 background, 3 normal, 5 emergency
  float gain_in = 1.0f;   // of its voice, to all
  float gain_out = 1.0f;  // of the room, to it; not of what is played to it
};

// How one listener hears one speaker, kRelate.
struct Relation {
  Hearing hearing = Hearing::kAsAll;
  float gain = 1.0f;
};

struct RoomChange {
  RoomOp op;
  MediaLeg* leg;  // kRelate: the listener
  MemberSettings member;
  MediaLeg* speaker;
  Relation relation;
};

// All changes of one call, applied at one tick edge.
struct RoomBatch final : Returned {
  RoomBatch();
  ~RoomBatch() override;
  std::vector<RoomChange> changes;
  // Larger memory for the members, when the room outgrew its own; the old one travels back in its
  // place.
  std::unique_ptr<MemberStorage> storage;
  // The same for its exceptions; null when those it has suffice.
  std::unique_ptr<HearingTable> hearing;
};

enum class CommandKind : uint8_t {
  kAttachLeg,
  kConfigureLeg,  // payload LegSettings
  kAllowSend,
  kCloseLeg,
  kMoveLeg,  // to worker `number`
  kOpenRoom,
  kChangeRoom,  // payload RoomBatch
  kCloseRoom,
  kPlay,        // payload Player
  kStopPlayer,  // `number` is the player's handle
  kAddTap,      // payload Tap
  kStopTap,     // `number` is the tap's handle
  kSendDigits,  // payload DigitSequence
};

struct Command {
  CommandKind kind = CommandKind::kAttachLeg;
  MediaLeg* leg = nullptr;
  Conference* room = nullptr;
  Returned* payload = nullptr;
  uint64_t number = 0;
};

}  // namespace mixminus
