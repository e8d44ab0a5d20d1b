"""JSON: documents as services exchange them, read and written."""

import json
import zlib


def document(number):
    return {
        "id": f"order-{number:08}",
        "customer": {"name": "Ada Lovelace", "mail": "ada@example.org", "city": "Zürich", "active": number % 3 == 0},
        "items": [{"sku": i * number % 997, "count": i, "price": i * 1.25, "note": None if i % 2 else "wrapped"}
                  for i in range(20)],
        "tags": ["new", "paid", "a \"quoted\" one", "line\nbreak"],
    }


texts = [json.dumps(document(number)) for number in range(300)]
checksum = 0
for _ in range(20):
    for text in texts:
        value = json.loads(text)
        value["items"].reverse()
        checksum = zlib.crc32(json.dumps(value, separators=(",", ":")).encode(), checksum)
print(checksum)
