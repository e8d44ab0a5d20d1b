// A weft server, seen from the command line.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/arguments.h"
#include "cli/console.h"
#include "cli/status_line.h"
#include "json/value.h"
#include "net/http_client.h"

namespace weft::cli {

// How long a server may be silent: while it looks something up, and while it compiles or runs a
// guest, whose longest deadline is 15 minutes.
inline constexpr std::chrono::seconds kSilenceMax{60};
inline constexpr std::chrono::seconds kSilenceOfWorkMax = std::chrono::minutes(30);

// The most functions, versions or modules that are listed: more are for programs to read, page by
// page.
inline constexpr std::size_t kItemsShownMax = 10'000;

struct ServerRequest {
  std::string_view method = "GET";
  std::string path;  // "/v1/functions/add?limit=5": its parts are escaped already
  std::string body = {};
  std::string_view content_type = "application/json";  // of the body
  std::chrono::seconds connection_max{10};             // until there is a connection
  std::chrono::seconds silence_max = kSilenceMax;
  // What a terminal shows while the answer takes long.
  std::string_view doing = "Waiting for the server";
};

// Confined to one thread.
class ServerClient {
 public:
  // From --server or WEFT_SERVER, and --token-file, WEFT_TOKEN or WEFT_TOKEN_FILE. Does not
  // connect. `console` outlives the client.
  static Result<ServerClient> create(const Arguments& arguments, Console& console);

  // The response, when its status is 2xx. Otherwise the error that its problem document tells of;
  // kUnavailable when the server cannot be reached or is silent for too long. Shows what takes more
  // than a second on a terminal.
  Result<net::ClientResponse> send(const ServerRequest& request);

  // The same for a body that is a JSON document.
  Result<json::Value> send_for_json(const ServerRequest& request);
  // What is at the path, if the server has it.
  Result<std::optional<json::Value>> find_json(const std::string& path);

  // What the server said of the error that send() returned last; nothing when it sent no problem
  // document (docs/reference/errors.md).
  const std::optional<json::Value>& problem() const { return problem_; }

  // The function of that name. kNotFound says how to list those that are there.
  Result<json::Value> function(std::string_view name);

  // The items of a list, page by page, the newest first, at most kItemsShownMax; `has_more` says
  // whether there are others.
  struct Listed {
    std::vector<json::Value> items;
    bool has_more = false;
  };
  Result<Listed> list_shown(const std::string& path_and_query);
  // The same, at most `count`.
  Result<std::vector<json::Value>> list(const std::string& path_and_query, std::size_t count);
  // The same in pages of at most `page_items`, as long as `goes_on` says so of the items so far,
  // which are not none.
  using GoesOn = std::function<bool(const std::vector<json::Value>& items)>;
  Result<std::vector<json::Value>> list_while(const std::string& path_and_query, std::size_t count,
                                              std::size_t page_items, const GoesOn& goes_on);

  const std::string& url() const { return url_; }

 private:
  ServerClient(net::HttpClient client, Console& console, Status status)
      : client_(std::move(client)), console_(&console), status_(status) {}

  net::HttpClient client_;
  Console* console_;  // Not null.
  Status status_;
  std::string url_;
  std::string token_;
  std::optional<json::Value> problem_;
};

// `text` as one segment of a path or one value of a query.
std::string escaped(std::string_view text);

// Where the server has the function. kInvalidArgument for what can name none: "..", for example,
// would lead out of the path.
Result<std::string> path_of_function(std::string_view name);

// Whether a command shows what takes long.
Status status_of(const Arguments& arguments, const Console& console);

// "http://HOST:PORT" without a slash at the end; "http://" is added where no scheme stands.
// kInvalidArgument for other schemes and for URLs with a path.
Result<std::string> server_url(std::string_view text);

// The token in the file: its first line without white space around it. kInvalidArgument when that
// is empty.
Result<std::string> read_token(std::string_view file, Console& console);

}  // namespace weft::cli
