// Values for the placeholders of a definition: "${NAME}", as CloudFormation and SAM have them
// (DefinitionSubstitutions).
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace weft::cli {

struct Placeholder {
  std::string_view name;   // letters, digits, '_', '-', '.' and ':'
  std::size_t offset = 0;  // of its '$' in the text
};

// All that the text has, in their order. Borrows the text.
std::vector<Placeholder> placeholders_in(std::string_view text);

// A text with its placeholders filled in.
class FilledText {
 public:
  // Nothing is filled in.
  explicit FilledText(std::string original) : original_(std::move(original)), text_(original_) {}

  const std::string& original() const { return original_; }
  const std::string& text() const { return text_; }
  // Where a place of text() is in the original: what was filled in is at its placeholder.
  Position in_original(const Position& position) const;

 private:
  friend class Substitutions;
  struct Piece {
    std::size_t original_begin, original_end, begin, end;
  };

  std::string original_;
  std::string text_;
  std::vector<Piece> pieces_ = {};
};

class Substitutions {
 public:
  // From options like "NAME=VALUE". kInvalidArgument names the option: another form, or a name that
  // is there twice.
  static Result<Substitutions> create(const std::vector<std::string_view>& options);

  // Values stand in the text as they are, and are not looked at again. kInvalidArgument for a name
  // that is no placeholder of the text; kTooLarge.
  Result<FilledText> fill(std::string text) const;

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

}  // namespace weft::cli
