#include "cli/server_client.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/log.h"
#include "cli/input_file.h"
#include "cli/report.h"
#include "json/parse.h"
#include "store/metadata.h"

namespace weft::cli {
namespace {

constexpr std::string_view kDefaultServer = "http://127.0.0.1:8080";
constexpr std::size_t kPageItems = 200;

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.' || c == '~';
}

Result<std::string> token_of(const Arguments& arguments, Console& console) {
  if (const auto file = arguments.value("token-file")) return read_token(*file, console);
  if (auto token = console.variable("WEFT_TOKEN")) return *std::move(token);
  if (const auto file = console.variable("WEFT_TOKEN_FILE")) return read_token(*file, console);
  return std::string();
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    if (is_unreserved(c)) {
      safe += c;
    } else {
      safe += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return safe;
}

Result<std::string> path_of_function(std::string_view name) {
  if (store::is_function_name(name)) return fmt::format("/v1/functions/{}", name);
  constexpr std::size_t kShownBytesMax = 100;
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("'{}' cannot name a function: names have 1 to 63 lower-case letters, "
                          "digits and inner hyphens",
                          shown(name, kShownBytesMax)));
}

Result<std::string> server_url(std::string_view text) {
  std::string_view rest = text;
  std::string_view scheme = "http://";
  for (const std::string_view known : {std::string_view("http://"), std::string_view("https://")}) {
    if (!rest.starts_with(known)) continue;
    scheme = known;
    rest.remove_prefix(known.size());
    break;
  }
  while (rest.ends_with('/'))
    rest.remove_suffix(1);
  const bool is_host = !rest.empty() && std::ranges::none_of(rest, [](unsigned char c) {
    return c <= 0x20 || c == 0x7f || c == '/' || c == '?' || c == '#' || c == '@';
  });
  if (!is_host) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{} is no server: write http://HOST:PORT", printable(text)));
  }
  return fmt::format("{}{}", scheme, rest);
}

Result<std::string> read_token(std::string_view file, Console& console) {
  const std::string text = TRY(read_input(file, console, "the token's file"));
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string::npos) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("the token file {} is empty", printable(file)));
  }
  const std::string_view line =
      std::string_view(text).substr(begin, text.find('\n', begin) - begin);
  return std::string(line.substr(0, line.find_last_not_of(kSpace) + 1));
}

Result<ServerClient> ServerClient::create(const Arguments& arguments, Console& console) {
  std::string server = console.variable("WEFT_SERVER").value_or(std::string(kDefaultServer));
  if (const auto given = arguments.value("server")) server = *given;
  std::string url = TRY(server_url(server));
  std::string token = TRY(token_of(arguments, console));
  ServerClient client(TRY(net::HttpClient::create()), console, status_of(arguments, console));
  client.url_ = std::move(url);
  client.token_ = std::move(token);
  return client;
}

Status status_of(const Arguments& arguments, const Console& console) {
  return console.is_terminal() && !arguments.has("json") ? Status::kShown : Status::kHidden;
}

Result<net::ClientResponse> ServerClient::send(const ServerRequest& request) {
  net::ClientRequest sent{.method = std::string(request.method),
                          .url = url_ + request.path,
                          .headers = {{"accept", "application/json, */*"}},
                          .body = request.body};
  // However long it takes, as long as something moves.
  sent.timeout = std::chrono::milliseconds(0);
  sent.silence_max = request.silence_max;
  sent.connect_timeout = request.connection_max;
  if (!request.body.empty())
    sent.headers.push_back({"content-type", std::string(request.content_type)});
  if (!token_.empty()) sent.headers.push_back({"authorization", "Bearer " + token_});
  StatusLine line(*console_, status_);
  if (line.is_shown()) {
    sent.on_progress = [&line, &sent, doing = request.doing](const net::ClientProgress& progress) {
      if (progress.sent_bytes < sent.body.size()) {
        line.show("Uploading " + share_text(progress.sent_bytes, sent.body.size()));
      } else {
        line.show_time(doing);
      }
    };
  }
  problem_.reset();
  net::ClientResponse response = TRY(client_.send(sent));
  if (response.status >= 200 && response.status < 300) return response;
  auto problem = json::parse(response.body);
  Error error = error_of_problem(problem, response.status, url_);
  if (problem && problem->is_object() && problem->find("code") != nullptr)
    problem_ = *std::move(problem);
  if (error.code() == ErrorCode::kUnauthenticated)
    error = Error(error.code(), error.message() + " (here: --token-file FILE, or WEFT_TOKEN)");
  return fail(std::move(error));
}

Result<json::Value> ServerClient::send_for_json(const ServerRequest& request) {
  const net::ClientResponse response = TRY(send(request));
  auto document = json::parse(response.body);
  if (!document) {
    return fail(ErrorCode::kInternal,
                fmt::format("{} answered with something that is no JSON document ({})",
                            printable(url_), document.error().message()));
  }
  return document;
}

Result<std::optional<json::Value>> ServerClient::find_json(const std::string& path) {
  auto found = send_for_json({.path = path});
  if (found) return *std::move(found);
  if (found.error().code() == ErrorCode::kNotFound) return std::nullopt;
  return fail(std::move(found).error());
}

Result<json::Value> ServerClient::function(std::string_view name) {
  auto function = send_for_json({.path = TRY(path_of_function(name))});
  if (function || function.error().code() != ErrorCode::kNotFound) return function;
  return fail(ErrorCode::kNotFound, fmt::format("{}; `weft list` shows those that are there",
                                                function.error().message()));
}

Result<ServerClient::Listed> ServerClient::list_shown(const std::string& path_and_query) {
  Listed listed{.items = TRY(list(path_and_query, kItemsShownMax + 1))};
  listed.has_more = listed.items.size() > kItemsShownMax;
  if (listed.has_more) listed.items.pop_back();
  return listed;
}

Result<std::vector<json::Value>> ServerClient::list(const std::string& path_and_query,
                                                    std::size_t count) {
  return list_while(path_and_query, count, kPageItems, [](const auto&) { return true; });
}

Result<std::vector<json::Value>> ServerClient::list_while(const std::string& path_and_query,
                                                          std::size_t count, std::size_t page_items,
                                                          const GoesOn& goes_on) {
  std::vector<json::Value> items;
  const char separator = path_and_query.find('?') == std::string::npos ? '?' : '&';
  std::string cursor;
  while (items.size() < count) {
    const std::size_t limit = std::min(count - items.size(), page_items);
    const json::Value page = TRY(send_for_json(
        {.path = fmt::format("{}{}limit={}{}", path_and_query, separator, limit, cursor)}));
    const json::Value* const found = page.find("items");
    if (found == nullptr || !found->is_array())
      return fail(ErrorCode::kInternal, fmt::format("{} sent a list without items", url_));
    for (const json::Value& item : found->as_array().first(std::min(limit, found->size())))
      items.push_back(item);
    const json::Value* const next = page.find("next");
    if (next == nullptr || !next->is_string() || found->size() == 0 || !goes_on(items)) break;
    cursor = "&next=" + escaped(next->as_string());
  }
  return items;
}

}  // namespace weft::cli
