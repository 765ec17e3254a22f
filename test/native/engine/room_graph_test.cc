// Who hears whom, and how loud, against a plain model in double precision: linear PCM in and out,
// so that every sample of what a listener gets can be compared.
#include <cmath>
#include <map>

#include "core/testing.h"
#include "engine/rig.h"

using namespace mixminus;
using namespace mixminus::rig;

namespace {

constexpr uint8_t kL16 = 96;
constexpr int kSamples = 160;

struct Member {
  Phone phone;
  int amplitude = 8000;
  std::vector<int16_t> said;
  MemberSettings settings;
  std::map<int, Relation> hears;  // by index of the speaker
};

// A room of members who speak noise, each at its own level, through legs of a fixed delay.
class Room {
 public:
  Room(int members, int loudest, uint64_t seed) : random(seed), loudest_(loudest) {
    for (int i = 0; i < members; ++i) {
      Member member;
      member.phone = rig.Open();
      auto settings = Settings(member.phone.remote);
      settings->receive.formats[0] = {kL16, CodecId::kL16};
      settings->receive.format_count = 1;
      settings->receive.jitter_fixed_ms = 40;
      settings->send_payload_type = kL16;
      settings->send_stream.codec.id = CodecId::kL16;
      rig.Configure(member.phone, std::move(settings));
      all.push_back(std::move(member));
    }
    rig.Advance(5);
    REQUIRE(rig.engine->OpenRoom(loudest, &handle).ok());
    for (Member& member : all) REQUIRE(rig.Change(handle, RoomOp::kAdd, member.phone).ok());
  }

  void Talk(int ticks) {
    std::vector<Phone*> phones;
    for (Member& member : all) phones.push_back(&member.phone);
    for (int tick = 0; tick < ticks; ++tick) {
      for (Member& member : all) {
        std::vector<uint8_t> payload;
        for (int i = 0; i < kSamples; ++i) {
          const auto sample =
              static_cast<int16_t>(random.Between(-member.amplitude - 1, member.amplitude));
          member.said.push_back(sample);
          payload.push_back(static_cast<uint8_t>(sample >> 8));
          payload.push_back(static_cast<uint8_t>(sample));
        }
        rig.Say(&member.phone, payload, kL16);
      }
      rig.Tick(phones);
    }
  }

  std::vector<int16_t> Heard(int who) const {
    const std::vector<uint8_t> bytes = all[static_cast<size_t>(who)].phone.Heard();
    std::vector<int16_t> samples;
    for (size_t i = 0; i + 1 < bytes.size(); i += 2)
      samples.push_back(static_cast<int16_t>((bytes[i] << 8) | bytes[i + 1]));
    return samples;
  }

  bool InMix(int who) const {
    return rig.Stat(all[static_cast<size_t>(who)].phone, LegStat::kInMix) == 1;
  }

  // The gain at which a listener hears a speaker, by the definition of each exception.
  double Gain(int listener, int speaker) const {
    const Member& to = all[static_cast<size_t>(listener)];
    const Member& from = all[static_cast<size_t>(speaker)];
    if (listener == speaker || to.settings.deaf || from.settings.muted) return 0;
    const double out = static_cast<double>(to.settings.gain_out);
    const double in = static_cast<double>(from.settings.gain_in) * out;
    const double usual = InMix(speaker) ? in : 0;
    const auto found = to.hears.find(speaker);
    if (found == to.hears.end()) return usual;
    const double gain = static_cast<double>(found->second.gain);
    if (found->second.hearing == Hearing::kNever) return 0;
    return found->second.hearing == Hearing::kScaled ? usual * gain : in * gain;
  }

  // What the listener should hear in the last tick.
  std::vector<double> Model(int listener, size_t lag) const {
    std::vector<double> sum(kSamples);
    for (int speaker = 0; speaker < static_cast<int>(all.size()); ++speaker) {
      const double gain = Gain(listener, speaker);
      const std::vector<int16_t>& said = all[static_cast<size_t>(speaker)].said;
      for (size_t i = 0; gain != 0 && i < kSamples; ++i)
        sum[i] += gain * said[said.size() - kSamples - lag + i];
    }
    for (double& value : sum) value = std::clamp(value, -32768.0, 32767.0);
    return sum;
  }

