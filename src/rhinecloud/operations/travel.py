"""How long a unit takes to a place while no road network is loaded: the crow's flight with a detour factor.

No factor is honest across a river with few bridges. So a barrier is data: its line, and the crossings that are open. A
way that meets the line goes over the crossing that makes it shortest, and carries a warning; with none open, there is
no way at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final

import msgspec

from rhinecloud.base.geo import distance_m

from .declare import Position

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
