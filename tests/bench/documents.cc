// What JSON costs in this process: reading a text to a document, and printing it.
//
//   documents FILE…
//
// Prints a JSON array with an object for each file: {"bytes", "parse_us", "simdjson_us",
// "print_us", "printed_bytes", "same"}: CPU time of the best of nine rounds; simdjson_us is the DOM
// parser of the library that finds the tokens for ours, which reuses its memory; "same" is whether
// what is printed is read to an equal document.
#include <cstddef>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <utility>

#include <simdjson.h>

#include "base/assert.h"
#include "cpu_time.h"
#include "json/parse.h"
#include "json/print.h"

namespace {

namespace bench = weft::bench;
namespace json = weft::json;

// Of each file, so many bytes in a round.
constexpr std::size_t kRoundBytes = 16 << 20;

json::Value measured(const std::string& text) {
  const json::Value document = json::parse(text).value();
  const std::string printed = json::to_string(document);
  const bench::Rounds rounds{.times = static_cast<int>(kRoundBytes / text.size()) + 1};
  simdjson::dom::parser parser;
  return json::Value::object(
      {{"bytes", text.size()},
       {"parse_us", bench::least_us(rounds, [&] { WEFT_ASSERT(json::parse(text).has_value()); })},
       {"simdjson_us",
        bench::least_us(rounds,
                        [&] { WEFT_ASSERT(parser.parse(text).error() == simdjson::SUCCESS); })},
       {"print_us",
        bench::least_us(rounds,
                        [&] { WEFT_ASSERT(json::to_string(document).size() == printed.size()); })},
       {"printed_bytes", printed.size()},
       {"same", json::parse(printed).value() == document}});
}

}  // namespace

int main(int count, char** words) {
  json::Array rows;
  for (const char* const file :
       std::span<char*>(words, static_cast<std::size_t>(count)).subspan(1)) {
    std::ifstream stream(file, std::ios::binary);
    rows.push_back(measured(std::string{std::istreambuf_iterator<char>(stream), {}}));
  }
  const std::string printed = json::to_string(json::Value(std::move(rows))) + "\n";
  std::fwrite(printed.data(), 1, printed.size(), stdout);
}
