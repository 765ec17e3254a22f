// One call's media inside a worker: what arrives on its ports is checked, latched and received;
// what it should hear is encoded and sent, once the send gate is open; RTCP, players, taps and
// its statistics row hang on it. Made by the calling thread (all memory is taken here), then owned
// by one worker at a time, then given back through the FactHub.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/audio_frame.h"
#include "core/base/slot_pool.h"
#include "core/dsp/rate_converter.h"
#include "core/leg/loss_class.h"
#include "core/leg/receive_leg.h"
#include "core/leg/send_leg.h"
#include "core/leg/stream_groups.h"
#include "core/rtp/source_latch.h"
#include "engine/commands.h"
#include "engine/fact_hub.h"
#include "engine/leg_digits.h"
#include "engine/leg_events.h"
#include "engine/leg_rtcp.h"
#include "engine/packet_io.h"
#include "engine/player.h"
#include "engine/port_pool.h"
#include "engine/shared_audio.h"
#include "engine/stats_table.h"
#include "engine/tap.h"
#include "engine/tick_time.h"

namespace mixminus {

struct MediaLegInit {
  Handle handle = kNullHandle;
  PortPair ports;
  uint32_t ssrc = 0;
  uint16_t first_sequence = 0;
  uint32_t first_timestamp = 0;
  uint32_t seed = 0;  // of RTCP intervals
  const char* cname = "";
  int64_t rtp_timeout_ns = 0;
  StatsRow stats;
  FactHub* facts = nullptr;
};

class MediaLeg final : public Returned {
 public:
  explicit MediaLeg(const MediaLegInit& init);

  // Any thread: fixed for the leg's life.
  Handle handle() const noexcept { return handle_; }
  uint32_t row() const noexcept { return HandleIndex(handle_); }
  const PortPair& ports() const noexcept { return ports_; }
  LegLinks links;

  // Owning worker: arriving and leaving.
  void Enter(PacketIo* io) noexcept;
  void Leave() noexcept;  // another worker goes on
  // Says BYE, lets go of players and taps and gives the leg back; the last touch.
  void Close(const TickTime& time) noexcept;

  // Owning worker: commands.
  void Configure(LegSettings* settings, const TickTime& time) noexcept;
  void AllowSend() noexcept { allow_send_ = true; }
  void AddPlayer(Player* player) noexcept { players_.Add(player); }
  void StopPlayer(Handle player) noexcept { players_.Stop(player); }
  void AddTap(Tap* tap) noexcept { taps_.Add(tap); }
  void StopTap(Handle tap) noexcept { taps_.Stop(tap); }
  void AddDigits(DigitSequence* digits) noexcept { digits_.Add(digits); }

  // Owning worker: the RTCP port has something to read.
  void ReadRtcp(const TickTime& time) noexcept;

  // Owning worker, once a tick in this order. BeginTick answers whether the leg's own 20 ms are
  // due: a leg that changed phase sits out a tick, or makes up for one, so that its timestamps keep
  // following time. If they are due, what came since the last tick is read first.
  bool BeginTick(const TickTime& time) noexcept;
  void Pull(const TickTime& time) noexcept;
  // Fills the sum of all players at send_rate_hz(); false when nothing plays now.
  bool NextPlayerFrame(AudioFrame* out) noexcept;
  // What the leg is about to hear in this tick: something of its own, or what others hear too and
  // then maybe with one encoding for all. Before anybody's Hear* of the tick.
  void HearsOwn() noexcept;
  void HearsShared(StreamGroups* groups, int source, SharedAudio* audio) noexcept;
  void LeaveStream() noexcept;
  // One of these three: what the leg hears in this tick. Hear* fall back to SkipFrame when nothing
  // may be sent.
  void HearShared(SharedAudio* audio, StreamScratch* scratch) noexcept;
  void HearOwn(const AudioFrame& frame) noexcept;
  void SkipFrame() noexcept;
  void EndTick(const TickTime& time, bool in_mix) noexcept;

