"""A rule tried against the past before it is switched on: the same evaluation, over what history holds.

The past is taken as it is known today: what came late counts from when it was observed. It is read span by span, and
each span is evaluated in a thread, a few thousand rows at a time, so that the city goes on meanwhile; who waits may
give up between two of them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import tzinfo
from typing import Any, Final

import msgspec

from rhinecloud.base.clock import SECOND
from rhinecloud.base.declare import Model
from rhinecloud.base.errors import BadRequestData
from rhinecloud.base.model import Change, Entity
from rhinecloud.history import History, Replayed

from .declare import Alert, News, Trial
from .holding import observed_us
from .replaying import made_of
from .standing import LOCATION, Standing
from .tenant import newest
from .watch import Watch
from .wording import NAME

MOST_ALERTS: Final = 1_000
ROWS: Final = 4_000  # evaluated at a time
SPAN_US: Final = 6 * 3600 * SECOND  # the first one read; the others follow the number of rows
MOST_ROWS: Final = 100_000
FEW_ROWS: Final = 20_000
SHORTEST_US: Final = 60 * SECOND
_about = msgspec.json.Decoder(dict[str, Any]).decode

Progress = Callable[[float], object]
"""Told how much is done, 0 to 1."""


class Trying:
    """One trial. `run` gives what the rule would have done in [start_us, end_us)."""

    def __init__(
        self, tenant: str, standing: Standing, history: History, model: Model, zone: tzinfo, start_us: int, end_us: int
    ) -> None:
        if start_us >= end_us:
            raise BadRequestData("A trial needs a stretch of the past: its start lies before its end")
        self._standing, self._history = standing, history
        self._start, self._end = start_us, end_us
        self._watch = Watch(tenant, model, zone)
        self._watch.exchange([standing])
        self._entities: dict[str, Entity] = {}
        self._alerts: dict[str, Alert] = {}
        self._matched: set[str] = set()
        self._seen = 0

    async def run(self, progress: Progress | None = None) -> Trial:
        began = time.perf_counter()
        standing = self._standing
        for entity in await self._history.as_of(self._start, types=[standing.type]):
            self._entities[entity["id"]] = entity
        await asyncio.to_thread(self._begin)
        at, span = self._start, SPAN_US
        while at < self._end:
            upto = min(at + span, self._end)
            rows = await self._history.replay(standing.type, [*standing.watched, NAME, LOCATION], at, upto)
            for first in range(0, len(rows), ROWS):
                await asyncio.to_thread(self._take, rows[first : first + ROWS])
                await asyncio.sleep(0)
                if progress is not None:
                    done = rows[min(first + ROWS, len(rows)) - 1].at_us
                    progress((done - self._start) / (self._end - self._start))
            at = upto
            if len(rows) > MOST_ROWS:
                span = max(span // 2, SHORTEST_US)
            elif len(rows) < FEW_ROWS:
                span *= 2
            if progress is not None:
                progress((at - self._start) / (self._end - self._start))
        await asyncio.to_thread(self._until, self._end)
        found = sorted(self._alerts.values(), key=lambda alert: alert.raised_us)
        return Trial(
            rule=standing.rule,
            start_us=self._start,
            end_us=self._end,
            alerts=found[:MOST_ALERTS],
            matched=len(self._matched),
            entities=len(self._entities),
            observations=self._seen,
            seconds=round(time.perf_counter() - began, 3),
            complete=len(found) <= MOST_ALERTS,
        )

    def _begin(self) -> None:
        """The rule at everything as it stood at the start."""
        watch, standing = self._watch, self._standing
        for entity_id, entity in self._entities.items():
            for attr in standing.watched:
                for instance in entity["attrs"].get(attr, ()):
                    instance["_m"] = observed_us(instance)
                    number = instance.get("value")
                    if standing.change and attr == standing.change.attr and isinstance(number, int | float):
                        watch.warm(entity_id, attr, [(instance["_m"], float(number))])
            if standing.silent_us and standing.attr in entity["attrs"]:
                watch.arm(standing, entity, self._start)
            at = newest(entity, standing.watched, self._start)
            watch.look(standing, entity, entity_id, at, at)
        self._collect()

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
        if row.change == Change.DELETED:
            self._entities.pop(row.entity, None)
            self._watch.look(self._standing, None, row.entity, row.at_us, row.at_us)
            return
        told = _about(row.body.encode()) if row.body else {}
        entity = self._entity(row)
        entity["type"] = told.get("type") or entity["type"]
        entity["scope"] = told.get("scope", [])
        self._watch.look(self._standing, entity, row.entity, row.at_us, row.at_us)

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
        self._seen += 1
        group = watch.index.group(row.type, row.attr)
        if group is None:
            return
        number = None if row.change == Change.DELETED else row.number
        for rule in watch.sees(group, row.entity, row.attr, number, row.at_us):
            watch.look(rule, entity, row.entity, row.at_us, row.at_us)
        watch.end_batch()

    def _collect(self) -> None:
        news: list[News] = self._watch.news
        for item in news:
            self._alerts[item.alert.id] = item.alert
            self._matched.add(item.alert.entity)
        news.clear()
        if trouble := self._watch.trouble.get(self._standing.id):
            raise BadRequestData(f"The rule cannot be evaluated at {trouble.entity}: {trouble.detail}")
