// The tokenizer: wraps simdjson's first stage. Only for the .cc files of this module.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/result.h"

namespace weft::json {

// Where the tokens of a JSON text begin. Every byte of the text that is not white space belongs to
// one of them, all of the text is valid UTF-8, and every string is closed and without bare control
// characters; nothing else is known yet.
class Tokens {
 public:
  // Bytes that must be readable behind the text; their values do not matter.
  static constexpr std::size_t kPaddingBytes = 64;

  // `text` needs the padding behind it and fewer than 4 GiB. kInvalidArgument with a position in
  // the text.
  static Result<Tokens> create(std::string_view text);

  // Offsets in the order of the text.
  std::span<const std::uint32_t> offsets() const { return {offsets_.get(), count_}; }

 private:
  Tokens(std::unique_ptr<std::uint32_t[]> offsets, std::size_t count)
      : offsets_(std::move(offsets)), count_(count) {}

  std::unique_ptr<std::uint32_t[]> offsets_;
  std::size_t count_;
};

// kInvalidArgument: "invalid JSON at line 3, column 7: " and the message.
Error syntax_error(std::string_view text, std::size_t offset, std::string_view message);

}  // namespace weft::json
