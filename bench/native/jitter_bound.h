// The clairvoyant bound: what playout delay would cost somebody who knew the whole trace. Delays
// D(i) minimise their mean while the share of packets with d(i) > D(i) stays within p and
// |D(i) − D(i−1)| within 15 % of a packet (Moon, Kurose and Towsley 1998; 3GPP TS 26.114 Annex D).
// A dynamic program over a grid of 1 ms, with a price for each late packet; the price is searched
// until the share fits, and the mean is interpolated between the two plans on either side of p, so
// that it is never above the true optimum.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "jitter_traces.h"

namespace bench {

struct BoundPlan {
  double mean_ms = 0;
  double late_share = 0;
};

class Bound {
 public:
  explicit Bound(const Trace& trace) {
    for (size_t i = 0; i < trace.delay_ms.size(); ++i) {
      needed_.push_back(trace.lost[i] ? 0 : static_cast<int>(std::ceil(trace.delay_ms[i])));
      if (!trace.lost[i]) ++received_;
    }
    grid_ = *std::max_element(needed_.begin(), needed_.end()) + 1;
  }

  double MeanMs(double late_share) const {
    double low = 0;
    double high = 1e6;
    BoundPlan cheap = Solve(low);
    BoundPlan dear = Solve(high);
    if (cheap.late_share <= late_share) return cheap.mean_ms;
    for (int i = 0; i < 40 && high / std::max(low, 0.01) > 1.02; ++i) {
      const double price = std::sqrt(std::max(low, 0.01) * high);
      const BoundPlan plan = Solve(price);
      if (plan.late_share > late_share) {
        low = price;
        cheap = plan;
      } else {
        high = price;
        dear = plan;
      }
    }
    const double span = cheap.late_share - dear.late_share;
    const double part = span > 0 ? (late_share - dear.late_share) / span : 0;
    return dear.mean_ms + part * (cheap.mean_ms - dear.mean_ms);
  }

 private:
  static constexpr int kStep = 3;  // 15 % of 20 ms

  struct State {
    double cost = 0;
    int late = 0;
    int64_t sum = 0;
  };

  BoundPlan Solve(double price_ms) const {
    std::vector<State> now(static_cast<size_t>(grid_));
    std::vector<State> next(now.size());
    for (const int needed : needed_) {
      for (int at = 0; at < grid_; ++at) {
        const int from = std::max(0, at - kStep);
        const int to = std::min(grid_ - 1, at + kStep);
        int best = from;
        for (int i = from + 1; i <= to; ++i) {
          if (now[static_cast<size_t>(i)].cost < now[static_cast<size_t>(best)].cost) best = i;
        }
        State state = now[static_cast<size_t>(best)];
        const bool late = needed > at;
        state.cost += at + (late ? price_ms : 0);
        state.late += late;
        state.sum += at;
        next[static_cast<size_t>(at)] = state;
      }
      now.swap(next);
    }
    const auto best = std::min_element(
        now.begin(), now.end(), [](const State& a, const State& b) { return a.cost < b.cost; });
    return {static_cast<double>(best->sum) / static_cast<double>(needed_.size()),
            static_cast<double>(best->late) / std::max(1, received_)};
  }

  std::vector<int> needed_;  // a lost packet needs nothing
  int received_ = 0;
  int grid_ = 1;
};

}  // namespace bench
