// The native half of `npm run bench:jitter`: makes the traces, finds the clairvoyant bound, plays
// each through our leg and through speexdsp, and prints one JSON object for each trace and seed.
//
//   jitter_bench [--seconds N] [--seeds N] [--first-seed N] [--only KIND] [--no-bound] [--curve]
//   [--no-pauses]

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "jitter_bound.h"
#include "jitter_players.h"
#include "jitter_speech.h"
#include "jitter_traces.h"

namespace {

constexpr const char* kKinds[] = {"light",  "wifi",  "drx20",  "drx40",  "gamma67",
                                  "spikes", "steps", "drift+", "drift-", "gilbert"};
constexpr double kLateShares[] = {0.001, 0.0025, 0.005, 0.01, 0.02, 0.05};
constexpr int kCosts[] = {5, 10, 20, 40, 60, 90, 150, 300};
constexpr int kMargins[] = {0, 10, 20, 40, 60, 100, 150};

struct Options {
  int seconds = 300;
  int seeds = 5;
  int first_seed = 101;
  std::string only;
  bool bound = true;
  bool curve = false;
  bool pauses = true;
};

Options Parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    const char* value = i + 1 < argc ? argv[i + 1] : "";
    if (name == "--seconds")
      options.seconds = std::atoi(value), ++i;
    else if (name == "--seeds")
      options.seeds = std::atoi(value), ++i;
    else if (name == "--first-seed")
      options.first_seed = std::atoi(value), ++i;
    else if (name == "--only")
      options.only = value, ++i;
    else if (name == "--no-bound")
      options.bound = false;
    else if (name == "--curve")
      options.curve = true;
    else if (name == "--no-pauses")
      options.pauses = false;
    else
      std::fprintf(stderr, "unknown option %s\n", name.c_str()), std::exit(2);
  }
  return options;
}

void Print(const char* label, const bench::Played& played) {
  std::printf(
      "{\"at\":\"%s\",\"delayMs\":%.3f,\"delayMaxMs\":%.1f,\"latePercent\":%.4f,"
      "\"concealedPercent\":%.4f,\"eventsPerMinute\":%.2f,\"insertedMsPerMinute\":%.1f,"
      "\"removedMsPerMinute\":%.1f}",
      label, played.delay_ms, played.delay_max_ms, played.late_percent, played.concealed_percent,
      played.events_per_minute, played.inserted_ms_per_minute, played.removed_ms_per_minute);
}

std::vector<uint8_t> Speak(uint64_t seed, bool pauses) {
  bench::Voice voice(seed, pauses);
  std::vector<int16_t> samples(8000 * 60);
  for (int16_t& sample : samples) sample = voice.Next();
  std::vector<uint8_t> coded(samples.size());
  mixminus::EncodeUlaw(samples.data(), static_cast<int>(samples.size()), coded.data());
  return coded;
}

void PrintBound(const bench::Trace& trace, const Options& options) {
  std::printf(",\"bound\":[");
  if (options.bound) {
    const bench::Bound bound(trace);
    bool first = true;
    for (const double share : kLateShares) {
      if (!options.curve && share != 0.005) continue;
      std::printf("%s{\"latePercent\":%.2f,\"delayMs\":%.3f}", first ? "" : ",", share * 100,
                  bound.MeanMs(share));
      first = false;
    }
  }
  std::printf("]");
}

void Judge(const std::string& kind, int seed, const Options& options) {
  const auto number = static_cast<uint64_t>(seed);
  bench::TraceMaker maker(number * 1000 + kind.size() * 7 + static_cast<uint64_t>(kind[0]),
                          options.seconds * 50);
  const bench::Trace trace = maker.Make(kind);
  const std::vector<uint8_t> voice = Speak(number, options.pauses);
  std::printf("{\"trace\":\"%s\",\"seed\":%d,\"ours\":", kind.c_str(), seed);
  const int cost = mixminus::DelayEstimator::kMsPerLatePercent;
  Print("default", bench::PlayWithOurs(trace, voice, cost, -1));
  std::printf(",\"speex\":");
  Print("default", bench::PlayWithSpeex(trace, -1));
  PrintBound(trace, options);
  if (options.curve) {
    std::printf(",\"oursCurve\":[");
    for (const int each : kCosts) {
      if (each != kCosts[0]) std::printf(",");
      Print(std::to_string(each).c_str(), bench::PlayWithOurs(trace, voice, each, -1));
    }
    std::printf("],\"speexCurve\":[");
    for (const int each : kMargins) {
      if (each != kMargins[0]) std::printf(",");
      Print(std::to_string(each).c_str(), bench::PlayWithSpeex(trace, each));
    }
    std::printf("]");
  }
  std::printf("}\n");
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = Parse(argc, argv);
  for (const char* kind : kKinds) {
    if (!options.only.empty() && options.only != kind) continue;
    for (int i = 0; i < options.seeds; ++i) Judge(kind, options.first_seed + i, options);
  }
  return 0;
}
