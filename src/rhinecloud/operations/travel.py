"""How long a unit takes to a place while no road network is loaded: the crow's flight with a detour factor.

No factor is honest across a river with few bridges. So a barrier is data: its line, and the crossings that are open. A
way that meets the line goes over the crossing that makes it shortest, and carries a warning; with none open, there is
no way at all. `roads` has the same answers from a network of streets.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec

from rhinecloud.base.geo import EARTH_RADIUS_M, distance_m

from .declare import Position

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]

DETOUR: Final = 1.35
"""Road over crow's flight in a town: 1.2 to 1.5 in the literature; an estimate, and shown as one."""
SPEED_MS: Final = 40 / 3.6
"""With lights and horn through a town, all in all."""
TURNOUT_S: Final = {"2": 60.0}
"""From the alarm to the first metre, by status: at the station people still have to get in."""


class Crossing(msgspec.Struct, frozen=True):
    name: str
    position: Position
    is_open: bool = True


class Barrier(msgspec.Struct, frozen=True, kw_only=True):
    """What cannot be driven through: a river as a line, and where it may be crossed."""

    id: str
    name: str
    line: tuple[Position, ...]
    crossings: tuple[Crossing, ...] = ()
    version: int = 1


class Zone(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the city that needs cover, by its middle and how often it calls."""

    id: str
    name: str
    position: Position
    weight: float = 1.0  # calls a day
    version: int = 1


class Way(msgspec.Struct, frozen=True):
    """An estimated way. `seconds` is infinite where there is none."""

    seconds: float
    metres: float
    crosses: tuple[tuple[str, str], ...] = ()  # (barrier, crossing that is counted on)
    blocked: str = ""  # the barrier without an open crossing
    by_road: bool = False


class Ways(Protocol):
    """What knows how long it takes from many places to one: this module, or a network of streets."""

    by_road: bool

    def seconds(self, starts: Sequence[Position], target: Position) -> Array:
        """Driving times; infinite where there is no way."""

    def way(self, start: Position, target: Position) -> Way:
        """One of them, with what it crosses."""


class Crow:
    """The estimate of `way`, for many starts at once. What does not depend on the target is kept for these starts."""

    by_road = False

    def __init__(self, barriers: Iterable[Barrier] = ()) -> None:
        self._barriers = tuple(barriers)
        self._known: tuple[Sequence[Position], Array, list[_Bank]] | None = None

    def way(self, start: Position, target: Position) -> Way:
        return way(start, target, self._barriers)

    def seconds(self, starts: Sequence[Position], target: Position) -> Array:
        import numpy as np

        if not len(starts):
            return np.zeros(0)
        places, banks = self._of(starts)
        metres = straight = straight_m(places, target)
        for bank in banks:
            over = bank.across(target)
            if over.any():
                metres = np.where(over, metres + bank.round_m(target) - straight, metres)
        found: Array = metres * DETOUR / SPEED_MS
        return found

    def _of(self, starts: Sequence[Position]) -> tuple[Array, list[_Bank]]:
        import numpy as np

        if self._known is None or self._known[0] is not starts:
            places = np.asarray(starts, dtype=float)
            self._known = (starts, places, [_Bank(places, barrier) for barrier in self._barriers])
        return self._known[1], self._known[2]


class _Bank:
    """Many places against one barrier."""

    def __init__(self, places: Array, barrier: Barrier) -> None:
        import numpy as np

        line = np.asarray(barrier.line, dtype=float).reshape(-1, 2)
        self._x, self._y = places[:, :1], places[:, 1:]
        self._line = line
        self._step = np.diff(line, axis=0)
        self._start = self._side(self._x, self._y)
        self._crossings = [c.position for c in barrier.crossings if c.is_open]
        self._to = [straight_m(places, c) for c in self._crossings]

    def across(self, target: Position) -> Any:
        """As `meets`, for each place."""
        tx, ty = target
        # On which side of each way the corners of the line lie; then on which side of each stretch the ends of the way.
        corner = (tx - self._x) * (self._line[:, 1] - self._y) - (ty - self._y) * (self._line[:, 0] - self._x) > 0
        cut = (corner[:, :-1] != corner[:, 1:]) & (self._start != self._side(tx, ty))
        return cut.sum(axis=1) % 2 == 1

    def round_m(self, target: Position) -> Any:
        """Metres over the best crossing; infinite where none is open."""
        import numpy as np

        if not self._crossings:
            return np.full(len(self._x), np.inf)
        legs = [to + distance_m(c, target) for to, c in zip(self._to, self._crossings, strict=True)]
        return np.min(legs, axis=0)

    def _side(self, x: Any, y: Any) -> Any:
        ax, ay = self._line[:-1, 0], self._line[:-1, 1]
        return self._step[:, 0] * (y - ay) - self._step[:, 1] * (x - ax) > 0


def straight_m(places: Array, target: Position) -> Array:
    """Metres from each place by the crow's flight, as `distance_m` has them."""
    import numpy as np

    lon, lat = np.radians(places[:, 0]), np.radians(places[:, 1])
    lon0, lat0 = math.radians(target[0]), math.radians(target[1])
    a = np.sin((lat - lat0) / 2) ** 2 + np.cos(lat) * math.cos(lat0) * np.sin((lon - lon0) / 2) ** 2
    found: Array = 2 * EARTH_RADIUS_M * np.arcsin(np.minimum(1.0, np.sqrt(a)))
    return found


def way(start: Position, end: Position, barriers: Iterable[Barrier] = (), turnout_s: float = 0.0) -> Way:
    """The estimate between two places; never less than the crow's flight at `SPEED_MS`."""
    straight = distance_m(start, end)
    metres, crosses = straight, []
    for barrier in barriers:
        if meets(start, end, barrier.line):
            able = [c for c in barrier.crossings if c.is_open]
            if not able:
                return Way(float("inf"), straight, blocked=barrier.name)
            best = min(able, key=lambda c: distance_m(start, c.position) + distance_m(c.position, end))
            metres += distance_m(start, best.position) + distance_m(best.position, end) - straight
            crosses.append((barrier.name, best.name))
    metres *= DETOUR
    return Way(turnout_s + metres / SPEED_MS, metres, tuple(crosses))


def meets(start: Position, end: Position, line: Sequence[Position]) -> bool:
    """Whether the way between two places lies across a line: meeting it an odd number of times, so that a bend of the
    river on one's own side is none."""
    return sum(_cut(start, end, a, b) for a, b in pairwise(line)) % 2 == 1


def _cut(a: Position, b: Position, c: Position, d: Position) -> bool:
    """Whether two stretches cut each other. A corner that is touched counts for one of the two that share it."""
    return (_side(a, b, c) > 0) != (_side(a, b, d) > 0) and (_side(c, d, a) > 0) != (_side(c, d, b) > 0)


def _side(a: Position, b: Position, c: Position) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
