"""Which units go: the assignment of least cost over all open needs at once, with its reasons.

    cost(unit, slot) = minutes to the place + minutes over the need's time × how severe
                     + weight × cover lost behind it + load + what only will do instead
                     (and a slot left empty costs the most)

Cover counts for nothing where life is in danger: the nearest unit goes. The assignment is exact for this cost
(shortest augmenting paths; ties always fall the same way); the cost itself is a model, and its ways are estimates
wherever `travel` says so.
Source: MEXCLP cover: M. Daskin, Transportation Science 17 (1983).
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from rhinecloud.base.clock import SECOND

from .declare import Incident, Need, Position, Severity, Unit
from .solving import EMPTY, NEVER, solve
from .travel import TURNOUT_S, Barrier, Crow, Way, Ways, Zone

if TYPE_CHECKING:
    import numpy as np

    Matrix = np.ndarray[Any, np.dtype[np.float64]]

FRESH_S: Final = 1800.0
"""An older position of a unit on the move is not believed; at its station it is where the station is."""
BUSY: Final = 0.3
"""Share of time that a unit is busy (q of MEXCLP)."""
COVER_S: Final = 600.0
COVER_WEIGHT: Final[dict[Severity, float]] = {"info": 6.0, "minor": 4.0, "major": 1.0, "critical": 0.0}
"""Minutes that losing the cover of an average zone's whole demand is worth."""
OVER_WEIGHT: Final[dict[Severity, float]] = {"info": 0.2, "minor": 0.5, "major": 1.0, "critical": 2.0}
LOAD_MIN: Final = 1.0
"""Minutes that a unit which is only to be asked (limited availability) counts as farther."""
INSTEAD_MIN: Final = 5.0
"""Minutes that a unit which will only do instead counts as farther; the second choice twice that."""


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A unit with all that deciding needs: where it is, how well that is known, whether it may go."""

    unit: Unit
    means: str  # of its status: free, ask, bound, out, call; "": none reported
    position: Position | None
    age_s: float | None  # of the position; None: the station's
    busy: str = ""  # the incident that it works for
    refused: frozenset[str] = frozenset()  # incidents for which it declined, or did not answer


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
    capability: str = ""  # with which it serves the need: another than was asked for will do instead


class Bare(msgspec.Struct, frozen=True, kw_only=True):
    """A zone that nobody with the unit's capability reaches in time any more, once all that are proposed are gone."""

    zone: str
    name: str
    minutes: float | None  # of the next one; None: there is none
    unit: str  # the call sign of the next one


class Proposed(msgspec.Struct, frozen=True, kw_only=True):
    need: int
    incident: str
    chosen: Choice
    runner_up: Choice | None  # the next best that nobody else was given
    slower_min: float | None  # by so much the runner-up is behind
    bare: tuple[Bare, ...] = ()


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
    ways: Ways | None = None  # a network of streets; None: the crow's flight


