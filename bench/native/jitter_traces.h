// Network traces for the jitter bench: when each of a stream's packets arrives, by seed. The kinds
// are those of which VoIP delay is made: queues (gamma distributed, correlated), spikes, cellular
// wake-up cycles with retransmission, route steps, clock drift, bursts of loss. Packets of one
// stream pass through one queue, so none overtakes another.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace bench {

constexpr double kPtimeMs = 20;

struct Trace {
  std::vector<double> delay_ms;  // of each packet, above the fastest
  std::vector<bool> lost;
  double phase_ms = 0;  // of the first packet's sending, after a tick
};

class TraceMaker {
 public:
  TraceMaker(uint64_t seed, int packets) : random_(seed), packets_(packets) {}

  // "light", "wifi", "drx20", "drx40", "gamma67", "spikes", "steps", "drift+", "drift-", "gilbert".
  Trace Make(const std::string& kind) {
    Trace trace;
    trace.phase_ms = Uniform(0, kPtimeMs);
    trace.lost.assign(static_cast<size_t>(packets_), false);
    if (kind == "wifi") {
      trace.delay_ms.resize(static_cast<size_t>(packets_));
      Wifi(&trace);
    } else if (kind == "drx20" || kind == "drx40") {
      trace.delay_ms = Drx(kind == "drx20" ? 20 : 40);
    } else if (kind == "gamma67") {
      trace.delay_ms = Gamma(67, 2, 0.95);
    } else {
      trace.delay_ms = Gamma(14, 1.5, 0.5);
    }
    if (kind == "spikes") AddSpikes(&trace.delay_ms);
    if (kind == "steps") AddSteps(&trace.delay_ms);
    if (kind == "drift+" || kind == "drift-") AddDrift(kind == "drift+" ? 200 : -200, &trace);
    if (kind == "gilbert") LoseBursts(0.02, 3, &trace.lost);
    KeepOrder(&trace.delay_ms);
    return trace;
  }

