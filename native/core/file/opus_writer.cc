// See opus_writer.h.
#include "core/file/opus_writer.h"

#include <algorithm>

#include "core/base/audio_frame.h"
#include "core/file/opus_header.h"

namespace mixminus {
namespace {

constexpr int kGranulesPerFrame = kOpusGranuleHz / kFramesPerSecond;
// A second of sound at most waits for its page (§6 wants no more).
constexpr int kPacketsPerPage = kFramesPerSecond;

}  // namespace

OpusWriter::OpusWriter(int rate_hz, int channels, int bitrate_bps, uint32_t serial)
    : rate_hz_(rate_hz), channels_(channels), page_(serial) {
  ok_ = encoder_.Begin(rate_hz, channels, bitrate_bps);
  pre_skip_ = int64_t{encoder_.lookahead()} * (kOpusGranuleHz / rate_hz);
}

void OpusWriter::Begin(std::vector<uint8_t>* out) {
  OpusHead head;
  head.channels = channels_;
  head.pre_skip = static_cast<int>(pre_skip_);
  head.input_rate_hz = static_cast<uint32_t>(rate_hz_);
  uint8_t packet[kMostOpusTags];
  WriteOpusHead(head, packet);
  page_.Add(packet, kOpusHeadSize, 0);
  FinishPage(kOggBegin, out);
  page_.Add(packet, WriteOpusTags(packet), 0);
  FinishPage(0, out);
}

void OpusWriter::Write(const int16_t* frames, std::vector<uint8_t>* out) {
  taken_ += kGranulesPerFrame;
  Encode(frames, out);
}

void OpusWriter::Encode(const int16_t* frames, std::vector<uint8_t>* out) {
  uint8_t packet[OpusFileEncoder::kMostPacket];
  const size_t size = encoder_.Encode(frames, packet);
  if (size == 0) ok_ = false;
  granule_ += kGranulesPerFrame;
  // One packet is held back in the page, so that the last page of a file is never empty.
  if (page_.packets() >= kPacketsPerPage || !page_.Add(packet, size, granule_)) {
    FinishPage(0, out);
    page_.Add(packet, size, granule_);
  }
}

void OpusWriter::End(std::vector<uint8_t>* out) {
  // What is still inside the encoder comes out with silence behind it.
  const int16_t silence[2 * AudioFrame::kMaxSamples] = {};
  while (granule_ < taken_ + pre_skip_) Encode(silence, out);
  page_.SetGranule(taken_ + pre_skip_);
  FinishPage(kOggEnd, out);
}

void OpusWriter::FinishPage(uint8_t flags, std::vector<uint8_t>* out) {
  const size_t before = out->size();
  out->resize(before + kOggMostPage);
  out->resize(before + page_.Finish(flags, out->data() + before));
}

}  // namespace mixminus