  // Samples between what is said and what is heard: found where all hear all.
  size_t FindLag() const {
    for (size_t lag = 0; lag < 2000; ++lag) {
      const std::vector<double> model = Model(0, lag);
      const std::vector<int16_t> heard = Heard(0);
      if (std::equal(heard.begin(), heard.end(), model.begin())) return lag;
    }
    FAIL("nothing that was said is heard");
    return 0;
  }

  // Whether only whole samples are added for this listener.
  bool Unity(int listener) const {
    for (int speaker = 0; speaker < static_cast<int>(all.size()); ++speaker) {
      const double gain = Gain(listener, speaker);
      if (gain != 0 && gain != 1) return false;
      if (InMix(speaker) && all[static_cast<size_t>(speaker)].settings.gain_in != 1.0f)
        return false;
    }
    return true;
  }

  int loudest() const { return loudest_; }

  Rig rig;
  testing::Random random;
  std::vector<Member> all;
  Handle handle = kNullHandle;

 private:
  int loudest_;
};

float RandomGain(testing::Random* random) {
  return random->Chance(0.5) ? 1.0f
                             : GainFromDb(static_cast<double>(random->Between(-300, 120)) / 10.0);
}

void Rearrange(Room* room) {
  testing::Random* random = &room->random;
  const bool gains = random->Chance(0.7);
  std::vector<RoomChangeRequest> changes;
  for (Member& member : room->all) {
    MemberSettings& settings = member.settings;
    settings.muted = random->Chance(0.15);
    settings.deaf = random->Chance(0.1);
    settings.apart = random->Chance(0.1);
    settings.gain_in = gains ? RandomGain(random) : 1.0f;
    settings.gain_out = gains ? RandomGain(random) : 1.0f;
    member.amplitude = random->Chance(0.25) ? 32767 : static_cast<int>(random->Between(500, 9000));
    changes.push_back({RoomOp::kSet, member.phone.leg, settings, kNullHandle, {}});
    for (int speaker = 0; speaker < static_cast<int>(room->all.size()); ++speaker) {
      if (&room->all[static_cast<size_t>(speaker)] == &member || random->Chance(0.7)) continue;
      const auto hearing = static_cast<Hearing>(random->Between(0, 3));
      const Relation relation = {hearing, gains ? RandomGain(random) : 1.0f};
      member.hears.erase(speaker);
      if (hearing != Hearing::kAsAll) member.hears[speaker] = relation;
      changes.push_back({RoomOp::kRelate, member.phone.leg, MemberSettings(),
                         room->all[static_cast<size_t>(speaker)].phone.leg, relation});
    }
  }
  REQUIRE(room->rig.engine->ApplyRoom(room->handle, changes).ok());
}

}  // namespace

TEST_CASE("three members at full scale each hear exactly the clipped sum of the other two") {
  Room room(3, 0, 1);
  for (Member& member : room.all) member.amplitude = 32767;
  room.Talk(20);
  const size_t lag = room.FindLag();
  bool clipped = false;
  for (int tick = 0; tick < 20; ++tick) {
    room.Talk(1);
    for (int who = 0; who < 3; ++who) {
      const std::vector<double> model = room.Model(who, lag);
      const std::vector<int16_t> heard = room.Heard(who);
      REQUIRE(heard.size() == model.size());
      REQUIRE(std::equal(heard.begin(), heard.end(), model.begin()));
      clipped = clipped || std::count(heard.begin(), heard.end(), INT16_MAX) > 5;
    }
  }
  CHECK(clipped);
}

