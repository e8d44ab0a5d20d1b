"""What weft's JSON is compared with: that of Python. python3 documents.py FILE…: as documents.cc does."""

import json
import sys
import time
from pathlib import Path

ROUND_BYTES = 4 << 20
ROUNDS = 5


def least_us(times, work):
    least = float("inf")
    for _ in range(ROUNDS):
        before = time.process_time()
        for _ in range(times):
            work()
        least = min(least, (time.process_time() - before) * 1e6 / times)
    return least


rows = []
for file in sys.argv[1:]:
    text = Path(file).read_bytes()
    document = json.loads(text)
    times = ROUND_BYTES // len(text) + 1
    rows.append({"parse_us": least_us(times, lambda: json.loads(text)),
                 "print_us": least_us(times, lambda: json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode())})
print(json.dumps(rows))
