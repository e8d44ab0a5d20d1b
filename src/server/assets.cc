#include "server/assets.h"

#include <algorithm>
#include <cctype>
#include <string>

#include <fmt/format.h>

#include "server/accept.h"
#include "server/render.h"

namespace weft::server {
namespace {

constexpr std::string_view kIndex = "/index.html";
// Where the build puts files whose names change with their content.
constexpr std::string_view kHashedDirectory = "/assets/";
constexpr std::size_t kHashCharacters = 8;

constexpr std::string_view kRevalidate = "no-cache";
constexpr std::string_view kForever = "public, max-age=31536000, immutable";

// The pages load nothing from elsewhere, run no inline script and stand in nobody's frame.
constexpr std::string_view kPagePolicy =
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src "
    "'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

struct Variant {
  std::string_view coding;  // empty: as it is
  std::string_view bytes;
};

// By weight; among equals the smallest. Who excludes everything gets the file as it is.
Variant choose(const Asset& asset, const net::HttpRequest& request) {
  Variant chosen{"", asset.identity};
  const auto accepted = request.header("accept-encoding");
  if (!accepted) return chosen;
  // identity is taken by default (RFC 9110 §12.5.3), but who does not name it would rather have
  // less.
  const bool names_identity = accepted->find("identity") != std::string_view::npos;
  int best = names_identity ? coding_weight(*accepted, "identity") : 0;
  for (const auto& [coding, bytes] : {Variant{"gzip", asset.gzip}, Variant{"br", asset.br}}) {
    const int weight = bytes.empty() ? 0 : coding_weight(*accepted, coding);
    if (weight == 0 || weight < best) continue;
    best = weight;
    chosen = {coding, bytes};
  }
  return chosen;
}

std::string etag_of(const Asset& asset, std::string_view coding) {
  if (coding.empty()) return std::string(asset.etag);
  return fmt::format("{}-{}\"", asset.etag.substr(0, asset.etag.size() - 1), coding);
}

// "/assets/index-BxYz12_3.js"
bool has_hashed_name(std::string_view path) {
  if (!path.starts_with(kHashedDirectory)) return false;
  const std::string_view stem = path.substr(0, path.rfind('.'));
  if (stem.size() < kHashedDirectory.size() + kHashCharacters + 2) return false;
  const std::string_view hash = stem.substr(stem.size() - kHashCharacters);
  const auto is_part = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
  };
  return stem[stem.size() - kHashCharacters - 1] == '-' && std::ranges::all_of(hash, is_part);
}

}  // namespace

net::HttpResponse answer_with(const Asset& asset, const net::HttpRequest& request,
                              std::string_view cache_control) {
  const Variant variant = choose(asset, request);
  std::string etag = etag_of(asset, variant.coding);
  const auto known = request.header("if-none-match");
  net::HttpResponse response;
  response.status = known && names_etag(*known, etag) ? 304 : 200;
  response.headers = {{"Content-Type", std::string(asset.media_type)},
                      {"ETag", std::move(etag)},
                      {"Cache-Control", std::string(cache_control)},
                      {"Vary", "Accept-Encoding"},
                      {"X-Content-Type-Options", "nosniff"}};
  if (!variant.coding.empty()) {
    response.headers.push_back({"Content-Encoding", std::string(variant.coding)});
  }
  response.body = net::Body::borrowed(variant.bytes);
  return response;
}

net::HttpResponse Assets::answer(const net::HttpRequest& request) const {
  const Asset* asset = find(request.path() == "/" ? kIndex : request.path());
  if (asset == nullptr) {
    const auto accept = request.header("accept");
    const bool wants_page = !accept || media_weight(*accept, "text/html") > 0;
    // A file of an older build must not become a page that is no script.
    if (!wants_page || request.path().starts_with(kHashedDirectory)) {
      return problem(Error(ErrorCode::kNotFound, "There is no such file."));
    }
    asset = find(kIndex);
  }
  auto response =
      answer_with(*asset, request, has_hashed_name(asset->path) ? kForever : kRevalidate);
  response.headers.push_back({"Content-Security-Policy", std::string(kPagePolicy)});
  response.headers.push_back({"Referrer-Policy", "no-referrer"});
  return response;
}

const Asset* Assets::find(std::string_view path) const {
  const auto found = std::ranges::lower_bound(assets_, path, {}, &Asset::path);
  return found == assets_.end() || found->path != path ? nullptr : &*found;
}

}  // namespace weft::server
