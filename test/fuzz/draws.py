"""Random numbers by what they are drawn for, as docs/analyses/attribution.md has them: a hash of seed, row and sample, and of the element."""

from functools import cache

import numpy as np
from scipy.stats import norm

MASK = 0xFFFFFFFF
PLACE, BASELINE = 2**31, 2**31 + 1
"""Elements that a place on the way, and a baseline row, are drawn for."""


def hashed(value: int) -> int:
    value = (value ^ (value >> 16)) * 0x85EBCA6B & MASK
    value = (value ^ (value >> 13)) * 0xC2B2AE35 & MASK
    return value ^ (value >> 16)


class Draw:
    def __init__(self, seed: int, row: int, sample: int):
        start = 0x9747B28C
        for word in (seed, row % 2**32, row // 2**32, sample):
            start = hashed((start * 5 + word) & MASK)
        self.start, self.step = start, hashed(start ^ 0x5BD1E995) | 1

    def word(self, counter: int) -> int:
        return hashed((self.start + counter * self.step) & MASK)

    def uniform(self, element: int) -> float:
        return (self.word(element) + 0.5) / 2**32

    def normal(self, element: int) -> float:
        word = self.word(element >> 1)
        return float(normal_table()[word >> 16 if element & 1 else word & 0xFFFF])

    def ranks(self, count: int) -> list[int]:
        """The place of each of `count` things in a random order (Fisher and Yates)."""
        order = list(range(count))
        for last in range(count - 1, 0, -1):
            chosen = int(self.uniform(last) * (last + 1))
            order[last], order[chosen] = order[chosen], order[last]
        return [order.index(at) for at in range(count)]


@cache
def normal_table() -> np.ndarray:
    quantiles = norm.ppf((np.arange(2**16) + 0.5) / 2**16)
    return quantiles / np.sqrt(np.mean(quantiles**2))
