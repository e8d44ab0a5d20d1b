// A weft server, seen from the command line.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/arguments.h"
#include "cli/console.h"
#include "json/value.h"
#include "net/http_client.h"

namespace weft::cli {

struct ServerRequest {
  std::string_view method = "GET";
  std::string path;  // "/v1/functions/add?limit=5": its parts are escaped already
  std::string body = {};
  std::string_view content_type = "application/json";  // of the body
};

// Confined to one thread.
class ServerClient {
 public:
  // From --server or WEFT_SERVER, and --token-file, WEFT_TOKEN or WEFT_TOKEN_FILE. Does not
  // connect.
  static Result<ServerClient> create(const Arguments& arguments, Console& console);

  // The response, when its status is 2xx. Otherwise the error that its problem document tells of;
  // kUnavailable when the server cannot be reached.
  Result<net::ClientResponse> send(const ServerRequest& request);

  // The same for a body that is a JSON document.
  Result<json::Value> send_for_json(const ServerRequest& request);

  // All items of a list, page by page, the newest first, at most `count`.
  Result<std::vector<json::Value>> list(const std::string& path_and_query, std::size_t count);

  const std::string& url() const { return url_; }

 private:
  ServerClient(net::HttpClient client, std::string url, std::string token)
      : client_(std::move(client)), url_(std::move(url)), token_(std::move(token)) {}

  net::HttpClient client_;
  std::string url_;
  std::string token_;
};

// `text` as one segment of a path or one value of a query.
std::string escaped(std::string_view text);

// "http://HOST:PORT" without a slash at the end; "http://" is added where no scheme stands.
// kInvalidArgument for other schemes and for URLs with a path.
Result<std::string> server_url(std::string_view text);

// The token in the file: its first line without white space around it. kInvalidArgument when that
// is empty.
Result<std::string> read_token(std::string_view file, Console& console);

}  // namespace weft::cli
