"""What hashlib has from OpenSSL only, and libraries want for passwords: slower here, with the same results."""

import hashlib


def _blocks(hash_name, password, salt, iterations):
    """RFC 8018, section 5.2, block after block. The two keyed states are made once and copied."""
    size = hashlib.new(hash_name).block_size
    key = hashlib.new(hash_name, password).digest() if len(password) > size else password
    key = key.ljust(size, b"\0")
    inner = hashlib.new(hash_name, bytes(byte ^ 0x36 for byte in key))
    outer = hashlib.new(hash_name, bytes(byte ^ 0x5C for byte in key))

    def keyed(message):
        first = inner.copy()
        first.update(message)
        second = outer.copy()
        second.update(first.digest())
        return second.digest()

    number = 0
    while True:
        number += 1
        last = keyed(salt + number.to_bytes(4, "big"))
        mixed = int.from_bytes(last)
        for _ in range(iterations - 1):
            last = keyed(last)
            mixed ^= int.from_bytes(last)
        yield mixed.to_bytes(len(last))


def pbkdf2_hmac(hash_name, password, salt, iterations, dklen=None):
    if not isinstance(hash_name, str):
        raise TypeError("hash_name is a str")
    if iterations < 1 or (dklen is not None and dklen < 1):
        raise ValueError("iterations and dklen are at least 1")
    wanted = hashlib.new(hash_name).digest_size if dklen is None else dklen
    made = b""
    for block in _blocks(hash_name, bytes(password), bytes(salt), iterations):
        made += block
        if len(made) >= wanted:
            return made[:wanted]


if not hasattr(hashlib, "pbkdf2_hmac"):
    hashlib.pbkdf2_hmac = pbkdf2_hmac
