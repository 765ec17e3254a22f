#include "core/rtp/loss_pattern.h"

#include <doctest/doctest.h>

#include <string>

using namespace mixminus;

namespace {

// '.' comes, 'x' is lost, 'd' comes too late; enough good packets follow to push all of it out of
// the window.
LossFigures Figures(const std::string& fates, uint16_t first = 65'500, LossPattern* out = nullptr) {
  LossPattern pattern;
  uint16_t sequence = first;
  for (const char fate : fates + std::string(LossPattern::kWindow, '.')) {
    if (fate != 'x') pattern.OnPacket(sequence, 20);
    if (fate == 'd') pattern.OnDiscarded(sequence);
    ++sequence;
  }
  if (out != nullptr) *out = pattern;
  return pattern.figures();
}

std::string Times(int count, const std::string& text) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

}  // namespace

TEST_CASE("loss pattern: a clean stream") {
  LossPattern pattern;
  const LossFigures figures = Figures(Times(200, "."), 65'500, &pattern);
  CHECK(pattern.counted() == 200);
  CHECK(figures.loss_rate == 0);
  CHECK(figures.loss_percent == 0);
  CHECK(figures.burst_ratio == 1);
  CHECK(figures.burst_ms == 0);
  CHECK(figures.gap_density == 0);
  CHECK(figures.gap_ms == 4000);
}

TEST_CASE("loss pattern: single losses far apart lie in the gap") {
  const LossFigures figures = Figures(Times(10, Times(24, ".") + "x"));
  CHECK(figures.loss_percent == doctest::Approx(4));
  CHECK(figures.loss_rate == 10);  // 256 × 4 %
  CHECK(figures.burst_density == 0);
  CHECK(figures.burst_ms == 0);
  CHECK(figures.gap_density == 10);
  CHECK(figures.burst_ratio == 1);
}

TEST_CASE("loss pattern: a burst, its length and density") {
  // 8 packets of which 4 are lost; each burst stands between gaps of 40.
  const LossFigures figures = Figures(Times(5, Times(40, ".") + "x.xx..x"));
  CHECK(figures.burst_ms == 7 * 20);
  CHECK(figures.burst_density == 256 * 4 / 7);
  CHECK(figures.gap_density == 0);
  CHECK(figures.gap_ms == 40 * 20);
}

TEST_CASE("loss pattern: late packets are discarded, not lost, and both disturb") {
  const LossFigures figures = Figures(Times(10, Times(18, ".") + "xd"));
  CHECK(figures.loss_percent == doctest::Approx(10));
  CHECK(figures.loss_rate == 12);
  CHECK(figures.discard_rate == 12);
  CHECK(figures.burst_ratio == doctest::Approx(2 * 0.9));
}

TEST_CASE("loss pattern: a packet that comes late within the window was not lost") {
  LossPattern pattern;
  uint16_t sequence = 65'530;
  for (int i = 0; i < 200; ++i, ++sequence) {
    if (i == 100) continue;
    pattern.OnPacket(sequence, 20);
    if (i == 110) pattern.OnPacket(static_cast<uint16_t>(65'530 + 100), 20);
  }
  CHECK(pattern.figures().loss_percent == 0);
}

TEST_CASE("loss pattern: duplicates, packets from before the first and very late ones count once") {
  LossPattern pattern;
  pattern.OnPacket(100, 20);
  pattern.OnPacket(99, 20);
  pattern.OnPacket(100, 20);
  for (uint16_t sequence = 101; sequence < 400; ++sequence) {
    pattern.OnPacket(sequence, 20);
    pattern.OnPacket(sequence, 20);
    pattern.OnPacket(static_cast<uint16_t>(sequence - 90), 20);
    pattern.OnDiscarded(static_cast<uint16_t>(sequence - 90));
  }
  CHECK(pattern.counted() == 300 - LossPattern::kWindow);
  CHECK(pattern.figures().loss_percent == 0);
}

TEST_CASE("loss pattern: reset forgets the source") {
  LossPattern pattern;
  Figures(Times(20, "x."), 1, &pattern);
  pattern.Reset();
  CHECK(pattern.counted() == 0);
  CHECK(pattern.figures().loss_rate == 0);
}
