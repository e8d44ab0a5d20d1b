"""Text: formatted, joined, split, searched and replaced."""

import zlib

checksum = 0
for turn in range(60):
    lines = []
    for number in range(2_000):
        name = f"name-{number:05}"
        lines.append(f"<li class=\"{name}\">{number * 0.5:.2f} · {name.upper()} · {number % 13!r}</li>")
    page = "\n".join(lines)
    page = page.replace("class", "id").replace("·", "–")
    words = page.split()
    checksum = zlib.crc32("".join(word.strip("<>").capitalize() for word in words).encode(), checksum)
    checksum += sum(1 for line in page.splitlines() if line.startswith("<li") and "7" in line)
    text = ""
    for word in words[:2_000]:
        text += word[::-1]
    checksum += text.count("il") + text.find("emaN")
print(checksum)
