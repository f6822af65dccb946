"""How a unit gets from one place to another: along the main streets, and straight to the next of them and from it."""

from __future__ import annotations

import heapq
import math
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import pairwise

import msgspec

from .streets import STRETCHES

Position = tuple[float, float]
"""(lon, lat), WGS 84."""


class Drive(msgspec.Struct, frozen=True):
    """A way as a line, with the metres driven at each of its points."""

    points: tuple[Position, ...]
    metres: tuple[float, ...]

    @property
    def length_m(self) -> float:
        return self.metres[-1]

    def at(self, metres: float) -> Position:
        """Where one is after so many metres; at the end after all of them."""
        if metres >= self.length_m:
            return self.points[-1]
        number = max(1, bisect_right(self.metres, metres))
        before, after = self.metres[number - 1], self.metres[number]
        share = (metres - before) / (after - before) if after > before else 0.0
        (a, b), (c, d) = self.points[number - 1], self.points[number]
        return (round(a + (c - a) * share, 6), round(b + (d - b) * share, 6))

    def heading(self, metres: float) -> float:
        """Degrees from north, clockwise, in which one drives there."""
        number = min(max(1, bisect_right(self.metres, metres)), len(self.points) - 1)
        (a, b), (c, d) = self.points[number - 1], self.points[number]
        return round(math.degrees(math.atan2((c - a) * math.cos(math.radians(b)), d - b)) % 360, 0)


def distance_m(a: Position, b: Position) -> float:
    """Within a city: on a plane."""
    east = (b[0] - a[0]) * 111_320 * math.cos(math.radians((a[1] + b[1]) / 2))
    return math.hypot(east, (b[1] - a[1]) * 110_570)


@lru_cache(2_000)
def drive(start: Position, end: Position) -> Drive:
    """The shortest way over the net; straight where that is not longer than to the net."""
    into, out = nearest(start), nearest(end)
    if into == out or distance_m(start, end) < distance_m(start, into) + distance_m(out, end):
        return _drive((start, end))
    return _drive((start, *_shortest(into, out), end))


def nearest(place: Position) -> Position:
    """The point of the net that lies nearest."""
    return min(net(), key=lambda node: distance_m(node, place))


def _drive(points: tuple[Position, ...]) -> Drive:
    metres = [0.0]
    for a, b in pairwise(points):
        metres.append(metres[-1] + distance_m(a, b))
    return Drive(points, tuple(metres))


def _shortest(start: Position, end: Position) -> tuple[Position, ...]:
    """Dijkstra over a net of some five hundred points."""
    came: dict[Position, Position] = {}
    best, waiting = {start: 0.0}, [(0.0, start)]
    while waiting:
        metres, here = heapq.heappop(waiting)
        if here == end:
            break
        for there, further in net()[here]:
            through = metres + further
            if through < best.get(there, math.inf):
                best[there], came[there] = through, here
                heapq.heappush(waiting, (through, there))
    return tuple(_back(came, end))[::-1]


def _back(came: dict[Position, Position], end: Position) -> Iterator[Position]:
    yield end
    while end in came:
        end = came[end]
        yield end


@cache
def net() -> dict[Position, tuple[tuple[Position, float], ...]]:
    """Each point with its neighbours and how far they are (m)."""
    found: dict[Position, list[tuple[Position, float]]] = {}
    for line in STRETCHES.strip().splitlines():
        points = [(6 + int(x) / 10_000, 51 + int(y) / 10_000) for x, y in (p.split(",") for p in line.split())]
        for a, b in pairwise(points):
            far = distance_m(a, b)
            found.setdefault(a, []).append((b, far))
            found.setdefault(b, []).append((a, far))
    return {node: tuple(next_to) for node, next_to in found.items()}
