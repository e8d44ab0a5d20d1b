#!/usr/bin/env python3
"""Writes the table of general_category.cc, the lines between its braces, from the Unicode data of Python.

    python3 src/json/jsonpath/general_category.py            writes it
    python3 src/json/jsonpath/general_category.py --check    fails when it is another one
"""

import sys
import unicodedata
from pathlib import Path

SOURCE = Path(__file__).with_suffix(".cc")
VERSION = "14.0.0"  # of Python 3.11, Debian 12's; general_category.h names it, too
NAMES = ["Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po",
         "Zs", "Zl", "Zp", "Sm", "Sc", "Sk", "So", "Cc", "Cf", "Co", "Cn"]
BEGIN = "constexpr std::uint32_t kRuns[] = {\n"
END = "};\n"
PER_LINE = 8


def runs() -> list[str]:
    """One for each run of code points of one category: its first one and the category's number."""
    found = []
    last = None
    for value in range(0x110000):
        name = unicodedata.category(chr(value))
        if name == "Cs":  # No scalar values: they cannot come up.
            continue
        if name != last:
            found.append(f"0x{value << 8 | NAMES.index(name):08x}")
            last = name
    return found


def main() -> None:
    if unicodedata.unidata_version != VERSION:
        sys.exit(f"this Python knows Unicode {unicodedata.unidata_version}; the table is that of {VERSION}")
    table = runs()
    lines = ["    " + ", ".join(table[start:start + PER_LINE]) + ",\n" for start in range(0, len(table), PER_LINE)]
    before = SOURCE.read_text(encoding="utf-8")
    head, rest = before.split(BEGIN)
    tail = rest[rest.index(END):]
    after = head + BEGIN + "".join(lines) + tail
    if "--check" not in sys.argv[1:]:
        SOURCE.write_text(after, encoding="utf-8")
    elif after != before:
        sys.exit(f"{SOURCE.name} has another table: run general_category.py")


if __name__ == "__main__":
    main()
