"""A rule tried against the past before it is switched on: the same evaluation, over what history holds.

The past is taken as it is known today: what came late counts from when it was observed. It is read span by span, and
each span is evaluated in a thread, a few thousand rows at a time, so that the city goes on meanwhile; who waits may
give up between two of them.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final, TypeVar

import msgspec

from rhinecloud.base.clock import SECOND
from rhinecloud.base.errors import BadRequestData
from rhinecloud.base.model import IMPOSSIBLE, Change, Entity
from rhinecloud.history import History, Replayed

from .declare import Alert, Trial
from .holding import newest, observed_us
from .replaying import made_of
from .standing import LOCATION, Standing
from .watch import Watch
from .wording import NAME

MOST_ALERTS: Final = 1_000
ROWS: Final = 4_000  # evaluated at a time
SPAN_US: Final = 6 * 3600 * SECOND  # the first one read; the others follow the number of rows
MOST_ROWS: Final = 100_000
FEW_ROWS: Final = 20_000
SHORTEST_US: Final = 60 * SECOND
FIRST: Final = 0.05  # of what is told as done, for finding what there was at the start
BEAT_S: Final = 0.2
SLOW_S: Final = 2.0  # a reading is taken to be two thirds done after so long
T = TypeVar("T")
_about = msgspec.json.Decoder(dict[str, Any]).decode

Progress = Callable[[float], object]
"""Told how much is done, 0 to 1."""


class Past:
    """What rules on one type would have done in [start_us, end_us): `alerts`, once `run` has been through.

    Args:
        pace: seconds to rest for each second of work; 0: none.
    """

    def __init__(
        self,
        watch: Watch,
        rules: Sequence[Standing],
        history: History,
        start_us: int,
        end_us: int,
        *,
        pace: float = 0,
    ) -> None:
        if start_us >= end_us:
            raise BadRequestData("A trial needs a stretch of the past: its start lies before its end")
        self._rules, self._history, self._pace = rules, history, pace
        self._type = rules[0].type
        self._watched = frozenset().union(*(rule.watched for rule in rules))
        self._start, self._end = start_us, end_us
        self._watch = watch
        watch.exchange(rules)
        self._entities: dict[str, Entity] = {}
        self._found: dict[str, Alert] = {}
        self.matched: set[str] = set()
        self.observations = 0

    @property
    def alerts(self) -> list[Alert]:
        """Those that were found, in the order in which they would have been raised."""
        return sorted(self._found.values(), key=lambda alert: alert.raised_us)

    @property
    def entities(self) -> int:
        return len(self._entities)

    async def run(self, progress: Progress | None = None) -> None:
        """Goes through it. Of each span's share of the whole, reading it is told as one half, evaluating it as the
        other; finding what there was at the start as the first few per cent."""
        told = progress or (lambda _share: None)
        for entity in await _moving(self._history.as_of(self._start, types=[self._type]), told, 0.0, FIRST):
            self._entities[entity["id"]] = entity
        await asyncio.to_thread(self._begin)
        at, span = self._start, SPAN_US
        while at < self._end:
            upto = min(at + span, self._end)
            before, after = self._share(at), self._share(upto)
            half = (before + after) / 2
            reading = self._history.replay(self._type, [*self._watched, NAME, LOCATION], at, upto)
            rows = await _moving(reading, told, before, half)
            for first in range(0, len(rows), ROWS):
                began = time.perf_counter()
                await asyncio.to_thread(self._take, rows[first : first + ROWS])
                await asyncio.sleep((time.perf_counter() - began) * self._pace)
                told(half + (after - half) * min(first + ROWS, len(rows)) / len(rows))
            at = upto
            if len(rows) > MOST_ROWS:
                span = max(span // 2, SHORTEST_US)
            elif len(rows) < FEW_ROWS:
                span *= 2
            told(after)
        await asyncio.to_thread(self._until, self._end)

    def _share(self, at_us: int) -> float:
        if at_us >= self._end:
            return 1.0
        return FIRST + (1 - FIRST) * (at_us - self._start) / (self._end - self._start)

    def _begin(self) -> None:
        """The rules at everything as it stood at the start."""
        for entity in self._entities.values():
            for attr in self._watched:
                for instance in entity["attrs"].get(attr, ()):
                    instance["_m"] = observed_us(instance)
            for rule in self._rules:
                self._begin_at(rule, entity)
        self._collect()

    def _begin_at(self, rule: Standing, entity: Entity) -> None:
        watch, entity_id = self._watch, entity["id"]
        if rule.change is not None:
            for instance in entity["attrs"].get(rule.change.attr, ()):
                number = None if instance.get("_f", 0) & IMPOSSIBLE else instance.get("value")
                if isinstance(number, int | float):
                    watch.warm(entity_id, rule.change.attr, [(instance["_m"], float(number))])
        if rule.silent_us and rule.attr in entity["attrs"]:
            watch.arm(rule, entity, self._start)
        at = newest(entity, rule.watched, self._start)
        watch.look(rule, entity, entity_id, at, at)

    def _take(self, rows: Sequence[Replayed]) -> None:
        for row in rows:
            self._until(row.at_us)
            if row.attr == "":
                self._about(row)
            else:
                self._observed(row)
        self._collect()

    def _until(self, at_us: int) -> None:
        """What is due by the clock, each at its time."""
        while (due := self._watch.next_us) is not None and due <= at_us:
            self._watch.tick(due, self._entities.get)
        self._collect()

    def _about(self, row: Replayed) -> None:
        """An entity came, went, or changed its type or scope."""
        entity: Entity | None = None
        if row.change == Change.DELETED:
            self._entities.pop(row.entity, None)
        else:
            told = _about(row.body.encode()) if row.body else {}
            entity = self._entity(row)
            entity["type"] = told.get("type") or entity["type"]
            entity["scope"] = told.get("scope", [])
        for rule in self._rules:
            self._watch.look(rule, entity, row.entity, row.at_us, row.at_us)

    def _entity(self, row: Replayed) -> Entity:
        entity = self._entities.get(row.entity)
        if entity is None:
            entity = self._entities[row.entity] = {
                "id": row.entity,
                "type": row.type.split(" "),
                "_c": row.at_us,
                "_m": row.at_us,
                "attrs": {},
            }
        return entity

    def _observed(self, row: Replayed) -> None:
        entity, watch = self._entity(row), self._watch
        there = entity["attrs"].get(row.attr, [])
        kept = [i for i in there if (i.get("datasetId") or "") != row.dataset] if there else []
        if row.change != Change.DELETED:
            kept.append(
                made_of(
                    row.body,
                    row.number,
                    row.observed_us,
                    received_us=row.at_us,
                    flags=row.flags,
                    source=row.source,
                    raw=row.raw,
                )
            )
        entity["attrs"][row.attr] = kept
        self.observations += 1
        group = watch.index.group(row.type, row.attr)
        if group is None:
            return
        number = None if row.change == Change.DELETED or row.flags & IMPOSSIBLE else row.number
        for rule in watch.sees(group, row.entity, row.attr, number, row.at_us):
            watch.look(rule, entity, row.entity, row.at_us, row.at_us)
        watch.end_batch()

    def _collect(self) -> None:
        for item in self._watch.news:
            self._found[item.alert.id] = item.alert
            self.matched.add(item.alert.entity)
        self._watch.news.clear()


async def _moving(reading: Coroutine[Any, Any, T], told: Progress, first: float, last: float) -> T:
    """What is read. How much of it is done cannot be known; what is told moves from `first` towards `last`, ever
    slower, so that who waits sees that it works."""
    task, began = asyncio.ensure_future(reading), time.monotonic()
    try:
        while not (await asyncio.wait((task,), timeout=BEAT_S))[0]:
            told(first + (last - first) * (1 - math.exp((began - time.monotonic()) / SLOW_S)))
    finally:
        task.cancel()
    told(last)
    return task.result()


async def try_rule(
    watch: Watch,
    rule: Standing,
    history: History,
    start_us: int,
    end_us: int,
    progress: Progress | None = None,
) -> Trial:
    """What one rule would have done.

    Raises:
        BadRequestData: there is no such stretch, or the rule cannot be evaluated.
    """
    began = time.perf_counter()
    past = Past(watch, [rule], history, start_us, end_us)
    await past.run(progress)
    if trouble := watch.trouble.get(rule.id):
        raise BadRequestData(f"The rule cannot be evaluated at {trouble.entity}: {trouble.detail}")
    found = past.alerts
    return Trial(
        rule=rule.rule,
        start_us=start_us,
        end_us=end_us,
        alerts=found[:MOST_ALERTS],
        matched=len(past.matched),
        entities=past.entities,
        observations=past.observations,
        seconds=round(time.perf_counter() - began, 3),
        complete=len(found) <= MOST_ALERTS,
    )
