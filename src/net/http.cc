#include "net/http.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/assert.h"

namespace weft::net {
namespace {

constexpr int kNotHex = -1;

constexpr int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (to_lower(c) >= 'a' && to_lower(c) <= 'f') return to_lower(c) - 'a' + 10;
  return kNotHex;
}

// The byte of the escape at `text[at]`, or kNotHex.
constexpr int escaped_byte(std::string_view text, std::size_t at) {
  if (at + 2 >= text.size()) return kNotHex;
  const int high = hex_value(text[at + 1]);
  const int low = hex_value(text[at + 2]);
  return high == kNotHex || low == kNotHex ? kNotHex : high * 16 + low;
}

// Decodes as HTML forms do: nothing is malformed (WHATWG URL §1.3).
std::string form_decode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    const int byte = text[at] == '%' ? escaped_byte(text, at) : kNotHex;
    if (byte != kNotHex) {
      decoded.push_back(static_cast<char>(byte));
      at += 2;
    } else {
      decoded.push_back(text[at] == '+' ? ' ' : text[at]);
    }
  }
  return decoded;
}

// True when every escape of the path is well formed and none is a NUL, which would end a name early
// in C.
bool is_valid_path(std::string_view path) {
  for (std::size_t at = path.find('%'); at != std::string_view::npos; at = path.find('%', at + 3)) {
    if (escaped_byte(path, at) <= 0) return false;
  }
  return true;
}

// The length of "http://" or "https://" at the start of `target`; 0 without one.
std::size_t scheme_size(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (equals_ignoring_case(target.substr(0, scheme.size()), scheme)) return scheme.size();
  }
  return 0;
}

}  // namespace

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return to_lower(x) == to_lower(y);
         });
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      decoded.push_back(text[at]);
      continue;
    }
    const int byte = escaped_byte(text, at);
    if (byte == kNotHex) return std::nullopt;
    decoded.push_back(static_cast<char>(byte));
    at += 2;
  }
  return decoded;
}

std::optional<std::string> query_parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    if (!pair.empty() && form_decode(pair.substr(0, equals)) == name) {
      return form_decode(pair.substr(std::min(pair.size(), equals + 1)));
    }
  }
  return std::nullopt;
}

HttpRequest::HttpRequest(std::string_view method, std::string_view target,
                         const std::vector<Header>& headers, std::string body,
                         std::string_view remote)
    : body_(std::move(body)), remote_(std::make_shared<const std::string>(remote)) {
  const auto store = [this](std::string_view text) {
    const Span span{static_cast<std::uint32_t>(head_.size()),
                    static_cast<std::uint32_t>(text.size())};
    head_.append(text);
    return span;
  };
  method_ = store(method);
  target_ = store(target);
  for (const Header& header : headers) {
    const Span name = store(header.name);
    fields_.push_back({name, store(header.value)});
  }
  if (!split_target()) {
    path_ = target_;
    host_ = query_ = {};
  }
}

bool HttpRequest::split_target() {
  const std::string_view target = this->target();
  if (target == "*") {
    path_ = target_;
    return method() == "OPTIONS";
  }
  if (target.find('#') != std::string_view::npos) return false;
  const std::size_t authority = scheme_size(target);
  if (authority == 0 && !target.starts_with('/')) return false;
  const std::size_t path = std::min(target.find_first_of("/?", authority), target.size());
  if (authority != 0 && path == authority) return false;
  const std::size_t question = std::min(target.find('?', path), target.size());
  const std::size_t query = std::min(question + 1, target.size());
  const auto span = [this](std::size_t from, std::size_t to) {
    return Span{target_.offset + static_cast<std::uint32_t>(from),
                static_cast<std::uint32_t>(to - from)};
  };
  host_ = span(authority, authority == 0 ? authority : path);
  path_ = span(path, question);
  query_ = span(query, target.size());
  return is_valid_path(target.substr(path, question - path));
}

std::string_view HttpRequest::host() const {
  if (host_.size != 0) return view(host_);
  return header("host").value_or(std::string_view());
}

std::vector<std::string> HttpRequest::segments() const {
  std::vector<std::string> result;
  std::string_view rest = path();
  if (rest.starts_with('/')) rest.remove_prefix(1);
  for (;;) {
    const std::string_view segment = rest.substr(0, rest.find('/'));
    result.push_back(percent_decode(segment).value_or(std::string(segment)));
    if (segment.size() == rest.size()) return result;
    rest.remove_prefix(segment.size() + 1);
  }
}

std::optional<std::string> HttpRequest::parameter(std::string_view name) const {
  return query_parameter(query(), name);
}

std::optional<std::string_view> HttpRequest::header(std::string_view name) const {
  for (const Field& field : fields_) {
    if (field.name.size == name.size() && equals_ignoring_case(view(field.name), name)) {
      return view(field.value);
    }
  }
  return std::nullopt;
}

HeaderView HttpRequest::header_at(std::size_t index) const {
  WEFT_ASSERT(index < fields_.size());
  return {view(fields_[index].name), view(fields_[index].value)};
}

Responder& Responder::operator=(Responder&& other) noexcept {
  if (this != &other) {
    abandon();
    sink_ = std::move(other.sink_);
  }
  return *this;
}

void Responder::send(HttpResponse response) {
  WEFT_ASSERT(sink_ != nullptr);
  std::exchange(sink_, nullptr)->respond(std::move(response));
}

void Responder::on_gone(Executor::Work gone) {
  WEFT_ASSERT(sink_ != nullptr);
  sink_->watch(std::move(gone));
}

std::shared_ptr<Executor> Responder::executor() const {
  WEFT_ASSERT(sink_ != nullptr);
  return sink_->executor();
}

void Responder::abandon() {
  if (sink_ != nullptr) std::exchange(sink_, nullptr)->abandon();
}

}  // namespace weft::net
