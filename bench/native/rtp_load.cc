// A generator that stands for N RTP members on loopback, and judges what they receive by the
// kernel's time stamps. It knows nothing of SIP: a program that does tells it where each member's
// peer is.
//
// Usage: rtp_load --members N [--talkers 3] [--bind 127.0.0.1] [--arrangement spread|burst]
// [--level-dbfs -20]
//                 [--record INDEX:FILE]… [--realtime]
// It prints {"event":"bound","ports":[…],"toneHz":[…]} at once, then obeys lines on standard input:
//   peer INDEX ADDRESS PORT   the member sends there from now on and takes RTP from nowhere else
//   measure [PID]             counts from here on; with PID, that process's CPU time as well
//   stop                      (or the end of the input) ends: prints {"event":"result", …} and
//   exits with 0
// Peers may come while others are sending. Times are in milliseconds.
//
// Threads: main reads commands, `Media` sends and receives on absolute deadlines of 1 ms.
#include <sched.h>
#include <sys/prctl.h>

#include <atomic>
#include <csignal>
#include <iostream>
#include <mutex>
#include <sstream>
#include <thread>

#include "load_members.h"

namespace mixminus::bench {
namespace {

struct Command {
  enum class Kind { kPeer, kMeasure, kStop } kind;
  size_t index = 0;
  Address peer;
  pid_t process = 0;
};

// CPU time of a process, all threads, user and system; 0 for no process.
int64_t ProcessCpuNs(pid_t process) {
  clockid_t clock{};
  if (process == 0 || clock_getcpuclockid(process, &clock) != 0) return 0;
  return ClockNs(clock);
}

class Media {
 public:
  explicit Media(const LoadOptions& options)
      : members_(options), slots_(options.burst ? 1 : 20), realtime_(options.realtime) {}

  LoadMembers& members() { return members_; }

  void Post(const Command& command) {
    const std::lock_guard<std::mutex> lock(mutex_);
    commands_.push_back(command);
    waiting_.store(true, std::memory_order_release);
  }

  // Until a stop: one slot of members at a time, each member once every 20 ms.
  void Run() {
    if (realtime_) {
      const sched_param param{10};
      sched_setscheduler(0, SCHED_FIFO, &param);
    }
    const int64_t step_ns = kFrameNs / static_cast<int64_t>(slots_);
    int64_t deadline_ns = MonotonicNs();
    for (size_t slot = 0;; slot = (slot + 1) % slots_, deadline_ns += step_ns) {
      SleepUntil(deadline_ns);
      if (waiting_.load(std::memory_order_acquire) && !Obey()) break;
      sender_late_ms_.push_back(static_cast<double>(MonotonicNs() - deadline_ns) / 1e6);
      for (size_t i = slot; i < members_.all().size(); i += slots_) {
        members_.Drain(&members_.all()[i]);
        members_.Send(&members_.all()[i]);
      }
    }
    Finish();
  }

  void PrintResult();

 private:
  // False when it is time to stop.
  bool Obey() {
    const std::lock_guard<std::mutex> lock(mutex_);
    bool go_on = true;
    for (const Command& command : commands_) {
      if (command.kind == Command::Kind::kPeer) members_.SetPeer(command.index, command.peer);
      if (command.kind == Command::Kind::kMeasure) Measure(command.process);
      if (command.kind == Command::Kind::kStop) go_on = false;
    }
    commands_.clear();
    waiting_.store(false, std::memory_order_release);
    return go_on;
  }

  void Measure(pid_t process) {
    for (LoadMember& member : members_.all()) members_.Drain(&member);
    members_.ResetCounts();
    sender_late_ms_.clear();
    process_ = process;
    cpu_start_ns_ = ProcessCpuNs(process_);
    start_ns_ = MonotonicNs();
  }

