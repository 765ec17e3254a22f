#pragma once
// The codecs of this build, found by id or by SDP name, and the factory of their decoders and
// encoders. The look-ups are pure and may be called anywhere; Make… allocates and is for the
// calling thread. The G.711 objects are also shared, because they have no state and may be used by
// every worker at once.

#include <memory>

#include "core/codec/codec.h"

namespace mixminus {

// The codec's first line in the table; null for kNone, an unknown id, or one this build lacks.
const CodecInfo* FindCodec(CodecId id) noexcept;
// The line with this RTP clock; null when there is none.
const CodecInfo* FindCodec(CodecId id, int rtp_clock_hz) noexcept;
// By encoding name (case-insensitive, RFC 4855 §3) and RTP clock; null when this build has none.
const CodecInfo* FindCodecByName(const char* name, int rtp_clock_hz) noexcept;
// All lines, `count` of them.
const CodecInfo* AllCodecs(int* count) noexcept;

// A decoder or encoder of one stream. Null when this build has no such codec or the settings ask
// for a rate that it does not have; other values are clamped into their ranges.
std::unique_ptr<AudioDecoder> MakeDecoder(const CodecSettings& settings);
std::unique_ptr<AudioEncoder> MakeEncoder(const CodecSettings& settings);

// Bytes that an encoder of this codec keeps between packets; 0 when it has no state.
size_t EncoderStateSize(CodecId id) noexcept;

// A shared decoder or encoder of PCMU or PCMA; null for all others.
AudioDecoder* SharedDecoder(CodecId id) noexcept;
AudioEncoder* SharedEncoder(CodecId id) noexcept;

}  // namespace mixminus
