#include "cli/signature.h"

#include <array>

#include <fmt/format.h>

#include "abi/typed/values.h"
#include "base/log.h"
#include "base/utf8.h"
#include "cli/input_file.h"
#include "cli/short_text.h"

namespace weft::cli {
namespace {

std::string_view parameter_name(const engine::ExportInfo& function, std::size_t index) {
  return index < function.param_names.size() ? std::string_view(function.param_names[index])
                                             : std::string_view();
}

std::string results_text(const std::vector<engine::ValueType>& results) {
  if (results.empty()) return {};
  if (results.size() == 1) return fmt::format(" -> {}", engine::name_of(results.front()));
  std::string text = " -> (";
  for (std::size_t i = 0; i < results.size(); ++i)
    text += fmt::format("{}{}", i == 0 ? "" : ", ", engine::name_of(results[i]));
  return text + ")";
}

std::string example_value(engine::ValueType type, std::size_t index) {
  switch (type) {
    case engine::ValueType::kF32:
    case engine::ValueType::kF64:
      return fmt::format("{}.5", index + 1);
    case engine::ValueType::kV128:
      return "0x000102030405060708090a0b0c0d0e0f";
    default:
      return fmt::format("{}", index + 2);
  }
}

// Enough of a wrong value to recognise it.
constexpr std::size_t kShownBytesMax = 40;

std::string_view trimmed(std::string_view text) {
  const std::size_t end = text.find_last_not_of(" \t\r\n");
  return text.substr(0, end + 1);
}

// The word as $'…'. Octal bytes, because \u means nothing to old shells and in the locale C.
std::string escaped_word(std::string_view text) {
  std::string quoted = "$'";
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view character = text.substr(at, decode_utf8(text, at).size);
    at += character.size();
    if (character == "'" || character == "\\") {
      quoted += "\\";
      quoted += character;
    } else if (printable(character) == character) {
      quoted += character;
    } else {
      for (const char byte : character)
        quoted += fmt::format("\\{:03o}", static_cast<unsigned char>(byte));
    }
  }
  return quoted + "'";
}

}  // namespace

std::string signature(const engine::ExportInfo& function) {
  std::string text = short_name(function.name) + "(";
  const auto& params = function.function.params;
  for (std::size_t i = 0; i < params.size(); ++i) {
    const std::string_view name = parameter_name(function, i);
    text += fmt::format("{}{}{}{}", i == 0 ? "" : ", ", short_name(name), name.empty() ? "" : ": ",
                        engine::name_of(params[i]));
    if (text.size() > kTypeBytesShownMax) break;
  }
  text += ")" + results_text(function.function.results);
  return shown(text, kTypeBytesShownMax);
}

std::string example_arguments(const engine::FunctionType& type) {
  std::string text;
  for (std::size_t i = 0; i < type.params.size(); ++i)
    text += fmt::format("{}{}", i == 0 ? "" : " ", example_value(type.params[i], i));
  if (text.size() > kNameBytesShownMax) return "ARGS…";
  return text;
}

Result<std::vector<engine::Value>> parse_values(const std::vector<std::string>& words,
                                                const engine::ExportInfo& function,
                                                Console& console) {
  const auto& params = function.function.params;
  if (words.size() != params.size()) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{} takes {} argument{}, not {}", signature(function), params.size(),
                            params.size() == 1 ? "" : "s", words.size()));
  }
  std::vector<engine::Value> values;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view name = parameter_name(function, i);
    const std::string where = name.empty()
                                  ? fmt::format("argument {}", i + 1)
                                  : fmt::format("argument {} ({})", i + 1, printable(name));
    const std::string text = TRY(read_value(words[i], console));
    auto value = abi::typed::value_of_text(trimmed(text), params[i]);
    if (!value) {
      const std::string which = fmt::format("{}, {}", where, shown(text, kShownBytesMax));
      return fail(std::move(value).error().with_context(which));
    }
    values.push_back(*value);
  }
  return values;
}

std::string shell_word(std::string_view text) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:@%+=,";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string_view::npos)
    return std::string(text);
  if (printable(text) != text) return escaped_word(text);
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

std::string export_word(std::string_view name) {
  return shell_word(name.size() <= kNameBytesShownMax ? std::string(name) : short_name(name));
}

}  // namespace weft::cli