  bool MaySend() const noexcept { return send_direction_ && GateOpen(); }
  // Of the frames that it brings, and of those that it takes.
  int receive_rate_hz() const noexcept { return receive_.rate_hz(); }
  int send_rate_hz() const noexcept { return send_.rate_hz(); }
  // The frame of the last Pull; after FrameAt at that rate.
  const AudioFrame& frame() const noexcept { return frame_; }
  // Brings the frame to a room's rate. ForgetFrameRate in each tick in which nobody asks for it.
  const AudioFrame& FrameAt(int rate_hz) noexcept;
  void ForgetFrameRate() noexcept { to_room_.Reset(); }
  // What this leg alone hears differently (its own voice taken out, first of all), brought from a
  // room's rate to the leg's own. KeepCorrection once a tick, before Correction: whether there is
  // any; `some` says that the room has some in this tick. Correction: the samples, `in` or `out`;
  // null for none. `in` null: none in this tick.
  bool KeepCorrection(bool some, int room_rate_hz) noexcept;
  const float* Correction(const float* in, float* out) noexcept;
  // Whether players have something for this tick; once a tick, before NextPlayerFrame.
  bool StirPlayers() noexcept { return GateOpen() && players_.Stir(); }
  // It is comfort noise: who is alone with the leg hears it, a bigger room has other voices, and
  // the noises of its silent members would add up.
  bool noisy() const noexcept { return noisy_; }
  bool audible() const noexcept { return audible_; }          // it holds more than made-up silence
  int level_dbov() const noexcept { return level_in_dbov_; }  // 0 loud … 127 silent
  bool talking() const noexcept { return talking_; }

  // The owning worker's and conference's notes.
  Conference* room = nullptr;
  int seat = -1;       // index among the room's members
  int lone_slot = -1;  // index in its phase's list of legs in no room
  int phase = 0;       // when in no room

 private:
  void ReadRtp(const TickTime& time) noexcept;
  void HandleRtp(const Datagram& datagram) noexcept;
  void HandleRtcp(const Datagram& datagram, int64_t wall_ns) noexcept;
  bool GateOpen() const noexcept;
  TransportAddress RtcpDestination() const noexcept;
  void Latched(const TransportAddress& from, uint32_t ssrc) noexcept;
  void TakeDigits() noexcept;
  void SetTalking(bool talking) noexcept;
  void CatchUp(const TickTime& time) noexcept;
  void FollowLoss() noexcept;
  bool SendEncoded(const EncodedAudio& audio) noexcept;
  bool SendDigit() noexcept;
  void SendPacket(const uint8_t* packet, size_t size) noexcept;
  void SendReport(const TickTime& time, bool bye) noexcept;
  void CheckTimeout(const TickTime& time) noexcept;
  void Publish(bool in_mix) noexcept;
  void PublishReceived() const noexcept;

  const Handle handle_;
  const PortPair ports_;
  const StatsRow stats_;
  FactHub* const facts_;
  const int64_t rtp_timeout_ns_;
  PacketIo* io_ = nullptr;

  SourceLatch latch_;
  ReceiveLeg receive_;
  SendLeg send_;
  LegRtcp rtcp_;
  LossClass loss_;  // of what it is sent
  LegEvents events_;
  LegDigits digits_;
  PlayerList players_;
  TapList taps_;

  bool configured_ = false;
  bool send_direction_ = false;
  bool receive_direction_ = false;
  bool allow_send_ = false;
  bool rtcp_mux_ = false;
  bool bye_heard_ = false;
  bool timeout_told_ = false;
  TransportAddress remote_rtcp_;   // signalled
  TransportAddress learned_rtcp_;  // where the peer's RTCP really comes from

  int64_t next_grid_ = -1;  // when the leg's next 20 ms begin; −1 before the first tick
  int64_t last_packet_ns_ = 0;
  int64_t timeout_from_ns_ = 0;
  bool audible_ = false;
  bool noisy_ = false;
  bool talking_ = false;
  int level_in_dbov_ = kSilenceDbov;
  int level_out_dbov_ = kSilenceDbov;
  uint64_t packets_received_ = 0;
  uint64_t bytes_received_ = 0;
  uint64_t malformed_ = 0;
  uint64_t strangers_ = 0;
  uint64_t held_packets_ = 0;  // came while we asked for none
  uint64_t bytes_sent_ = 0;
  uint64_t send_errors_ = 0;
  uint64_t telephone_events_ = 0;
  AudioFrame frame_;
  RateConverter to_room_;    // what it says, to the room's rate
  RateConverter from_room_;  // its corrections of the mix, to its own rate
  StreamMember stream_;
  StreamGroups* groups_ = nullptr;  // that stream_ is in
  bool had_own_ = false;            // its encoder's state differs from what others share
  int quiet_ticks_ = 0;             // of shared audio, encoded privately since
  int private_ticks_ = 0;

 public:
  // JavaScript thread: the event lane.
  LegEvents& events() noexcept { return events_; }
};

}  // namespace mixminus
