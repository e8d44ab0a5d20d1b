"""Regular expressions: the lines of a log taken apart, and text replaced."""

import re

LINES = "\n".join(
    f'10.{i % 7}.{i % 211}.{i % 53} - user{i % 31} [2026-11-{i % 28 + 1:02}T{i % 24:02}:{i % 60:02}:00Z] '
    f'"{("GET", "POST", "PUT")[i % 3]} /v1/functions/name-{i}?page={i % 9}&q=a+b HTTP/1.1" {200 + i % 5} {i * 37 % 9001}'
    for i in range(4000))
ENTRY = re.compile(r'^(?P<host>[\d.]+) - (?P<user>\w+) \[(?P<time>[^\]]+)\] "(?P<method>[A-Z]+) (?P<path>\S+) [^"]*" '
                   r"(?P<status>\d{3}) (?P<bytes>\d+)$", re.MULTILINE)

total = 0
for _ in range(12):
    for found in ENTRY.finditer(LINES):
        total += int(found["bytes"]) + len(found["path"])
    total += len(re.sub(r"\b(user)(\d+)\b", r"\2-\1", LINES))
    total += sum(1 for _ in re.finditer(r"(?:GET|PUT) /v1/[a-z]+/name-\d*7\b", LINES))
print(total)
