// The judge judged: the load generator's meter must count what was done to a stream, and nothing
// else.
#include "../../../bench/native/stream_meter.h"

#include <doctest/doctest.h>

#include <utility>

using mixminus::bench::kFrameNs;
using mixminus::bench::MeterReport;
using mixminus::bench::Quantile;
using mixminus::bench::RtpHeader;
using mixminus::bench::StreamMeter;

namespace {

constexpr int64_t kMs = 1'000'000;

// Packet `index` of a stream that wraps sequence and timestamp early, `late_ns` after its deadline.
void Deliver(StreamMeter* meter, int index, int64_t late_ns = 0, uint32_t ssrc = 1) {
  const RtpHeader header{0, static_cast<uint16_t>(65'530 + index),
                         0xffffff00U + static_cast<uint32_t>(160 * index), ssrc};
  meter->OnPacket(header, 5'000'000'000 + index * kFrameNs + late_ns);
}

}  // namespace

TEST_CASE("StreamMeter: nothing received is nothing") {
  const MeterReport report = StreamMeter().Report();
  CHECK(report.received == 0);
  CHECK(report.lost == 0);
  CHECK(report.late_ms.empty());
}

TEST_CASE("StreamMeter: a perfect stream, through both wraps") {
  StreamMeter meter;
  for (int i = 0; i < 100; ++i) Deliver(&meter, i);
  const MeterReport report = meter.Report();
  CHECK(report.received == 100);
  CHECK(report.lost == 0);
  CHECK(report.duplicates == 0);
  CHECK(report.empty_slots == 0);
  CHECK(report.max_gap_ms == doctest::Approx(20));
  CHECK(report.late_ms.back() == 0);
}

TEST_CASE("StreamMeter: lateness is against the soonest packet, even when the first was late") {
  StreamMeter meter;
  Deliver(&meter, 0, 15 * kMs);
  for (int i = 1; i < 50; ++i) Deliver(&meter, i, i == 30 ? 25 * kMs : 2 * kMs);
  const MeterReport report = meter.Report();
  CHECK(report.late_ms.back() == doctest::Approx(23));
  CHECK(report.late_ms[48] == doctest::Approx(13));
  CHECK(report.late_ms[0] == 0);
  CHECK(report.empty_slots == 0);
}

TEST_CASE("StreamMeter: losses, duplicates and reordering are told apart") {
  StreamMeter meter;
  for (int i = 0; i < 50; ++i) {
    if (i == 10 || i == 11) continue;
    if (i == 20) Deliver(&meter, 21);
    Deliver(&meter, i);
    if (i == 40) Deliver(&meter, 40, 19 * kMs);
  }
  const MeterReport report = meter.Report();
  CHECK(report.received == 48);
  CHECK(report.lost == 2);
  CHECK(report.duplicates == 2);
  CHECK(report.empty_slots == 2);
  CHECK(report.late_ms.back() == 0);
  CHECK(report.max_gap_ms == doctest::Approx(60));
}

TEST_CASE("StreamMeter: a stall that the sender hides in its timestamps shows as empty slots") {
  StreamMeter meter;
  for (int i = 0; i < 10; ++i) Deliver(&meter, i);
  // Contiguous sequence numbers, timestamps that jump with the time: neither lost nor late.
  for (int i = 10; i < 20; ++i) {
    const RtpHeader header{0, static_cast<uint16_t>(65'530 + i),
                           0xffffff00U + static_cast<uint32_t>(160 * (i + 100)), 1};
    meter.OnPacket(header, 5'000'000'000 + (i + 100) * kFrameNs);
  }
  const MeterReport report = meter.Report();
  CHECK(report.lost == 0);
  CHECK(report.late_ms.back() == 0);
  CHECK(report.empty_slots == 100);
  CHECK(report.max_gap_ms == doctest::Approx(2020));
}

TEST_CASE("StreamMeter: a last packet that is late leaves no slot empty") {
  StreamMeter meter;
  for (int i = 0; i < 10; ++i) Deliver(&meter, i, i == 9 ? 19 * kMs : 0);
  CHECK(meter.Report().empty_slots == 0);
}

TEST_CASE("StreamMeter: another SSRC is another line, and a reset forgets") {
  StreamMeter meter;
  for (int i = 0; i < 10; ++i) Deliver(&meter, i);
  for (int i = 500; i < 510; ++i) Deliver(&meter, i, 3 * kMs, 2);
  MeterReport report = meter.Report();
  CHECK(report.restarts == 1);
  CHECK(report.lost == 0);
  CHECK(report.received == 20);
  CHECK(report.late_ms.back() == 0);
  meter.Reset();
  Deliver(&meter, 600, 0, 2);
  report = meter.Report();
  CHECK(report.restarts == 0);
  CHECK(report.received == 1);
}

TEST_CASE("Quantile: nearest of the ascending values") {
  CHECK(Quantile({}, 0.5) == 0);
  CHECK(Quantile({7}, 0.99) == 7);
  CHECK(Quantile({1, 2, 3, 4, 5}, 0.5) == 3);
  CHECK(Quantile({1, 2, 3, 4, 5}, 0.99) == 5);
}
