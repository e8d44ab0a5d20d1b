#include "json/jsonata/signature.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json/jsonata/fault.h"
#include "json/jsonata/runtime.h"

namespace weft::json::jsonata {

namespace {

std::string_view plural(std::string_view type) {
  switch (type.empty() ? ' ' : type[0]) {
    case 'a':
      return "arrays";
    case 'b':
      return "booleans";
    case 'f':
      return "functions";
    case 'n':
      return "numbers";
    case 'o':
      return "objects";
    case 's':
      return "strings";
    default:
      return "values of one type";
  }
}

std::size_t closing(std::string_view text, std::size_t start, char open, char close) {
  std::size_t depth = 1;
  std::size_t at = start;
  while (at + 1 < text.size()) {
    at++;
    if (text[at] == close && --depth == 0) break;
    if (text[at] == open) depth++;
  }
  return at;
}

}  // namespace

char type_letter(const Var& value) {
  switch (value.type()) {
    case Type::kUndefined:
      return 'm';
    case Type::kNull:
      return 'l';
    case Type::kBoolean:
      return 'b';
    case Type::kNumber:
      return 'n';
    case Type::kString:
      return 's';
    case Type::kArray:
      return 'a';
    case Type::kObject:
      return 'o';
    case Type::kFunction:
      return 'f';
  }
  return 'm';
}

Made<std::size_t> Signature::add_type(std::string_view text, std::size_t at,
                                      std::vector<Parameter>& parameters) {
  if (parameters.size() == kParametersMax) return fault("S0500", at);
  const char symbol = text[at];
  Parameter parameter;
  switch (symbol) {
    case 's':
    case 'n':
    case 'b':
    case 'l':
    case 'o':
      parameter.letters = {symbol, 'm'};
      break;
    case 'a':
      parameter.letters = "asnblfom";
      parameter.array = true;
      break;
    case 'f':
      parameter.letters = "f";
      break;
    case 'j':
      parameter.letters = "asnblom";
      break;
    case 'x':
      parameter.letters = "asnblfom";
      break;
    case '(': {
      const std::size_t end = closing(text, at, '(', ')');
      parameter.letters = std::string(text.substr(at + 1, end - at - 1)) + "m";
      if (parameter.letters.contains('<')) return fault("S0402", at);
      at = end;
      break;
    }
    default:
      return at;
  }
  parameters.push_back(std::move(parameter));
  return at;
}

Made<Signature> Signature::parse(std::string_view text) {
  Signature signature;
  std::vector<Parameter>& parameters = signature.parameters_;
  for (std::size_t at = 1; at < text.size() && text[at] != ':'; at++) {
    const char symbol = text[at];
    if (symbol != '<' && (parameters.empty() || !std::string_view("-?+").contains(symbol))) {
      at = WEFT_MADE(add_type(text, at, parameters));
      continue;
    }
    if (symbol == '<') {
      const bool takes =
          !parameters.empty() && (parameters.back().array || parameters.back().letters == "f");
      if (!takes) return fault("S0401", at);
      const std::size_t end = closing(text, at, '<', '>');
      if (parameters.back().array) parameters.back().items = text.substr(at + 1, end - at - 1);
      at = end;
      continue;
    }
    parameters.back().count = symbol == '+' ? Count::kMany : Count::kOptional;
    if (symbol == '-') parameters.back().context = true;
  }
  return signature;
}

bool Signature::Parameter::fits(std::string_view all, std::size_t at) const {
  return at < all.size() && letters.contains(all[at]);
}

std::optional<std::vector<std::size_t>> Signature::match(std::string_view letters,
                                                         std::size_t parameters, bool whole) const {
  // As regular expressions match: each parameter takes as many as it can while those behind it
  // still fit. Where a parameter can begin so that it and all behind it fit:
  const std::size_t width = letters.size() + 1;
  std::vector<char> fits((parameters + 1) * width, whole ? 0 : 1);
  fits[(parameters * width) + letters.size()] = 1;
  for (std::size_t i = parameters; i > 0; i--) {
    const Parameter& parameter = parameters_[i - 1];
    char* here = &fits[(i - 1) * width];
    const char* behind = &fits[i * width];
    for (std::size_t at = width; at > 0; at--) {
      const bool takes = parameter.fits(letters, at - 1);
      const bool one = takes && behind[at] != 0;
      const bool more = takes && parameter.count == Count::kMany && here[at] != 0;
      const bool none = parameter.count == Count::kOptional && behind[at - 1] != 0;
      here[at - 1] = one || more || none ? 1 : 0;
    }
  }
  if (fits[0] == 0) return std::nullopt;
  std::vector<std::size_t> taken(parameters, 0);
  std::size_t at = 0;
  for (std::size_t i = 0; i < parameters; i++) {
    const std::size_t most = parameters_[i].count == Count::kMany ? letters.size() : 1;
    const char* behind = &fits[(i + 1) * width];
    for (std::size_t count = 1; count <= most; count++) {
      if (!parameters_[i].fits(letters, at + count - 1)) break;
      if (behind[at + count] != 0) taken[i] = count;
    }
    at += taken[i];
  }
  return taken;
}

std::unique_ptr<Fault> Signature::mismatch(std::string_view letters) const {
  std::size_t good = 0;
  for (std::size_t count = 1; count <= parameters_.size(); count++) {
    const auto taken = match(letters, count, false);
    if (!taken.has_value()) break;
    good = 0;
    for (const std::size_t letters_taken : *taken) {
      good += letters_taken;
    }
  }
  return std::make_unique<Fault>(Fault{.code = "T0410", .index = good + 1});
}

Made<Var> Signature::as_array(const Parameter& parameter, Var argument, std::size_t index,
                              Heap& heap) {
  if (!argument.defined()) return argument;
  if (parameter.items.has_value()) {
    bool fits = true;
    if (!argument.is_array()) {
      fits = parameter.items == std::string_view(std::string{type_letter(argument)});
    } else if (argument.size() > 0) {
      const char type = type_letter(argument.item(0));
      fits = parameter.items->starts_with(type);
      for (std::size_t i = 1; fits && i < argument.size(); i++) {
        fits = type_letter(argument.item(i)) == type;
      }
    }
    if (!fits) {
      return fault({.code = "T0412",
                    .value2 = '"' + std::string(plural(*parameter.items)) + '"',
                    .index = index + 1});
    }
  }
  if (argument.is_array()) return argument;
  Array* array = heap.make<Array>();
  array->push(heap, argument);
  return array;
}

Made<std::vector<Var>> Signature::check(std::span<const Var> arguments, Var context,
                                        Heap& heap) const {
  std::string letters;
  for (const Var& argument : arguments) {
    letters += type_letter(argument);
  }
  const auto taken = match(letters, parameters_.size(), true);
  if (!taken.has_value()) return std::unexpected(mismatch(letters));
  std::vector<Var> checked;
  std::size_t at = 0;
  for (std::size_t i = 0; i < parameters_.size(); i++) {
    const Parameter& parameter = parameters_[i];
    if ((*taken)[i] == 0) {
      if (!parameter.context) {
        checked.push_back(at < arguments.size() ? arguments[at] : Var());
        at++;
        continue;
      }
      if (!parameter.letters.contains(type_letter(context))) {
        return fault({.code = "T0411", .index = at + 1});
      }
      checked.push_back(context);
      continue;
    }
    for (std::size_t n = 0; n < (*taken)[i]; n++, at++) {
      checked.push_back(parameter.array ? WEFT_MADE(as_array(parameter, arguments[at], at, heap))
                                        : arguments[at]);
    }
  }
  return checked;
}

}  // namespace weft::json::jsonata
