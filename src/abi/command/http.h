// What weft adds to WASI for its own guests: requests to servers of HTTP, each a descriptor to read
// from (docs/formats/python-guest.md). Private to command.
#pragma once

#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "abi/command/calls.h"
#include "abi/command/entry.h"
#include "system/outbound_exchange.h"

namespace weft::abi::command::http {

inline constexpr std::string_view kModule = "weft";

// The functions of that module.
std::span<const Entry> functions();

// Of 4 bytes with the size of the head, the head (JSON) and the body. Otherwise what is wrong with
// them.
std::expected<system::OutboundRequest, std::string> request_of(std::string_view bytes);
// 4 bytes with the size of the head, and the head: of a response, or of what failed.
std::string bytes_of(const system::OutboundHead& head);
std::string bytes_of(const system::OutboundFailure& failure);

// Gives the head's bytes, and then the body. What was refused at once has no exchange.
class ResponseFile final : public system::OpenFile {
 public:
  explicit ResponseFile(std::shared_ptr<system::OutboundExchange> exchange)
      : exchange_(std::move(exchange)) {}
  explicit ResponseFile(const system::OutboundFailure& failure) : head_(bytes_of(failure)) {}
  ResponseFile(const ResponseFile&) = delete;
  ResponseFile& operator=(const ResponseFile&) = delete;
  ~ResponseFile() override;

  system::Attempt<system::FileStatus> status() override { return system::FileStatus{}; }
  system::Attempt<std::size_t> read(std::span<const system::Buffer> buffers) override;
  system::StatusFlags flags() const override { return flags_; }
  system::Attempt<> set_flags(const system::StatusFlags& flags) override;
  std::optional<std::uint64_t> ready(system::Wait::For what) override;
  std::optional<system::Wait> wait(system::Wait::For what) override;

 private:
  bool take_head();

  std::shared_ptr<system::OutboundExchange> exchange_;  // null: the head is all
  std::string head_;                                    // as far as it is there
  std::size_t begin_ = 0;                               // what is left of that
  bool has_failed_ = false;                             // The head says why; there is no body.
  system::StatusFlags flags_;
};

Errno http_start(engine::HostCall& call, Program& program);

}  // namespace weft::abi::command::http
