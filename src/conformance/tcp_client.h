// The other end of a connection to a program under test.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"

namespace weft::conformance {

// A blocking TCP connection of this machine. Confined to one thread.
class TcpClient {
 public:
  // `address`: "HOST:PORT", an IPv4 address or [IPv6]. No operation takes longer than `timeout`.
  static Result<TcpClient> connect(std::string_view address, std::chrono::seconds timeout);

  Result<> send(std::string_view bytes);
  // So many bytes; fewer at the end of the stream.
  Result<std::string> receive(std::size_t size);

 private:
  explicit TcpClient(UniqueFd socket) : socket_(std::move(socket)) {}

  UniqueFd socket_;
};

}  // namespace weft::conformance
