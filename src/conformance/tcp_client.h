// The other end of a connection to a program under test.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"

namespace weft::conformance {

// A TCP connection of this machine. Confined to one thread.
class TcpClient {
 public:
  // `address`: "HOST:PORT", an IPv4 address or [IPv6]. Neither this nor `send` waits for longer
  // than `timeout`, which is not 0; then they fail.
  static Result<TcpClient> connect(std::string_view address, std::chrono::microseconds timeout);

  Result<> send(std::string_view bytes);

  // Waits until `receive` has something to say; false when it has not by then.
  bool wait(std::chrono::milliseconds patience);
  // What has come, at most so many bytes, after `wait` was true; empty at the end of the stream.
  Result<std::string> receive(std::size_t size_max);

 private:
  explicit TcpClient(UniqueFd socket) : socket_(std::move(socket)) {}

  UniqueFd socket_;
};

}  // namespace weft::conformance
