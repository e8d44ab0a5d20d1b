// What JSONata does with values wherever they come from: truth, equality, text, copies.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "json/jsonata/evaluator.h"
#include "json/jsonata/fault.h"
#include "json/jsonata/runtime.h"
#include "json/value.h"

namespace weft::json::jsonata {

// Whether this is a number, and not NaN; D1001 for the infinities.
Made<bool> is_numeric(const Var& value);
// Whether all items are such numbers; false for what is no array.
Made<bool> is_array_of_numbers(Evaluator& run, const Var& value);
bool is_array_of_strings(const Var& value);

// $boolean; false for undefined.
Made<bool> is_true(Evaluator& run, const Var& value);
// Deep equality; false where one of them is undefined.
Made<bool> are_equal(Evaluator& run, const Var& left, const Var& right);

// The member of that name, of objects in arrays too, as paths find it.
Made<Var> look_up(Evaluator& run, const Var& input, std::string_view key);
// JavaScript's concat of two values of which each may be an array; either may be undefined.
Var appended(Heap& heap, const Var& left, const Var& right);
// A new array of those values.
Array* array_of(Heap& heap, std::initializer_list<Var> items);

// $string; not for undefined. D3001, D1001.
Made<std::string> text_of(Evaluator& run, const Var& value, bool pretty = false);
// As JavaScript prints it.
std::string number_text(double number);
// As JSON for a message, cut where it is long.
std::string shown(Evaluator& run, const Var& value);

// A copy that may be changed, as $clone makes it.
Made<Var> cloned(Evaluator& run, const Var& value);
// As a document; not for undefined. Functions become empty strings, undefined items null. Numbers
// that are not finite are D1001, or texts ("Infinity") with workflow_functions.
Made<Value> to_value(Evaluator& run, const Var& value);

}  // namespace weft::json::jsonata
