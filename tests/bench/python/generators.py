"""Generators: chained, delegated to, sent to, and recursive."""

from itertools import islice


def numbers():
    number = 1
    while True:
        yield number
        number += 1


def kept(source, divisor):
    for number in source:
        if number % divisor:
            yield number


def walk(depth):
    if depth:
        yield from walk(depth - 1)
        yield depth
        yield from walk(depth - 1)


def average():
    total, count = 0, 0
    while True:
        total += yield total // max(count, 1)
        count += 1


source = kept(kept(kept(numbers(), 2), 3), 5)
total = sum(islice(source, 300_000))
deep = sum(walk(16))
running = average()
next(running)
for number in range(500_000):
    mean = running.send(number)
print(total, deep, mean)
