// Header extensions (RFC 8285): whatever a packet carries, elements lie inside it; and what the
// writer makes of the elements is read again as the same ones.
#include <cstring>

#include "core/base/check.h"
#include "core/rtp/extension.h"

using namespace mixminus;

namespace {

void Rebuild(const RtpPacketView& seen, bool two_byte) {
  uint8_t bytes[kRtpHeaderSize + 1100] = {0x90};
  const size_t capacity = sizeof(bytes) - kRtpHeaderSize;
  ExtensionWriter writer(two_byte, bytes + kRtpHeaderSize, capacity);
  ExtensionElement elements[64];
  int count = 0;
  ExtensionReader reader(seen);
  while (count < 64 && reader.Next(&elements[count])) {
    if (writer.Add(elements[count].id, elements[count].data, elements[count].size)) ++count;
  }
  const size_t size = writer.Finish();
  MIXMINUS_CHECK((size > 0) == (count > 0));
  if (count == 0) return;
  RtpPacketView again;
  MIXMINUS_CHECK(ParseRtp(bytes, kRtpHeaderSize + size, &again) == Status::kOk);
  MIXMINUS_CHECK(again.payload_size == 0);
  ExtensionReader rereader(again);
  ExtensionElement element;
  for (int i = 0; i < count; ++i) {
    MIXMINUS_CHECK(rereader.Next(&element));
    MIXMINUS_CHECK(element.id == elements[i].id && element.size == elements[i].size);
    MIXMINUS_CHECK(element.size == 0 ||
                   std::memcmp(element.data, elements[i].data, element.size) == 0);
  }
  MIXMINUS_CHECK(!rereader.Next(&element));
  MIXMINUS_CHECK(!rereader.damaged());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  RtpPacketView view;
  if (ParseRtp(data, size, &view) != Status::kOk) return 0;
  ExtensionReader reader(view);
  ExtensionElement element;
  while (reader.Next(&element)) {
    MIXMINUS_CHECK(element.data >= view.extension);
    MIXMINUS_CHECK(element.data + element.size <= view.extension + view.extension_size);
    MIXMINUS_CHECK(element.id != 0);
    ExtensionElement found;
    MIXMINUS_CHECK(FindExtension(view, element.id, &found));
    ClientAudioLevel level;
    if (ReadClientLevel(element, &level)) MIXMINUS_CHECK(level.level_dbov <= 127);
    for (int i = 0; i <= kMaxCsrcs; ++i) MIXMINUS_CHECK(ReadMixerLevel(element, i) <= 127);
  }
  Rebuild(view, false);
  Rebuild(view, true);
  return 0;
}
