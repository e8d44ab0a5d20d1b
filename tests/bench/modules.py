"""Modules for the benchmarks, made at run time and always the same: small ones, and one of about 2 MB."""

from __future__ import annotations

from pathlib import Path

I32 = 0x7F


def unsigned(number: int) -> bytes:
    """LEB128."""
    encoded = bytearray()
    while True:
        number, low = number >> 7, number & 0x7F
        encoded.append(low | (0x80 if number else 0))
        if not number:
            return bytes(encoded)


def signed(number: int) -> bytes:
    encoded = bytearray()
    while True:
        number, low = number >> 7, number & 0x7F
        is_last = number == (-1 if low & 0x40 else 0)
        encoded.append(low | (0 if is_last else 0x80))
        if is_last:
            return bytes(encoded)


def vector(items: list[bytes]) -> bytes:
    return unsigned(len(items)) + b"".join(items)


def name(text: str) -> bytes:
    return unsigned(len(text)) + text.encode()


def module(types: list[bytes], functions: list[int], exports: list[bytes], bodies: list[bytes],
           pages: int | None = None) -> bytes:
    """A module; with `pages`, it has a memory of that many."""
    sections = [(1, vector(types)), (3, vector([unsigned(index) for index in functions]))]
    if pages is not None:
        sections.append((5, vector([b"\x00" + unsigned(pages)])))
    sections += [(7, vector(exports)), (10, vector([unsigned(len(body)) + body for body in bodies]))]
    return b"\0asm\x01\0\0\0" + b"".join(bytes([id_]) + unsigned(len(content)) + content for id_, content in sections)


def function_type(parameters: int, results: int) -> bytes:
    return b"\x60" + vector([bytes([I32])] * parameters) + vector([bytes([I32])] * results)


def exported(text: str, kind: int, index: int) -> bytes:
    return name(text) + bytes([kind]) + unsigned(index)


# local.get 0, local.get 1, i32.add
_ADD = b"\x00\x20\x00\x20\x01\x6a\x0b"


def add() -> bytes:
    """add(i32, i32) and nothing else: nothing in it could change."""
    return module([function_type(2, 1)], [0], [exported("add", 0, 0)], [_ADD])


def add_with_memory(number: int = 0) -> bytes:
    """The same with a memory of 64 KiB, which a call could change. Each number gives another module."""
    export = exported("memory" if number == 0 else f"memory-{number}", 2, 0)
    return module([function_type(2, 1)], [0], [exported("add", 0, 0), export], [_ADD], pages=1)


def spin() -> bytes:
    """spin() computes for ever."""
    return module([function_type(0, 0)], [0], [exported("spin", 0, 0)], [b"\x00\x03\x40\x0c\x00\x0b\x0b"])


def ponder() -> bytes:
    """ponder(n) counts up to n."""
    body = bytes.fromhex("01017f 0340 2001 4101 6a 2201 2000 49 0d00 0b 2001 0b")
    return module([function_type(1, 1)], [0], [exported("ponder", 0, 0)], [body])


def work(turns: int) -> bytes:
    """work() counts down from `turns`, in a module whose memory a call could change."""
    # i32.const turns, local.set 0, loop: local.get 0, i32.const 1, i32.sub, local.tee 0, br_if 0
    body = b"\x01\x01\x7f\x41" + signed(turns) + b"\x21\x00\x03\x40\x20\x00\x41\x01\x6b\x22\x00\x0d\x00\x0b\x0b"
    return module([function_type(0, 0)], [0], [exported("work", 0, 0)], [body], pages=1)


def data_file(size: int = 2_000_000) -> bytes:
    """Bytes that look random and are the same everywhere."""
    random = Lcg(1)
    return b"".join(random.below(1 << 31).to_bytes(4, "little") for _ in range(size // 4))


# connect(port) gives the byte that comes from that port of 127.0.0.1.
CONNECT_TEXT = (Path(__file__).parents[1] / "guests/waiting/connect.wat").read_text()


def empty_program() -> bytes:
    """A program that does nothing."""
    return module([function_type(0, 0)], [0], [exported("_start", 0, 0), exported("memory", 2, 0)], [b"\x00\x0b"],
                  pages=1)


class Lcg:
    """Numbers that look random and are the same everywhere."""

    def __init__(self, seed: int):
        self._state = seed

    def below(self, end: int) -> int:
        self._state = (self._state * 6364136223846793005 + 1442695040888963407) % (1 << 64)
        return (self._state >> 33) % end


# i32.add sub mul and or xor shl shr_u rotl
_BINARY = bytes([0x6A, 0x6B, 0x6C, 0x71, 0x72, 0x73, 0x74, 0x76, 0x77])
_LOCALS = 6


def _body(random: Lcg, index: int) -> bytes:
    """A function (i32, i32) -> i32 of arithmetic, loads, stores, branches, a loop and a call of an earlier one."""
    code = bytearray()

    def local(set_: bool = False) -> None:
        code.extend([0x21 if set_ else 0x20, random.below(_LOCALS)])

    def arithmetic() -> None:
        local()
        code.append(0x41)
        code.extend(signed(random.below(1 << 20) - (1 << 19)))
        code.append(_BINARY[random.below(len(_BINARY))])
        local()
        code.append(_BINARY[random.below(len(_BINARY))])
        local(set_=True)

    def address() -> None:
        local()
        code.extend(b"\x41" + signed(0xFFFC) + b"\x71")

    for _ in range(4):
        arithmetic()
    address()
    code.extend(b"\x28\x02" + unsigned(random.below(256) * 4))
    local(set_=True)
    address()
    local()
    code.extend(b"\x36\x02" + unsigned(random.below(256) * 4))
    local()
    code.extend(b"\x04\x40")
    arithmetic()
    arithmetic()
    code.append(0x05)
    arithmetic()
    code.append(0x0B)
    # A loop of three turns, counted in the last local, which nothing else writes.
    code.extend(b"\x41\x03\x21" + bytes([_LOCALS]) + b"\x03\x40")
    arithmetic()
    arithmetic()
    code.extend(b"\x20" + bytes([_LOCALS]) + b"\x41\x01\x6b\x22" + bytes([_LOCALS]) + b"\x0d\x00\x0b")
    if index % 4 == 3:
        # The chain of calls stays short.
        local()
        local()
        code.extend(b"\x10" + unsigned(index - 1 - random.below(3)))
        local(set_=True)
    local()
    code.append(0x0B)
    return vector([unsigned(_LOCALS - 2 + 1) + bytes([I32])]) + bytes(code)


def large(seed: int, size: int = 2_000_000) -> bytes:
    """About `size` bytes of functions; `run` calls one of them. Another seed makes another module of the same kind."""
    random = Lcg(seed)
    bodies: list[bytes] = []
    total = 0
    while total < size:
        bodies.append(_body(random, len(bodies)))
        total += len(bodies[-1]) + 3
    last = len(bodies) - 1
    return module([function_type(2, 1)], [0] * len(bodies), [exported("run", 0, last), exported("memory", 2, 0)],
                  bodies, pages=2)
