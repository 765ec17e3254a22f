// See recorder.h.
#include "engine/recorder.h"

#include <algorithm>
#include <cstring>

namespace mixminus {
namespace {

// Five seconds at 24 kHz of a disk that does not answer, for each channel.
constexpr size_t kRingSamples = size_t{128} * 1024;
constexpr int kRateUnit = 10;

}  // namespace

Recorder::Recorder(TapSource source, const SoundWriterOptions& options)
    : Tap(ReturnedKind::kRecorder, source),
      ring_(kRingSamples * static_cast<size_t>(options.channels)),
      writer_(options) {}

bool Recorder::Push(TapSource side, const AudioFrame* frame) noexcept {
  if (source() != TapSource::kBoth) {
    Enqueue(frame, nullptr);
  } else if (side == TapSource::kReceived) {
    received_silent_ = frame == nullptr;
    if (frame != nullptr) received_.CopyFrom(*frame);
  } else {
    Enqueue(received_silent_ ? nullptr : &received_, frame);
    received_silent_ = true;
  }
  return !failed_.load(std::memory_order_relaxed);
}

// What a leg receives and what is sent to it may have different rates.
void Recorder::Enqueue(const AudioFrame* first, const AudioFrame* second) noexcept {
  Head head{};
  std::memcpy(head.silent_before, &dropped_since_push_, sizeof(dropped_since_push_));
  size_t size = kHeadSamples;
  const AudioFrame* sides[2] = {first, second};
  for (int side = 0; side < 2; ++side) {
    if (sides[side] == nullptr) continue;
    head.rate[side] = static_cast<int16_t>(sides[side]->rate_hz / kRateUnit);
    const auto count = static_cast<size_t>(sides[side]->samples_per_channel);
    std::memcpy(record_ + size, sides[side]->samples, count * sizeof(int16_t));
    size += count;
  }
  std::memcpy(record_, &head, sizeof(head));
  if (ring_.free() >= size) {
    ring_.Write(record_, size);
    dropped_since_push_ = 0;
  } else {
    ++dropped_since_push_;
    dropped_frames_.fetch_add(1, std::memory_order_relaxed);
  }
}

IoResult Recorder::RunIo() noexcept {
  // Read before the ring: what was pushed before the finish is then seen below.
  const bool finished = finished_.load(std::memory_order_acquire);
  Head head;
  while (ring_.size() >= kHeadSamples) {
    int16_t words[kHeadSamples];
    ring_.Read(words, kHeadSamples);
    std::memcpy(&head, words, sizeof(head));
    Take(head);
  }
  writer_.Flush();
  if (writer_.failed()) failed_.store(true, std::memory_order_relaxed);
  if (!finished) return IoResult::kWaiting;
  writer_.Close();
  return IoResult::kDone;
}

void Recorder::Take(const Head& head) {
  uint32_t silent = 0;
  std::memcpy(&silent, head.silent_before, sizeof(silent));
  WriteSilence(silent);
  for (int side = 0; side < 2; ++side) {
    AudioFrame* frame = &frames_[side];
    frame->Clear(head.rate[side] == 0 ? writer_.options().rate_hz : head.rate[side] * kRateUnit);
    if (head.rate[side] != 0)
      ring_.Read(frame->samples, static_cast<size_t>(frame->samples_per_channel));
  }
  WriteFrame();
}

void Recorder::WriteSilence(uint32_t frames) {
  for (uint32_t i = 0; i < frames && !writer_.failed(); ++i) {
    for (AudioFrame& frame : frames_) frame.Clear(writer_.options().rate_hz);
    WriteFrame();
  }
}

void Recorder::WriteFrame() {
  const SoundWriterOptions& options = writer_.options();
  for (int channel = 0; channel < options.channels; ++channel) {
    AudioFrame* frame = &frames_[channel];
    if (frame->rate_hz == options.rate_hz) continue;
    converters_[channel].SetRates(frame->rate_hz, options.rate_hz);
    converters_[channel].Convert(*frame, frame);
  }
  if (options.channels == 1) return writer_.Write(frames_[0].samples);
  int16_t interleaved[2 * AudioFrame::kMaxSamples];
  for (int i = 0; i < frames_[0].samples_per_channel; ++i) {
    interleaved[2 * i] = frames_[0].samples[i];
    interleaved[2 * i + 1] = frames_[1].samples[i];
  }
  writer_.Write(interleaved);
}

uint64_t Recorder::dropped_samples() const noexcept {
  return dropped_frames_.load(std::memory_order_relaxed) *
         static_cast<uint64_t>(SamplesPerFrame(writer_.options().rate_hz));
}

}  // namespace mixminus
