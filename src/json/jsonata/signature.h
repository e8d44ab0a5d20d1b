// What arguments a function takes: "<s-nn?:s>".
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "json/jsonata/fault.h"
#include "json/jsonata/runtime.h"

namespace weft::json::jsonata {

// Immutable once parsed.
class Signature {
 public:
  static constexpr std::size_t kParametersMax = 64;

  // S0401, S0402, and S0500 beyond the limit; the position is the offset in the text.
  static Made<Signature> parse(std::string_view text);

  // The arguments as the function takes them: missing ones from the context, single values made
  // arrays. T0410, T0411, T0412.
  Made<std::vector<Var>> check(std::span<const Var> arguments, Var context, Heap& heap) const;

 private:
  enum class Count : unsigned char { kOne, kOptional, kMany };
  struct Parameter {
    std::string letters;  // of the types that fit; m stands for undefined
    Count count = Count::kOne;
    bool context = false;
    bool array = false;
    std::optional<std::string> items;  // the type of an array's items

    bool fits(std::string_view all, std::size_t at) const;
  };

  // How many letters each parameter takes; nothing when they do not fit. Without `whole`, letters
  // may be left over.
  std::optional<std::vector<std::size_t>> match(std::string_view letters, std::size_t parameters,
                                                bool whole) const;
  std::unique_ptr<Fault> mismatch(std::string_view letters) const;
  static Made<std::size_t> add_type(std::string_view text, std::size_t at,
                                    std::vector<Parameter>& parameters);
  static Made<Var> as_array(const Parameter& parameter, Var argument, std::size_t index,
                            Heap& heap);

  std::vector<Parameter> parameters_;
};

// The letter that signatures have for a value: s, n, b, l, a, o, f, or m for undefined.
char type_letter(const Var& value);

}  // namespace weft::json::jsonata
