// Text delimited files, as the ItemReader of AWS Step Functions reads them. Private to workflow.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "workflow/state_error.h"

namespace weft::workflow {

// The records of a text in their order. RFC 4180, and what AWS adds (Developer Guide, "ItemReader
// (Map)"): a backslash takes the meaning from a backslash, quotation mark or delimiter behind it,
// and is dropped in front of everything else; a quotation mark that comes twice stands for one in
// fields without quotation marks around them, too. Empty lines are no records.
class CsvReader {
 public:
  // Borrows the text.
  CsvReader(std::string_view text, char delimiter) : text_(text), delimiter_(delimiter) {}

  struct Limits {
    std::size_t bytes;   // of a record as it stands in the text
    std::size_t fields;  // Those that follow are left out.
  };
  // The next record's fields; false at the end. States.ItemReaderFailed when it is too large, or
  // when quotation marks are not closed.
  Outcome<bool> next(std::vector<std::string>& fields, const Limits& limits);

  // Of the record that next() gave, in bytes as it stands in the text.
  std::size_t record_bytes() const { return at_ - begin_; }

 private:
  enum class End : std::uint8_t { kField, kRecord, kOpenQuotes, kTooLarge };

  void skip_empty_lines();
  End read_field(std::string& field, std::size_t bytes_max);
  void read_backslash(std::string& field);
  std::size_t line_end_bytes() const;
  bool is_next(char letter) const { return at_ + 1 < text_.size() && text_[at_ + 1] == letter; }
  std::uint64_t line() const;

  std::string_view text_;
  char delimiter_;
  std::size_t at_ = 0;
  std::size_t begin_ = 0;  // of the record
};

}  // namespace weft::workflow
