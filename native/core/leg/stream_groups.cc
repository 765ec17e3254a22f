// Lists of listeners, one for each source and settings. Pure.

#include "core/leg/stream_groups.h"

namespace mixminus {

void StreamGroups::BeginTick() noexcept {
  for (Group& group : groups_) group.encoded = false;
}

bool StreamGroups::Join(StreamMember* member, StreamEncoder* encoder, int source) noexcept {
  int free = -1;
  for (int i = 0; i < StreamScratch::kMostGroups; ++i) {
    Group& group = groups_[i];
    if (group.head == nullptr) {
      if (free < 0) free = i;
      continue;
    }
    if (group.source != source || group.head->encoder->settings() != encoder->settings()) continue;
    member->encoder = encoder;
    member->group = i;
    member->previous = group.head;
    member->next = group.head->next;
    if (member->next != nullptr) member->next->previous = member;
    group.head->next = member;
    return true;
  }
  if (free < 0) return false;
  groups_[free] = {member, source, false};
  member->encoder = encoder;
  member->group = free;
  member->previous = nullptr;
  member->next = nullptr;
  return true;
}

void StreamGroups::Leave(StreamMember* member) noexcept {
  if (member->group < 0) return;
  Group& group = groups_[member->group];
  StreamMember* next = member->next;
  if (next != nullptr) next->previous = member->previous;
  if (group.head == member) {
    if (next != nullptr) next->encoder->CloneFrom(*member->encoder);
    group.head = next;
  } else {
    member->previous->next = next;
    member->encoder->CloneFrom(*group.head->encoder);
  }
  *member = StreamMember();
}

const EncodedAudio& StreamGroups::Hear(const StreamMember& member, const AudioFrame& frame,
                                       StreamScratch* scratch) noexcept {
  Group& group = groups_[member.group];
  EncodedAudio* encoded = &scratch->encoded[member.group];
  if (!group.encoded) group.head->encoder->Encode(frame, encoded);
  group.encoded = true;
  return *encoded;
}

int StreamGroups::alive() const noexcept {
  int count = 0;
  for (const Group& group : groups_) count += group.head != nullptr ? 1 : 0;
  return count;
}

}  // namespace mixminus
