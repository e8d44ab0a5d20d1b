#include "workflow/csv.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace weft::workflow {

// 0 where the line goes on.
std::size_t CsvReader::line_end_bytes() const {
  if (text_[at_] == '\n') return 1;
  return text_[at_] == '\r' && is_next('\n') ? 2 : 0;
}

void CsvReader::skip_empty_lines() {
  while (at_ < text_.size() && line_end_bytes() > 0)
    at_ += line_end_bytes();
}

std::uint64_t CsvReader::line() const {
  return static_cast<std::uint64_t>(std::ranges::count(text_.substr(0, begin_), '\n')) + 1;
}

void CsvReader::read_backslash(std::string& field) {
  if (is_next('\\') || is_next('"') || is_next(delimiter_)) {
    field += text_[at_ + 1];
    ++at_;
  }
  ++at_;
}

CsvReader::End CsvReader::read_field(std::string& field, std::size_t bytes_max) {
  const std::size_t field_begin = at_;
  bool is_quoted = false;
  for (; at_ < text_.size(); ++at_) {
    if (record_bytes() > bytes_max) return End::kTooLarge;
    const char letter = text_[at_];
    if (letter == '\\') {
      read_backslash(field);
      --at_;  // The loop goes on behind it.
    } else if (letter == '"') {
      if (is_next('"') && (is_quoted || at_ > field_begin)) {
        field += letter;
        ++at_;
      } else if (is_quoted || at_ == field_begin) {
        is_quoted = !is_quoted;
      } else {
        field += letter;
      }
    } else if (!is_quoted && letter == delimiter_) {
      ++at_;
      return End::kField;
    } else if (!is_quoted && line_end_bytes() > 0) {
      return End::kRecord;
    } else {
      field += letter;
    }
  }
  return is_quoted ? End::kOpenQuotes : End::kRecord;
}

Outcome<bool> CsvReader::next(std::vector<std::string>& fields, const Limits& limits) {
  fields.clear();
  skip_empty_lines();
  if (at_ == text_.size()) return false;
  begin_ = at_;
  for (;;) {
    std::string field;
    const End end = read_field(field, limits.bytes);
    if (end == End::kOpenQuotes) {
      return ends_with(
          "States.ItemReaderFailed",
          fmt::format("The record in line {} has quotation marks that nothing closes.", line()));
    }
    if (end == End::kTooLarge || record_bytes() > limits.bytes) {
      return ends_with(
          "States.ItemReaderFailed",
          fmt::format("The record in line {} is larger than {} bytes.", line(), limits.bytes));
    }
    if (fields.size() < limits.fields) fields.push_back(std::move(field));
    if (end == End::kRecord) return true;
  }
}

}  // namespace weft::workflow
