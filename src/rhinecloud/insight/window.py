"""How much a value rose or fell within a stretch of time; its value at the beginning is read off between two others."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple


class Difference(NamedTuple):
    by: float  # negative where it fell
    since_us: int
    start: float  # the value at that moment


class Window:
    """The values of one attribute of one entity over the last `span_us`, and the one before."""

    __slots__ = ("_kept", "span_us")

    def __init__(self, span_us: int) -> None:
        self.span_us = span_us
        self._kept: deque[tuple[int, float]] = deque()

    def add(self, at_us: int, value: float) -> None:
        """Takes the next value; one that is not later than the last is left out."""
        kept = self._kept
        if kept and at_us <= kept[-1][0]:
            return
        kept.append((at_us, value))
        start = at_us - self.span_us
        while len(kept) > 2 and kept[1][0] <= start:
            kept.popleft()

    def difference(self, span_us: int, *, rising: bool) -> Difference | None:
        """The largest rise (or fall) to the last value within `span_us` before it; None: there is one value only."""
        if len(self._kept) < 2:
            return None
        at, now = self._kept[-1]
        start = at - span_us
        found: tuple[int, float] | None = None
        before: tuple[int, float] | None = None
        for point in self._kept:
            if point[0] < start:
                before = point
                continue
            if before is not None:
                share = (start - before[0]) / (point[0] - before[0])
                found = (start, before[1] + share * (point[1] - before[1]))
                before = None
            if found is None or (point[1] < found[1] if rising else point[1] > found[1]):
                found = point
        assert found is not None
        return Difference(now - found[1], found[0], found[1])
