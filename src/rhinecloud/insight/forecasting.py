"""Makes the declared forecasts, keeps the latest of each in the present, and measures how good they were.

A forecast is made for every entity of its type that has been heard of since the last one. Its near past is read from
history once and then followed from what is committed, so that a round asks the database for nothing. When the time that
was told comes, the miss is set beside that of the naive daily pattern (mean of the same time on the last four such
weekdays, else the day before); the figures stand with each forecast, and over all entities as an indicator.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, Final, NamedTuple, Protocol

from rhinecloud.base import telemetry
from rhinecloud.base.clock import DAY, SECOND, Clock, iso, now_us, parse_us
from rhinecloud.base.errors import NonexistentTenant, RhineError
from rhinecloud.base.model import IMPOSSIBLE, Changes, Entity, Flag, Instance, Op, Update
from rhinecloud.context import Presents, Vocabularies
from rhinecloud.history import Histories

from .entities import KPI
from .forecast import Forecast, Past, Step
from .rings import Ring

LOOK_S: Final = 15.0
"""How often it is looked whether a forecast is due; the first time so long after the start."""
SCORED_S: Final = (900, 1800, 3600, 7200)
"""Lengths of time ahead at which forecasts are measured."""
MEMORY: Final = 200.0
"""Cases after which an old miss counts for a third: skill is of late, not of last year."""
_ABSURD: Final = IMPOSSIBLE | Flag.FUTURE
_NEAR_US: Final = 900 * SECOND
KEPT_S: Final = 900
"""How fine the past before the start is read: it is for what is usual, not for what is now."""
CHUNK: Final = 20
"""Entities that are asked of the past, and written, at a time."""

log = telemetry.logger("insight")
_MADE = telemetry.histogram("forecast_seconds", "Time to make one forecast")


class Brings(Protocol):
    """What is read of a pack."""

    @property
    def id(self) -> str: ...
    @property
    def forecasts(self) -> Sequence[Forecast]: ...


class Skill(NamedTuple):
    """How good forecasts of one length ahead have been, of late."""

    ahead_s: int
    cases: int
    miss: float  # mean, in the attribute's unit
    naive: float  # of the naive daily pattern, over the same cases; NaN where there was none
    inside: float  # share of outcomes within the band


class _Tally:
    """Exponentially fading means of misses."""

    __slots__ = ("cases", "inside", "miss", "naive", "naive_cases")

    def __init__(self) -> None:
        self.cases, self.naive_cases, self.miss, self.naive, self.inside = 0, 0, 0.0, 0.0, 0.0

    def add(self, miss: float, naive: float, *, inside: bool) -> None:
        self.cases += 1
        share = max(1 / self.cases, 1 / MEMORY)
        self.miss += share * (miss - self.miss)
        self.inside += share * (inside - self.inside)
        if not math.isnan(naive):
            self.naive_cases += 1
            self.naive += max(1 / self.naive_cases, 1 / MEMORY) * (naive - self.naive)

    def skill(self, ahead_s: int) -> Skill:
        return Skill(ahead_s, self.cases, self.miss, self.naive if self.naive_cases else math.nan, self.inside)


class _Due(NamedTuple):
    at_us: int
    ahead_s: int
    step: Step


class _Track:
    """One entity: its near past, what was told of it and has not come yet, and how good that was."""

    __slots__ = ("due", "ring", "tallies")

    def __init__(self, forecast: Forecast) -> None:
        self.ring = Ring(max(int(forecast.past_s / forecast.grain_s), 1), round(forecast.grain_s * SECOND))
        self.due: deque[_Due] = deque()
        self.tallies = {ahead: _Tally() for ahead in SCORED_S}


class _Round:
    """One forecast in one tenant."""

    def __init__(self, forecast: Forecast, pack: str, type_iri: str, attr: str) -> None:
        self.forecast, self.pack, self.type, self.attr = forecast, pack, type_iri, attr
        self.tracks: dict[str, _Track] = {}
        self.heard: set[str] = set()
        self.made_us = 0
        self.tallies = {ahead: _Tally() for ahead in SCORED_S}


class Forecasting:
    """The forecasts of all tenants.

    Args:
        active: ids of the packs that are on in a tenant.
    """

    def __init__(
        self,
        presents: Presents,
        histories: Histories,
        vocabularies: Vocabularies,
        *,
        active: Callable[[str], Collection[str]],
        clock: Clock = now_us,
    ) -> None:
        self._presents, self._histories, self._active, self._clock = presents, histories, active, clock
        self._expand = vocabularies.default.expand
        self._declared: list[tuple[str, Forecast]] = []
        self._attrs: frozenset[str] = frozenset()
        self._rounds: dict[str, list[_Round]] = {}
        self._task: asyncio.Task[None] | None = None

    def bring(self, packs: Iterable[Brings]) -> None:
        """The forecasts of all packs that are installed; `active` says which of them count."""
        self._declared = [(pack.id, forecast) for pack in packs for forecast in pack.forecasts]
        self._attrs = frozenset(self._expand(forecast.attr) for _, forecast in self._declared)

    async def start(self) -> None:
        self._task = asyncio.create_task(self._for_ever(), name="forecasting")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def read(self, changes: Changes) -> None:
        """What one commit changed: new values of what is forecast are followed."""
        if not self._attrs or self._attrs.isdisjoint(changes.attr):
            return
        rounds = self._of(changes.tenant)
        for row, attr in enumerate(changes.attr):
            number, observed = changes.number[row], changes.observed_us[row]
            if attr not in self._attrs or number is None or observed is None or changes.flags[row] & _ABSURD:
                continue
            entity, kinds = changes.entity[row], changes.type[row]
            for one in rounds:
                if one.attr == attr and one.type in kinds.split(" "):
                    one.heard.add(entity)
                    if (track := one.tracks.get(entity)) is not None:
                        track.ring.put(observed, number)

    def skill(self, tenant: str, forecast_id: str) -> list[Skill]:
        """How good a forecast has been since the start, over all entities; empty before the first has come true."""
        return [
            tally.skill(ahead)
            for one in self._rounds.get(tenant, ())
            if one.forecast.id == forecast_id
            for ahead, tally in one.tallies.items()
            if tally.cases
        ]

    def _of(self, tenant: str) -> list[_Round]:
        found = self._rounds.get(tenant)
        if found is None:
            found = self._rounds[tenant] = [
                _Round(forecast, pack, self._expand(forecast.type), self._expand(forecast.attr))
                for pack, forecast in self._declared
            ]
        return found

    async def _for_ever(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            for tenant in list(self._rounds):
                try:
                    await self.look(tenant)
                except NonexistentTenant:
                    self._rounds.pop(tenant, None)
                except Exception:  # the next round tries again
                    log.exception("forecasts_failed", tenant=tenant)

    async def look(self, tenant: str, *, now: bool = False) -> int:
        """Makes the forecasts that are due, or all with `now`; gives how many entities were written."""
        at, written = self._clock(), 0
        for one in self._of(tenant):
            due = at - one.made_us >= one.forecast.every_s * SECOND
            if one.pack in self._active(tenant) and one.heard and (due or now):
                one.made_us = at
                written += await self._make(tenant, one, at)
        return written

    async def _make(self, tenant: str, one: _Round, now: int) -> int:
        heard, one.heard = sorted(one.heard), set()
        written = 0
        for start in range(0, len(heard), CHUNK):
            written += await self._some(tenant, one, heard[start : start + CHUNK], now)
        if written:
            await self._presents.open(tenant).write(self._indicators(one, now))
        return written

    async def _some(self, tenant: str, one: _Round, ids: Sequence[str], now: int) -> int:
        present, updates = self._presents.open(tenant), list[Update]()
        there = {name: entity for name in ids if (entity := present.get(name)) is not None}
        for name in ids:
            if name not in there:
                one.tracks.pop(name, None)
        if fresh := [name for name in there if name not in one.tracks]:
            await self._follow(tenant, one, fresh, now)
        for name, entity in there.items():
            track = one.tracks[name]
            self._judge(one, track, now)
            steps = await asyncio.to_thread(self._run, one.forecast, track, self._facts(one.forecast, entity), now)
            if steps:
                _await_steps(track, steps, now)
                updates.append(self._update(one, entity, track, steps, now))
        if updates:
            await present.write(updates)
        return len(updates)

    async def _follow(self, tenant: str, one: _Round, ids: Sequence[str], now: int) -> None:
        """Begins to follow entities: their near past, as it is kept, by quarters of an hour."""
        start, grain = now - round(one.forecast.past_s * SECOND), max(round(one.forecast.grain_s), KEPT_S)
        for name in ids:
            one.tracks[name] = _Track(one.forecast)  # what comes while the past is read is taken, too
        try:
            found = await self._histories.open(tenant).figures(
                ids,
                methods=["avg"],
                start_us=start // (grain * SECOND) * grain * SECOND,
                end_us=now,
                period=f"PT{grain}S",
                attrs={one.attr},
                datasets={"@none"},
            )
        except RhineError as error:
            log.warning("forecast_without_past", tenant=tenant, forecast=one.forecast.id, why=error.detail)
            found = []
        for figures in found:
            ring = one.tracks[figures.entity].ring
            for bucket in figures.buckets:
                if isinstance(value := bucket.figures["avg"], int | float):
                    ring.put(min(bucket.to_us, now) - 1, value)
        present = self._presents.open(tenant)
        for name in ids:
            if (current := _current(present.get(name), one.attr)) is not None:
                one.tracks[name].ring.put(*current)

    def _facts(self, forecast: Forecast, entity: Entity) -> dict[str, Any]:
        found = {}
        for name in forecast.facts:
            for instance in entity["attrs"].get(self._expand(name), ()):
                if "datasetId" not in instance:
                    found[name] = instance.get("value")
        return found

    @staticmethod
    def _run(forecast: Forecast, track: _Track, facts: dict[str, Any], now: int) -> list[Step]:
        """In a thread. Where a pack's own code stumbles over one thing, that one alone is without a forecast."""
        times, values = track.ring.past(now)
        if not len(values):
            return []
        try:
            with _MADE.time():
                return list(forecast.run(Past(at_us=times, values=values, facts=facts), now))
        except Exception:
            log.exception("forecast_failed", forecast=forecast.id)
            return []

    @staticmethod
    def _judge(one: _Round, track: _Track, now: int) -> None:
        """Sets what was told beside what has come."""
        while track.due and track.due[0].at_us <= now:
            at, ahead, step = track.due.popleft()
            came = track.ring.near(at, _NEAR_US)
            if math.isnan(came):
                continue
            naive = abs(_naive(track.ring, at) - came)
            for tallies in (track.tallies, one.tallies):
                tallies[ahead].add(abs(step.value - came), naive, inside=step.low <= came <= step.high)

    def _update(self, one: _Round, entity: Entity, track: _Track, steps: Sequence[Step], now: int) -> Update:
        told: Instance = {
            "type": "Property",
            "value": [
                {"at": iso(s.at_us // SECOND * SECOND), "value": s.value, "low": s.low, "high": s.high} for s in steps
            ],
            "observedAt": iso(now // SECOND * SECOND),
        }
        skills = [_shown(tally.skill(ahead)) for ahead, tally in track.tallies.items() if tally.cases >= 10]
        if skills:
            told["attrs"] = {self._expand("accuracy"): [{"type": "Property", "value": skills}]}
        return Update(
            op=Op.APPEND,  # what was deleted meanwhile stays so
            id=entity["id"],
            entity={"type": entity["type"], "attrs": {self._expand(one.forecast.attr + "Forecast"): [told]}},
            source=f"forecast:{one.forecast.id}",
        )

    def _indicators(self, one: _Round, now: int) -> list[Update]:
        """The mean miss of each length ahead as an entity, so that its past can be looked at like any figure's."""
        updates = []
        for skill in (tally.skill(ahead) for ahead, tally in one.tallies.items() if tally.cases >= 20):
            minutes = skill.ahead_s // 60
            attrs: dict[str, Instance] = {
                "kpiValue": {
                    "type": "Property",
                    "value": round(skill.miss, 2),
                    "observedAt": iso(now // SECOND * SECOND),
                },
                "name": {"type": "Property", "value": f"{one.forecast.id}: mittlerer Fehler, {minutes} min voraus"},
                "category": {"type": "Property", "value": "quantitative"},
                "calculationMethod": {"type": "Property", "value": "automatic"},
                "calculationFormula": {"type": "Property", "value": f"mean absolute error {minutes} min ahead"},
                "accuracy": {"type": "Property", "value": _shown(skill)},
            }
            if not math.isnan(skill.naive):
                attrs["businessTarget"] = {"type": "Property", "value": round(skill.naive, 2)}
            updates.append(
                Update(
                    op=Op.UPSERT_UPDATE,
                    id=f"urn:ngsi-ld:{KPI.name}:{one.forecast.id}:error-{minutes}-min",
                    entity={"type": [KPI.iri], "attrs": {self._expand(name): [made] for name, made in attrs.items()}},
                    source=f"forecast:{one.forecast.id}",
                )
            )
        return updates


def _shown(skill: Skill) -> dict[str, Any]:
    shown = {
        "aheadSeconds": skill.ahead_s,
        "cases": skill.cases,
        "meanAbsoluteError": round(skill.miss, 2),
        "withinBand": round(skill.inside, 3),
    }
    return shown if math.isnan(skill.naive) else shown | {"meanAbsoluteErrorNaive": round(skill.naive, 2)}


def _await_steps(track: _Track, steps: Sequence[Step], now: int) -> None:
    """Notes what is to be measured when it comes; a step in every length ahead that is measured."""
    by_ahead = {round((step.at_us - now) / SECOND): step for step in steps}
    for ahead in SCORED_S:
        if (step := by_ahead.get(ahead)) is not None:
            track.due.append(_Due(step.at_us, ahead, step))
    track.due = deque(sorted(track.due, key=lambda due: due.at_us)[-500:])


def _naive(ring: Ring, at_us: int) -> float:
    weeks = [v for n in (1, 2, 3, 4) if not math.isnan(v := ring.near(at_us - 7 * n * DAY, _NEAR_US))]
    return sum(weeks) / len(weeks) if weeks else ring.near(at_us - DAY, _NEAR_US)


def _current(entity: Entity | None, attr: str) -> tuple[int, float] | None:
    for instance in entity["attrs"].get(attr, ()) if entity else ():
        value = instance.get("value")
        if "datasetId" not in instance and isinstance(value, int | float) and "observedAt" in instance:
            return parse_us(instance["observedAt"]), float(value)
    return None
