#include "workflow/validation/findings.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/log.h"

namespace weft::workflow::validation {
namespace {

// State names may have 80 characters; the rest is for what is not one.
constexpr std::size_t kQuotedBytesMax = 320;

bool continues_character(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80;
}

// Fills in the positions of diagnostics with spans in one walk through the text, whatever their
// order: a definition may have one line, and as many diagnostics as it has bytes.
void find_positions(std::string_view text, std::vector<Diagnostic>& diagnostics) {
  struct Unplaced {
    std::size_t offset;
    Diagnostic* diagnostic;
  };
  std::vector<Unplaced> ordered;
  for (Diagnostic& diagnostic : diagnostics) {
    if (const auto& span = diagnostic.span)
      ordered.push_back({.offset = span->begin, .diagnostic = &diagnostic});
  }
  std::ranges::sort(ordered, {}, &Unplaced::offset);
  std::uint64_t line = 1;
  std::uint64_t column = 1;
  std::size_t offset = 0;
  for (const auto& [begin, diagnostic] : ordered) {
    const std::size_t end = std::min(begin, text.size());
    for (; offset < end; ++offset) {
      if (text[offset] == '\n') {
        ++line;
        column = 1;
      } else if (!continues_character(text[offset])) {
        ++column;
      }
    }
    diagnostic->position = {.line = line, .column = column, .offset = end};
  }
}

}  // namespace

std::string quoted(std::string_view text) {
  return shown(text, kQuotedBytesMax);
}

std::size_t count_characters(std::string_view text) {
  return text.size() - static_cast<std::size_t>(std::ranges::count_if(text, continues_character));
}

std::string Place::text() const {
  std::vector<const Place*> chain;
  for (const Place* place = this; place->around_ != nullptr; place = place->around_)
    chain.push_back(place);
  if (chain.empty()) return "/";
  std::string text;
  for (auto place = chain.rbegin(); place != chain.rend(); ++place) {
    if (const auto& index = (*place)->index_) {
      text += "[" + std::to_string(*index) + "]";
    } else {
      text += "/" + quoted((*place)->name_);
    }
  }
  return text;
}

bool Findings::keeps(Severity severity) {
  if (severity == Severity::kError) {
    has_errors_ = true;
  } else if (options_.severity == Severity::kError) {
    return false;
  }
  if (result_.diagnostics.size() < options_.results_max) return true;
  result_.is_truncated = true;
  return false;
}

void Findings::error(std::string_view code, std::string message, const Place& place,
                     const json::Value& about, std::optional<std::string> hint) {
  if (!keeps(Severity::kError)) return;
  result_.diagnostics.push_back({.severity = Severity::kError,
                                 .code = code,
                                 .message = std::move(message),
                                 .location = place.text(),
                                 .span = about.span(),
                                 .position = {},
                                 .hint = std::move(hint)});
}

void Findings::schema_error(std::string message, const Place& place, const json::Value& about,
                            std::optional<std::string> hint) {
  has_schema_errors_ = true;
  error(kSchemaFailed, std::move(message), place, about, std::move(hint));
}

void Findings::error(std::string_view code, std::string message, Position position) {
  if (!keeps(Severity::kError)) return;
  result_.diagnostics.push_back({.severity = Severity::kError,
                                 .code = code,
                                 .message = std::move(message),
                                 .location = std::nullopt,
                                 .span = std::nullopt,
                                 .position = position});
}

void Findings::warning(std::string_view code, std::string message, const Place& place,
                       const json::Value& about) {
  if (!keeps(Severity::kWarning)) return;
  result_.diagnostics.push_back({.severity = Severity::kWarning,
                                 .code = code,
                                 .message = std::move(message),
                                 .location = place.text(),
                                 .span = about.span(),
                                 .position = {}});
}

Validation Findings::finish(std::string_view text) {
  find_positions(text, result_.diagnostics);
  result_.is_valid = !has_errors_;
  return std::move(result_);
}

}  // namespace weft::workflow::validation
