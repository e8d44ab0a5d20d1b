// Where in a definition something is, and the list of what is wrong with it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "json/value.h"
#include "workflow/validation.h"

namespace weft::workflow::validation {

inline constexpr std::string_view kSchemaFailed = "SCHEMA_VALIDATION_FAILED";

// A place in a definition, as a chain of places that stand on the stack: it becomes text only when
// something is reported. Each points to the one around it, which must outlive it.
class Place {
 public:
  Place() = default;  // the whole

  Place member(std::string_view name) const { return Place(this, name, std::nullopt); }
  Place item(std::size_t index) const { return Place(this, {}, index); }

  // "/States/X/Branches[0]"; "/" for the whole.
  std::string text() const;

 private:
  Place(const Place* around, std::string_view name, std::optional<std::size_t> index)
      : around_(around), name_(name), index_(index) {}

  const Place* around_ = nullptr;
  std::string_view name_;
  std::optional<std::size_t> index_;
};

// A name or a value from a definition, for messages: AWS shows them as they are, and so does this
// unless they are long or would steer a terminal.
std::string quoted(std::string_view text);

// Of valid UTF-8: code points.
std::size_t count_characters(std::string_view text);

// Keeps as many as the options allow. Confined to one thread.
class Findings {
 public:
  explicit Findings(const ValidationOptions& options) : options_(options) {}

  // `about` is what the message is about: its span is reported.
  void error(std::string_view code, std::string message, const Place& place,
             const json::Value& about, std::optional<std::string> hint = std::nullopt);
  void schema_error(std::string message, const Place& place, const json::Value& about,
                    std::optional<std::string> hint = std::nullopt);
  // About no place, or about one of a text that is no document.
  void error(std::string_view code, std::string message, Position position = {});
  void warning(std::string_view code, std::string message, const Place& place,
               const json::Value& about);

  // The definition does not have the form of one, so that there is no graph to be checked.
  bool has_schema_errors() const { return has_schema_errors_; }
  // Nothing that is found from here on could change the result.
  bool is_done() const { return has_errors_ && result_.is_truncated; }

  // With lines and columns of the spans in `text`. Ends the use of this object.
  Validation finish(std::string_view text);

 private:
  bool keeps(Severity severity);

  ValidationOptions options_;
  Validation result_;
  bool has_errors_ = false;
  bool has_schema_errors_ = false;
};

}  // namespace weft::workflow::validation
