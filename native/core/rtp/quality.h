#pragma once
// How good a call is, as a number: the E-model (ITU-T G.107, 2015) from delay, loss, its burstiness
// and the codec's weakness, and the MOS that belongs to it (Annex B). Pure; a leg asks once a
// second. All inputs are exposed, so that a figure can be traced to its cause.

namespace mixminus {

struct QualityInput {
  double one_way_delay_ms = 0;  // mouth to ear: Ta, and T and Tr/2 (there is no other echo path)
  double loss_percent = 0;      // Ppl: of packets not played, lost or late, 0…100
  double burst_ratio = 1;       // BurstR: mean length of a loss ÷ that of random loss; ≥ 1
  double equipment_impairment = 0;  // Ie of the codec
  double loss_robustness = 4.3;     // Bpl of the codec; 4.3 is G.711 without concealment
};

// The transmission rating factor, 0…100; 93.2 with the defaults of G.107 (Table 2) and no delay.
double RatingFactor(const QualityInput& input) noexcept;

// Annex B: 1 at R ≤ 0, 4.5 at R ≥ 100; 4.41 at R = 93.2.
double MeanOpinionScore(double rating_factor) noexcept;

}  // namespace mixminus
