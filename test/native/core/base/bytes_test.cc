#include "core/base/bytes.h"

#include <doctest/doctest.h>

using namespace mixminus;

TEST_CASE("bytes: stores and loads agree with the order they name") {
  uint8_t bytes[9] = {};
  StoreBe32(0x01020304, bytes + 1);
  CHECK(bytes[1] == 1);
  CHECK(bytes[4] == 4);
  CHECK(LoadBe32(bytes + 1) == 0x01020304);
  CHECK(LoadLe32(bytes + 1) == 0x04030201);
  StoreLe32(0xFFFEFDFC, bytes + 1);
  CHECK(bytes[1] == 0xFC);
  CHECK(LoadLe32(bytes + 1) == 0xFFFEFDFC);
  StoreBe16(0xABCD, bytes);
  CHECK(LoadBe16(bytes) == 0xABCD);
  CHECK(LoadLe16(bytes) == 0xCDAB);
  StoreLe16(0x1234, bytes);
  CHECK(bytes[0] == 0x34);
  StoreBe64(0x0102030405060708, bytes + 1);
  CHECK(bytes[8] == 8);
  CHECK(LoadBe64(bytes + 1) == 0x0102030405060708);
}
