#include "core/mix/hearing.h"

#include <doctest/doctest.h>

#include <map>
#include <vector>

#include "core/testing.h"

using namespace mixminus;

namespace {

VoiceStep Heard(float from, float to, float alone) { return {{from, to}, alone}; }

}  // namespace

TEST_CASE("hearing: a correction is what the listener should hear minus what the sum holds") {
  HearingTable table(4);
  int list = -1;
  REQUIRE(table.Set(&list, 7, Hearing::kNever, 1.0f));
  const VoiceStep talks = Heard(1.0f, 1.0f, 1.0f);
  // From what everybody hears to silence, then silence.
  CHECK(table.Correction(list, talks).from == 0.0f);
  CHECK(table.Correction(list, talks).to == -1.0f);
  table.Advance(list, talks);
  CHECK(table.Correction(list, talks).from == -1.0f);
  REQUIRE(table.Set(&list, 7, Hearing::kScaled, 0.5f));
  CHECK(table.Correction(list, talks).from == -1.0f);
  CHECK(table.Correction(list, talks).to == -0.5f);
  table.Advance(list, talks);
  // Whom nobody hears is not heard louder, but always if that was asked for.
  const VoiceStep apart = Heard(1.0f, 0.0f, 1.0f);
  CHECK(table.Correction(list, apart).to == 0.0f);
  REQUIRE(table.Set(&list, 7, Hearing::kAlways, 2.0f));
  CHECK(table.Correction(list, apart).to == 2.0f);
  table.Advance(list, apart);
  // Ended: one tick to fade, then the entry is free.
  REQUIRE(table.Set(&list, 7, Hearing::kAsAll, 1.0f));
  CHECK(table.Correction(list, Heard(0.0f, 0.0f, 1.0f)).from == 2.0f);
  CHECK(table.Correction(list, Heard(0.0f, 0.0f, 1.0f)).to == 0.0f);
  table.Sweep(&list);
  CHECK(list == -1);
  CHECK(table.size() == 0);
}

TEST_CASE("hearing: what is not there cannot end, and what is full refuses") {
  HearingTable table(1);
  int one = -1;
  int two = -1;
  CHECK(table.Set(&one, 3, Hearing::kAsAll, 1.0f));
  CHECK(one == -1);
  CHECK(table.Set(&one, 3, Hearing::kNever, 1.0f));
  CHECK_FALSE(table.Set(&two, 4, Hearing::kNever, 1.0f));
  HearingTable larger(2);
  table.Adopt(&larger);
  CHECK(table.entry(one).speaker == 3);
  CHECK(table.Set(&two, 4, Hearing::kNever, 1.0f));
}

TEST_CASE("hearing: lists stay what they are through a thousand changes, moves and departures") {
  constexpr int kSeats = 12;
  testing::Random random(4);
  HearingTable table(kSeats * kSeats);
  std::vector<int> lists(kSeats, -1);
  std::map<std::pair<int, int>, Hearing> model;
  int seats = kSeats;
  const auto pick = [&random](int below) { return static_cast<int>(random.Between(0, below - 1)); };
  for (int i = 0; i < 1000; ++i) {
    const int listener = pick(seats);
    const int speaker = pick(seats);
    const auto hearing = static_cast<Hearing>(pick(4));
    if (listener != speaker) {
      REQUIRE(table.Set(&lists[static_cast<size_t>(listener)], speaker, hearing, 1.0f));
      table.Sweep(&lists[static_cast<size_t>(listener)]);
      model.erase({listener, speaker});
      if (hearing != Hearing::kAsAll) model[{listener, speaker}] = hearing;
    }
    if (i % 50 == 49) {
      // `speaker` leaves; the last one takes its seat, as in a conference; then a new one comes.
      const int last = seats - 1;
      table.DropList(&lists[static_cast<size_t>(speaker)]);
      for (int& list : lists) table.DropSpeaker(&list, speaker);
      std::map<std::pair<int, int>, Hearing> next;
      for (const auto& [pair, value] : model) {
        if (pair.first == speaker || pair.second == speaker) continue;
        next[{pair.first == last ? speaker : pair.first,
              pair.second == last ? speaker : pair.second}] = value;
      }
      model = next;
      if (speaker != last) {
        lists[static_cast<size_t>(speaker)] = lists[static_cast<size_t>(last)];
        lists[static_cast<size_t>(last)] = -1;
        table.MoveSpeaker(last, speaker);
      }
    }
    std::map<std::pair<int, int>, Hearing> found;
    for (int who = 0; who < seats; ++who) {
      for (int e = lists[static_cast<size_t>(who)]; e >= 0; e = table.entry(e).next)
        found[{who, table.entry(e).speaker}] = table.entry(e).hearing;
    }
    REQUIRE(found == model);
    REQUIRE(table.size() == static_cast<int>(model.size()));
  }
}