  void Finish() {
    process_cpu_ns_ = ProcessCpuNs(process_) - cpu_start_ns_;
    window_ns_ = MonotonicNs() - start_ns_;
    for (LoadMember& member : members_.all()) members_.Drain(&member);
    std::sort(sender_late_ms_.begin(), sender_late_ms_.end());
  }

  LoadMembers members_;
  const size_t slots_;
  const bool realtime_;
  std::mutex mutex_;
  std::vector<Command> commands_;
  std::atomic<bool> waiting_{false};
  pid_t process_ = 0;
  int64_t cpu_start_ns_ = 0;
  int64_t process_cpu_ns_ = 0;
  int64_t start_ns_ = MonotonicNs();
  int64_t window_ns_ = 0;
  std::vector<double> sender_late_ms_;
};

struct Totals {
  int64_t sent = 0, received = 0, lost = 0, duplicates = 0, empty_slots = 0, strangers = 0,
          restarts = 0, mute = 0;
  double max_gap_ms = 0;
  std::vector<double> late_ms;

  void Add(const LoadMember& member, const MeterReport& report) {
    sent += member.sent;
    strangers += member.strangers;
    received += report.received;
    lost += report.lost;
    duplicates += report.duplicates;
    empty_slots += report.empty_slots;
    restarts += report.restarts;
    mute += report.received == 0 ? 1 : 0;
    max_gap_ms = std::max(max_gap_ms, report.max_gap_ms);
    late_ms.insert(late_ms.end(), report.late_ms.begin(), report.late_ms.end());
  }
};

void PrintLate(const std::vector<double>& ascending) {
  std::printf("\"p50LateMs\":%.3f,\"p99LateMs\":%.3f,\"maxLateMs\":%.3f", Quantile(ascending, 0.5),
              Quantile(ascending, 0.99), ascending.empty() ? 0 : ascending.back());
}

void PrintMember(size_t index, const LoadMember& member, const MeterReport& report) {
  std::printf("%s{\"index\":%zu,\"sent\":%lld,\"sendErrors\":%lld,\"received\":%lld,\"lost\":%lld,",
              index == 0 ? "" : ",", index, static_cast<long long>(member.sent),
              static_cast<long long>(member.send_errors), static_cast<long long>(report.received),
              static_cast<long long>(report.lost));
  std::printf(
      "\"duplicates\":%lld,\"emptySlots\":%lld,\"strangers\":%lld,\"restarts\":%lld,\"maxGapMs\":%."
      "3f,",
      static_cast<long long>(report.duplicates), static_cast<long long>(report.empty_slots),
      static_cast<long long>(member.strangers), static_cast<long long>(report.restarts),
      report.max_gap_ms);
  PrintLate(report.late_ms);
  std::printf("}");
}

void SaveRecording(const LoadMember& member) {
  if (member.record_path == nullptr) return;
  std::FILE* file = std::fopen(member.record_path->c_str(), "wb");
  if (file == nullptr) Die(member.record_path->c_str());
  std::fwrite(member.recorded.data(), sizeof(int16_t), member.recorded.size(), file);
  if (std::fclose(file) != 0) Die(member.record_path->c_str());
}

void Media::PrintResult() {
  Totals totals;
  std::printf("{\"event\":\"result\",\"windowMs\":%.3f,\"processCpuMs\":%.3f,\"members\":[",
              static_cast<double>(window_ns_) / 1e6, static_cast<double>(process_cpu_ns_) / 1e6);
  for (size_t i = 0; i < members_.all().size(); ++i) {
    const LoadMember& member = members_.all()[i];
    const MeterReport report = member.meter.Report();
    PrintMember(i, member, report);
    totals.Add(member, report);
    SaveRecording(member);
  }
  std::sort(totals.late_ms.begin(), totals.late_ms.end());
  std::printf(
      "],\"totals\":{\"sent\":%lld,\"received\":%lld,\"lost\":%lld,\"duplicates\":%lld,"
      "\"emptySlots\":%lld,",
      static_cast<long long>(totals.sent), static_cast<long long>(totals.received),
      static_cast<long long>(totals.lost), static_cast<long long>(totals.duplicates),
      static_cast<long long>(totals.empty_slots));
  std::printf("\"strangers\":%lld,\"restarts\":%lld,\"muteMembers\":%lld,\"maxGapMs\":%.3f,",
              static_cast<long long>(totals.strangers), static_cast<long long>(totals.restarts),
              static_cast<long long>(totals.mute), totals.max_gap_ms);
  PrintLate(totals.late_ms);
  std::printf("},\"sender\":{");
  PrintLate(sender_late_ms_);
  std::printf("}}\n");
}

[[noreturn]] void Usage(const char* what) {
  std::fprintf(stderr, "rtp_load: %s\n", what);
  std::fprintf(
      stderr,
      "usage: rtp_load --members N [--talkers N] [--bind ADDRESS] [--arrangement spread|burst]\n"
      "                [--level-dbfs DB] [--record INDEX:FILE]… "
      "[--realtime]\n");
  std::exit(1);
}

LoadOptions ReadOptions(int argc, char** argv) {
  LoadOptions options;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--realtime") {
      options.realtime = true;
      continue;
    }
    if (++i == argc) Usage((name + " needs a value").c_str());
    const char* value = argv[i];
    if (name == "--members")
      options.members = std::atoi(value);
    else if (name == "--talkers")
      options.talkers = std::atoi(value);
    else if (name == "--bind")
      options.bind_address = value;
    else if (name == "--arrangement")
      options.burst = std::strcmp(value, "burst") == 0;
    else if (name == "--level-dbfs")
      options.level_dbfs = std::atof(value);
    else if (name == "--record" && std::strchr(value, ':') != nullptr)
      options.record.emplace_back(std::atoi(value), std::strchr(value, ':') + 1);
    else
      Usage(("unknown option " + name).c_str());
  }
  if (options.members < 1) Usage("--members must be at least 1");
  return options;
}

