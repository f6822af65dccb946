"""The near past of one attribute of many entities, kept small in memory: the last value of each grain of time.

A ring has a place for each grain; what is older than it is long falls out. Values may come in any order.
"""

from __future__ import annotations

import math
from array import array
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[Any]

NAN = float("nan")


class Ring:
    """Values of one attribute of one entity over `length` grains of `grain_us`."""

    __slots__ = ("_head", "_last", "_values", "grain_us", "length")

    def __init__(self, length: int, grain_us: int) -> None:
        self.length, self.grain_us = length, grain_us
        self._values = array("f", [NAN]) * length
        self._head = -1  # number of the newest grain
        self._last = 0  # when the newest value was observed

    def put(self, at_us: int, value: float) -> None:
        """Takes a value; within a grain the one that came last stands."""
        grain = at_us // self.grain_us
        if grain <= self._head - self.length:
            return
        if self._head < 0:
            self._head = grain
        elif grain > self._head:
            for number in range(max(self._head + 1, grain - self.length + 1), grain + 1):
                self._values[number % self.length] = NAN
            self._head = grain
        self._values[grain % self.length] = value
        self._last = max(self._last, at_us)

    def near(self, at_us: int, within_us: int) -> float:
        """The value at a moment, or the last before it within so long; NaN where there was none."""
        grain = at_us // self.grain_us
        for number in range(grain, max(grain - within_us // self.grain_us, self._head - self.length), -1):
            if number <= self._head and not math.isnan(value := self._values[number % self.length]):
                return value
        return NAN

    def past(self, upto_us: int) -> tuple[Floats, Floats]:
        """(times in µs, values) up to a moment, in order; a value stands at the end of its grain."""
        import numpy as np

        values = np.frombuffer(self._values, dtype=np.float32)
        first = self._head - self.length + 1
        values = np.roll(values, -(first % self.length)).astype(np.float64)
        times = (np.arange(first, self._head + 1, dtype=np.int64) + 1) * self.grain_us - 1
        times[-1] = min(times[-1], self._last) if self._head == self._last // self.grain_us else times[-1]
        there = ~np.isnan(values) & (times <= upto_us)
        return times[there], values[there]
