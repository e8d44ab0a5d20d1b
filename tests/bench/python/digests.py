"""SHA-256 of small and of large pieces, chained."""

import hashlib

digest = b""
for number in range(300_000):
    digest = hashlib.sha256(digest + number.to_bytes(4, "little")).digest()
piece = bytes(range(256)) * 256
for _ in range(600):
    running = hashlib.sha256(digest)
    running.update(piece)
    digest = running.digest()
print(digest.hex())
