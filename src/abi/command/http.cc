#include "abi/command/http.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <fmt/format.h>

#include "base/utf8.h"
#include "json/parse.h"
#include "json/print.h"
#include "system/outbound_http.h"

namespace weft::abi::command::http {
namespace {

constexpr std::size_t kHeadSizeBytes = 4;
// Room for the URL and headers that OutboundLimits allows, escaped.
constexpr json::ParseLimits kHeadLimits{
    .bytes_max = 256 << 10, .depth_max = 4, .nodes_max = 2'000, .lone_surrogates = true};
// What OutboundLimits allows of a body, and a head.
constexpr std::uint32_t kRequestBytesMax = (16U << 20U) + (256U << 10U);

constexpr std::array kFunctions = {
    Entry{"http_start", "iii", answer<http_start>},
};

std::string_view text_in(const json::Value& object, std::string_view key) {
  const json::Value* const found = object.find(key);
  return found != nullptr && found->is_string() ? found->as_string() : std::string_view();
}

std::expected<system::OutboundHeaders, std::string> headers_in(const json::Value& head) {
  system::OutboundHeaders headers;
  const json::Value* const rows = head.find("headers");
  if (rows == nullptr) return headers;
  if (!rows->is_array()) return std::unexpected("its headers are no array");
  for (const json::Value& row : rows->as_array()) {
    if (!row.is_array() || row.size() != 2 || !row.as_array()[0].is_string() ||
        !row.as_array()[1].is_string())
      return std::unexpected("a header is not a name and a value");
    headers.emplace_back(row.as_array()[0].as_string(),
                         utf8_to_latin_1(row.as_array()[1].as_string()));
  }
  return headers;
}

std::string with_size(const std::string& head) {
  std::string bytes(kHeadSizeBytes, '\0');
  const auto size = static_cast<std::uint32_t>(head.size());
  std::memcpy(bytes.data(), &size, kHeadSizeBytes);
  return bytes.append(head);
}

std::shared_ptr<system::OpenFile> refused(system::OutboundFailure::Kind kind, std::string why) {
  return std::make_shared<ResponseFile>(
      system::OutboundFailure{.kind = kind, .message = std::move(why)});
}

// The bytes are the guest's.
std::shared_ptr<system::OpenFile> begin(const Program& program, std::string_view bytes) {
  using Kind = system::OutboundFailure::Kind;
  const auto& caller = program.world().http;
  if (caller == nullptr) {
    return refused(Kind::kRefused,
                   "no requests are made now: a file that loads makes them in its calls, where "
                   "--allow-net allows them");
  }
  if (bytes.size() > kRequestBytesMax) {
    return refused(Kind::kLimit,
                   fmt::format("a request has at most {} bytes with its body", kRequestBytesMax));
  }
  // Copied: another thread of the guest could change it while it is looked at.
  auto request = request_of(std::string(bytes));
  if (!request) return refused(Kind::kRequest, std::move(request.error()));
  auto exchange = caller->begin(*std::move(request));
  if (!exchange) return std::make_shared<ResponseFile>(exchange.error());
  return std::make_shared<ResponseFile>(*std::move(exchange));
}

}  // namespace

std::span<const Entry> functions() {
  return kFunctions;
}

std::expected<system::OutboundRequest, std::string> request_of(std::string_view bytes) {
  std::uint32_t size = 0;
  if (bytes.size() < kHeadSizeBytes) return std::unexpected("the request is too short");
  std::memcpy(&size, bytes.data(), kHeadSizeBytes);
  if (size > bytes.size() - kHeadSizeBytes)
    return std::unexpected("the head of the request is cut off");
  const auto head = json::parse(bytes.substr(kHeadSizeBytes, size), kHeadLimits);
  if (!head) return std::unexpected("the head of the request: " + head.error().message());
  if (!head->is_object()) return std::unexpected("the head of the request is no object");
  auto headers = headers_in(*head);
  if (!headers) return std::unexpected("the head of the request: " + headers.error());
  return system::OutboundRequest{.method = std::string(text_in(*head, "method")),
                                 .url = std::string(text_in(*head, "url")),
                                 .headers = *std::move(headers),
                                 .body = std::string(bytes.substr(kHeadSizeBytes + size))};
}

std::string bytes_of(const system::OutboundHead& head) {
  std::string text;
  json::Writer writer(text);
  writer.begin_object();
  writer.key("status").value(head.status);
  writer.key("reason").value(latin_1_to_utf8(head.reason));
  writer.key("headers").begin_array();
  for (const auto& [name, value] : head.headers) {
    writer.begin_array().value(latin_1_to_utf8(name)).value(latin_1_to_utf8(value)).end_array();
  }
  writer.end_array().end_object();
  return with_size(text);
}

std::string bytes_of(const system::OutboundFailure& failure) {
  std::string text;
  json::Writer writer(text);
  writer.begin_object().key("error").begin_object();
  writer.key("kind").value(system::name_of(failure.kind));
  writer.key("message").value(failure.message);
  writer.end_object().end_object();
  return with_size(text);
}

ResponseFile::~ResponseFile() {
  if (exchange_ != nullptr) exchange_->cancel();
}

// Whether it is there.
bool ResponseFile::take_head() {
  if (exchange_ == nullptr || !head_.empty()) return true;
  auto head = exchange_->take_head();
  if (!head) return false;
  has_failed_ = !head->has_value();
  head_ = *head ? bytes_of(**head) : bytes_of(head->error());
  return true;
}

system::Attempt<std::size_t> ResponseFile::read(std::span<const system::Buffer> buffers) {
  count_use(system::Wait::For::kReading);
  if (!take_head()) return std::unexpected(system::Errno::kAgain);
  if (begin_ == head_.size())
    return exchange_ == nullptr || has_failed_ ? 0 : exchange_->read(buffers);
  std::size_t count = 0;
  for (const system::Buffer& buffer : buffers) {
    const std::size_t part = std::min(buffer.size(), head_.size() - begin_);
    std::copy_n(head_.data() + begin_, part, buffer.begin());
    begin_ += part;
    count += part;
  }
  return count;
}

system::Attempt<> ResponseFile::set_flags(const system::StatusFlags& flags) {
  flags_ = flags;
  return {};
}

std::optional<std::uint64_t> ResponseFile::ready(system::Wait::For what) {
  // Writing fails at once.
  if (what == system::Wait::For::kWriting) return 1;
  if (!take_head()) return std::nullopt;
  if (begin_ < head_.size()) return head_.size() - begin_;
  return exchange_ == nullptr || has_failed_ ? 0 : exchange_->readable_bytes();
}

std::optional<system::Wait> ResponseFile::wait(system::Wait::For what) {
  if (what == system::Wait::For::kWriting || exchange_ == nullptr) return std::nullopt;
  return exchange_->wait();
}

// (address, size, where the descriptor goes)
Errno http_start(engine::HostCall& call, Program& program) {
  const std::uint32_t size = u32(call, 1);
  const auto bytes = call.memory().bytes(call.address(0), size);
  if (!bytes || !has_place_for_count(call, 2)) return Errno::kFault;
  if (program.sandbox().is_full()) return Errno::kMfile;
  const std::string_view request(reinterpret_cast<const char*>(bytes->data()), size);
  const auto number =
      program.sandbox().add({.file = begin(program, request),
                             .rights = bits(Right::kFdRead, Right::kFdFdstatSetFlags,
                                            Right::kFdFilestatGet, Right::kPollFdReadwrite),
                             .inheriting = 0});
  if (!number) return errno_of(number.error());
  call.memory().store(call.address(2), static_cast<std::uint32_t>(*number));
  return Errno::kSuccess;
}

}  // namespace weft::abi::command::http
