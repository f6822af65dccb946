"""Searches on the streets before anybody asks: to each incident when it comes or moves, and to the zones of cover.

After the network, a bridge or a closure has changed, all of them anew. One search at a time, in a thread.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Final

from rhinecloud.base import telemetry
from rhinecloud.base.clock import Clock, now_us
from rhinecloud.base.errors import RhineError
from rhinecloud.operations import dispatching, incidents, things
from rhinecloud.operations.declare import News, Position
from rhinecloud.operations.roads.streets import ByRoad, Roads
from rhinecloud.operations.searching import Asked, search
from rhinecloud.operations.tables import Shelf
from rhinecloud.operations.travel import Zone

MOST: Final = 200
LOOK_S: Final = 5.0
"""How often it is looked whether streets, closures or zones have changed; a look reads all of them."""

log = telemetry.logger("operations")


class Ahead:
    """A follower. `roads` is told once the room is made."""

    name = "roads"

    def __init__(self, clock: Clock = now_us) -> None:
        self.roads: Roads | None = None
        self._clock = clock
        self._done: dict[str, object] = {}
        self._next: dict[str, float] = {}

    async def follow(self, tenant: str, shelf: Shelf, news: Sequence[News]) -> None:
        touched = {n.incident for n in news if n.what in ("incident.reported", "incident.changed") and n.incident}
        if touched:
            await asyncio.to_thread(self._places, tenant, shelf, sorted(touched))

    async def tick(self, tenant: str, shelf: Shelf) -> None:
        now = time.monotonic()
        if now >= self._next.get(tenant, 0.0):
            self._next[tenant] = now + LOOK_S
            await asyncio.to_thread(self._anew, tenant, shelf)

    def _places(self, tenant: str, shelf: Shelf, touched: Sequence[str]) -> None:
        found = [incidents.get(shelf, i).place.location for i in touched]
        self._ready(self._ways(tenant, shelf), [p for p in found if p is not None])

    def _anew(self, tenant: str, shelf: Shelf) -> None:
        """Where what counts has changed since the last look: the file, what is closed, the zones."""
        if self.roads is None or self.roads.streets(tenant) is None:
            return
        ways = self._ways(tenant, shelf)
        if not isinstance(ways, ByRoad):
            return
        zones = [z.position for z in things.every(shelf, Zone).values()]
        state = (id(ways.streets), ways.closed, tuple(zones))
        if self._done.get(tenant) != state:
            self._done[tenant] = state
            open_ = search(shelf, Asked(states=("active",), limit=MOST), None)
            self._ready(ways, [*(i.place.location for i in open_ if i.place.location is not None), *zones])

    def _ways(self, tenant: str, shelf: Shelf) -> object:
        return None if self.roads is None else dispatching.ways(shelf, self.roads, tenant, self._clock())

    @staticmethod
    def _ready(ways: object, places: Sequence[Position]) -> None:
        if isinstance(ways, ByRoad):
            for place in places:
                try:
                    ways.ready(place)
                except RhineError as error:
                    log.warning("search_failed", detail=error.detail)