TEST_CASE("100 random graphs of members, gains, exceptions and loudest are what a plain sum says") {
  int exact = 0;
  int within = 0;
  int worst = 0;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const int members = 2 + static_cast<int>(seed % 7);
    Room room(members, seed % 3 == 2 ? 2 : 0, seed);
    room.Talk(20);
    size_t lag = 0;
    // Where all are mixed the delay can be found without knowing who is chosen.
    if (room.loudest() == 0 || members <= 2) {
      lag = room.FindLag();
    } else {
      Room all(3, 0, seed);
      all.Talk(20);
      lag = all.FindLag();
    }
    for (int graph = 0; graph < 5; ++graph) {
      Rearrange(&room);
      // The speaker who was chosen last has faded in.
      room.Talk(60);
      std::vector<bool> before;
      for (int who = 0; who < members; ++who) before.push_back(room.InMix(who));
      room.Talk(1);
      for (int who = 0; who < members; ++who)
        REQUIRE(before[static_cast<size_t>(who)] == room.InMix(who));
      for (int who = 0; who < members; ++who) {
        CAPTURE(seed);
        CAPTURE(graph);
        CAPTURE(who);
        const std::vector<double> model = room.Model(who, lag);
        const std::vector<int16_t> heard = room.Heard(who);
        REQUIRE(heard.size() == model.size());
        int error = 0;
        for (size_t i = 0; i < kSamples; ++i)
          error = std::max(error, std::abs(heard[i] - static_cast<int>(std::lrint(model[i]))));
        const bool unity = room.Unity(who);
        ++(unity ? exact : within);
        CHECK(error <= (unity ? 0 : 1));
        worst = std::max(worst, error);
      }
    }
  }
  CHECK(exact > 100);
  CHECK(within > 100);
  MESSAGE("listeners compared: " << exact << " exactly, " << within << " with gains; worst error "
                                 << worst << " LSB");
}

TEST_CASE("a whisper is heard by its listener alone, and whom it leaves hears as before") {
  Room room(4, 0, 5);
  room.Talk(20);
  const size_t lag = room.FindLag();
  const auto all_hear_the_model = [&] {
    for (int who = 0; who < 4; ++who) {
      const std::vector<double> model = room.Model(who, lag);
      const std::vector<int16_t> heard = room.Heard(who);
      CHECK(std::equal(heard.begin(), heard.end(), model.begin()));
    }
  };
  all_hear_the_model();
  room.all[1].settings.apart = true;
  REQUIRE(room.rig.Set(room.handle, RoomOp::kSet, room.all[1].phone, room.all[1].settings).ok());
  REQUIRE(
      room.rig.Relate(room.handle, room.all[2].phone, room.all[1].phone, Hearing::kAlways).ok());
  room.all[2].hears[1] = {Hearing::kAlways, 1.0f};
  room.Talk(3);
  CHECK(room.Gain(2, 1) == 1);
  CHECK(room.Gain(0, 1) == 0);
  all_hear_the_model();
  REQUIRE(room.rig.engine->CloseLeg(room.all[2].phone.leg).ok());
  room.all[2].settings.muted = true;
  room.Talk(3);
  for (const int who : {0, 1, 3}) {
    const std::vector<double> model = room.Model(who, lag);
    const std::vector<int16_t> heard = room.Heard(who);
    CHECK(std::equal(heard.begin(), heard.end(), model.begin()));
  }
}

TEST_CASE("exceptions about strangers, oneself and the closed are refused, and change nothing") {
  Rig rig;
  Phone a = rig.Call();
  Phone b = rig.Call();
  Phone stranger = rig.Call();
  const Handle room = rig.Room({&a, &b});
  const auto code = [](const EngineStatus& status) { return std::string(status.code()); };
  CHECK(code(rig.Relate(room, a, stranger, Hearing::kNever)) == "ERR_NOT_FOUND");
  CHECK(code(rig.Relate(room, stranger, a, Hearing::kNever)) == "ERR_NOT_FOUND");
  CHECK(code(rig.Relate(room, a, a, Hearing::kNever)) == "ERR_INVALID_ARGUMENT");
  Phone closed = rig.Call();
  REQUIRE(rig.engine->CloseLeg(closed.leg).ok());
  CHECK(code(rig.Relate(room, a, closed, Hearing::kNever)) == "ERR_STALE_HANDLE");
  // A batch whose end is refused does nothing at all.
  const Relation never = {Hearing::kNever, 1.0f};
  CHECK_FALSE(rig.engine
                  ->ApplyRoom(room, {{RoomOp::kRelate, a.leg, {}, b.leg, never},
                                     {RoomOp::kRemove, stranger.leg, {}, kNullHandle, {}}})
                  .ok());
  rig.Talk({&a, &b}, {0x21, 0x95}, 15);
  CHECK(AllOf(a.Heard(), 0x95));
}
