// See random_source.h.
#include "engine/random_source.h"

#include <sys/random.h>

#include "core/base/check.h"

namespace mixminus {

uint32_t RandomSource::Next() noexcept {
  if (seeded_) return generator_.Next();
  uint32_t value = 0;
  // Requests of up to 256 bytes are never cut short once the kernel's pool is ready (getrandom(2)).
  MIXMINUS_CHECK(getrandom(&value, sizeof(value), 0) == static_cast<ssize_t>(sizeof(value)));
  return value;
}

}  // namespace mixminus
