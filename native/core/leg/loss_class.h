#pragma once
// What a listener's reports say about the way to it, as one of three classes, so that listeners who
// lose about the same share an encoder. Each class is a loss that in-band FEC is prepared for.
// Pure; owned by a media leg.

namespace mixminus {

class LossClass {
 public:
  static constexpr int kClasses = 3;
  // Of packets that are lost: a class begins above its number …
  static constexpr double kEnter[kClasses] = {0, 0.02, 0.08};
  // … and ends below this one.
  static constexpr double kLeave[kClasses] = {0, 0.01, 0.05};
  static constexpr int kExpectedPercent[kClasses] = {0, 5, 15};

  // The fraction lost of a report (RFC 3550 §6.4.1), 0…1.
  void Update(double fraction_lost) noexcept;

  int index() const noexcept { return index_; }
  int expected_percent() const noexcept { return kExpectedPercent[index_]; }

 private:
  double average_ = 0;
  int index_ = 0;
};

}  // namespace mixminus
