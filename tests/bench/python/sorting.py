"""Sorting: numbers, text, and records by what a function says."""


def numbers(count, seed):
    for _ in range(count):
        seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
        yield seed


values = list(numbers(60_000, 42))
words = [f"{value:x}" for value in values]
records = [(value % 100, word) for value, word in zip(values, words)]

checksum = 0
for turn in range(3):
    ordered = sorted(values)
    by_text = sorted(words)
    by_key = sorted(records, key=lambda record: (-record[0], record[1]))
    checksum = (checksum * 31 + ordered[1000 + turn] + int(by_text[2000 + turn], 16) + int(by_key[3000 + turn][1], 16)) % (1 << 61)
    values.reverse()
    words = words[turn::2] + words[1 - turn % 2::2]
print(checksum)
