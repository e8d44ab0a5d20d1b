#include "server/accept.h"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "net/http.h"

namespace weft::server {
namespace {

constexpr int kWeightMax = 1000;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t";
  text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
  return text.substr(0, text.find_last_not_of(kSpace) + 1);
}

// The part of `rest` before the next `separator`, without white space; both leave `rest`.
std::string_view take(std::string_view& rest, char separator) {
  const std::size_t size = std::min(rest.find(separator), rest.size());
  const std::string_view part = trimmed(rest.substr(0, size));
  rest.remove_prefix(std::min(rest.size(), size + 1));
  return part;
}

// qvalue = "0" ["." 0*3DIGIT] / "1" ["." 0*3"0"], in thousandths.
std::optional<int> parse_weight(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  if (text.size() > 1 && text[1] != '.') return std::nullopt;
  int weight = (text[0] - '0') * kWeightMax;
  int unit = kWeightMax / 10;
  for (const char digit : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (digit < '0' || digit > '9') return std::nullopt;
    weight += (digit - '0') * unit;
    unit /= 10;
  }
  if (weight > kWeightMax) return std::nullopt;
  return weight;
}

struct Element {
  std::string_view value;
  int weight = kWeightMax;
};

// "gzip;q=0.5"; nothing when it is empty or its weight is malformed.
std::optional<Element> parse_element(std::string_view text) {
  Element element{take(text, ';')};
  if (element.value.empty()) return std::nullopt;
  while (!text.empty()) {
    std::string_view value = take(text, ';');
    if (!net::equals_ignoring_case(take(value, '='), "q")) continue;
    const auto weight = parse_weight(value);
    if (!weight) return std::nullopt;
    element.weight = *weight;
  }
  return element;
}

// The weight of the first element whose value is `wanted`.
std::optional<int> weight_of(std::string_view list, std::string_view wanted) {
  while (!list.empty()) {
    const auto element = parse_element(take(list, ','));
    if (element && net::equals_ignoring_case(element->value, wanted)) return element->weight;
  }
  return std::nullopt;
}

}  // namespace

int coding_weight(std::string_view accept_encoding, std::string_view coding) {
  if (const auto weight = weight_of(accept_encoding, coding)) return *weight;
  const auto any = weight_of(accept_encoding, "*");
  if (coding == "identity") return any == 0 ? 0 : kWeightMax;
  return any.value_or(0);
}

int media_weight(std::string_view accept, std::string_view media_type) {
  if (const auto weight = weight_of(accept, media_type)) return *weight;
  const std::size_t slash = std::min(media_type.find('/'), media_type.size());
  const std::string_view type = media_type.substr(0, slash);
  for (std::string_view rest = accept; !rest.empty();) {
    const auto element = parse_element(take(rest, ','));
    if (!element || !element->value.ends_with("/*")) continue;
    const std::string_view range = element->value.substr(0, element->value.size() - 2);
    if (net::equals_ignoring_case(range, type)) return element->weight;
  }
  return weight_of(accept, "*/*").value_or(0);
}

bool names_etag(std::string_view if_none_match, std::string_view etag) {
  while (!if_none_match.empty()) {
    std::string_view tag = take(if_none_match, ',');
    if (tag == "*") return true;
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    if (tag == etag) return true;
  }
  return false;
}

}  // namespace weft::server
