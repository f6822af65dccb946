"""Live changes: from the backbone to the browsers that look, as server-sent events.

One channel a tenant, however many look. Each browser has a bounded queue: one that cannot follow is told to load anew,
and never holds the others back. A connection that broke goes on where it was (Last-Event-ID).
Source: WHATWG HTML, 9.2 Server-sent events.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any, Final

from rhinecloud.base.errors import Unavailable
from rhinecloud.base.telemetry import gauge
from rhinecloud.insight import TYPES

from .channel import KEEP_S, QUEUE, Channel, Looker, Readable
from .rooms import Rooms
from .things import Kinds

__all__ = ["QUEUE", "Live", "Looker", "Readable"]

BEAT_S: Final = 10.0
LOOKERS: Final = 2_000
"""Browsers at a time, in all."""

_FIGURES: Final = frozenset(kind.iri for kind in TYPES if kind.name == "KeyPerformanceIndicator")
_looking = gauge("web_live_clients", "Browsers that follow live changes")


class Live:
    """The channels of all tenants; one is there while somebody looks, and a minute longer."""

    def __init__(self, rooms: Rooms, boards: Any = None) -> None:
        self._rooms, self._boards = rooms, boards
        self._channels: dict[str, Channel] = {}
        self._kinds: dict[str, Kinds] = {}
        self._opening = asyncio.Lock()
        self._closers: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        if rooms.switchboard is not None:
            rooms.switchboard.watchers.append(self._switched)
        rooms.access.watchers.append(self._rights_changed)

    def kinds(self, tenant: str) -> Kinds:
        """The kinds of a tenant; they keep their places as long as this process lives."""
        if tenant not in self._kinds:
            layers = [layer for pack in self._rooms.packs for layer in pack.layers]
            self._kinds[tenant] = Kinds(self._rooms.model, layers)
        return self._kinds[tenant]

    def hidden(self, tenant: str) -> frozenset[str]:
        """Expanded names of the types whose packs are all off in a tenant."""
        board = self._rooms.switchboard
        if board is None:
            return frozenset()
        on: frozenset[str] = board.types(tenant)
        return frozenset(kind.iri for pack in self._rooms.packs for kind in pack.types) - on

    def unmapped(self, tenant: str) -> frozenset[str]:
        """Types whose entities are no things on the map: those that are hidden, and indicators, which have a place of
        their own."""
        return self.hidden(tenant) | _FIGURES

    async def channel(self, tenant: str) -> Channel:
        async with self._opening:
            if tenant not in self._channels:
                self._loop = asyncio.get_running_loop()
                made = Channel(self._rooms, tenant, self.kinds(tenant), lambda: self.unmapped(tenant), self._boards)
                await made.start()
                self._channels[tenant] = made
                self._close_when_unwatched(tenant)
            return self._channels[tenant]

    async def follow(self, tenant: str, looker: Looker, mark: str, still: Callable[[], bool]) -> AsyncIterator[bytes]:
        """The events of one browser, from `mark` on; ends when `still()` says that it may no longer look.

        Raises:
            Unavailable: too many look.
        """
        channel = await self.channel(tenant)
        if sum(len(c.lookers) for c in self._channels.values()) >= LOOKERS:
            raise Unavailable("Too many browsers follow live changes; the page still works, load it again for news")
        # Who follows no things needs no beginning: the page that it stands on has read the rest.
        missed = channel.since(mark) if mark or looker.things else []
        if looker.things and channel.asleep:
            missed = None
        channel.follow(looker)
        _looking.inc()
        try:
            yield b"retry: 2000\n\n"
            if missed is None:
                yield _reset()
            for kept in missed or ():
                if kept.happened is not None and looker.boards:
                    channel.touch(kept.happened)  # perhaps nobody looked at a board then
                if looker.wants(kept):
                    yield channel.text(kept, looker)
            async for event in self._events(channel, looker, still):
                yield event
        finally:
            channel.lookers.discard(looker)
            _looking.dec()

    async def _events(self, channel: Channel, looker: Looker, still: Callable[[], bool]) -> AsyncIterator[bytes]:
        asked_s = time.monotonic()
        while not looker.over:
            quiet = False
            try:
                await asyncio.wait_for(looker.news.wait(), BEAT_S)
            except TimeoutError:
                quiet = True
            # Also a line that is never quiet asks: who may no longer look gets nothing more.
            if quiet or looker.doubtful or time.monotonic() - asked_s > BEAT_S:
                looker.doubtful, asked_s = False, time.monotonic()
                if not still():
                    yield b"event: over\ndata: {}\n\n"
                    return
            if quiet:
                yield b'event: beat\ndata: {"ms":%d}\n\n' % (self._rooms.clock() // 1000)
                continue
            looker.news.clear()
            if looker.lost:
                looker.lost = False
                looker.queue.clear()
                yield _reset()
            while looker.queue:
                yield channel.text(looker.queue.popleft(), looker)

    def _switched(self, tenant: str) -> None:
        """A pack was switched, in whatever thread: those who look see what there is now."""
        channel = self._channels.get(tenant)
        if channel is not None and self._loop is not None:
            self._loop.call_soon_threadsafe(channel.reset)

    def _rights_changed(self, what: str) -> None:
        """A person, a session or a token was changed, in whatever thread: every open stream asks anew who it is for."""
        if what != "tenants" and self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._doubt)

    def _doubt(self) -> None:
        for channel in self._channels.values():
            for looker in channel.lookers:
                looker.doubtful = True
                looker.news.set()

    def _close_when_unwatched(self, tenant: str) -> None:
        async def watch() -> None:
            quiet = 0
            while quiet < 2:  # looked at twice, so that a page that is loaded anew finds its channel
                await asyncio.sleep(KEEP_S)
                quiet = 0 if self._channels[tenant].lookers else quiet + 1
            await self._channels.pop(tenant).stop()

        task: asyncio.Task[Any] = asyncio.create_task(watch())
        self._closers.add(task)
        task.add_done_callback(self._closers.discard)

    async def stop(self) -> None:
        """Ends every stream; called before the server stops, which waits for open answers."""
        for task in list(self._closers):
            task.cancel()
        await asyncio.gather(*self._closers, return_exceptions=True)
        channels, self._channels = self._channels, {}
        for channel in channels.values():
            await channel.stop()


def _reset() -> bytes:
    return b"event: reset\ndata: {}\n\n"
