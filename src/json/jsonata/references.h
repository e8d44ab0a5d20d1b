// What an expression asks of what it is evaluated over.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "json/jsonata/failure.h"
#include "json/jsonata/jsonata.h"

namespace weft::json::jsonata {

// Each name once, in the order in which they stand in the text.
struct References {
  // The members that the expression looks for in its document itself ("a" of "a.b[c] + $x.d"), "$"
  // where that is the document, and "$$". What is looked for in anything else, in predicates, sort
  // terms, groups and later steps, is none.
  std::vector<std::string> document;
  // The members of the variable that was asked for ("d" of "$x.d"), wherever they are looked for.
  std::vector<std::string> variable;
};

// Fails as Expression::compile does. `variable` is without its "$". Thread-safe.
Outcome<References> references_of(std::string_view text, std::string_view variable,
                                  const CompileLimits& limits = {});

}  // namespace weft::json::jsonata
