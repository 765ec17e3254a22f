// Plays a trace in virtual time: through our receiving leg, and through speexdsp's jitter buffer.
// Both are pulled every 20 ms, see a packet at the tick after its arrival, and are judged alike:
// delay is from the sending of what a frame begins with to the tick, less the fastest packet's
// time on the way. A frame counts as concealed as far as it was made up; what the network lost is
// taken off.
#pragma once

#include <speex/speex_jitter.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/codec/g711.h"
#include "core/leg/receive_leg.h"
#include "jitter_speech.h"
#include "jitter_traces.h"

namespace bench {

struct Played {
  double delay_ms = 0;  // mean
  double delay_max_ms = 0;
  double late_percent = 0;       // of the packets that came: not played
  double concealed_percent = 0;  // of the time, beyond what the network lost
  double events_per_minute = 0;
  double inserted_ms_per_minute = 0;
  double removed_ms_per_minute = 0;
};

constexpr double kStartMs = 1000;
constexpr int kUnits = 160;  // of a packet, and of a tick

// Calls `packet(i)` for each packet in order of arrival and `tick(time_ms)` every 20 ms.
template <typename OnPacket, typename OnTick>
void Run(const Trace& trace, OnPacket packet, OnTick tick) {
  size_t next = 0;
  const size_t packets = trace.delay_ms.size();
  const auto arrival = [&](size_t i) {
    return kStartMs + trace.phase_ms + static_cast<double>(i) * kPtimeMs + trace.delay_ms[i];
  };
  for (int k = 0; next < packets; ++k) {
    const double now = k * kPtimeMs;
    for (; next < packets && arrival(next) <= now; ++next) {
      if (!trace.lost[next]) packet(next, arrival(next));
    }
    tick(now);
  }
}

class Tally {
 public:
  explicit Tally(const Trace& trace) : trace_(trace) {}

  // The frame at `now_ms` begins with this timestamp.
  void Play(double now_ms, double timestamp) {
    const double delay = now_ms - kStartMs - trace_.phase_ms - timestamp / 8;
    sum_ += delay;
    most_ = std::max(most_, delay);
    ++frames_;
  }

  void Finish(double concealed_units, double late, Played* out) const {
    const double lost =
        static_cast<double>(std::count(trace_.lost.begin(), trace_.lost.end(), true));
    const double packets = static_cast<double>(trace_.lost.size());
    out->delay_ms = sum_ / std::max(1.0, frames_);
    out->delay_max_ms = most_;
    out->late_percent = 100 * late / (packets - lost);
    out->concealed_percent =
        100 * std::max(0.0, concealed_units - lost * kUnits) / (packets * kUnits);
  }

  double minutes() const { return static_cast<double>(trace_.lost.size()) * kPtimeMs / 60000; }

 private:
  const Trace& trace_;
  double sum_ = 0;
  double most_ = 0;
  double frames_ = 0;
};

inline Played PlayWithOurs(const Trace& trace, const std::vector<uint8_t>& voice, int cost,
                           int fixed_ms) {
  mixminus::ReceiveLegConfig config;
  config.formats[0] = {0, mixminus::CodecId::kPcmu};
  config.format_count = 1;
  config.jitter_ms_per_late_percent = cost;
  config.jitter_fixed_ms = fixed_ms;
  config.jitter_max_ms = 600;
  mixminus::ReceiveLeg leg(config);
  mixminus::AudioFrame frame;
  Tally tally(trace);
  bool begun = false;
  double silent = 0;
  const auto ns = [](double ms) { return static_cast<int64_t>(ms * 1e6); };
  Run(
      trace,
      [&](size_t i, double arrival_ms) {
        mixminus::RtpPacketView view;
        view.payload_type = 0;
        view.ssrc = 77;
        view.sequence = static_cast<uint16_t>(i);
        view.timestamp = static_cast<uint32_t>(i * kUnits);
        view.payload = voice.data() + i * kUnits % (voice.size() - kUnits);
        view.payload_size = kUnits;
        leg.Insert(view, ns(arrival_ms));
      },
      [&](double now_ms) {
        const mixminus::PullResult result = leg.Pull(&frame, ns(now_ms));
        begun = begun || result != mixminus::PullResult::kSilence;
        if (begun && result == mixminus::PullResult::kSilence) silent += kUnits;
        if (result != mixminus::PullResult::kSilence) {
          tally.Play(now_ms, static_cast<double>(leg.frame_timestamp()));
        }
      });
  const mixminus::JitterStats stats = leg.jitter_stats();
  Played played;
  tally.Finish(static_cast<double>(stats.concealed_samples) + silent,
               static_cast<double>(stats.late + stats.discarded), &played);
  played.events_per_minute = static_cast<double>(stats.concealment_events) / tally.minutes();
  played.inserted_ms_per_minute = static_cast<double>(stats.inserted_samples) / 8 / tally.minutes();
  played.removed_ms_per_minute = static_cast<double>(stats.removed_samples) / 8 / tally.minutes();
  return played;
}

// `late_cost`, `margin_ms`: speexdsp's own settings; negative: its defaults.
inline Played PlayWithSpeex(const Trace& trace, int margin_ms) {
  ::JitterBuffer* buffer = jitter_buffer_init(kUnits);
  int margin = margin_ms * 8;
  if (margin_ms >= 0) jitter_buffer_ctl(buffer, JITTER_BUFFER_SET_MARGIN, &margin);
  Tally tally(trace);
  bool begun = false;
  double heard = 0;
  double concealed = 0;
  double put = 0;
  double events = 0;
  bool before = false;
  double inserted = 0;
  Run(
      trace,
      [&](size_t i, double) {
        char payload[1] = {0};
        JitterBufferPacket packet = {};
        packet.data = payload;
        packet.len = 1;
        packet.timestamp = static_cast<spx_uint32_t>(i * kUnits);
        packet.span = kUnits;
        packet.sequence = static_cast<spx_uint16_t>(i);
        ++put;
        jitter_buffer_put(buffer, &packet);
      },
      [&](double now_ms) {
        char payload[16];
        JitterBufferPacket packet = {};
        packet.data = payload;
        packet.len = sizeof(payload);
        spx_int32_t offset = 0;
        const int result = jitter_buffer_get(buffer, &packet, kUnits, &offset);
        jitter_buffer_tick(buffer);
        if (result == JITTER_BUFFER_OK) {
          begun = true;
          ++heard;
          tally.Play(now_ms, static_cast<double>(packet.timestamp));
        } else if (begun) {
          concealed += kUnits;
          if (!before) ++events;
          if (result == JITTER_BUFFER_INSERTION) inserted += kUnits;
        }
        before = result != JITTER_BUFFER_OK;
      });
  jitter_buffer_destroy(buffer);
  Played played;
  tally.Finish(concealed, put - heard, &played);
  played.events_per_minute = events / tally.minutes();
  played.inserted_ms_per_minute = inserted / 8 / tally.minutes();
  return played;
}

}  // namespace bench
