"""All links of all tenants: connected while they are declared, shown what changed, at the latest after five seconds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Final

from rhinecloud.base.clock import Clock, now_us
from rhinecloud.operations import units
from rhinecloud.operations.declare import News, Position, Unit
from rhinecloud.operations.tables import Shelf

from . import links, showing
from .session import Session, Standing
from .taking import Taker

EVERY_S: Final = 5.0
_SHOWN: Final = ("unit.", "incident.", "assignment.", "picture.")
Live = Callable[[str, Iterable[Unit]], Mapping[str, tuple[Position, int] | None]]

__all__ = ["Cot", "Standing"]


class Cot:
    """A follower of the news.

    Args:
        live: where units of a tenant are, by their ids, and since when.
    """

    name = "cot"

    def __init__(self, live: Live, clock: Clock = now_us) -> None:
        self._live, self._clock = live, clock
        self._sessions: dict[tuple[str, str], Session] = {}
        self._dirty: set[str] = set()
        self._looked: dict[str, float] = {}

    async def follow(self, tenant: str, shelf: Shelf, news: Sequence[News]) -> None:
        if any(n.what.startswith(("cot.", *_SHOWN)) for n in news):
            self._dirty.add(tenant)

    async def tick(self, tenant: str, shelf: Shelf) -> None:
        """Connects what is declared, and shows what changed."""
        now = time.monotonic()
        if tenant not in self._dirty and now - self._looked.get(tenant, -EVERY_S) < EVERY_S:
            return
        self._dirty.discard(tenant)
        self._looked[tenant] = now
        wanted = {link.id: link for link in await asyncio.to_thread(links.every, shelf) if link.enabled}
        for key in [k for k in self._sessions if k[0] == tenant]:
            if wanted.get(key[1]) != self._sessions[key].link:
                await self._sessions.pop(key).stop()
        for link in wanted.values():
            if (tenant, link.id) not in self._sessions:
                session = Session(link, _taking(Taker(shelf, link)), self._clock)
                session.start()
                self._sessions[tenant, link.id] = session
        sending = [s for (t, _), s in self._sessions.items() if t == tenant and s.link.sends]
        if sending:
            known = await asyncio.to_thread(units.every, shelf)
            places = {unit: place for unit, place in self._live(tenant, known).items() if place is not None}
            for session in sending:
                shown = await asyncio.to_thread(showing.events, shelf, tenant, session.link, places, self._clock())
                session.show(shown)

    def standing(self, tenant: str, link: str) -> Standing:
        """How a link stands."""
        session = self._sessions.get((tenant, link))
        return session.standing if session is not None else Standing(state="off")

    async def stop(self) -> None:
        sessions, self._sessions = self._sessions, {}
        await asyncio.gather(*(s.stop() for s in sessions.values()))


def _taking(taker: Taker) -> Callable[[bytes], Awaitable[str]]:
    async def take(data: bytes) -> str:
        return await asyncio.to_thread(taker.take, data)

    return take
