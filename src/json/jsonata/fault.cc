#include "json/jsonata/fault.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "json/print.h"

namespace weft::json::jsonata {

namespace {

// A place for one of the fault's fields starts with { where it is printed as JSON and with [ where
// it is printed as it is: t token, v value, w second value, i index.
struct Sentence {
  std::string_view code;
  std::string_view text;
};

// Of the reference implementation, word for word: users know them, and other engines print them.
// D3137, D3141 and some of pictures bring their own; D1012, D2015, S0500 and U1001 are
// our limits.
constexpr auto kSentences = std::to_array<Sentence>({
    {"D1001", "Number out of range: {v}"},
    {"D1002", "Cannot negate a non-numeric value: {v}"},
    {"D1004", "Regular expression matches zero length string"},
    {"D1009", "Multiple key definitions evaluate to same key: {v}"},
    {"D1012", "Evaluation timeout. Check for infinite loop"},
    {"D2014",
     "The size of the sequence allocated by the range operator (..) must not exceed "
     "1e7.  Attempted to allocate {v}."},
    {"D2015", "The evaluation makes more values than its limit on memory allows"},
    {"D3001", "Attempting to invoke string function on Infinity or NaN"},
    {"D3010", "Second argument of replace function cannot be an empty string"},
    {"D3011", "Fourth argument of replace function must evaluate to a positive number"},
    {"D3012", "Attempted to replace a matched string with a non-string value"},
    {"D3020", "Third argument of split function must evaluate to a positive number"},
    {"D3030", "Unable to cast value to a number: {v}"},
    {"D3040", "Third argument of match function must evaluate to a positive number"},
    {"D3050",
     "The second argument of reduce function must be a function with at least two "
     "arguments"},
    {"D3060", "The sqrt function cannot be applied to a negative number: {v}"},
    {"D3061",
     "The power function has resulted in a value that cannot be represented as a "
     "JSON number: base={v}, exponent={w}"},
    {"D3070",
     "The single argument form of the sort function can only be applied to an array "
     "of strings or an array of numbers.  Use the second argument to specify a "
     "comparison function"},
    {"D3080", "The picture string must only contain a maximum of two sub-pictures"},
    {"D3081",
     "The sub-picture must not contain more than one instance of the "
     "'decimal-separator' character"},
    {"D3082",
     "The sub-picture must not contain more than one instance of the 'percent' "
     "character"},
    {"D3083",
     "The sub-picture must not contain more than one instance of the 'per-mille' "
     "character"},
    {"D3084",
     "The sub-picture must not contain both a 'percent' and a 'per-mille' "
     "character"},
    {"D3085",
     "The mantissa part of a sub-picture must contain at least one character that "
     "is either an 'optional digit character' or a member of the 'decimal digit "
     "family'"},
    {"D3086",
     "The sub-picture must not contain a passive character that is preceded by an "
     "active character and that is followed by another active character"},
    {"D3087",
     "The sub-picture must not contain a 'grouping-separator' character that "
     "appears adjacent to a 'decimal-separator' character"},
    {"D3088",
     "The sub-picture must not contain a 'grouping-separator' at the end of the "
     "integer part"},
    {"D3089",
     "The sub-picture must not contain two adjacent instances of the "
     "'grouping-separator' character"},
    {"D3090",
     "The integer part of the sub-picture must not contain a member of the "
     "'decimal digit family' that is followed by an instance of the 'optional "
     "digit character'"},
    {"D3091",
     "The fractional part of the sub-picture must not contain an instance of the "
     "'optional digit character' that is followed by a member of the 'decimal "
     "digit family'"},
    {"D3092",
     "A sub-picture that contains a 'percent' or 'per-mille' character must not "
     "contain a character treated as an 'exponent-separator'"},
    {"D3093",
     "The exponent part of the sub-picture must comprise only of one or more "
     "characters that are members of the 'decimal digit family'"},
    {"D3100",
     "The radix of the formatBase function must be between 2 and 36.  It was given "
     "{v}"},
    {"D3120", "Syntax error in expression passed to function eval: {v}"},
    {"D3121", "Dynamic error evaluating the expression passed to function eval: {v}"},
    {"D3131", "In a decimal digit pattern, all digits must be from the same decimal group"},
    {"D3134", "The timezone integer format specifier cannot have more than four digits"},
    {"D3135", "No matching closing bracket ']' in date/time picture string"},
    {"D3136",
     "The date/time picture string is missing specifiers required to parse the "
     "timestamp"},
    {"D3138",
     "The $single() function expected exactly 1 matching result.  Instead it "
     "matched more."},
    {"D3139",
     "The $single() function expected exactly 1 matching result.  Instead it "
     "matched 0."},
    {"D3140", "Malformed URL passed to $[w](): {v}"},
    {"S0101", "String literal must be terminated by a matching quote"},
    {"S0102", "Number out of range: {t}"},
    {"S0103", "Unsupported escape sequence: \\{t}"},
    {"S0104", "The escape sequence \\u must be followed by 4 hex digits"},
    {"S0105", "Quoted property name must be terminated with a backquote (`)"},
    {"S0106", "Comment has no closing tag"},
    {"S0201", "Syntax error: {t}"},
    {"S0202", "Expected {v}, got {t}"},
    {"S0203", "Expected {v} before end of expression"},
    {"S0204", "Unknown operator: {t}"},
    {"S0205", "Unexpected token: {t}"},
    {"S0206", "Unknown expression type: {t}"},
    {"S0207", "Unexpected end of expression"},
    {"S0208", "Parameter {i} of function definition must be a variable name (start with $)"},
    {"S0209", "A predicate cannot follow a grouping expression in a step"},
    {"S0210", "Each step can only have one grouping expression"},
    {"S0211", "The symbol {t} cannot be used as a unary operator"},
    {"S0212", "The left side of := must be a variable name (start with $)"},
    {"S0213", "The literal value {v} cannot be used as a step within a path expression"},
    {"S0214", "The right side of {t} must be a variable name (start with $)"},
    {"S0215", "A context variable binding must precede any predicates on a step"},
    {"S0216", "A context variable binding must precede the 'order-by' clause on a step"},
    {"S0217", "The object representing the 'parent' cannot be derived from this expression"},
    {"S0301", "Empty regular expressions are not allowed"},
    {"S0302", "No terminating / in regular expression"},
    {"S0401", "Type parameters can only be applied to functions and arrays"},
    {"S0402", "Choice groups containing parameterized types are not supported"},
    {"S0500", "The expression is larger than its limits allow"},
    {"T0410", "Argument {i} of function {t} does not match function signature"},
    {"T0411", "Context value is not a compatible type with argument {i} of function {t}"},
    {"T0412", "Argument {i} of function {t} must be an array of {w}"},
    {"T1003", "Key in object structure must evaluate to a string; got: {v}"},
    {"T1005", "Attempted to invoke a non-function. Did you mean $[t]?"},
    {"T1006", "Attempted to invoke a non-function"},
    {"T1007", "Attempted to partially apply a non-function. Did you mean $[t]?"},
    {"T1008", "Attempted to partially apply a non-function"},
    {"T1010",
     "The matcher function argument passed to function {t} does not return the "
     "correct object structure"},
    {"T2001", "The left side of the {t} operator must evaluate to a number"},
    {"T2002", "The right side of the {t} operator must evaluate to a number"},
    {"T2003", "The left side of the range operator (..) must evaluate to an integer"},
    {"T2004", "The right side of the range operator (..) must evaluate to an integer"},
    {"T2006", "The right side of the function application operator ~> must be a function"},
    {"T2007", "Type mismatch when comparing values {v} and {w} in order-by clause"},
    {"T2008",
     "The expressions within an order-by clause must evaluate to numeric or string "
     "values"},
    {"T2009",
     "The values {v} and {w} either side of operator {t} must be of the same data "
     "type"},
    {"T2010",
     "The expressions either side of operator {t} must evaluate to numeric or "
     "string values"},
    {"T2011",
     "The insert/update clause of the transform expression must evaluate to an "
     "object: {v}"},
    {"T2012",
     "The delete clause of the transform expression must evaluate to a string or "
     "array of strings: {v}"},
    {"T2013",
     "The transform expression clones the input object using the $clone() function. "
     " This has been overridden in the current scope by a non-function."},
    {"U1001",
     "Stack overflow error: Check for non-terminating recursive function.  Consider "
     "rewriting as tail-recursive."},
});

std::string quoted(std::string_view text) {
  if (text.empty()) return "undefined";
  std::string out;
  append_string(out, text);
  return out;
}

std::string field_of(const Fault& fault, std::string_view place) {
  switch (place[1]) {
    case 't':
      return place[0] == '{' ? quoted(fault.token) : fault.token;
    case 'v':
      return fault.value;
    case 'w':
      return fault.value2;
    default:
      return std::to_string(fault.index);
  }
}

std::string filled(std::string_view text, const Fault& fault) {
  std::string out;
  while (true) {
    std::size_t open = text.find_first_of("{[");
    out += text.substr(0, open);
    if (open == std::string_view::npos) return out;
    out += field_of(fault, text.substr(open));
    text.remove_prefix(open + 3);
  }
}

}  // namespace

bool has_sentence(std::string_view code) {
  return std::ranges::find(kSentences, code, &Sentence::code) != kSentences.end();
}

Failure failure_of(const Fault& fault) {
  std::string message = fault.message;
  if (message.empty()) {
    const auto* found = std::ranges::find(kSentences, fault.code, &Sentence::code);
    message = found == kSentences.end() ? fault.code : filled(found->text, fault);
  }
  return {.code = fault.code, .message = message, .position = fault.position};
}

}  // namespace weft::json::jsonata
