// See sound_file.h.
#include "core/file/sound_file.h"

#include <cstring>

#include "core/file/opus_source.h"
#include "core/file/wav_source.h"

namespace mixminus {

InputState SoundFile::Open() noexcept {
  if (!source_) {
    const InputState state = buffer_.Need(4);
    if (state == InputState::kEnd) {
      problem_ = buffer_.size() == 0 ? "is empty" : "is neither a WAVE nor an Ogg Opus file";
      return InputState::kFailed;
    }
    if (state != InputState::kOk) return state;
    const uint8_t* magic = buffer_.data();
    if (std::memcmp(magic, "OggS", 4) == 0) {
      source_ = std::make_unique<OpusSource>(&buffer_);
    } else if (std::memcmp(magic, "RIFF", 4) == 0 || std::memcmp(magic, "RF64", 4) == 0 ||
               std::memcmp(magic, "RIFX", 4) == 0) {
      source_ = std::make_unique<WavSource>(&buffer_);
    } else {
      problem_ = "is neither a WAVE nor an Ogg Opus file";
      return InputState::kFailed;
    }
  }
  return source_->Open();
}

}  // namespace mixminus
