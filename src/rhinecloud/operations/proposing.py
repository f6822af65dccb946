"""Which units go: the assignment of least cost over all open needs at once, with its reasons.

    cost(unit, slot) = minutes to the place + minutes over the need's time × how severe
                     + weight × cover lost behind it + load        (and a slot left empty costs the most)

Cover counts for nothing where life is in danger: the nearest unit goes. The assignment is exact for this cost
(shortest augmenting paths; ties always fall the same way); the cost itself is a model, and its ways are estimates
wherever `travel` says so. No solver is needed: 100 slots over 500 units take some tens of milliseconds.
Source: R. Jonker, A. Volgenant, Computing 38 (1987); MEXCLP cover: M. Daskin, Transportation Science 17 (1983).
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from rhinecloud.base.clock import SECOND

from .declare import Incident, Need, Position, Severity, Unit
from .travel import DETOUR, SPEED_MS, TURNOUT_S, Barrier, Way, Zone, way

if TYPE_CHECKING:
    import numpy as np

    Matrix = np.ndarray[Any, np.dtype[np.float64]]

FRESH_S: Final = 1800.0
"""An older position of a unit on the move is not believed; at its station it is where the station is."""
EMPTY: Final = 10_000.0
NEVER: Final = 1e7
BUSY: Final = 0.3
"""Share of time that a unit is busy (q of MEXCLP)."""
COVER_S: Final = 600.0
COVER_WEIGHT: Final[dict[Severity, float]] = {"info": 6.0, "minor": 4.0, "major": 1.0, "critical": 0.0}
"""Minutes that losing the cover of an average zone's whole demand is worth."""
OVER_WEIGHT: Final[dict[Severity, float]] = {"info": 0.2, "minor": 0.5, "major": 1.0, "critical": 2.0}
LOAD_MIN: Final = 1.0
"""Minutes that a unit which is only to be asked (limited availability) counts as farther."""


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A unit with all that deciding needs: where it is, how well that is known, whether it may go."""

    unit: Unit
    means: str  # of its status: free, ask, bound, out, call; "": none reported
    position: Position | None
    age_s: float | None  # of the position; None: the station's
    busy: str = ""  # the incident that it works for


class Excluded(msgspec.Struct, frozen=True):
    unit: str
    name: str
    reason: str


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """A unit for a need, in figures."""

    unit: str
    name: str
    minutes: float
    metres: float
    cost: float
    cover: float  # of the cost
    age_s: float | None  # of the position
    crosses: tuple[tuple[str, str], ...]  # (barrier, crossing)
    estimated: bool = True


class Proposed(msgspec.Struct, frozen=True, kw_only=True):
    need: int
    incident: str
    chosen: Choice
    runner_up: Choice | None  # the next best that nobody else was given
    slower_min: float | None  # by so much the runner-up is behind


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """A need that is not filled, and why."""

    need: int
    incident: str
    missing: int
    capability: str
    reason: str


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    picks: tuple[Proposed, ...]
    gaps: tuple[Gap, ...]
    excluded: tuple[Excluded, ...]
    warnings: tuple[str, ...]
    seconds: float


class City(msgspec.Struct, frozen=True, kw_only=True):
    """What deciding takes of the city."""

    barriers: tuple[Barrier, ...] = ()
    zones: tuple[Zone, ...] = ()


def propose(
    asked: Sequence[tuple[Incident, Need]], candidates: Sequence[Candidate], city: City | None = None
) -> Proposal:
    """The best units for all needs together. Nothing is reserved by it."""
    import numpy as np

    began, city = time.perf_counter(), city or City()
    able, excluded = _sift(candidates)
    slots = [(i, n) for i, n in asked for _ in range(max(0, n.count - n.filled)) if i.place.location is not None]
    cover = _cover(able, city)
    ways: dict[str, list[Way]] = {}
    for incident, _ in slots:
        if incident.id not in ways:
            ways[incident.id] = [_way(c, incident, city) for c in able]
    cost = np.full((len(slots), len(able)), NEVER)
    for row, (incident, need) in enumerate(slots):
        for column, candidate in enumerate(able):
            if need.capability in candidate.unit.capabilities:
                cost[row, column] = _cost(incident, need, candidate, ways[incident.id][column], cover[column])
    columns = solve(cost)
    taken = {c for c in columns if c >= 0}
    picks, empty = [], dict[int, int]()
    for row, (incident, need) in enumerate(slots):
        if columns[row] < 0:
            empty[need.id] = empty.get(need.id, 0) + 1
            continue
        picks.append(_proposed(row, columns[row], (incident, need), able, ways[incident.id], cost, cover, taken))
    return Proposal(
        picks=tuple(picks),
        gaps=_gaps(asked, empty, able),
        excluded=tuple(excluded),
        warnings=_warnings(picks, asked),
        seconds=time.perf_counter() - began,
    )


def _sift(candidates: Sequence[Candidate]) -> tuple[list[Candidate], list[Excluded]]:
    able, excluded = [], []
    for c in sorted(candidates, key=lambda c: c.unit.id):
        if reason := _unable(c):
            excluded.append(Excluded(c.unit.id, c.unit.name, reason))
        else:
            able.append(c)
    return able, excluded


def _unable(c: Candidate) -> str:
    if not c.unit.available:
        return "off duty"
    if c.busy:
        return f"works for {c.busy}"
    if c.means not in ("free", "ask"):
        return f"status {c.unit.status}" if c.unit.status else "no status reported"
    if c.position is None:
        return "nobody knows where it is"
    if c.age_s is not None and c.age_s > FRESH_S:
        return f"its position is {c.age_s / 60:.0f} minutes old"
    return ""


def _way(c: Candidate, incident: Incident, city: City) -> Way:
    assert c.position is not None and incident.place.location is not None
    return way(c.position, incident.place.location, city.barriers, TURNOUT_S.get(c.unit.status, 0.0))


def _cost(incident: Incident, need: Need, c: Candidate, found: Way, cover: float) -> float:
    if math.isinf(found.seconds):
        return NEVER
    minutes = found.seconds / 60
    over = max(0.0, minutes - need.within_s / 60) if need.within_s else 0.0
    load = LOAD_MIN if c.means == "ask" else 0.0
    return minutes + over * OVER_WEIGHT[incident.severity] + COVER_WEIGHT[incident.severity] * cover + load


def _cover(able: Sequence[Candidate], city: City) -> list[float]:
    """Of each unit, the expected demand that is no longer covered once it is gone, in average zones (MEXCLP).

    The k-th unit that reaches a zone in time adds (1 − q)·q^(k−1) of its demand; units alike are those that share a
    capability, taken together here.
    """
    if not city.zones or not able:
        return [0.0] * len(able)
    mean = sum(z.weight for z in city.zones) / len(city.zones) or 1.0
    sorts = [frozenset(c.unit.capabilities) for c in able]
    lost = [0.0] * len(able)
    for zone in city.zones:
        reach = [n for n, c in enumerate(able) if c.position is not None and _covers(c.position, zone, city)]
        there = Counter(sorts[n] for n in reach)
        like = {one: sum(count for other, count in there.items() if one & other) for one in there}
        for n in reach:
            lost[n] += zone.weight / mean * (1 - BUSY) * BUSY ** max(0, like[sorts[n]] - 1)
    return lost


def _covers(position: Position, zone: Zone, city: City) -> bool:
    lon, lat = zone.position
    # No degree of latitude is shorter, and no way than the crow's flight: most need not be looked at closer.
    if abs(position[1] - lat) * 110_500 > COVER_S * SPEED_MS / DETOUR:
        return False
    return way(position, (lon, lat), city.barriers).seconds <= COVER_S


def solve(cost: Matrix) -> list[int]:
    """For each row its column, or -1 for none, so that the sum is least; leaving a row empty costs `EMPTY`.

    Each row has a column of its own for staying empty, so that there is always an answer; then one shortest
    augmenting path a row, over reduced costs (Jonker and Volgenant). O(rows² · columns) at worst.
    """
    import numpy as np

    rows, columns = cost.shape
    if rows == 0:
        return []
    spare = np.full((rows, rows), NEVER)
    np.fill_diagonal(spare, EMPTY)
    full = np.hstack([cost, spare])
    width = columns + rows
    row_of = np.full(width, -1)
    column_of = np.full(rows, -1)
    u, v = np.zeros(rows), np.zeros(width)
    for start in range(rows):
        shortest, back = np.full(width, np.inf), np.full(width, -1)
        done, visited = np.zeros(width, dtype=bool), [start]
        row, so_far = start, 0.0
        while True:
            through = so_far + full[row] - u[row] - v
            better = ~done & (through < shortest)
            shortest[better], back[better] = through[better], row
            column = int(np.argmin(np.where(done, np.inf, shortest)))
            so_far = float(shortest[column])
            done[column] = True
            if row_of[column] < 0:
                break
            row = int(row_of[column])
            visited.append(row)
        u[start] += so_far
        for each in visited[1:]:
            u[each] += so_far - shortest[column_of[each]]
        v[done] -= so_far - shortest[done]
        while column >= 0:  # turn the path round
            row = int(back[column])
            row_of[column] = row
            column, column_of[row] = int(column_of[row]), column
            if row == start:
                break
    return [int(c) if c < columns and cost[r, c] < EMPTY else -1 for r, c in enumerate(column_of)]


def _proposed(
    row: int,
    column: int,
    of: tuple[Incident, Need],
    able: Sequence[Candidate],
    ways: Sequence[Way],
    cost: Matrix,
    cover: Sequence[float],
    taken: set[int],
) -> Proposed:
    def choice(n: int) -> Choice:
        return Choice(
            unit=able[n].unit.id,
            name=able[n].unit.name,
            minutes=round(ways[n].seconds / 60, 1),
            metres=round(ways[n].metres),
            cost=round(float(cost[row, n]), 3),
            cover=round(COVER_WEIGHT[of[0].severity] * cover[n], 3),
            age_s=able[n].age_s,
            crosses=ways[n].crosses,
        )

    left = [n for n in range(len(able)) if n not in taken and cost[row, n] < EMPTY]
    next_best = min(left, key=lambda n: (cost[row, n], n), default=None)
    chosen, second = choice(column), None if next_best is None else choice(next_best)
    return Proposed(
        need=of[1].id,
        incident=of[0].id,
        chosen=chosen,
        runner_up=second,
        slower_min=None if second is None else round(second.minutes - chosen.minutes, 1),
    )


def _gaps(
    asked: Sequence[tuple[Incident, Need]], empty: Mapping[int, int], able: Sequence[Candidate]
) -> tuple[Gap, ...]:
    found = []
    for incident, need in asked:
        missing = empty.get(need.id, 0)
        reason = ""
        if incident.place.location is None and need.count > need.filled:
            missing, reason = need.count - need.filled, "the incident has no place"
        elif missing:
            there = sum(1 for c in able if need.capability in c.unit.capabilities)
            reason = (
                f"{there} free units have {need.capability}, and are needed more elsewhere or cannot get there"
                if there
                else f"no free unit has {need.capability}"
            )
        if missing:
            gap = Gap(need=need.id, incident=incident.id, missing=missing, capability=need.capability, reason=reason)
            found.append(gap)
    return tuple(found)


def _warnings(picks: Sequence[Proposed], asked: Sequence[tuple[Incident, Need]]) -> tuple[str, ...]:
    found = []
    if picks:
        found.append("Times are estimates by the crow's flight with a detour factor: no road network is loaded")
    for pick in picks:
        found += [
            f"{pick.chosen.name} comes across {barrier} by {crossing}; no detour factor is honest there"
            for barrier, crossing in pick.chosen.crosses
        ]
    return tuple(dict.fromkeys(found))


def candidate(unit: Unit, means: str, live: tuple[Position, int] | None, now: int, busy: str = "") -> Candidate:
    """A unit as deciding sees it. At its station (status 2) it is where the station is; else where it last said.

    Args:
        live: position and its moment, of the unit's entity; None: it has none.
    """
    told = live or ((unit.position, unit.position_us or 0) if unit.position is not None else None)
    if told is not None and unit.status != "2":
        return Candidate(unit=unit, means=means, position=told[0], age_s=(now - told[1]) / SECOND, busy=busy)
    return Candidate(unit=unit, means=means, position=unit.station, age_s=None, busy=busy)
