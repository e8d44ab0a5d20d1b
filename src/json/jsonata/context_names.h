// What an expression asks of the document that it is evaluated over.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "json/jsonata/failure.h"
#include "json/jsonata/jsonata.h"

namespace weft::json::jsonata {

// Each once, in the order in which they stand in the text: the names of members that the expression
// looks for in its document itself ("a" of "a.b[c] + $x.d"), and "$$", which is the document. What
// is looked for in anything else, in predicates, sort terms, groups and later steps, is none. Fails
// as Expression::compile does. Thread-safe.
Outcome<std::vector<std::string>> context_names(std::string_view text,
                                                const CompileLimits& limits = {});

}  // namespace weft::json::jsonata
