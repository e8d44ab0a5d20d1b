#include "system/outbound_http.h"

#include <algorithm>
#include <charconv>
#include <mutex>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/http_field.h"
#include "base/log.h"
#include "base/work_pool.h"
#include "system/outbound_loop.h"

namespace weft::system {
namespace {

using Kind = OutboundFailure::Kind;
using Checked = std::expected<void, OutboundFailure>;

// Name servers may be slow, and the next ones wait.
constexpr std::size_t kResolvers = 8;
constexpr std::size_t kResolutionsMax = 4096;  // that wait
constexpr std::size_t kAddressesMax = 16;      // of a name, that are tried
constexpr std::size_t kShownMax = 300;

std::unexpected<OutboundFailure> refusal(Kind kind, std::string message) {
  return std::unexpected(OutboundFailure{.kind = kind, .message = std::move(message)});
}

std::unexpected<OutboundFailure> not_allowed(std::string_view to, const std::string& rule) {
  return refusal(Kind::kRefused,
                 fmt::format("no rule allows requests to {}: --allow-net {} does", to, rule));
}

std::unexpected<OutboundFailure> no_socket_left() {
  return refusal(Kind::kLimit, "the host has no socket left for functions: try again later");
}

// One part of a URL; nothing where it has none.
std::optional<std::string> part_of(const net::CurlLibrary& curl, CURLU* url, CURLUPart part,
                                   unsigned flags = 0) {
  char* text = nullptr;
  if (curl.url_get(url, part, &text, flags) != CURLUE_OK || text == nullptr) return std::nullopt;
  const std::unique_ptr<char, decltype(curl.free)> owned(text, curl.free);
  return std::string(text);
}

// The host as rules have it, and as libcurl is told it. Empty: it is none.
std::string plain_host(std::string_view host) {
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (const auto address = parse_ip_address(host)) return address->text();
  return host_name(host);
}

Checked take_url(const net::CurlLibrary& curl, OutboundTransfer& transfer) {
  const std::string& text = transfer.request.url;
  CURLU* const url = transfer.url.get();
  const auto wrong = [&](std::string_view why) {
    return refusal(Kind::kRequest,
                   fmt::format("\"{}\" is no URL to ask: {}", shown(text, kShownMax), why));
  };
  if (text.find_first_of(std::string_view("\r\n\t \0", 5)) != std::string::npos)
    return wrong("it has white space in it");
  if (const CURLUcode code = curl.url_set(url, CURLUPART_URL, text.c_str(),
                                          CURLU_PATH_AS_IS | CURLU_NON_SUPPORT_SCHEME);
      code != CURLUE_OK)
    return wrong(to_lower(curl.url_strerror(code)));
  const auto scheme = part_of(curl, url, CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") return wrong("its scheme is not http or https");
  const auto host = part_of(curl, url, CURLUPART_HOST);
  const auto port = part_of(curl, url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
  transfer.host = host ? plain_host(*host) : std::string();
  if (transfer.host.empty() || part_of(curl, url, CURLUPART_ZONEID)) {
    return wrong(
        "its host is no name or address; names with other letters than those of ASCII are written "
        "as xn--…");
  }
  if (!port ||
      std::from_chars(port->data(), port->data() + port->size(), transfer.port).ec != std::errc())
    return wrong("it has no port");
  const auto address = parse_ip_address(transfer.host);
  if (address) transfer.addresses = {*address};
  transfer.is_address = address.has_value();
  const std::string told =
      address && address->is_v6() ? fmt::format("[{}]", transfer.host) : transfer.host;
  if (curl.url_set(url, CURLUPART_HOST, told.c_str(), 0) != CURLUE_OK)
    return wrong("its host is no name or address");
  return {};
}

Checked check_headers(const OutboundTransfer& transfer, const OutboundLimits& limits) {
  std::uint64_t bytes = 0;
  for (const auto& [name, value] : transfer.request.headers) {
    bytes += name.size() + value.size();
    if (!is_field_name(name)) {
      return refusal(Kind::kRequest,
                     fmt::format("\"{}\" cannot be a header's name", shown(name, kShownMax)));
    }
    if (!is_field_value(value)) {
      return refusal(Kind::kRequest,
                     fmt::format("the value of the header {} has a control character",
                                 shown(name, kShownMax)));
    }
    const std::string server = transfer.server();
    const std::string given = to_lower(value);
    if (to_lower(name) == "host" && given != server &&
        given != server.substr(0, server.rfind(':'))) {
      return refusal(Kind::kRequest, "the header Host is the URL's: leave it out");
    }
  }
  if (transfer.request.headers.size() > limits.headers || bytes > limits.header_bytes) {
    return refusal(Kind::kLimit, fmt::format("a request has at most {} headers with {} bytes",
                                             limits.headers, limits.header_bytes));
  }
  return {};
}

Checked check_request(const net::CurlLibrary& curl, OutboundTransfer& transfer,
                      const OutboundLimits& limits) {
  const OutboundRequest& request = transfer.request;
  if (!is_field_name(request.method) || request.method.size() > kShownMax ||
      to_lower(request.method) == "connect") {
    return refusal(Kind::kRequest, fmt::format("\"{}\" is no method to ask with",
                                               shown(request.method, kShownMax)));
  }
  if (request.url.size() > limits.url_bytes)
    return refusal(Kind::kLimit, fmt::format("a URL has at most {} bytes", limits.url_bytes));
  if (auto taken = take_url(curl, transfer); !taken) return taken;
  return check_headers(transfer, limits);
}

Checked check_rules(const OutboundTransfer& transfer, const Network* network) {
  const bool is_allowed =
      network != nullptr &&
      (transfer.is_address ? network->may_reach_as(
                                 "", {.address = transfer.addresses.front(), .port = transfer.port})
                           : network->may_ask_for(transfer.host, transfer.port));
  if (is_allowed) return {};
  const std::string rule = transfer.server();
  return not_allowed(rule, rule);
}

// Leaves those that rules allow.
Checked choose_addresses(OutboundTransfer& transfer, std::vector<IpAddress> found,
                         const Network& network) {
  for (const IpAddress& address : found) {
    if (transfer.addresses.size() < kAddressesMax &&
        network.may_reach_as(transfer.host, {.address = address, .port = transfer.port}))
      transfer.addresses.push_back(address);
  }
  if (!transfer.addresses.empty()) return {};
  if (found.empty()) {
    return refusal(Kind::kName,
                   fmt::format("{} cannot be resolved: it has no address", transfer.host));
  }
  const SocketAddress first{.address = found.front(), .port = transfer.port};
  const std::string_view why = first.address.is_public() ? "" : ", which is no public address";
  return not_allowed(fmt::format("{} at {}{}", transfer.host, first.address.text(), why),
                     first.text());
}

Checked take_places(OutboundTransfer& transfer, const OutboundLimits& limits,
                    const TakenPlaces& taken, const Network& network) {
  if (auto place = Permit::take(taken, limits.requests)) transfer.place.emplace(*std::move(place));
  if (!transfer.place) {
    return refusal(Kind::kLimit,
                   fmt::format("at most {} requests are made at the same time: read a response or "
                               "close it before the next one",
                               limits.requests));
  }
  if (!transfer.body->grow_to(transfer.request.body.size())) {
    return refusal(Kind::kLimit,
                   fmt::format("the bodies of requests under way have at most {} bytes together",
                               transfer.budget->bytes()));
  }
  // One more is the exchange's own.
  if (auto socket = network.take_socket_place()) transfer.socket.emplace(*std::move(socket));
  if (!transfer.socket) return no_socket_left();
  return {};
}

}  // namespace

struct OutboundHttp::State {
  State(Options given, const Clock& the_clock) : options(std::move(given)), clock(the_clock) {}

  const Options options;
  const Clock& clock;
  std::mutex mutex;
  std::optional<net::CurlLibrary> curl;
  std::unique_ptr<OutboundLoop> loop;
  // Declared last: its work uses the rest.
  std::unique_ptr<WorkPool> resolvers;

  // The library; all else is there, too.
  Result<const net::CurlLibrary*> open() {
    const std::scoped_lock lock(mutex);
    if (!curl) curl.emplace(TRY(net::CurlLibrary::load()));
    if (!loop) loop = TRY(OutboundLoop::start(*curl, {.ca_file = options.ca_file}, clock));
    if (!resolvers)
      resolvers = std::make_unique<WorkPool>("weft-names", kResolvers, kResolutionsMax);
    return &*curl;
  }

  void resolve_and_start(std::uint64_t number, std::unique_ptr<OutboundTransfer> transfer,
                         const Network& network) const {
    const auto exchange = transfer->exchange;
    if (exchange->is_cancelled()) return;
    auto found = options.resolve(transfer->host);
    if (!found) {
      const std::string_view why =
          found.error() == Errno::kTimedOut ? "the name server does not answer" : "there is none";
      transfer.reset();
      return exchange->fail(
          {.kind = Kind::kName, .message = fmt::format("the name has no address: {}", why)});
    }
    if (auto chosen = choose_addresses(*transfer, *std::move(found), network); !chosen) {
      transfer.reset();
      return exchange->fail(std::move(chosen.error()));
    }
    loop->inbox()->post(
        {.kind = OutboundInbox::Kind::kStart, .number = number, .transfer = std::move(transfer)});
  }
};

OutboundHttp::OutboundHttp(Options options, const Clock& clock)
    : state_(std::make_unique<State>(std::move(options), clock)) {}

OutboundHttp::~OutboundHttp() = default;

OutboundCaller::OutboundCaller(OutboundHttp& http, std::shared_ptr<const Network> network,
                               const OutboundLimits& limits)
    : http_(http),
      network_(std::move(network)),
      limits_(limits),
      bodies_(std::make_shared<net::ByteBudget>(limits.body_bytes)) {}

std::expected<std::shared_ptr<OutboundExchange>, OutboundFailure> OutboundCaller::begin(
    OutboundRequest request) {
  OutboundHttp::State& state = *http_.state_;
  const auto opened = state.open();
  if (!opened) return refusal(Kind::kLimit, opened.error().message());
  const net::CurlLibrary& curl = **opened;
  auto transfer = std::make_unique<OutboundTransfer>(
      OutboundTransfer{.exchange = nullptr,
                       .request = std::move(request),
                       .url = OutboundTransfer::Url(curl.url(), curl.url_cleanup),
                       .host = {},
                       .budget = bodies_,
                       .body = std::make_unique<net::BudgetShare>(*bodies_)});
  Checked checked = check_request(curl, *transfer, limits_);
  if (checked) checked = check_rules(*transfer, network_.get());
  if (checked) checked = take_places(*transfer, limits_, taken_, *network_);
  if (!checked) return std::unexpected(std::move(checked.error()));
  auto place = network_->take_socket_place();
  if (!place) return no_socket_left();
  const std::shared_ptr<OutboundInbox> inbox = state.loop->inbox();
  const std::uint64_t number = inbox->next_number();
  auto exchange = OutboundExchange::create(
      [inbox, number](OutboundExchange::Wish wish) {
        inbox->post({.kind = wish == OutboundExchange::Wish::kMore ? OutboundInbox::Kind::kResume
                                                                   : OutboundInbox::Kind::kCancel,
                     .number = number});
      },
      std::move(place));
  if (!exchange) return refusal(Kind::kLimit, exchange.error().message());
  transfer->exchange = *exchange;
  if (transfer->is_address) {
    inbox->post(
        {.kind = OutboundInbox::Kind::kStart, .number = number, .transfer = std::move(transfer)});
    return *std::move(exchange);
  }
  const auto begun = state.resolvers->run(
      [&state, number, network = network_, transfer = std::move(transfer)]() mutable {
        state.resolve_and_start(number, std::move(transfer), *network);
      });
  if (!begun)
    return refusal(Kind::kLimit, "the host resolves too many names already: try again later");
  return *std::move(exchange);
}

}  // namespace weft::system
