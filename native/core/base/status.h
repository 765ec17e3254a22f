#pragma once
// The one result code of native/core. Parsers and builders return it instead of throwing; the names
// are stable, so that the engine can count and report them by name. Pure; used by every folder of
// core.

#include <cstdint>

namespace mixminus {

enum class Status : uint8_t {
  kOk = 0,
  kTruncated,     // the input ends before what it announces
  kBadVersion,    // version field is not the protocol's
  kBadPadding,    // padding longer than the packet, or zero
  kBadExtension,  // header extension runs past the packet
  kBadLength,     // a length field contradicts the size
  kBadType,       // packet type not allowed at this place
  kMalformed,     // any other violation of the format
  kUnsupported,   // well formed, but a variant that this build does not read
  kOutOfRange,    // an argument or field outside its documented range
  kNoSpace,       // the output does not fit the given capacity
};

// A stable lower-case name such as "bad-padding"; never null.
inline const char* StatusName(Status status) noexcept {
  switch (status) {
    case Status::kOk:
      return "ok";
    case Status::kTruncated:
      return "truncated";
    case Status::kBadVersion:
      return "bad-version";
    case Status::kBadPadding:
      return "bad-padding";
    case Status::kBadExtension:
      return "bad-extension";
    case Status::kBadLength:
      return "bad-length";
    case Status::kBadType:
      return "bad-type";
    case Status::kMalformed:
      return "malformed";
    case Status::kUnsupported:
      return "unsupported";
    case Status::kOutOfRange:
      return "out-of-range";
    case Status::kNoSpace:
      return "no-space";
  }
  return "unknown";
}

}  // namespace mixminus
