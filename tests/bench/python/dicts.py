"""Dictionaries: counted, grouped, changed and walked."""

counts = {}
seed = 7
for _ in range(600_000):
    seed = (seed * 69069 + 1) & 0xFFFFFFFF
    key = seed >> 18
    counts[key] = counts.get(key, 0) + 1

groups = {}
for key, count in counts.items():
    groups.setdefault(f"group-{key % 1000}", []).append(count)

checksum = 0
for turn in range(40):
    for name, members in groups.items():
        checksum += members[turn % len(members)] * len(name)
    for number in range(0, 16_384, 3):
        if number in counts:
            del counts[number]
        else:
            counts[number] = turn
print(checksum, len(counts), sum(counts.values()))