def propose(
    asked: Sequence[tuple[Incident, Need]], candidates: Sequence[Candidate], city: City | None = None
) -> Proposal:
    """The best units for all needs together. Nothing is reserved by it."""
    began = time.perf_counter()
    able, excluded = _sift(candidates)
    board = _Board(able, city or City())
    slots = [(i, n) for i, n in asked for _ in range(max(0, n.count - n.filled)) if i.place.location is not None]
    cost = board.costs(slots)
    columns = solve(cost)
    picks, empty = board.picks(slots, cost, columns), Counter[int]()
    for row, (_, need) in enumerate(slots):
        if columns[row] < 0:
            empty[need.id] += 1
    return Proposal(
        picks=tuple(picks),
        gaps=_gaps(asked, empty, able),
        excluded=tuple(excluded),
        warnings=_warnings(picks, board.ways),
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


def may_go(c: Candidate) -> bool:
    """Whether a unit could go at this moment."""
    return not _unable(c)


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


def serves(need: Need, unit: Unit) -> int | None:
    """How well a unit fits: 0 as asked for, n as the n-th that will do instead; None: not at all."""
    if need.agency and unit.agency != need.agency:
        return None
    wanted = (need.capability, *need.instead)
    return next((n for n, capability in enumerate(wanted) if capability in unit.capabilities), None)


class _Board:
    """The units that may go, and what is known of their ways: each figure is worked out once."""

    def __init__(self, able: Sequence[Candidate], city: City) -> None:
        import numpy as np

        self.able = able
        self.ways: Ways = city.ways or Crow(city.barriers)
        self.starts = [c.position for c in able if c.position is not None]
        self.turnout = np.array([TURNOUT_S.get(c.unit.status, 0.0) for c in able])
        self.load = np.array([LOAD_MIN if c.means == "ask" else 0.0 for c in able])
        self.zones = city.zones if able else ()
        reach = [self.ways.seconds(self.starts, z.position) for z in self.zones]
        self.reach = np.array(reach).T if reach else np.zeros((len(able), 0))
        self.lost = self._lost()
        self._seconds: dict[Position, Any] = {}
        self._instead: dict[tuple[str, ...], Any] = {}

    def seconds(self, incident: Incident) -> Any:
        """Of each unit, until it is there."""
        place = incident.place.location
        assert place is not None
        if place not in self._seconds:
            self._seconds[place] = self.turnout + self.ways.seconds(self.starts, place)
        return self._seconds[place]

    def costs(self, slots: Sequence[tuple[Incident, Need]]) -> Matrix:
        import numpy as np

        cost = np.full((len(slots), len(self.able)), NEVER)
        known: dict[tuple[str, int], Any] = {}
        for row, (incident, need) in enumerate(slots):
            if (incident.id, need.id) not in known:
                known[incident.id, need.id] = self._cost(incident, need)
            cost[row] = known[incident.id, need.id]
        return cost

    def _cost(self, incident: Incident, need: Need) -> Any:
        import numpy as np

        minutes = self.seconds(incident) / 60
        instead = self._fit(need)
        if refused := [n for n, c in enumerate(self.able) if incident.id in c.refused]:
            instead = instead.copy()
            instead[refused] = math.inf
        over = np.maximum(0.0, minutes - need.within_s / 60) if need.within_s else 0.0
        cost = minutes + over * OVER_WEIGHT[incident.severity] + self.load + instead
        cost = cost + COVER_WEIGHT[incident.severity] * self.lost
        return np.where(np.isfinite(cost), cost, NEVER)

    def _fit(self, need: Need) -> Any:
        """Minutes that each unit counts as farther for what it is not; infinite where it does not serve."""
        import numpy as np

        key = (need.agency, need.capability, *need.instead)
        if key not in self._instead:
            fit = (serves(need, c.unit) for c in self.able)
            self._instead[key] = np.array([math.inf if n is None else n * INSTEAD_MIN for n in fit])
        return self._instead[key]

    def _lost(self) -> Any:
        """Of each unit, the expected demand that is no longer covered once it is gone, in average zones (MEXCLP).

        The k-th unit that reaches a zone in time adds (1 − q)·q^(k−1) of its demand; units alike are those that share
        a capability, taken together here.
        """
        import numpy as np

        if not self.zones:
            return np.zeros(len(self.able))
        there = self.reach <= COVER_S
        weight = np.array([z.weight for z in self.zones])
        weight = weight / (weight.mean() or 1.0)
        sets = [frozenset(c.unit.capabilities) for c in self.able]
        sorts = sorted(set(sets), key=sorted)
        place = {one: n for n, one in enumerate(sorts)}
        of = np.array([place[one] for one in sets])
        count = np.zeros((len(sorts), len(self.zones)))
        np.add.at(count, of, there)
        alike = np.array([[bool(one & other) for other in sorts] for one in sorts], dtype=float)
        k = (alike @ count)[of]
        return (there * weight * (1 - BUSY) * BUSY ** np.maximum(0.0, k - 1)).sum(axis=1)

    def picks(self, slots: Sequence[tuple[Incident, Need]], cost: Matrix, columns: Sequence[int]) -> list[Proposed]:
        import numpy as np

        taken = {c for c in columns if c >= 0}
        left = np.array([n not in taken for n in range(len(self.able))], dtype=bool)
        bare = _Left(self, left)
        found = []
        for row, column in enumerate(columns):
            if column < 0:
                continue
            incident, need = slots[row]
            others = np.where(left, cost[row], NEVER)
            best = int(np.argmin(others)) if len(others) else -1
            chosen = self._choice(row, column, incident, need, cost)
            second = self._choice(row, best, incident, need, cost) if best >= 0 and others[best] < EMPTY else None
            found.append(
                Proposed(
                    need=need.id,
                    incident=incident.id,
                    chosen=chosen,
                    runner_up=second,
                    slower_min=None if second is None else round(second.minutes - chosen.minutes, 1),
                    bare=bare.of(column, chosen.capability),
                )
            )
        return found

    def _choice(self, row: int, n: int, incident: Incident, need: Need, cost: Matrix) -> Choice:
        unit, place = self.able[n].unit, incident.place.location
        assert place is not None
        way: Way = self.ways.way(self.starts[n], place)
        fit = serves(need, unit) or 0
        return Choice(
            unit=unit.id,
            name=unit.name,
            minutes=round(float(self.seconds(incident)[n]) / 60, 1),
            metres=round(way.metres),
            cost=round(float(cost[row, n]), 3),
            cover=round(COVER_WEIGHT[incident.severity] * float(self.lost[n]), 3),
            age_s=self.able[n].age_s,
            crosses=way.crosses,
            estimated=not way.by_road,
            capability=(need.capability, *need.instead)[fit],
        )


class _Left:
    """Who is left to cover a zone, by capability."""

    def __init__(self, board: _Board, left: Any) -> None:
        self._board, self._left = board, left
        self._next: dict[str, tuple[Any, Any]] = {}

    def of(self, column: int, capability: str) -> tuple[Bare, ...]:
        """The zones that a unit reached in time, and nobody who is left does."""
        import numpy as np

        board = self._board
        if not board.zones:
            return ()
        if capability not in self._next:
            mine = self._left & np.array([capability in c.unit.capabilities for c in board.able], dtype=bool)
            times = np.where(mine[:, None], board.reach, np.inf)
            self._next[capability] = (times.min(axis=0), times.argmin(axis=0))
        soonest, who = self._next[capability]
        lost = np.flatnonzero((board.reach[column] <= COVER_S) & (soonest > COVER_S))
        return tuple(
            Bare(
                zone=board.zones[z].id,
                name=board.zones[z].name,
                minutes=round(float(soonest[z]) / 60, 1) if math.isfinite(soonest[z]) else None,
                unit=board.able[int(who[z])].unit.name if math.isfinite(soonest[z]) else "",
            )
            for z in lost
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
            there = sum(1 for c in able if serves(need, c.unit) is not None)
            wanted = " or ".join((need.capability, *need.instead)) + (f" of {need.agency}" if need.agency else "")
            reason = (
                f"{there} free units have {wanted}, and are needed more elsewhere or cannot get there"
                if there
                else f"no free unit has {wanted}"
            )
        if missing:
            gap = Gap(need=need.id, incident=incident.id, missing=missing, capability=need.capability, reason=reason)
            found.append(gap)
    return tuple(found)


def _warnings(picks: Sequence[Proposed], ways: Ways) -> tuple[str, ...]:
    found = []
    if picks and not ways.by_road:
        found.append("Times are estimates by the crow's flight with a detour factor: no road network is loaded")
    elif any(p.chosen.estimated for p in picks):
        off = ", ".join(dict.fromkeys(p.chosen.name for p in picks if p.chosen.estimated))
        found.append(f"Times of {off} are estimates: the road network does not reach there")
    for pick in picks:
        if pick.chosen.estimated:
            found += [
                f"{pick.chosen.name} comes across {barrier} by {crossing}; no detour factor is honest there"
                for barrier, crossing in pick.chosen.crosses
            ]
    return tuple(dict.fromkeys(found))


def candidate(
    unit: Unit,
    means: str,
    live: tuple[Position, int] | None,
    now: int,
    busy: str = "",
    refused: Iterable[str] = (),
) -> Candidate:
    """A unit as deciding sees it. At its station (status 2) it is where the station is; else where it last said.

    Args:
        live: position and its moment, of the unit's entity; None: it has none.
        refused: incidents for which it declined, or did not answer.
    """
    told = live or ((unit.position, unit.position_us or 0) if unit.position is not None else None)
    known: dict[str, Any] = {"unit": unit, "means": means, "busy": busy, "refused": frozenset(refused)}
    if told is not None and unit.status != "2":
        return Candidate(position=told[0], age_s=(now - told[1]) / SECOND, **known)
    return Candidate(position=unit.station, age_s=None, **known)
