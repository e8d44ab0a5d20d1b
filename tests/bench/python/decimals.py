"""Decimal and large numbers: interest to the cent, and digits of pi."""

from decimal import ROUND_HALF_EVEN, Decimal, getcontext

cent = Decimal("0.01")
balance = Decimal("1000.00")
for month in range(300_000):
    balance += (balance * Decimal("0.0031")).quantize(cent, ROUND_HALF_EVEN)
    if balance > 5000:
        balance -= Decimal("3999.99")

getcontext().prec = 60
series = sum(Decimal(1) / (16 ** k) * (Decimal(4) / (8 * k + 1) - Decimal(2) / (8 * k + 4) - Decimal(1) / (8 * k + 5)
                                      - Decimal(1) / (8 * k + 6)) for k in range(1_500))


def arctangent(inverse, unit):
    total = term = unit // inverse
    squared, n, sign = inverse * inverse, 3, -1
    while term:
        term //= squared
        total += sign * (term // n)
        sign, n = -sign, n + 2
    return total


unit = 10 ** 3_010
pi = 4 * (4 * arctangent(5, unit) - arctangent(239, unit)) // 10 ** 10
print(balance, series, pi % 1_000_000_007)