// False for a line that is no command.
bool ReadCommand(const std::string& line, Command* command) {
  std::istringstream words(line);
  std::string verb;
  words >> verb;
  *command = Command{Command::Kind::kStop, 0, {}, 0};
  if (verb == "stop") return true;
  if (verb == "measure") {
    command->kind = Command::Kind::kMeasure;
    words >> command->process;
    return true;
  }
  std::string address;
  uint16_t port = 0;
  command->kind = Command::Kind::kPeer;
  return verb == "peer" && words >> command->index >> address >> port &&
         ParseAddress(address.c_str(), port, &command->peer);
}

void PrintBound(LoadMembers* members) {
  std::printf("{\"event\":\"bound\",\"ports\":[");
  const char* comma = "";
  for (const LoadMember& member : members->all()) {
    std::printf("%s%u", comma, member.port);
    comma = ",";
  }
  std::printf("],\"toneHz\":[");
  comma = "";
  for (const LoadMember& member : members->all()) {
    std::printf("%s%.3f", comma, member.tone_hz);
    comma = ",";
  }
  std::printf("]}\n");
  std::fflush(stdout);
}

int Main(int argc, char** argv) {
  const LoadOptions options = ReadOptions(argc, argv);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  Media media(options);
  PrintBound(&media.members());
  std::thread thread([&media] { media.Run(); });
  std::string line;
  Command command;
  bool stopped = false;
  while (!stopped && std::getline(std::cin, line)) {
    if (!ReadCommand(line, &command)) {
      std::fprintf(stderr, "rtp_load: not understood: %s\n", line.c_str());
      continue;
    }
    stopped = command.kind == Command::Kind::kStop;
    media.Post(command);
  }
  if (!stopped) media.Post(Command{Command::Kind::kStop, 0, {}, 0});
  thread.join();
  media.PrintResult();
  return 0;
}

}  // namespace
}  // namespace mixminus::bench

int main(int argc, char** argv) { return mixminus::bench::Main(argc, argv); }
