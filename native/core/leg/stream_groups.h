#pragma once
// Encode once: listeners who hear the same audio with the same settings share one encoder. A group
// has no encoder of its own: that of its first member, the head, works for all, and the others
// rest. A member who leaves in order to hear something of its own takes the state along, bit for
// bit, so that its peer's decoder notices nothing; when the head leaves, the next one goes on in
// its place. No allocation; single-threaded; owned by whatever ticks the members (a room, a phase
// of a worker).

#include "core/leg/stream_encoder.h"

namespace mixminus {

// A listener's link into the groups; belongs to the listener.
struct StreamMember {
  StreamEncoder* encoder = nullptr;  // set while in a group, and not changed
  StreamMember* previous = nullptr;
  StreamMember* next = nullptr;
  int group = -1;
};

// Payloads of one tick; may be shared by all groups of a thread, one tick after the other.
struct StreamScratch {
  static constexpr int kMostGroups = 16;
  EncodedAudio encoded[kMostGroups];
};

class StreamGroups {
 public:
  StreamGroups() = default;
  StreamGroups(const StreamGroups&) = delete;
  StreamGroups& operator=(const StreamGroups&) = delete;

  // A new tick: nothing is encoded yet.
  void BeginTick() noexcept;

  // Between BeginTick and the first Hear, or between ticks: begins to hear `source` (a number that
  // the owner gives to each audio that is heard by several). False when all groups are taken; the
  // listener then encodes for itself.
  bool Join(StreamMember* member, StreamEncoder* encoder, int source) noexcept;

  // At the same times: the member's own encoder goes on where the group's stands.
  void Leave(StreamMember* member) noexcept;

  // This tick's payloads for a member, from the frame that its source brings in this tick.
  const EncodedAudio& Hear(const StreamMember& member, const AudioFrame& frame,
                           StreamScratch* scratch) noexcept;

  int source_of(const StreamMember& member) const noexcept {
    return member.group < 0 ? -1 : groups_[member.group].source;
  }
  // Encoders at work.
  int alive() const noexcept;

 private:
  struct Group {
    StreamMember* head = nullptr;
    int source = 0;
    bool encoded = false;
  };
  Group groups_[StreamScratch::kMostGroups];
};

}  // namespace mixminus
