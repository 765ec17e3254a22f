// See opus_source.h. Sample positions are granules: samples at 48 kHz, pre-skip included.
#include "core/file/opus_source.h"

#include <algorithm>
#include <cstring>

namespace mixminus {
namespace {

constexpr int kMostPacketSamples = 5760;
constexpr int64_t kPreRoll = 3840;  // 80 ms
// Closer than this a seek reads on instead of bisecting.
constexpr uint64_t kNear = uint64_t{64} * 1024;

const char* HeadProblem(Status status) noexcept {
  switch (status) {
    case Status::kUnsupported:
      return "holds surround sound; mono and stereo Opus can be played";
    case Status::kBadVersion:
      return "has an Opus header of an unknown version";
    default:
      return "has a broken Opus header";
  }
}

}  // namespace

OpusSource::OpusSource(InputBuffer* input) : input_(input), pcm_(kMostPacketSamples) {}

InputState OpusSource::Fill() noexcept {
  size_t space = 0;
  uint8_t* to = reader_.Space(&space);
  const InputState state = input_->Need(1);
  if (state != InputState::kOk) return state;
  const size_t count = std::min(space, input_->size());
  std::memcpy(to, input_->data(), count);
  input_->Take(count);
  reader_.Commit(count);
  return InputState::kOk;
}

InputState OpusSource::NextPacket(OggPacket* packet) noexcept {
  while (!reader_.Next(packet)) {
    const InputState state = Fill();
    if (state != InputState::kOk) return state;
  }
  return InputState::kOk;
}

InputState OpusSource::Open() noexcept {
  while (stage_ != Stage::kAudio) {
    OggPacket packet;
    const InputState state = NextPacket(&packet);
    if (state == InputState::kEnd)
      return Wrong(stage_ == Stage::kHead ? "is an Ogg file without Opus sound"
                                          : "ends before its sound begins");
    if (state != InputState::kOk) return state;
    const InputState taken = TakeHead(packet);
    if (taken != InputState::kOk) return taken;
  }
  // Where the page of the comments begins; the sound begins on the page behind it.
  audio_begin_ = reader_.consumed();
  return InputState::kOk;
}

// Follows the first Opus stream that begins, to behind its two headers.
InputState OpusSource::TakeHead(const OggPacket& packet) noexcept {
  if (stage_ == Stage::kHead) {
    if (!packet.begins_stream) return InputState::kOk;
    OpusHead head;
    const Status status = ParseOpusHead(packet.data, packet.size, &head);
    if (status == Status::kBadType) return InputState::kOk;
    if (status != Status::kOk) return Wrong(HeadProblem(status));
    head_ = head;
    serial_ = packet.serial;
    reader_.Follow(serial_);
    stage_ = Stage::kTags;
    return InputState::kOk;
  }
  // The page of the header itself is seen again by who follows its stream.
  if (packet.serial != serial_ || packet.begins_stream) return InputState::kOk;
  if (!IsOpusTags(packet.data, packet.size)) return Wrong("has no Opus comment header");
  if (!decoder_.Begin(head_.gain_q8)) return Wrong("is Opus, which this build cannot decode");
  stage_ = Stage::kAudio;
  ended_ = false;
  granule_ = 0;
  granule_known_ = true;
  start_granule_ = 0;
  start_known_ = false;
  wanted_ = head_.pre_skip;
  return InputState::kOk;
}

InputState OpusSource::Read(int16_t* out, size_t max, size_t* count) noexcept {
  *count = 0;
  while (pcm_begin_ == pcm_end_) {
    const InputState state = DecodeNext();
    if (state != InputState::kOk) return state;
  }
  *count = std::min(max, pcm_end_ - pcm_begin_);
  std::copy_n(pcm_.data() + pcm_begin_, *count, out);
  pcm_begin_ += *count;
  return InputState::kOk;
}

// One packet: into pcm_ what is to be heard of it, which may be nothing.
InputState OpusSource::DecodeNext() noexcept {
  OggPacket packet;
  const InputState state = NextPacket(&packet);
  if (state != InputState::kOk) return state;
  if (packet.begins_stream && (ended_ || packet.serial != serial_)) {
    // Chained (RFC 3533 §4): what comes now is another file with its own headers.
    if (stage_ == Stage::kAudio) stage_ = Stage::kHead;
  }
  if (stage_ != Stage::kAudio) {
    const Stage before = stage_;
    const InputState taken = TakeHead(packet);
    // A stream of something else beside ours.
    if (before == Stage::kHead && stage_ == Stage::kHead && !ended_) stage_ = Stage::kAudio;
    return taken;
  }
  if (packet.serial != serial_ || packet.begins_stream) return InputState::kOk;
  const int samples = OpusPacketSamples(packet.data, packet.size);
  if (samples == 0) return InputState::kOk;  // a broken packet is passed over
  if (granule_known_) {
    Place(packet, samples);
  } else if (packet.ends_page && packet.granule >= 0) {
    granule_ = packet.granule - start_granule_;
    granule_known_ = true;
  }
  ended_ = ended_ || (packet.ends_stream && packet.ends_page);
  return InputState::kOk;
}

void OpusSource::Place(const OggPacket& packet, int samples) noexcept {
  const int64_t begin = granule_;
  granule_ += samples;
  const bool page_says = packet.ends_page && packet.granule >= 0;
  if (!start_known_ && page_says) {
    // A recording of a running stream does not begin at 0 (§4.3).
    start_known_ = true;
    if (!packet.ends_stream && packet.granule > granule_)
      start_granule_ = packet.granule - granule_;
  }
  int64_t end = granule_;
  // End trimming (§4.4): the last page may end before its last packet does.
  if (packet.ends_stream && packet.granule >= 0)
    end = std::min(end, packet.granule - start_granule_);
  const int decoded = decoder_.Decode(packet.data, packet.size, samples, pcm_.data());
  end = std::min(end, begin + decoded);
  const int64_t from = std::max(begin, wanted_);
  pcm_begin_ = 0;
  pcm_end_ = 0;
  if (from >= end) return;
  pcm_begin_ = static_cast<size_t>(from - begin);
  pcm_end_ = static_cast<size_t>(end - begin);
}

bool OpusSource::Rewind() noexcept {
  if (!input_->Seek(0)) return false;
  reader_.Reset();
  stage_ = Stage::kHead;
  pcm_begin_ = pcm_end_ = 0;
  return Open() == InputState::kOk;
}

bool OpusSource::GoTo(uint64_t position) noexcept {
  if (!input_->Seek(position)) return false;
  reader_.Reset();
  reader_.Follow(serial_);
  return true;
}

// Always by way of the beginning: the followed stream is then the first one again, and its headers
// are known to be there. Positions are those of the first stream of a chain.
bool OpusSource::Seek(uint64_t sample) noexcept {
  if (input_->total() == kUnknownSize || !Rewind()) return false;
  if (!first_start_known_) {
    FindStart();
    if (!Rewind()) return false;
  }
  constexpr uint64_t kFarthest = INT64_MAX / 4;
  const int64_t target =
      static_cast<int64_t>(std::min<uint64_t>(sample, kFarthest)) + head_.pre_skip;
  const uint64_t from =
      target <= kPreRoll + head_.pre_skip ? audio_begin_ : Bisect(target - kPreRoll);
  if (from == audio_begin_) {
    if (!Rewind()) return false;
  } else {
    if (!GoTo(from)) return false;
    granule_known_ = false;
    decoder_.Reset();
  }
  start_granule_ = first_start_;
  start_known_ = true;
  wanted_ = target;
  return true;
}

// Where the first stream's granules begin: what its first page says, less what is on it.
void OpusSource::FindStart() noexcept {
  int64_t samples = 0;
  OggPacket packet;
  first_start_known_ = true;
  while (NextPacket(&packet) == InputState::kOk) {
    if (packet.serial != serial_ || packet.begins_stream) continue;
    samples += OpusPacketSamples(packet.data, packet.size);
    if (!packet.ends_page || packet.granule < 0) continue;
    if (!packet.ends_stream) first_start_ = std::max<int64_t>(packet.granule - samples, 0);
    return;
  }
}

// The position of a page of the stream that ends at or before `granule`, close to it; the first
// page of its sound where there is none.
uint64_t OpusSource::Bisect(int64_t granule) noexcept {
  uint64_t low = audio_begin_;
  uint64_t high = input_->total();
  while (high > low && high - low > kNear) {
    const uint64_t middle = low + (high - low) / 2;
    const int64_t found = FirstGranuleFrom(middle);
    if (found >= 0 && found - first_start_ <= granule) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return low;
}

// Of the first packet of the stream that ends a page behind `position`; −1: none before the end.
int64_t OpusSource::FirstGranuleFrom(uint64_t position) noexcept {
  if (!GoTo(position)) return -1;
  OggPacket packet;
  while (NextPacket(&packet) == InputState::kOk) {
    if (packet.begins_stream && packet.serial != serial_) return -1;  // the next of a chain
    if (packet.serial == serial_ && packet.ends_page && packet.granule >= 0) return packet.granule;
  }
  return -1;
}

}  // namespace mixminus
