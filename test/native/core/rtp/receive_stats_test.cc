#include "core/rtp/receive_stats.h"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "core/testing.h"

using namespace mixminus;

namespace {

ReceiveStats Valid(uint16_t first) {
  ReceiveStats stats(8000);
  stats.Start(7, first, false);
  stats.OnSequence(first, 160);
  stats.OnSequence(static_cast<uint16_t>(first + 1), 160);
  REQUIRE(stats.valid());
  return stats;
}

}  // namespace

TEST_CASE("receive stats: two packets in a row end the probation (A.1)") {
  ReceiveStats stats(8000);
  CHECK_FALSE(stats.started());
  stats.Start(7, 100, false);
  CHECK(stats.OnSequence(100, 160) == SequenceVerdict::kProbation);
  CHECK(stats.OnSequence(102, 160) == SequenceVerdict::kProbation);
  CHECK_FALSE(stats.valid());
  CHECK(stats.OnSequence(103, 160) == SequenceVerdict::kValid);
  CHECK(stats.valid());
  CHECK(stats.packets() == 2);
  CHECK(stats.cumulative_lost() == 0);
  CHECK(stats.ssrc() == 7);
}

TEST_CASE("receive stats: a source may begin anywhere, even at the wrap") {
  for (const uint16_t first : {uint16_t{0}, uint16_t{1}, uint16_t{65534}, uint16_t{65535}}) {
    for (const bool trusted : {false, true}) {
      ReceiveStats stats(8000);
      stats.Start(1, first, trusted);
      for (uint16_t i = 0; i < 300; ++i) stats.OnSequence(static_cast<uint16_t>(first + i), 1);
      CAPTURE(first);
      CAPTURE(trusted);
      CHECK(stats.packets() == 300);
      CHECK(stats.octets() == 300);
      CHECK(stats.cumulative_lost() == 0);
      CHECK(stats.extended_highest_sequence() == uint32_t{first} + 299);
    }
  }
}

TEST_CASE("receive stats: loss is counted over wraps and reported by interval (A.3)") {
  ReceiveStats stats = Valid(65000);
  uint32_t lost = 0;
  for (uint32_t i = 2; i < 200000; ++i) {
    if (i % 4 == 3) {
      ++lost;
      continue;
    }
    REQUIRE(stats.OnSequence(static_cast<uint16_t>(65000 + i), 160) == SequenceVerdict::kValid);
  }
  // The last number of the range was itself left out, so nobody can know of it.
  CHECK(stats.cumulative_lost() == lost - 1);
  ReceptionReport report = stats.TakeReport();
  CHECK(report.cumulative_lost == static_cast<int32_t>(lost - 1));
  CHECK(report.fraction_lost == 63);  // a little under 64/256
  CHECK(report.extended_highest_sequence == 65000 + 199998);
  for (uint32_t i = 200000; i < 200100; ++i)
    stats.OnSequence(static_cast<uint16_t>(65000 + i), 160);
  report = stats.TakeReport();
  CHECK(report.fraction_lost == 2);  // 1 of 101
  CHECK(stats.TakeReport().fraction_lost == 0);
}

TEST_CASE("receive stats: duplicates make the loss negative, as A.3 allows") {
  ReceiveStats stats = Valid(10);
  for (int i = 0; i < 5; ++i) CHECK(stats.OnSequence(11, 160) == SequenceVerdict::kValid);
  CHECK(stats.cumulative_lost() == -5);
  const ReceptionReport report = stats.TakeReport();
  CHECK(report.cumulative_lost == -5);
  CHECK(report.fraction_lost == 0);
}

TEST_CASE("receive stats: reordering is no loss") {
  ReceiveStats stats = Valid(10);
  for (const int sequence : {14, 13, 12, 15, 17, 16}) {
    CHECK(stats.OnSequence(static_cast<uint16_t>(sequence), 160) == SequenceVerdict::kValid);
  }
  CHECK(stats.cumulative_lost() == 0);
  CHECK(stats.extended_highest_sequence() == 17);
}

TEST_CASE("receive stats: one wild number is rejected, two in a row are a restart") {
  ReceiveStats stats = Valid(10);
  CHECK(stats.OnSequence(30000, 160) == SequenceVerdict::kRejected);
  CHECK(stats.OnSequence(12, 160) == SequenceVerdict::kValid);
  CHECK(stats.packets() == 3);
  CHECK(stats.OnSequence(40000, 160) == SequenceVerdict::kRejected);
  CHECK(stats.OnSequence(40001, 160) == SequenceVerdict::kRestarted);
  CHECK(stats.restarts() == 1);
  CHECK(stats.packets() == 1);
  CHECK(stats.cumulative_lost() == 0);
  CHECK(stats.extended_highest_sequence() == 40001);
  // Old packets within the misorder window still belong, older ones do not.
  CHECK(stats.OnSequence(39990, 160) == SequenceVerdict::kValid);
  CHECK(stats.OnSequence(39000, 160) == SequenceVerdict::kRejected);
}

TEST_CASE("receive stats: a dropout below the limit is loss") {
  ReceiveStats stats = Valid(10);
  CHECK(stats.OnSequence(static_cast<uint16_t>(11 + ReceiveStats::kMaxDropout - 1), 1) ==
        SequenceVerdict::kValid);
  CHECK(stats.cumulative_lost() == ReceiveStats::kMaxDropout - 2);
  CHECK(stats.OnSequence(static_cast<uint16_t>(11 + 2 * ReceiveStats::kMaxDropout), 1) ==
        SequenceVerdict::kRejected);
}

TEST_CASE("receive stats: jitter follows the recursion of A.8") {
  ReceiveStats stats(8000);
  stats.Start(1, 0, true);
  testing::Random random(5);
  double jitter = 0;
  double previous = 0;
  const int64_t base_ns = int64_t{9'000'000'000'000'000};  // a clock that has run for months
  for (int i = 0; i < 5000; ++i) {
    const int64_t delay_ns = random.Between(0, 20'000'000);
    const auto timestamp = static_cast<uint32_t>(0xFFFF0000u + static_cast<uint32_t>(i) * 160u);
    stats.OnArrival(timestamp, base_ns + int64_t{i} * 20'000'000 + delay_ns);
    const double transit = static_cast<double>(delay_ns) * 8000 / 1e9;
    if (i > 0) jitter += (std::fabs(transit - previous) - jitter) / 16;
    previous = transit;
  }
  CHECK(std::fabs(stats.jitter_ms() - jitter / 8) < 0.3);
  CHECK(jitter / 8 > 4);
}

TEST_CASE("receive stats: perfect arrival has no jitter, a timestamp jump adds none") {
  ReceiveStats stats(8000);
  stats.Start(1, 0, true);
  for (int i = 0; i < 1000; ++i)
    stats.OnArrival(static_cast<uint32_t>(i * 160), int64_t{i} * 20'000'000);
  CHECK(stats.jitter_ms() == 0);
  stats.OnArrival(0x7000000, int64_t{1000} * 20'000'000);
  CHECK(stats.jitter_ms() == 0);
}

TEST_CASE("receive stats: everything lost reads 255, not 0") {
  ReceiveStats stats = Valid(0);
  stats.TakeReport();
  for (int i = 1; i < 100; ++i) stats.OnSequence(static_cast<uint16_t>(i * 2900), 1);
  CHECK(stats.TakeReport().fraction_lost == 255);
}
