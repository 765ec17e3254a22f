// The E-model with the default values of ITU-T G.107 Table 2 for everything that a network element
// cannot know (loudness, sidetone, room noise). Pure.

#include "core/rtp/quality.h"

#include <algorithm>
#include <cmath>

namespace mixminus {

namespace {

// G.107 Table 2.
constexpr double kSlr = 8;     // send loudness rating, dB
constexpr double kRlr = 2;     // receive loudness rating, dB
constexpr double kStmr = 15;   // sidetone masking rating, dB
constexpr double kDs = 3;      // D-factor, sending side
constexpr double kDr = 3;      // D-factor, receiving side
constexpr double kTelr = 65;   // talker echo loudness rating, dB
constexpr double kWepl = 110;  // weighted echo path loss, dB
constexpr double kQdu = 1;     // quantizing distortion units
constexpr double kNc = -70;    // circuit noise, dBm0p
constexpr double kNfor = -64;  // noise floor at the receiving side, dBmp
constexpr double kPs = 35;     // room noise, sending side, dB(A)
constexpr double kPr = 35;     // room noise, receiving side, dB(A)
constexpr double kOlr = kSlr + kRlr;

double FromDb(double db) noexcept { return std::pow(10.0, db / 10); }
double ToDb(double power) noexcept { return 10 * std::log10(power); }

// §7.2: the noise of circuit and rooms, as one at the 0 dBr point.
double NoiseDbm0p() noexcept {
  const double send = kPs - kOlr - kDs - 14;
  const double nos = kPs - kSlr - kDs - 100 + 0.004 * send * send;
  const double pre = kPr + ToDb(1 + FromDb(10 - (kStmr + kDr)));
  const double nor = kRlr - 121 + pre + 0.008 * (pre - 35) * (pre - 35);
  const double nfo = kNfor + kRlr;
  return ToDb(FromDb(kNc) + FromDb(nos) + FromDb(nor) + FromDb(nfo));
}

// §7.3: what comes with the voice itself; `delay_ms` is T.
double SimultaneousImpairment(double noise, double ro, double delay_ms) noexcept {
  const double xolr = kOlr + 0.2 * (64 + noise - kRlr);
  const double iolr = 20 * (std::pow(1 + std::pow(xolr / 8, 8), 1.0 / 8) - xolr / 8);
  const double stmro = -ToDb(FromDb(-kStmr) + std::exp(-delay_ms / 4) * FromDb(-kTelr));
  const double ist = 12 * std::pow(1 + std::pow((stmro - 13) / 6, 8), 1.0 / 8) -
                     28 * std::pow(1 + std::pow((stmro + 1) / 19.4, 35), 1.0 / 35) -
                     13 * std::pow(1 + std::pow((stmro - 3) / 33, 13), 1.0 / 13) + 29;
  const double q = 37 - 15 * std::log10(kQdu);
  const double g = 1.07 + 0.258 * q + 0.0602 * q * q;
  const double y = (ro - 100) / 15 + 46 / 8.4 - g / 9;
  const double z = 46.0 / 30 - g / 40;
  const double iq = 15 * std::log10(1 + std::pow(10, y) + std::pow(10, z));
  return iolr + ist + iq;
}

// §7.4: talker echo, listener echo and delay as such.
double DelayImpairment(double noise, double ro, double delay_ms) noexcept {
  const double terv = kTelr - 40 * std::log10((1 + delay_ms / 10) / (1 + delay_ms / 150)) +
                      6 * std::exp(-0.3 * delay_ms * delay_ms);
  const double roe = -1.5 * (noise - kRlr);
  const double re = 80 + 2.5 * (terv - 14);
  const double talker = (roe - re) / 2 + std::sqrt((roe - re) * (roe - re) / 4 + 100) - 1;
  const double idte = talker * (1 - std::exp(-delay_ms));
  const double rle = 10.5 * (kWepl + 7) * std::pow(2 * delay_ms + 1, -0.25);
  const double idle = (ro - rle) / 2 + std::sqrt((ro - rle) * (ro - rle) / 4 + 169);
  double idd = 0;
  if (delay_ms > 100) {
    const double x = std::log2(delay_ms / 100);
    idd = 25 * (std::pow(1 + std::pow(x, 6), 1.0 / 6) -
                3 * std::pow(1 + std::pow(x / 3, 6), 1.0 / 6) + 2);
  }
  return idte + idle + idd;
}

// §7.5: the codec, and what loss does to it.
double EquipmentImpairment(const QualityInput& input) noexcept {
  const double loss = std::clamp(input.loss_percent, 0.0, 100.0);
  if (loss <= 0) return input.equipment_impairment;
  const double spread = loss / std::max(input.burst_ratio, 1.0) + input.loss_robustness;
  return input.equipment_impairment + (95 - input.equipment_impairment) * loss / spread;
}

}  // namespace

double RatingFactor(const QualityInput& input) noexcept {
  const double delay_ms = std::clamp(input.one_way_delay_ms, 0.0, 10'000.0);
  const double noise = NoiseDbm0p();
  const double ro = 15 - 1.5 * (kSlr + noise);
  const double rating = ro - SimultaneousImpairment(noise, ro, delay_ms) -
                        DelayImpairment(noise, ro, delay_ms) - EquipmentImpairment(input);
  return std::clamp(rating, 0.0, 100.0);
}

double MeanOpinionScore(double rating_factor) noexcept {
  const double r = rating_factor;
  if (r <= 0) return 1;
  if (r >= 100) return 4.5;
  // The cubic dips a little below 1 near R = 6.
  return std::max(1.0, 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6);
}

}  // namespace mixminus
