#pragma once
// The codecs of this build, found by id or by SDP name. Pure. The G.711 objects are shared, because
// they have no state and may be used by every worker at once.

#include "core/codec/codec.h"

namespace mixminus {

// Null for kNone or an unknown id.
const CodecInfo* FindCodec(CodecId id) noexcept;
// By encoding name (case-insensitive, RFC 4855 §3) and RTP clock; null when this build has none.
const CodecInfo* FindCodecByName(const char* name, int rtp_clock_hz) noexcept;
// All codecs, `count` of them.
const CodecInfo* AllCodecs(int* count) noexcept;

// A shared decoder or encoder without state; null for kNone.
AudioDecoder* SharedDecoder(CodecId id) noexcept;
AudioEncoder* SharedEncoder(CodecId id) noexcept;

}  // namespace mixminus
