"""Comprehensions: lists, sets and dictionaries made of others, and a sieve by slices."""

checksum = 0
for turn in range(12):
    squares = [number * number for number in range(60_000) if number & 1]
    table = [[row ^ column for column in range(150)] for row in range(150)]
    turned = [list(column) for column in zip(*table)]
    ends = {square % 1_000 for square in squares}
    last = {number % 5_003: number for number in range(40_000)}
    sieve = bytearray([1]) * 200_000
    for number in range(2, 448):
        if sieve[number]:
            sieve[number * number::number] = bytes(len(range(number * number, 200_000, number)))
    primes = [number for number, prime in enumerate(sieve) if prime]
    checksum += squares[turn * 100] + sum(map(sum, turned)) + len(ends) + sum(last.values()) + primes[-turn - 1]
    checksum += sum(a * b for a, b in zip(squares, primes))
print(checksum)
