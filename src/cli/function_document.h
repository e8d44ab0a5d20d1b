// What a server says about a function, read and shown.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/console.h"
#include "cli/server_client.h"
#include "engine/module_info.h"
#include "json/value.h"

namespace weft::cli {

// The member's text; empty when it is absent or no string. Safe to show.
std::string text_of_member(const json::Value& object, std::string_view key);

// The member's number; 0 when it is absent or no whole number.
std::uint64_t number_of_member(const json::Value& object, std::string_view key);

// The functions that the document's module exports. kInternal when it is not as
// docs/reference/http.md says.
Result<std::vector<engine::ExportInfo>> exports_of(const json::Value& function);

// For each export that can be called, its signature and the command to call it.
std::string calling_lines(const json::Value& function);

// Of a function that was just deployed: what is not as usual about the state of its calls and about
// what prepares it; empty for nothing.
std::string noteworthy_lines(const json::Value& function);

// Everything about a function, for people.
std::string function_text(const json::Value& function, const Console& console);

// The document as it came, on a line.
void print_json(const json::Value& document, Console& console);

// Says that it is removed: for programs as {"removed":"add"} on standard output.
void print_removed(std::string_view what, bool as_json, Console& console);

// Says on standard error, in JSON if wanted, that the list has more than what was printed of it.
void note_more(const ServerClient::Listed& listed, Console& console, bool as_json);

// The first digits of a module's id, enough to name it: "sha256:95be0e039a77".
std::string short_module_id(std::string_view id);

// Rows with a heading, the columns as wide as needed.
std::string table_text(const std::vector<std::vector<std::string>>& rows, const Console& console);

}  // namespace weft::cli
