// G.722: a quadrature mirror filter splits 16 kHz into two bands of 8 kHz; the lower one goes
// through ADPCM of 6 bits a sample, the higher one of 2. Names in parentheses are the blocks of the
// Recommendation, whose fixed-point rules decide about every rounding. Pure.

#include "core/codec/g722.h"

#include <cstring>

namespace mixminus {

namespace {

// QMF, G.722 table 11 (half of a symmetric impulse response of 24), × 8192.
constexpr int32_t kQmf[12] = {3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11};

// Lower band: decision levels of the 60-level quantiser (table 14, Q6).
constexpr int kLowLevels = 30;
constexpr int32_t kLowDecision[kLowLevels] = {
    0,   35,  72,  110, 150,  190,  233,  276,  323,  370,  422,  473,  530,  587,  650,
    714, 786, 858, 940, 1023, 1121, 1219, 1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919};

// Output levels of the lower band's inverse quantisers for 6 and 4 bits (table 14 and 17, QQ6,
// QQ4), by code.
constexpr int32_t kLowOutput6[64] = {
    -136,   -136,   -136,  -136,  -24808, -21904, -19008, -16704, -14984, -13512, -12280,
    -11192, -10232, -9360, -8576, -7856,  -7192,  -6576,  -6000,  -5456,  -4944,  -4464,
    -4008,  -3576,  -3168, -2776, -2400,  -2032,  -1688,  -1360,  -1040,  -728,   24808,
    21904,  19008,  16704, 14984, 13512,  12280,  11192,  10232,  9360,   8576,   7856,
    7192,   6576,   6000,  5456,  4944,   4464,   4008,   3576,   3168,   2776,   2400,
    2032,   1688,   1360,  1040,  728,    432,    136,    -432,   -136};
constexpr int32_t kLowOutput4[16] = {0,     -20456, -12896, -8968, -6288, -4240, -2584, -1200,
                                     20456, 12896,  8968,   6288,  4240,  2584,  1200,  0};
// Steps of the log scale factor by 4-bit code (WL of table 18 by IL4).
constexpr int32_t kLowStep[16] = {-60,  3042, 1198, 538, 334, 172, 58,  -30,
                                  3042, 1198, 538,  334, 172, 58,  -30, -60};
constexpr int32_t kLowMaxNb = 18432;

// Higher band: one decision level (Q2), output levels (QQ2) and steps (WH of IH2) by 2-bit code.
constexpr int32_t kHighDecision = 564;
constexpr int32_t kHighOutput[4] = {-7408, -1616, 7408, 1616};
constexpr int32_t kHighStep[4] = {798, -214, 798, -214};
constexpr int32_t kHighMaxNb = 22528;

// 2^(i / 32) × 2048 (table 19, ILB).
constexpr int32_t kInverseLog[32] = {
    2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834,
    2896, 2960, 3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008};

inline int32_t Saturate(int32_t value) noexcept {
  return value > INT16_MAX ? INT16_MAX : value < INT16_MIN ? INT16_MIN : value;
}

inline int32_t Clamp(int32_t value, int32_t low, int32_t high) noexcept {
  return value < low ? low : value > high ? high : value;
}

// (LOGSCL, SCALEL and LOGSCH, SCALEH): the scale factor follows the size of the codes.
inline void Adapt(G722Band* band, int32_t step, int32_t max_nb, int shift) noexcept {
  band->nb = Clamp(((band->nb * 127) >> 7) + step, 0, max_nb);
  const int32_t fraction = kInverseLog[(band->nb >> 6) & 31];
  const int exponent = shift - (band->nb >> 11);
  band->det = (exponent < 0 ? fraction << -exponent : fraction >> exponent) << 2;
}

// (UPPOL2, UPPOL1): the two poles follow the signs of the partly reconstructed signal.
inline void AdaptPoles(G722Band* band, int32_t p) noexcept {
  const bool same1 = (p ^ band->p1) >= 0;
  const bool same2 = (p ^ band->p2) >= 0;
  const int32_t scaled = Saturate(band->a1 * 4);
  int32_t step = same1 ? -scaled : scaled;
  if (step > INT16_MAX) step = INT16_MAX;
  const int32_t a2 =
      Clamp((same2 ? 128 : -128) + (step >> 7) + ((band->a2 * 32512) >> 15), -12288, 12288);
  const int32_t limit = Saturate(15360 - a2);
  const int32_t a1 = Saturate((same1 ? 192 : -192) + ((band->a1 * 32640) >> 15));
  band->a1 = Clamp(a1, -limit, limit);
  band->a2 = a2;
}

// (UPZERO, DELAYA, FILTEZ): the six zeros, and what they predict. The shift of d goes with the
// loop.
inline int32_t AdaptZeros(G722Band* band, int32_t d) noexcept {
  const int32_t step = d == 0 ? 0 : 128;
  int32_t sum = 0;
  int32_t moving = d;
  for (int i = 0; i < 6; ++i) {
    const int32_t past = band->d[i];
    const int32_t sign = (past ^ d) >> 31;  // −1 where the signs differ
    const int32_t b = Saturate(((step ^ sign) - sign) + ((band->b[i] * 32640) >> 15));
    band->b[i] = b;
    band->d[i] = moving;
    sum += (b * Saturate(moving + moving)) >> 15;
    moving = past;
  }
  return Saturate(sum);
}

// Block 4: takes the quantised difference and predicts the band's next sample.
inline void Predict(G722Band* band, int32_t d) noexcept {
  const int32_t r = Saturate(band->s + d);   // (RECONS)
  const int32_t p = Saturate(band->sz + d);  // (PARREC)
  AdaptPoles(band, p);
  band->sz = AdaptZeros(band, d);
  // (FILTEP, PREDIC)
  const int32_t pole1 = (band->a1 * Saturate(r + r)) >> 15;
  const int32_t pole2 = (band->a2 * Saturate(band->r1 + band->r1)) >> 15;
  band->s = Saturate(Saturate(pole1 + pole2) + band->sz);
  band->r2 = band->r1;
  band->r1 = r;
  band->p2 = band->p1;
  band->p1 = p;
}

inline void UpdateLow(G722Band* band, int code4) noexcept {
  const int32_t d = (band->det * kLowOutput4[code4]) >> 15;  // (INVQAL)
  Adapt(band, kLowStep[code4], kLowMaxNb, 8);
  Predict(band, d);
}

inline void UpdateHigh(G722Band* band, int code, int32_t d) noexcept {
  Adapt(band, kHighStep[code], kHighMaxNb, 10);
  Predict(band, d);
}

// (QUANTL): the level below which the magnitude lies. They ascend, so five halvings find it.
inline int QuantiseLow(int32_t magnitude, int32_t det) noexcept {
  int low = 1;  // level 30 stands for everything above the last decision
  int high = kLowLevels;
  while (low < high) {
    const int middle = (low + high) / 2;
    if (magnitude < ((kLowDecision[middle] * det) >> 12)) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

// (QUANTL): sign and level as a code. The two smallest negative levels have the codes 63 and 62,
// because 0 to 3 must not be sent.
inline int LowCode(int32_t difference, int32_t det) noexcept {
  const bool negative = difference < 0;
  const int level = QuantiseLow(negative ? ~difference : difference, det);
  if (!negative) return 62 - level;
  return level <= 2 ? 64 - level : 34 - level;
}

inline void ResetBands(G722Band* low, G722Band* high) noexcept {
  *low = G722Band();
  *high = G722Band();
  low->det = 32;
  high->det = 8;
}

}  // namespace

int G722Decoder::PacketSamples(const uint8_t*, size_t size) const noexcept {
  return static_cast<int>(2 * size);
}

void G722Decoder::Reset() noexcept {
  ResetBands(&low_, &high_);
  std::memset(sums_, 0, sizeof(sums_));
  std::memset(differences_, 0, sizeof(differences_));
  phase_ = 0;
  payload_ = nullptr;
  size_ = 0;
  next_ = 0;
}

void G722Decoder::DecodeCode(uint8_t code, int16_t* pair) noexcept {
  const int low_code = code & 63;
  const int high_code = code >> 6;
  const int32_t low_d = (low_.det * kLowOutput6[low_code]) >> 15;  // (INVQBL)
  const int32_t low = Clamp(low_.s + low_d, -16384, 16383);        // (RECONS, LIMIT)
  UpdateLow(&low_, low_code >> 2);
  const int32_t high_d = (high_.det * kHighOutput[high_code]) >> 15;  // (INVQAH)
  const int32_t high = Clamp(high_.s + high_d, -16384, 16383);
  UpdateHigh(&high_, high_code, high_d);

  // (RECA, RECB, ACCUMC, ACCUMD): the rings are written twice, so that a window is always in a row.
  constexpr int kLength = kHistory + 1;
  phase_ = phase_ == 0 ? kHistory : phase_ - 1;
  sums_[phase_] = sums_[phase_ + kLength] = low + high;
  differences_[phase_] = differences_[phase_ + kLength] = low - high;
  const int32_t* sums = sums_ + phase_;
  const int32_t* differences = differences_ + phase_;
  int32_t even = 0;
  int32_t odd = 0;
  for (int i = 0; i < kLength; ++i) {
    even += differences[i] * kQmf[i];
    odd += sums[i] * kQmf[kHistory - i];
  }
  pair[0] = static_cast<int16_t>(Saturate(even >> 11));
  pair[1] = static_cast<int16_t>(Saturate(odd >> 11));
}

int G722Decoder::Decode(const uint8_t* payload, size_t size, int first, int16_t* out,
                        int count) noexcept {
  const int samples = PacketSamples(payload, size);
  if (first < 0 || count <= 0 || first >= samples) return 0;
  if (count > samples - first) count = samples - first;
  const bool continues = first > 0 && first == next_ && payload == payload_ && size == size_;
  int position = continues ? first : 0;
  int written = 0;
  if (position % 2 == 1) {
    out[written++] = spare_;
    ++position;
  }
  while (written < count) {
    int16_t pair[2];
    DecodeCode(payload[position / 2], pair);
    for (int i = 0; i < 2; ++i, ++position) {
      if (position >= first && written < count) out[written++] = pair[i];
    }
    spare_ = pair[1];
  }
  payload_ = payload;
  size_ = size;
  next_ = first + count;
  return count;
}

void G722Encoder::Reset() noexcept {
  ResetBands(&state_.low, &state_.high);
  std::memset(state_.history, 0, sizeof(state_.history));
}

bool G722Encoder::CloneStateFrom(const AudioEncoder& other) noexcept {
  if (other.id() != CodecId::kG722) return false;
  state_ = static_cast<const G722Encoder&>(other).state_;
  return true;
}

// Two samples with the 22 before them; the latest is window[23].
uint8_t G722Encoder::EncodePair(const int16_t* window) noexcept {
  int32_t even = 0;
  int32_t odd = 0;
  for (int i = 0; i < kTaps / 2; ++i) {
    odd += window[2 * i] * kQmf[i];
    even += window[2 * i + 1] * kQmf[kTaps / 2 - 1 - i];
  }
  // (LOWT, HIGHT): the filter's gain of 2 leaves 15 bits.
  const int32_t low = (even + odd) >> 14;
  const int32_t high = (even - odd) >> 14;

  G722Band* band = &state_.low;
  const int low_code = LowCode(Saturate(low - band->s), band->det);
  UpdateLow(band, low_code >> 2);

  band = &state_.high;
  const int32_t difference = Saturate(high - band->s);
  const bool negative = difference < 0;
  const int32_t magnitude = negative ? ~difference : difference;
  // (QUANTH): codes 0 and 1 are the outer and inner negative level, 2 and 3 the positive ones.
  const int inner = magnitude < ((kHighDecision * band->det) >> 12) ? 1 : 0;
  const int high_code = (negative ? 0 : 2) + inner;
  UpdateHigh(band, high_code, (band->det * kHighOutput[high_code]) >> 15);
  return static_cast<uint8_t>(high_code << 6 | low_code);
}

size_t G722Encoder::Encode(const int16_t* samples, int count, uint8_t* out,
                           size_t capacity) noexcept {
  if (!TakesSamples(count) || static_cast<size_t>(count / 2) > capacity) return 0;
  constexpr int kBefore = kTaps - 2;
  // The first pairs reach into the last packet; the others have all they need in this one.
  int16_t seam[2 * kBefore];
  const int in_seam = count < kBefore ? count : kBefore;
  std::memcpy(seam, state_.history, sizeof(state_.history));
  std::memcpy(seam + kBefore, samples, static_cast<size_t>(in_seam) * sizeof(int16_t));
  for (int i = 0; i < in_seam; i += 2) out[i / 2] = EncodePair(seam + i);
  for (int i = in_seam; i < count; i += 2) out[i / 2] = EncodePair(samples + i - kBefore);
  const int16_t* rest = count < kBefore ? seam + count : samples + count - kBefore;
  std::memcpy(state_.history, rest, sizeof(state_.history));
  return static_cast<size_t>(count / 2);
}

}  // namespace mixminus
