// Numeric addresses between text, the engine's TransportAddress and the socket layer. Pure apart
// from the libc parsers; used by the calling thread and by sockets.
#pragma once

#include <sys/socket.h>

#include <string>

#include "core/rtp/source_latch.h"

namespace mixminus {

// Parses an IPv4 or IPv6 literal (an IPv4-mapped one becomes IPv4); false for anything else, zone
// ids included.
bool ParseAddress(const std::string& text, uint16_t port, TransportAddress* out);

// The address without its port, as inet_ntop writes it.
std::string FormatAddress(const TransportAddress& address);

// Returns the length that was filled in.
socklen_t ToSockaddr(const TransportAddress& address, sockaddr_storage* out) noexcept;
TransportAddress FromSockaddr(const sockaddr_storage& from) noexcept;

}  // namespace mixminus
