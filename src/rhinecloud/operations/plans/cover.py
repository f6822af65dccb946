"""How well each part of the city is covered now: of each zone and capability, who is nearest and who comes next.

Only units that could go this moment count. Averages hide the poor districts, so nothing is averaged here.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from rhinecloud.operations.proposing import COVER_S, Candidate, City, may_go
from rhinecloud.operations.travel import TURNOUT_S, Crow, Zone


class Nearest(msgspec.Struct, frozen=True, kw_only=True):
    """Who covers a zone with a capability."""

    unit: str = ""  # call sign; "": nobody
    minutes: float | None = None
    second: str = ""
    second_minutes: float | None = None
    within: int = 0  # how many reach it in time


class Cover(msgspec.Struct, frozen=True, kw_only=True):
    zones: tuple[Zone, ...]
    capabilities: tuple[str, ...]
    cells: tuple[tuple[Nearest, ...], ...]  # a row a zone, a column a capability
    ready: int  # units that could go
    by_road: bool
    target_min: float


def cover(candidates: Sequence[Candidate], city: City, capabilities: Sequence[str]) -> Cover:
    """The nearest two of each, with turnout."""
    import numpy as np

    there = [c for c in candidates if may_go(c)]
    ways = city.ways or Crow(city.barriers)
    starts = [c.position for c in there if c.position is not None]
    turnout = np.array([TURNOUT_S.get(c.unit.status, 0.0) for c in there])
    has = {word: np.array([word in c.unit.capabilities for c in there], dtype=bool) for word in capabilities}
    rows = []
    for zone in city.zones:
        seconds = turnout + ways.seconds(starts, zone.position)
        rows.append(tuple(_nearest(there, np.where(has[word], seconds, np.inf)) for word in capabilities))
    return Cover(
        zones=city.zones,
        capabilities=tuple(capabilities),
        cells=tuple(rows),
        ready=len(there),
        by_road=ways.by_road,
        target_min=COVER_S / 60,
    )


def _nearest(there: Sequence[Candidate], seconds: object) -> Nearest:
    import numpy as np

    times = np.asarray(seconds, dtype=float)
    order = np.argsort(times, kind="stable")[:2]
    best = [(there[int(n)].unit.name, round(float(times[n]) / 60, 1)) for n in order if np.isfinite(times[n])]
    first, second = best[0] if best else ("", None), best[1] if len(best) > 1 else ("", None)
    return Nearest(
        unit=first[0],
        minutes=first[1],
        second=second[0],
        second_minutes=second[1],
        within=int((times <= COVER_S).sum()),
    )
