"""Writes binary modules that no tool would: for inputs that attack the readers of names and debug information."""

import struct

HEADER = b"\0asm\1\0\0\0"


def number(value):
    """Unsigned LEB128."""
    out = bytearray()
    while True:
        low = value & 0x7F
        value >>= 7
        out.append(low | (0x80 if value else 0))
        if not value:
            return bytes(out)


def type_index(index):
    """As a reference has it: signed LEB128."""
    encoded = number(index)
    return encoded if encoded[-1] < 0x40 else encoded[:-1] + bytes([encoded[-1] | 0x80, 0])


def text(value):
    encoded = value.encode()
    return number(len(encoded)) + encoded


def vector(items):
    return number(len(items)) + b"".join(items)


def section(kind, content):
    return bytes([kind]) + number(len(content)) + content


def custom(name, content):
    return section(0, text(name) + content)


def trapping_module(*customs):
    """One export "f" without parameters, which traps; with the given custom sections behind it."""
    body = b"\0\0\x0b"  # no locals, unreachable, end
    return (
        HEADER
        + section(1, vector([b"\x60\0\0"]))
        + section(3, vector([number(0)]))
        + section(7, vector([text("f") + b"\0" + number(0)]))
        + section(10, vector([number(len(body)) + body]))
        + b"".join(customs)
    )


def nested_debug_info(depth):
    """DWARF 4: a unit with one function that holds `depth` inlined ones inside each other."""
    unit, function, inlined = 0x11, 0x2E, 0x1D
    low_pc, high_pc, address, data4 = 0x11, 0x12, 0x01, 0x06
    pcs = number(low_pc) + number(address) + number(high_pc) + number(data4) + b"\0\0"
    abbreviations = (
        number(1) + number(unit) + b"\1" + pcs + number(2) + number(function) + b"\1" + pcs
        + number(3) + number(inlined) + b"\1" + b"\0\0" + b"\0"
    )
    pc_values = struct.pack("<II", 0, 1000)
    entries = b"\1" + pc_values + b"\2" + pc_values + b"\3" * depth
    head = struct.pack("<HIB", 4, 0, 4)
    info = struct.pack("<I", len(head) + len(entries)) + head + entries
    return custom(".debug_abbrev", abbreviations) + custom(".debug_info", info)


def exploding_name(width, levels):
    """A mangled C++ name whose substitutions make a text `width`^`levels` times as long."""

    def substitution(index):
        digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        if index == 0:
            return "S_"
        index -= 1
        shown = ""
        while True:
            shown = digits[index % 36] + shown
            index //= 36
            if not index:
                return f"S{shown}_"

    name = "_Z1f1AIiiE" + "".join("S_I" + substitution(level + 1) * width + "E" for level in range(levels))
    names = vector([number(0) + text(name)])
    return custom("name", b"\1" + number(len(names)) + names)


def many_exports_of_many_names(exports, params):
    """One function under many names, whose parameters all have long names."""
    body = b"\0\x0b"
    names = vector([number(0) + vector([number(i) + text("p" * 100) for i in range(params)])])
    return (
        HEADER
        + section(1, vector([b"\x60" + vector([b"\x7f"] * params) + b"\0"]))
        + section(3, vector([number(0)]))
        + section(7, vector([text(f"f{i}") + b"\0" + number(0) for i in range(exports)]))
        + section(10, vector([number(len(body)) + body]))
        + custom("name", b"\2" + number(len(names)) + names)
    )


def slow_to_compile(blocks=10_000, count=2_000):
    """A function whose many variables live through many branches: seconds for a register allocator, in 180 kB."""
    code = bytearray()
    state = 1

    def variable():
        nonlocal state
        state = (state * 1103515245 + 12345) % (1 << 31)
        return number((state >> 8) % count)

    for _ in range(blocks):
        condition, other, target = variable(), variable(), variable()
        # (block (br_if 0 (local.get condition)) (local.set target (i32.mul …)))
        code += b"\x02\x40\x20" + condition + b"\x0d\x00\x20" + condition + b"\x20" + other + b"\x6c\x21" + target + b"\x0b"
    body = number(1) + number(count) + b"\x7f" + bytes(code) + b"\x20\x00\x0b"
    return (
        b"\0asm\x01\0\0\0"
        + section(1, vector([b"\x60\x00\x01\x7f"]))
        + section(3, vector([b"\x00"]))
        + section(7, vector([text("f") + b"\x00\x00"]))
        + section(10, vector([number(len(body)) + body]))
    )