 private:
  double Uniform(double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random_);
  }
  double Normal() { return std::normal_distribution<double>()(random_); }

  // Gamma distributed with the given shape and 99th percentile, correlated from packet to packet
  // by a Gaussian autoregressive process behind it.
  std::vector<double> Gamma(double p99_ms, double shape, double correlation) {
    constexpr int kTable = 200000;
    std::mt19937_64 fixed(4711);
    std::gamma_distribution<double> gamma(shape, 1);
    std::vector<double> quantile(kTable);
    for (double& value : quantile) value = gamma(fixed);
    std::sort(quantile.begin(), quantile.end());
    const double scale = p99_ms / quantile[kTable / 100 * 99];
    std::vector<double> delay(static_cast<size_t>(packets_));
    double state = Normal();
    for (double& value : delay) {
      const double share = 0.5 * std::erfc(-state / std::sqrt(2.0));
      value = scale * quantile[static_cast<size_t>(share * (kTable - 1))];
      state = correlation * state + std::sqrt(1 - correlation * correlation) * Normal();
    }
    return delay;
  }

  // One access point without priority for voice: the distributed coordination function of 802.11 as
  // Bianchi models it (Performance analysis of the IEEE 802.11 distributed coordination function,
  // IEEE JSAC 18(3), 2000, equations 7 and 9), with the constants of the standard's OFDM PHY at 24
  // Mbit/s: slots of 9 µs, windows of 16 to 1024 slots, seven tries. 0, 3 or 10 other stations have
  // something to send at all times, frames of 1,500 bytes, 0.62 ms each with preamble, SIFS, ACK
  // and DIFS; that changes after 2 s on average. A frame whose last try collides is lost.
  void Wifi(Trace* trace) {
    constexpr double kSlotMs = 0.009;
    constexpr double kFrameMs = 0.62;
    const int stations[] = {0, 3, 10};
    double busy = 0;
    double until_ms = 0;
    double free_ms = 0;  // when the packet before has left the queue
    for (int i = 0; i < packets_; ++i) {
      const double sent_ms = i * kPtimeMs;
      if (sent_ms >= until_ms) {
        busy = Collision(stations[std::uniform_int_distribution<int>(0, 2)(random_)]);
        until_ms = sent_ms + std::exponential_distribution<double>(1.0 / 2000)(random_);
      }
      double at_ms = std::max(sent_ms, free_ms);
      bool sent = false;
      for (int attempt = 0; attempt < 7 && !sent; ++attempt) {
        const int window = std::min(16 << attempt, 1024);
        const int slots = std::uniform_int_distribution<int>(0, window - 1)(random_);
        for (int slot = 0; slot < slots; ++slot) at_ms += Uniform(0, 1) < busy ? kFrameMs : kSlotMs;
        at_ms += kFrameMs;
        sent = Uniform(0, 1) >= busy;
      }
      free_ms = at_ms;
      const auto index = static_cast<size_t>(i);
      trace->delay_ms[index] = at_ms - sent_ms;
      trace->lost[index] = !sent;
    }
  }

  // The probability that one of `stations` saturated stations sends in a slot: the fixed point of
  // Bianchi's two equations, W = 16, m = 6.
  static double Collision(int stations) {
    if (stations == 0) return 0;
    double collision = 0.2;
    for (int step = 0; step < 1000; ++step) {
      const double p = collision;
      const double windows = (1 - 2 * p) * 17 + p * 16 * (1 - std::pow(2 * p, 6));
      const double sends = 2 * (1 - 2 * p) / windows;
      collision = 0.9 * p + 0.1 * (1 - std::pow(1 - sends, stations));
    }
    return collision;
  }

  // Discontinuous reception: the radio wakes once a cycle and delivers what waits; one in ten
  // transfers is repeated after 8 ms (HARQ), of those one in ten again.
  std::vector<double> Drx(double cycle_ms) {
    std::vector<double> delay(static_cast<size_t>(packets_));
    const double wake = Uniform(0, cycle_ms);
    for (int i = 0; i < packets_; ++i) {
      const double sent = i * kPtimeMs;
      const double cycles = std::ceil((sent - wake) / cycle_ms);
      double value = wake + cycles * cycle_ms - sent + Uniform(0, 2);
      for (int again = 0; again < 3 && Uniform(0, 1) < 0.1; ++again) value += 8;
      delay[static_cast<size_t>(i)] = value;
    }
    return delay;
  }

  // Each 10 s something blocks the path for 80 to 300 ms; what was sent meanwhile comes at once.
  void AddSpikes(std::vector<double>* delay) {
    for (double at = 5000; at < packets_ * kPtimeMs; at += Uniform(8000, 12000)) {
      const double until = at + Uniform(80, 300);
      for (double sent = std::ceil(at / kPtimeMs) * kPtimeMs; sent < until; sent += kPtimeMs) {
        const auto i = static_cast<size_t>(sent / kPtimeMs);
        if (i < delay->size()) (*delay)[i] += until - sent;
      }
    }
  }

  void AddSteps(std::vector<double>* delay) {
    const double routes[] = {0, 40, 80};
    int route = 0;
    double next = 15000;
    for (size_t i = 0; i < delay->size(); ++i) {
      if (static_cast<double>(i) * kPtimeMs >= next) {
        route = (route + (Uniform(0, 1) < 0.5 ? 1 : 2)) % 3;
        next += Uniform(15000, 30000);
      }
      (*delay)[i] += routes[route];
    }
  }

  void AddDrift(double ppm, Trace* trace) {
    const double whole = static_cast<double>(packets_) * kPtimeMs * std::fabs(ppm) / 1e6;
    for (size_t i = 0; i < trace->delay_ms.size(); ++i) {
      const double moved = static_cast<double>(i) * kPtimeMs * ppm / 1e6;
      trace->delay_ms[i] += ppm > 0 ? moved : whole + moved;
    }
  }

  // Gilbert's two-state model: `share` of the packets is lost, in bursts of `burst` on average.
  void LoseBursts(double share, double burst, std::vector<bool>* lost) {
    const double leave = 1 / burst;
    const double enter = leave * share / (1 - share);
    bool bad = false;
    for (size_t i = 0; i < lost->size(); ++i) {
      if (Uniform(0, 1) < (bad ? leave : enter)) bad = !bad;
      (*lost)[i] = bad;
    }
  }

  static void KeepOrder(std::vector<double>* delay) {
    double fastest = 1e9;
    for (size_t i = 0; i < delay->size(); ++i) {
      if (i > 0) (*delay)[i] = std::max((*delay)[i], (*delay)[i - 1] - kPtimeMs + 0.05);
      fastest = std::min(fastest, (*delay)[i]);
    }
    for (double& value : *delay) value -= fastest;
  }

  std::mt19937_64 random_;
  int packets_;
};

}  // namespace bench
