// See address.h.
#include "engine/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cstring>

namespace mixminus {

bool ParseAddress(const std::string& text, uint16_t port, TransportAddress* out) {
  TransportAddress address;
  address.port = port;
  if (inet_pton(AF_INET, text.c_str(), address.bytes) == 1) {
    address.family = 4;
  } else if (inet_pton(AF_INET6, text.c_str(), address.bytes) == 1) {
    in6_addr six{};
    std::memcpy(&six, address.bytes, sizeof(six));
    address.family = 6;
    if (IN6_IS_ADDR_V4MAPPED(&six)) {
      std::memmove(address.bytes, address.bytes + 12, 4);
      std::memset(address.bytes + 4, 0, 12);
      address.family = 4;
    }
  } else {
    return false;
  }
  *out = address;
  return true;
}

std::string FormatAddress(const TransportAddress& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.family == 0) return text;
  inet_ntop(address.family == 4 ? AF_INET : AF_INET6, address.bytes, text, sizeof(text));
  return text;
}

socklen_t ToSockaddr(const TransportAddress& address, sockaddr_storage* out) noexcept {
  if (address.family == 4) {
    sockaddr_in four{};
    four.sin_family = AF_INET;
    four.sin_port = htons(address.port);
    std::memcpy(&four.sin_addr, address.bytes, 4);
    std::memcpy(out, &four, sizeof(four));
    return sizeof(four);
  }
  sockaddr_in6 six{};
  six.sin6_family = AF_INET6;
  six.sin6_port = htons(address.port);
  std::memcpy(&six.sin6_addr, address.bytes, 16);
  std::memcpy(out, &six, sizeof(six));
  return sizeof(six);
}

TransportAddress FromSockaddr(const sockaddr_storage& from) noexcept {
  TransportAddress address;
  if (from.ss_family == AF_INET) {
    sockaddr_in four;
    std::memcpy(&four, &from, sizeof(four));
    address.family = 4;
    address.port = ntohs(four.sin_port);
    std::memcpy(address.bytes, &four.sin_addr, 4);
  } else if (from.ss_family == AF_INET6) {
    sockaddr_in6 six;
    std::memcpy(&six, &from, sizeof(six));
    address.family = 6;
    address.port = ntohs(six.sin6_port);
    std::memcpy(address.bytes, &six.sin6_addr, 16);
  }
  return address;
}

}  // namespace mixminus