def function_module(locals_, code):
    """One export "f" without parameters, which has those groups of locals and that code."""
    body = vector([number(count) + kind for count, kind in locals_]) + code + b"\x0b"
    return (
        HEADER
        + section(1, vector([b"\x60\0\0"]))
        + section(3, vector([number(0)]))
        + section(7, vector([text("f") + b"\0" + number(0)]))
        + section(10, vector([number(len(body)) + body]))
    )


def many_locals(count):
    """A function that adds all of its locals up, into each of them."""
    code = b"".join(b"\x20" + number(i) + b"\x20" + number(count - 1 - i) + b"\x6a\x21" + number(i) for i in range(count))
    return function_module([(count, b"\x7f")], code)


def branch_tables(tables, entries):
    """A function of that many br_table, each with that many entries."""
    table = b"\x02\x40\x41\0\x0e" + number(entries) + b"\0" * entries + b"\0\x0b"
    return function_module([], table * tables)


def exponential_types(depth, in_one_group):
    """Structures of two references each to the one before: written out, the last is a tree of 2^depth."""
    structs = [b"\x5f\0"] + [b"\x5f\x02" + (b"\x64" + type_index(i) + b"\0") * 2 for i in range(depth)]
    function = b"\x60\x01\x63" + type_index(depth) + b"\0"
    group = b"\x4e" + vector(structs)
    types = [group, function, b"\x60\0\0"] if in_one_group else [*structs, function, b"\x60\0\0"]
    body = b"\0\x0b"
    return (
        HEADER
        + section(1, vector(types))
        + section(3, vector([number(depth + 1), number(depth + 2)]))
        + section(7, vector([text("takes") + b"\0\0", text("f") + b"\0\1"]))
        + section(10, vector([number(len(body)) + body] * 2))
    )


def component_types(depth):
    """A component of tuples of two, each of the one before."""
    tuples = [b"\x6f\x02\x7f\x7f"] + [b"\x6f\x02" + type_index(i) * 2 for i in range(depth)]
    return b"\0asm\x0d\0\1\0" + section(7, vector(tuples))


def read_number(content, at):
    """An unsigned LEB128 number, and where it ends."""
    value = shift = 0
    while True:
        byte = content[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not byte & 0x80:
            return value, at


def sections_of(module):
    """Pairs of id and content."""
    at, found = len(HEADER), []
    while at < len(module):
        size, begin = read_number(module, at + 1)
        found.append((module[at], module[begin:begin + size]))
        at = begin + size
    return found


def with_items(sections, kind, items, before):
    """The sections, with further items in the vector of that kind, whose section comes before those of the ids in `before`."""
    for index, (found, content) in enumerate(sections):
        if found == kind:
            count, at = read_number(content, 0)
            changed = number(count + len(items)) + content[at:] + b"".join(items)
            return sections[:index] + [(kind, changed)] + sections[index + 1:]
        if found in before:
            return sections[:index] + [(kind, vector(items))] + sections[index:]
    return sections + [(kind, vector(items))]


def limits_end(content, at):
    """Where a memory type ends."""
    has_maximum = content[at] & 1
    at = read_number(content, at + 1)[1]
    return read_number(content, at)[1] if has_maximum else at


def imports_of(content):
    """The imports of an import section: the bytes of each, its kind, and where in them its type begins."""
    count, at = read_number(content, 0)
    for _ in range(count):
        begin = at
        for _ in range(2):
            size, at = read_number(content, at)
            at += size
        kind, described = content[at], at + 1
        if kind == 0:
            at = read_number(content, described)[1]
        elif kind == 2:
            at = limits_end(content, described)
        else:
            raise ValueError("only functions and memories are read")
        yield content[begin:at], kind, described - begin


def with_own_memory(module):
    """The same with a memory of its own for the one that it imports; None when it imports other things than functions."""
    changed, memories = [], []
    for kind, content in sections_of(module):
        if kind == 2:
            try:
                imports = list(imports_of(content))
            except ValueError:
                return None
            memories = [item[described:] for item, item_kind, described in imports if item_kind == 2]
            content = vector([item for item, item_kind, _ in imports if item_kind == 0])
        changed.append((kind, content))
    if memories:
        changed = with_items(changed, 5, memories, before=(13, 6, 7, 8, 9, 12, 10, 11))
    return HEADER + b"".join(section(*one) for one in changed)


def with_exported_memory(module):
    """The same, whose first memory is exported as "memory"."""
    sections = sections_of(module)
    exports = dict(sections).get(7, b"\0")
    if 5 not in dict(sections) or text("memory") + b"\2" in exports:
        return module
    changed = with_items(sections, 7, [text("memory") + b"\2\0"], before=(8, 9, 12, 10, 11))
    return HEADER + b"".join(section(*one) for one in changed)
