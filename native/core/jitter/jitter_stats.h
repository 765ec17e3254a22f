#pragma once
// What the jitter buffer did, one counter per cause, so that nobody has to guess why a call sounds
// bad. Samples are those of the decoded audio, whatever its RTP clock. Plain data; read by the
// leg's owner and published in the statistics table.

#include <cstdint>

namespace mixminus {

struct JitterStats {
  uint64_t inserted = 0;   // packets taken into a slot
  uint64_t lost = 0;       // never came (a packet that comes too late moves from here to `late`)
  uint64_t late = 0;       // came after its turn, not used
  uint64_t duplicate = 0;  // same sequence number again
  uint64_t reordered = 0;  // came after a younger packet, used
  uint64_t discarded = 0;  // thrown away by us: delay past its maximum, too large, too short
  uint64_t resets = 0;     // began anew: jump too large for the slots, or told to
  uint64_t rebases = 0;    // timestamps jumped while sequence numbers went on
  uint64_t concealed_samples = 0;   // made up, for packets missing or not yet there
  uint64_t concealment_events = 0;  // runs of those
  uint64_t repaired_samples = 0;    // of packets missing, brought back by in-band FEC
  uint64_t redundant = 0;           // packets missing, brought back by a redundant copy
  uint64_t inserted_samples = 0;    // delay added: waited for late packets, or stretched
  uint64_t removed_samples = 0;     // delay taken away: compressed, or thrown away
  int target_ms = 0;                // delay aimed at, from the arrival of the fastest recent packet
  int delay_ms = 0;                 // the same as it is
  int level_ms = 0;  // audio in the buffer at the last tick, the frame pulled included
};

}  // namespace mixminus
