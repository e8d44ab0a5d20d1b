#include "cli/signature.h"

#include <doctest/doctest.h>

#include "cli/short_text.h"

namespace weft::cli {
namespace {

TEST_CASE("a word of a command is quoted where a shell would read something else") {
  CHECK(shell_word("add-2.wat") == "add-2.wat");
  CHECK(shell_word("") == "''");
  CHECK(shell_word("a b") == "'a b'");
  CHECK(shell_word("it's $HOME") == "'it'\\''s $HOME'");
  CHECK(shell_word("grüße") == "'grüße'");
}

TEST_CASE("what steers a terminal or deceives stands in a word as a shell's escape") {
  CHECK(shell_word("\x1b[31m") == "$'\\033[31m'");
  CHECK(shell_word("a\n'\\1") == "$'a\\012\\'\\\\1'");
  CHECK(shell_word("a\u202eb") == "$'a\\342\\200\\256b'");
  CHECK(shell_word("\xff") == "$'\\377'");
}

TEST_CASE("an export's name is whole in a command, unless it is very long") {
  CHECK(export_word("a\x1b") == "$'a\\033'");
  const std::string longest(kNameBytesShownMax, 'x');
  CHECK(export_word(longest) == longest);
  CHECK(export_word(longest + "x") == "'" + longest + "…'");
}

}  // namespace
}  // namespace weft::cli
