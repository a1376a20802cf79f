"""Figures that were asked for beside those that are right, and what counts as the same."""

import math
from dataclasses import dataclass

import numpy as np


@dataclass
class Figure:
    path: str
    got: object
    want: object
    tolerance: float = 0.0
    high: object = None
    """With it, `want` to `high` is the range of what is right."""

    def agrees(self) -> bool:
        if self.want is None or self.got is None or isinstance(self.want, (str, bool, list)):
            return self.got == self.want
        if not isinstance(self.got, (int, float)) or not math.isfinite(self.got):
            return False
        high = self.want if self.high is None else self.high
        return self.want - self.tolerance <= self.got <= high + self.tolerance

    def told(self) -> dict:
        plain = lambda value: value.item() if hasattr(value, "item") else value
        return {
            "figure": self.path, "got": plain(self.got), "want": plain(self.want),
            **({} if self.high is None else {"to": plain(self.high)}), "tolerance": float(self.tolerance),
        }  # fmt: skip


class Figures:
    """Collects. Tolerances come from the same figure in both precisions."""

    RELATIVE, NOISE = 2e-5, 12

    def __init__(self):
        self.all: list[Figure] = []

    def exact(self, path: str, got, want) -> None:
        self.all.append(Figure(path, got, want))

    def within(self, path: str, got, low, high, tolerance=1e-9) -> None:
        self.all.append(Figure(path, got, low, tolerance, high))

    def near(self, path: str, got, exact, rounded=None, scale: float = 0.0, relative: float = RELATIVE) -> None:
        """exact: in float64; rounded: the same in float32; scale: of what the figure is a sum or a part of."""
        if exact is not None and not math.isfinite(exact):
            exact = None
        if exact is None:
            self.exact(path, got, None)
            return
        noise = abs(exact - rounded) if rounded is not None and np.isfinite(rounded) else 0.0
        self.all.append(Figure(path, got, float(exact), relative * max(abs(exact), scale) + self.NOISE * noise + 1e-12))

    def list_near(self, path: str, got, exact, rounded=None, scale: float | None = None, relative: float = RELATIVE) -> None:
        exact = [None if one is None else float(one) for one in exact]
        self.exact(f"{path}.length", None if got is None else len(got), len(exact))
        if got is None or len(got) != len(exact):
            return
        largest = max([abs(one) for one in exact if one is not None and math.isfinite(one)], default=0.0)
        for at, (one, want) in enumerate(zip(got, exact)):
            other = None if rounded is None else rounded[at]
            self.near(f"{path}[{at}]", one, want, other, largest if scale is None else scale, relative)

    def wrong(self) -> list[Figure]:
        return [one for one in self.all if not one.agrees()]
