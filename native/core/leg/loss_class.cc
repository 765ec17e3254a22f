// Reports → class. Pure.

#include "core/leg/loss_class.h"

namespace mixminus {

namespace {

// A report covers some seconds: worse news count for half at once, better ones are waited for.
constexpr double kRise = 0.5;
constexpr double kFall = 0.25;

}  // namespace

void LossClass::Update(double fraction_lost) noexcept {
  const double part = fraction_lost > average_ ? kRise : kFall;
  average_ += part * (fraction_lost - average_);
  while (index_ + 1 < kClasses && average_ > kEnter[index_ + 1]) ++index_;
  while (index_ > 0 && average_ < kLeave[index_]) --index_;
}

}  // namespace mixminus
