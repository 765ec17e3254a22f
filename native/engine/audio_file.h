// Turns the bytes of an audio file into the PCM that players take. Runs on the calling thread;
// allocates.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/engine_status.h"

namespace mixminus {

// Decodes a whole RIFF/WAVE file to mono at `rate_hz` (8000…48000). ERR_INVALID_AUDIO says what is
// wrong with it.
EngineStatus DecodeWav(const uint8_t* bytes, size_t size, int rate_hz, std::vector<int16_t>* out);

}  // namespace mixminus
