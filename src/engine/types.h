// WebAssembly types and values as the rest of weft sees them.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace weft::engine {

// The first five are numeric: a client can pass and receive them.
enum class ValueType : std::uint8_t {
  kI32 = 0,
  kI64 = 1,
  kF32 = 2,
  kF64 = 3,
  kV128 = 4,
  kFuncref = 5,
  kExternref = 6,
  kOtherReference = 7,
};

std::string_view name_of(ValueType type);
constexpr bool is_numeric(ValueType type) {
  return type <= ValueType::kV128;
}

// 16 bytes, little-endian lanes first.
struct V128 {
  std::array<std::uint8_t, 16> bytes{};
  bool operator==(const V128&) const = default;
};

// The alternatives stand in the order of the numeric ValueTypes, so that index() is the type.
using Value = std::variant<std::int32_t, std::int64_t, float, double, V128>;

inline ValueType type_of(const Value& value) {
  return static_cast<ValueType>(value.index());
}

struct FunctionType {
  std::vector<ValueType> params;
  std::vector<ValueType> results;

  bool operator==(const FunctionType&) const = default;
};

// "(i32, i32) -> i32"; several results in parentheses, none as "()".
std::string to_string(const FunctionType& type);

}  // namespace weft::engine
