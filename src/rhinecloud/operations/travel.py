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
    """The estimate of `way`, for many starts at once."""

    by_road = False

    def __init__(self, barriers: Iterable[Barrier] = ()) -> None:
        self._barriers = tuple(barriers)

    def way(self, start: Position, target: Position) -> Way:
        return way(start, target, self._barriers)

    def seconds(self, starts: Sequence[Position], target: Position) -> Array:
        import numpy as np

        if not len(starts):
            return np.zeros(0)
        places = np.asarray(starts, dtype=float)
        metres = straight = _straight(places, target)
        for barrier in self._barriers:
            over = _across(places, target, np.asarray(barrier.line, dtype=float))
            if not over.any():
                continue
            able = [c.position for c in barrier.crossings if c.is_open]
            if not able:
                metres = np.where(over, np.inf, metres)
                continue
            legs = [_straight(places[over], c) + distance_m(c, target) for c in able]
            metres = metres.copy()
            metres[over] += np.min(legs, axis=0) - straight[over]
        found: Array = metres * DETOUR / SPEED_MS
        return found


def _straight(places: Array, target: Position) -> Array:
    """Metres from each place by the crow's flight, as `distance_m` has them."""
    import numpy as np

    lon, lat = np.radians(places[:, 0]), np.radians(places[:, 1])
    lon0, lat0 = math.radians(target[0]), math.radians(target[1])
    a = np.sin((lat - lat0) / 2) ** 2 + np.cos(lat) * math.cos(lat0) * np.sin((lon - lon0) / 2) ** 2
    found: Array = 2 * EARTH_RADIUS_M * np.arcsin(np.minimum(1.0, np.sqrt(a)))
    return found


def _across(places: Array, target: Position, line: Array) -> Any:
    """As `meets`, for each place."""
    (x, y), (tx, ty) = places.T, target
    ax, ay, bx, by = line[:-1, 0], line[:-1, 1], line[1:, 0], line[1:, 1]

    def of_way(px: Any, py: Any) -> Any:  # on which side of each way a corner lies
        return (tx - x)[:, None] * (py[None] - y[:, None]) - (ty - y)[:, None] * (px[None] - x[:, None]) > 0

    def of_line(px: Any, py: Any) -> Any:  # on which side of each stretch an end of the way lies
        return (bx - ax)[None] * (py - ay[None]) - (by - ay)[None] * (px - ax[None]) > 0

    cut = (of_way(ax, ay) != of_way(bx, by)) & (of_line(x[:, None], y[:, None]) != of_line(tx, ty))
    return cut.sum(axis=1) % 2 == 1


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
