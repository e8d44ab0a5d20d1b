// Files that are part of the program: the web pages and the OpenAPI document.
#pragma once

#include <span>
#include <string_view>

#include "net/http.h"

namespace weft::server {

// One file with its encodings; what it points to lives as long as the process.
struct Asset {
  std::string_view path;  // "/index.html"
  std::string_view media_type;
  std::string_view etag;      // of `identity`, with quotes; each encoding's has its own ending
  std::string_view identity;  // the bytes
  std::string_view br;        // likewise compressed; empty when there is no such file
  std::string_view gzip;
};

// Made from ui/dist by cmake/embed.cmake, in the order of their paths. Has "/index.html" always.
std::span<const Asset> embedded_assets();
const Asset& embedded_openapi();

// Immutable, thread-safe. The web pages: each path that is no file's shows the app, which reads the
// address itself.
class Assets {
 public:
  // In the order of their paths, with "/index.html"; outlives this object.
  explicit Assets(std::span<const Asset> assets) : assets_(assets) {}

  // The file in the encoding that the client likes best, 304 when it has it already, or 404 as a
  // problem document. For GET and HEAD.
  net::HttpResponse answer(const net::HttpRequest& request) const;

 private:
  const Asset* find(std::string_view path) const;

  std::span<const Asset> assets_;
};

// One file likewise, with this Cache-Control.
net::HttpResponse answer_with(const Asset& asset, const net::HttpRequest& request,
                              std::string_view cache_control);

}  // namespace weft::server
