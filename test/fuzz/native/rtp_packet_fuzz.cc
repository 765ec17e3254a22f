// Any bytes as an RTP packet: an error, or a view that lies inside them.

#include "core/base/check.h"
#include "core/rtp/packet.h"

using namespace mixminus;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  LooksLikeRtcp(data, size);
  RtpPacketView view;
  if (ParseRtp(data, size, &view) != Status::kOk) return 0;
  const uint8_t* end = data + size;
  MIXMINUS_CHECK(view.payload_type < 128);
  MIXMINUS_CHECK(view.payload >= data + kRtpHeaderSize);
  MIXMINUS_CHECK(view.payload + view.payload_size + view.padding_size == end);
  unsigned sum = 0;
  for (int i = 0; i < view.csrc_count; ++i) sum += view.Csrc(i);
  for (size_t i = 0; i < view.extension_size; ++i) sum += view.extension[i];
  for (size_t i = 0; i < view.payload_size; ++i) sum += view.payload[i];
  volatile unsigned sink = sum;
  static_cast<void>(sink);
  return 0;
}
