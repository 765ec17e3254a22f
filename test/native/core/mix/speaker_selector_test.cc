#include "core/mix/speaker_selector.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "core/testing.h"

using namespace mixminus;

namespace {

struct Room {
  explicit Room(size_t members) : speakers(members) {
    for (Speaker& speaker : speakers) pointers.push_back(&speaker);
  }
  int Tick(const SpeakerSelector& selector, int ticks = 1) {
    int selected = 0;
    for (int i = 0; i < ticks; ++i) {
      selected = selector.Select(pointers.data(), static_cast<int>(pointers.size()));
      const auto count = std::count_if(speakers.begin(), speakers.end(),
                                       [](const Speaker& speaker) { return speaker.selected; });
      REQUIRE(count == selected);
    }
    return selected;
  }
  void Talk(size_t member, int level_dbov) {
    speakers[member].level_dbov = level_dbov;
    speakers[member].talking = level_dbov < 60;
  }
  std::vector<Speaker> speakers;
  std::vector<Speaker*> pointers;
};

}  // namespace

TEST_CASE("speaker selector: all are heard when N is 0 or the room is small") {
  Room room(20);
  CHECK(room.Tick(SpeakerSelector(0)) == 20);
  CHECK(room.Tick(SpeakerSelector(20)) == 20);
  CHECK(room.Tick(SpeakerSelector(-3)) == 20);
  CHECK(room.Tick(SpeakerSelector(19)) == 19);
  CHECK(SpeakerSelector(5).Select(nullptr, 0) == 0);
}

TEST_CASE("speaker selector: the loudest get the seats within a few ticks") {
  Room room(100);
  const SpeakerSelector selector(3);
  room.Tick(selector, 50);
  for (const size_t member : {size_t{40}, size_t{70}, size_t{99}}) room.Talk(member, 20);
  room.Tick(selector, 1);
  for (const size_t member : {size_t{40}, size_t{70}, size_t{99}})
    CHECK(room.speakers[member].selected);
}

TEST_CASE("speaker selector: talkers of nearly equal level do not flicker") {
  Room room(10);
  const SpeakerSelector selector(2);
  testing::Random random(10);
  for (size_t i = 0; i < 4; ++i) room.Talk(i, 20);
  room.Tick(selector, 100);
  std::vector<bool> before;
  for (const Speaker& speaker : room.speakers) before.push_back(speaker.selected);
  int changes = 0;
  for (int tick = 0; tick < 1000; ++tick) {
    for (size_t i = 0; i < 4; ++i) room.Talk(i, static_cast<int>(random.Between(19, 22)));
    room.Tick(selector);
    for (size_t i = 0; i < room.speakers.size(); ++i) {
      changes += room.speakers[i].selected != before[i] ? 1 : 0;
      before[i] = room.speakers[i].selected;
    }
  }
  CHECK(changes == 0);
  // Someone much louder still gets in.
  room.Talk(9, 8);
  room.Tick(selector, 5);
  CHECK(room.speakers[9].selected);
}

TEST_CASE("speaker selector: a seat is kept through the gaps between words and then given up") {
  Room room(4);
  const SpeakerSelector selector(1);
  room.Talk(2, 20);
  room.Tick(selector, 20);
  REQUIRE(room.speakers[2].selected);
  room.Talk(2, 127);
  room.Talk(3, 70);  // background noise elsewhere
  room.Tick(selector, 5);
  CHECK(room.speakers[2].selected);
  room.Tick(selector, 100);
  CHECK_FALSE(room.speakers[2].selected);
  CHECK(room.speakers[3].selected);
}

TEST_CASE(
    "speaker selector: always exactly N of random rooms, and never one 12 dB louder outside") {
  testing::Random random(11);
  for (int run = 0; run < 50; ++run) {
    Room room(static_cast<size_t>(random.Between(2, 60)));
    const int n =
        static_cast<int>(random.Between(1, static_cast<int64_t>(room.speakers.size()) - 1));
    const SpeakerSelector selector(n);
    for (size_t i = 0; i < room.speakers.size(); ++i)
      room.Talk(i, static_cast<int>(random.Between(0, 127)));
    CHECK(room.Tick(selector, 60) == n);
    int quietest_inside = 0;
    int loudest_outside = 127;
    for (const Speaker& speaker : room.speakers) {
      if (speaker.selected) quietest_inside = std::max(quietest_inside, speaker.level_dbov);
      if (!speaker.selected) loudest_outside = std::min(loudest_outside, speaker.level_dbov);
    }
    CHECK(loudest_outside > quietest_inside - 12);
  }
}

TEST_CASE("speaker selector: of those who talk the higher priority comes first, however quiet") {
  Room room(20);
  const SpeakerSelector selector(2);
  for (Speaker& speaker : room.speakers) speaker.priority = 3;
  for (const size_t member : {size_t{2}, size_t{3}, size_t{4}}) room.Talk(member, 15);
  room.speakers[9].priority = 5;
  room.speakers[10].priority = 4;
  room.speakers[2].priority = 0;
  room.Tick(selector, 40);
  CHECK(room.speakers[3].selected);
  CHECK(room.speakers[4].selected);
  // Silent ones displace nobody; talking they do at once.
  CHECK_FALSE(room.speakers[9].selected);
  room.Talk(9, 45);
  room.Tick(selector, 1);
  CHECK(room.speakers[9].selected);
  room.Talk(10, 45);
  room.Tick(selector, 1);
  CHECK(room.speakers[9].selected);
  CHECK(room.speakers[10].selected);
  CHECK_FALSE(room.speakers[3].selected);
  // A background voice fills an empty seat all the same.
  for (size_t member = 3; member < 20; ++member) room.Talk(member, 127);
  room.Tick(selector, 40);
  CHECK(room.speakers[2].selected);
}
