// Numbers between JSON or the command line and a typed export (docs/reference/numbers.md).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/types.h"
#include "json/print.h"
#include "json/value.h"

namespace weft::abi::typed {

// i32: a number from -2^31 to 2^32-1; i64: likewise to 2^64-1, or the same as a decimal string; f32
// and f64: a number, or "NaN", "Infinity", "-Infinity"; v128: "0x" and 32 hex digits, the byte of
// the lowest lane first. kInvalidArgument says what is expected.
Result<engine::Value> value_of(const json::Value& json, engine::ValueType type);

// One value for each parameter; kInvalidArgument names the argument (from 1) that does not fit, or
// the right number.
Result<std::vector<engine::Value>> values_of(std::span<const json::Value> arguments,
                                             const engine::FunctionType& type);

// The same from the command line: numbers in decimal or 0x hexadecimal, "nan", "inf".
Result<engine::Value> value_of_text(std::string_view text, engine::ValueType type);

// As a result is sent: i64 as a decimal string, floats in their shortest exact form.
void write(json::Writer& writer, const engine::Value& value);

// As a result is printed for people: like `write` without quotes.
std::string text_of(const engine::Value& value);

}  // namespace weft::abi::typed
