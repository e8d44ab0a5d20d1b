"""Arithmetic with floats in lists: five bodies that attract each other."""

import math

BODIES = [
    # x, y, z, vx, vy, vz, mass
    [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 40.0],
    [5.0, -1.0, 0.1, 0.6, 2.8, -0.02, 0.04],
    [8.0, 4.0, -0.4, -1.0, 1.9, 0.008, 0.01],
    [13.0, -15.0, -0.2, 1.1, 0.9, -0.01, 0.002],
    [15.0, -26.0, 0.2, 0.98, 0.6, -0.03, 0.002],
]
PAIRS = [(a, b) for i, a in enumerate(BODIES) for b in BODIES[i + 1:]]


def advance(step, times):
    for _ in range(times):
        for a, b in PAIRS:
            x, y, z = a[0] - b[0], a[1] - b[1], a[2] - b[2]
            squared = x * x + y * y + z * z
            pull = step / (squared * math.sqrt(squared))
            for_a, for_b = b[6] * pull, a[6] * pull
            a[3] -= x * for_a
            a[4] -= y * for_a
            a[5] -= z * for_a
            b[3] += x * for_b
            b[4] += y * for_b
            b[5] += z * for_b
        for body in BODIES:
            body[0] += step * body[3]
            body[1] += step * body[4]
            body[2] += step * body[5]


def energy():
    moving = sum(0.5 * b[6] * (b[3] ** 2 + b[4] ** 2 + b[5] ** 2) for b in BODIES)
    return moving - sum(a[6] * b[6] / math.dist(a[:3], b[:3]) for a, b in PAIRS)


advance(0.001, 40_000)
print(f"{energy():.9f}")
