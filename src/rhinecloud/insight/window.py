"""How much a value rose or fell within a stretch of time; its value at the beginning is read off between two others.

What a new value costs does not grow with the number of values in the stretch: who may still be the lowest (or highest)
of it stands in a queue, from which each value goes once that is later and lower (higher) than another.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import deque
from typing import Final, NamedTuple

SPARE: Final = 64  # values that are out of the window and not yet thrown away


class Difference(NamedTuple):
    by: float  # negative where it fell
    since_us: int
    start: float  # the value at that moment


class Window:
    """The values of one attribute of one entity over the last `span_us`, and the one before."""

    __slots__ = ("_extremes", "_times", "_values", "span_us")

    def __init__(self, span_us: int) -> None:
        self.span_us = span_us
        self._times = array("q")
        self._values = array("d")
        self._extremes: dict[tuple[int, bool], _Extreme] = {}

    def add(self, at_us: int, value: float) -> None:
        """Takes the next value; one that is not later than the last is left out."""
        times = self._times
        if times:
            if at_us <= times[-1]:
                return
            if len(times) > SPARE and times[SPARE] < at_us - self.span_us:
                gone = bisect_right(times, at_us - self.span_us) - 1
                del times[:gone], self._values[:gone]
        times.append(at_us)
        self._values.append(value)
        for extreme in self._extremes.values():
            extreme.add(at_us, value)

    def difference(self, span_us: int, *, rising: bool) -> Difference | None:
        """The largest rise (or fall) to the last value within `span_us` before it; None: there is one value only."""
        times, values = self._times, self._values
        if len(times) < 2:
            return None
        extreme = self._extremes.get((span_us, rising))
        if extreme is None:
            extreme = self._extremes[span_us, rising] = _Extreme(rising)
            for at, value in zip(times, values, strict=True):
                extreme.add(at, value)
        start = times[-1] - span_us
        since, found = extreme.since(start)
        if times[0] < start:
            after = bisect_left(times, start)
            share = (start - times[after - 1]) / (times[after] - times[after - 1])
            first = values[after - 1] + share * (values[after] - values[after - 1])
            if first <= found if rising else first >= found:
                since, found = start, first
        return Difference(values[-1] - found, since, found)


class _Extreme:
    """The first of the lowest values (of the highest, where a fall is asked for) since a moment that only advances."""

    __slots__ = ("_queue", "_rising")

    def __init__(self, rising: bool) -> None:
        self._rising = rising
        self._queue: deque[tuple[int, float]] = deque()  # each later and higher (lower) than the one before

    def add(self, at_us: int, value: float) -> None:
        queue = self._queue
        if self._rising:
            while queue and queue[-1][1] > value:
                queue.pop()
        else:
            while queue and queue[-1][1] < value:
                queue.pop()
        queue.append((at_us, value))

    def since(self, start_us: int) -> tuple[int, float]:
        """Of those there are, which include the last."""
        queue = self._queue
        while queue[0][0] < start_us:
            queue.popleft()
        return queue[0]
