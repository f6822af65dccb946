"""What playbooks do by themselves: begin in incidents of their types, listen to alerts, look at their readings."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Sequence
from typing import Any, Final, Protocol

from rhinecloud.base.clock import Clock
from rhinecloud.context import Query, Types, q
from rhinecloud.insight import Alert
from rhinecloud.operations import incidents, playbooks
from rhinecloud.operations.declare import News, Seen
from rhinecloud.operations.incidents import SYSTEM
from rhinecloud.operations.tables import Shelf

from . import offers, watching

LOOK_S: Final = 5.0
AGAIN_S: Final = 60.0
"""How long it is remembered which thing a condition means."""
MOST: Final = 500
"""Alerts that are looked at."""


class Alerts(Protocol):
    """What is asked of `Insight`."""

    def alerts(self, tenant: str, *, state: str = ..., limit: int = ...) -> tuple[list[Alert], int]: ...


class Present(Protocol):
    def get(self, entity_id: str) -> Any: ...
    async def query(self, query: Query) -> Any: ...


class Presents(Protocol):
    def open(self, tenant: str) -> Present: ...


class Playing:
    """A follower.

    Args:
        automatic: names of the actions that are done without being asked.
        pace: of a tenant: how much faster than the clock its city lives.
    """

    name = "playing"

    def __init__(
        self,
        presents: Presents,
        expand: Callable[[str], str],
        *,
        automatic: Callable[[], Collection[str]],
        clock: Clock,
        alerts: Alerts | None = None,
        pace: Callable[[str], float] = lambda _: 1.0,
    ) -> None:
        self._presents, self._expand, self._alerts = presents, expand, alerts
        self._automatic, self._pace, self._clock = automatic, pace, clock
        self._looked: dict[str, float] = {}
        self._found: dict[tuple[str, str], tuple[str, float]] = {}

    async def follow(self, tenant: str, shelf: Shelf, news: Sequence[News]) -> None:
        moved = dict.fromkeys(n.incident for n in news if n.what in ("incident.moved", "incident.changed"))
        if moved:
            await asyncio.to_thread(self._begin, shelf, list(moved))

    def _begin(self, shelf: Shelf, moved: list[str]) -> None:
        for incident_id in moved:
            with shelf.reading() as work:
                wanted = offers.begins(work, incidents.get(work, incident_id))
            for playbook in wanted:
                with shelf.work(SYSTEM) as work:
                    if playbook in offers.begins(work, incidents.get(work, incident_id)):
                        playbooks.start(work, incident_id, playbook, self._automatic())

    async def tick(self, tenant: str, shelf: Shelf) -> None:
        if time.monotonic() - self._looked.get(tenant, -LOOK_S) < LOOK_S:
            return
        self._looked[tenant] = time.monotonic()
        await self._look(tenant, shelf)
        if self._alerts is not None:
            await asyncio.to_thread(self._hear, tenant, shelf)

    async def _look(self, tenant: str, shelf: Shelf) -> None:
        watched = await asyncio.to_thread(watching.watched, shelf)
        if not watched:
            return
        present, now, pace = self._presents.open(tenant), self._clock(), self._pace(tenant)
        found: list[tuple[str, str, Seen]] = []
        for run, step, watch, before in watched:
            entity = present.get(await self._named(tenant, present, watch.entity))
            seen = watching.look(watch, watching.reading(entity, watch.attr, self._expand), before, now, pace)
            if watching.worth_telling(before, seen):
                found.append((run, step, seen))
        if found:
            await asyncio.to_thread(self._saw, shelf, found)

    async def _named(self, tenant: str, present: Present, entity: str) -> str:
        """The id that a watch means: itself, or that of the first thing which "Type?condition" finds."""
        kind, asked, condition = entity.partition("?")
        if not asked or entity.startswith("urn:"):
            return entity
        known, until = self._found.get((tenant, entity), ("", 0.0))
        if time.monotonic() < until:
            return known
        query = Query(types=Types((self._expand(kind),)), q=q.parse(condition, self._expand), limit=1)
        found = (await present.query(query)).entities
        known = str(found[0]["id"]) if found else ""
        self._found[tenant, entity] = known, time.monotonic() + AGAIN_S
        return known

    def _saw(self, shelf: Shelf, found: list[tuple[str, str, Seen]]) -> None:
        with shelf.work(SYSTEM) as work:
            for run, step, seen in found:
                playbooks.saw(work, run, step, seen, self._automatic())

    def _hear(self, tenant: str, shelf: Shelf) -> None:
        assert self._alerts is not None
        raised, _ = self._alerts.alerts(tenant, state="raised", limit=MOST)
        with shelf.reading() as work:
            wanted = offers.asked_for(playbooks.every(work))
            known = set(work.rows("SELECT playbook, alert FROM playbook_offer"))
            going = {p for (p,) in work.rows("SELECT playbook FROM run WHERE ended_us IS NULL")}
            there, waiting = {alert.id for alert in raised}, offers.waiting(work)
            offered = {o.playbook for o in waiting} - going  # of a playbook, one offer waits at a time
            news = any(
                (playbook.id, alert.id) not in known and (playbook.id not in offered or trigger.start == "start")
                for alert in raised
                for playbook, trigger in wanted.get(alert.rule, ())
            )
            ended = any(o.alert not in there or o.playbook in going for o in waiting)
        if news or ended:
            with shelf.work(SYSTEM) as work:
                offers.hear(work, raised, self._automatic())
