#pragma once
// Invariant checks for native/core. A broken invariant in our own code stops the process at once,
// in every build: core neither logs nor throws, and audio mixed from a corrupt state is worse than
// a crash report. Never used on input from the network, which gets a Status instead.

// Stops the process when `condition` is false. Costs one predictable branch.
#define MIXMINUS_CHECK(condition)            \
  do {                                       \
    if (__builtin_expect(!(condition), 0)) { \
      __builtin_trap();                      \
    }                                        \
  } while (false)
