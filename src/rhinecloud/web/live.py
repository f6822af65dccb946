"""Live changes: from the backbone to the browsers that look, as server-sent events.

One subscription a tenant, however many look. What changed is gathered and sent at most every `EVERY_S`, each thing once
with its newest state, encoded once for all who may read the same. Each browser has a bounded queue: one that cannot
follow is told to load anew, and never holds the others back. The last minute is kept, so that a connection that broke
goes on where it was (Last-Event-ID).
Source: WHATWG HTML, 9.2 Server-sent events.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

import msgspec

from rhinecloud.base.errors import RhineError, Unavailable
from rhinecloud.base.model import Change, Changes
from rhinecloud.base.telemetry import gauge, logger

from .rooms import Rooms
from .things import Kinds, Row

EVERY_S: Final = 0.2
BEAT_S: Final = 10.0
KEEP_S: Final = 60.0
QUEUE: Final = 64
"""Messages that wait for one browser, some twelve seconds' worth."""
LOOKERS: Final = 2_000
"""Browsers at a time, in all."""
Readable = frozenset[str] | None

log = logger("web")
_looking = gauge("web_live_clients", "Browsers that follow live changes")


class Message(msgspec.Struct):
    """What an island gets."""

    rows: list[Row]
    gone: list[str]
    ms: int  # when it was sent


class Kept(msgspec.Struct):
    """A message of the last minute, with the types that decide who may read its parts."""

    number: int
    sent_s: float
    rows: list[Row]
    gone: list[tuple[str, str]]  # (id, types joined by a blank)
    ms: int
    encoded: dict[Readable, bytes]


class Looker:
    """One browser that follows."""

    def __init__(self, readable: Readable) -> None:
        self.readable = readable
        self.queue: deque[Kept] = deque()
        self.lost = False
        self.over = False
        self.news = asyncio.Event()

    def give(self, kept: Kept) -> None:
        if len(self.queue) >= QUEUE:
            self.queue.clear()
            self.lost = True
        self.queue.append(kept)
        self.news.set()


class Channel:
    """The changes of one tenant while somebody looks."""

    def __init__(self, rooms: Rooms, tenant: str, kinds: Kinds) -> None:
        self._rooms = rooms
        self._tenant = tenant
        self._kinds = kinds
        self._epoch = secrets.token_hex(4)
        self._number = 0
        self._kept: deque[Kept] = deque()
        self._touched: dict[str, str] = {}  # id → types
        self._deleted: dict[str, str] = {}
        self._decoder = msgspec.msgpack.Decoder(Changes)
        self._encoder = msgspec.json.Encoder()
        self._unsubscribe: Callable[[], Awaitable[None]] | None = None
        self._flusher: asyncio.Task[None] | None = None
        self._something = asyncio.Event()
        self.lookers: set[Looker] = set()

    @property
    def mark(self) -> str:
        """Where the channel stands; a browser that loaded at this mark follows from here."""
        return f"{self._epoch}.{self._number}"

    async def start(self) -> None:
        if self._rooms.backbone is not None:
            self._unsubscribe = await self._rooms.backbone.subscribe(f"changes.{self._tenant}", self._heard)
        self._flusher = asyncio.create_task(self._flush_often())

    async def stop(self) -> None:
        for looker in self.lookers:
            looker.over = True
            looker.news.set()
        if self._unsubscribe is not None:
            await self._unsubscribe()
        if self._flusher is not None:
            self._flusher.cancel()
            await asyncio.gather(self._flusher, return_exceptions=True)

    def since(self, mark: str) -> list[Kept] | None:
        """What came after a mark; None where that is not known any more."""
        epoch, _, number = mark.partition(".")
        if epoch != self._epoch or not number.isdecimal() or len(number) > 15:
            return None
        after = int(number)
        if after > self._number or (after < self._number and (not self._kept or self._kept[0].number > after + 1)):
            return None
        return [k for k in self._kept if k.number > after]

    def text(self, kept: Kept, readable: Readable) -> bytes:
        """The event as it goes over the wire, for those who may read these types."""
        if readable not in kept.encoded:
            kinds = self._kinds.list
            rows = kept.rows if readable is None else [r for r in kept.rows if kinds[r.kind].iri in readable]
            gone = [i for i, types in kept.gone if readable is None or not readable.isdisjoint(types.split(" "))]
            data = self._encoder.encode(Message(rows, gone, kept.ms))
            kept.encoded[readable] = b"id: %s.%d\nevent: things\ndata: %s\n\n" % (
                self._epoch.encode(),
                kept.number,
                data,
            )
        return kept.encoded[readable]

    async def _heard(self, _subject: str, data: bytes) -> None:
        changes = self._decoder.decode(data)
        for entity, kind, attr, change in zip(changes.entity, changes.type, changes.attr, changes.change, strict=True):
            if attr == "" and change == Change.DELETED:
                self._deleted[entity] = kind
                self._touched.pop(entity, None)
            else:
                self._touched[entity] = kind
                self._deleted.pop(entity, None)
        self._something.set()

    async def _flush_often(self) -> None:
        while True:
            await self._something.wait()
            self._something.clear()
            try:
                self._flush()
            except RhineError as error:
                log.warning("live_flush_failed", tenant=self._tenant, detail=error.detail)
            except Exception as error:  # one strange entity must not end everybody's live picture
                log.exception("live_flush_failed", tenant=self._tenant, error=repr(error))
            # The first change goes out at once; those that follow are gathered.
            await asyncio.sleep(EVERY_S)

    def _flush(self) -> None:
        touched, self._touched = self._touched, {}
        deleted, self._deleted = self._deleted, {}
        now = time.monotonic()
        while self._kept and self._kept[0].sent_s < now - KEEP_S:
            self._kept.popleft()
        present = self._rooms.presents.open(self._tenant)
        rows = [self._kinds.row(entity) for entity in present.get_many(list(touched))] if touched else []
        self._number += 1
        kept = Kept(self._number, now, rows, list(deleted.items()), self._rooms.clock() // 1000, {})
        self._kept.append(kept)
        for looker in self.lookers:
            looker.give(kept)


class Live:
    """The channels of all tenants; one is there while somebody looks, and a minute longer."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._channels: dict[str, Channel] = {}
        self._kinds: dict[str, Kinds] = {}
        self._opening = asyncio.Lock()
        self._closers: set[asyncio.Task[None]] = set()

    def kinds(self, tenant: str) -> Kinds:
        """The kinds of a tenant; they keep their places as long as this process lives."""
        if tenant not in self._kinds:
            layers = [layer for pack in self._rooms.packs for layer in pack.layers]
            self._kinds[tenant] = Kinds(self._rooms.model, layers)
        return self._kinds[tenant]

    async def channel(self, tenant: str) -> Channel:
        async with self._opening:
            if tenant not in self._channels:
                made = Channel(self._rooms, tenant, self.kinds(tenant))
                await made.start()
                self._channels[tenant] = made
                self._close_when_unwatched(tenant)
            return self._channels[tenant]

    async def follow(
        self, tenant: str, readable: Readable, mark: str, still: Callable[[], bool]
    ) -> AsyncIterator[bytes]:
        """The events of one browser, from `mark` on; ends when `still()` says that it may no longer look.

        Raises:
            Unavailable: too many look.
        """
        channel = await self.channel(tenant)
        if sum(len(c.lookers) for c in self._channels.values()) >= LOOKERS:
            raise Unavailable("Too many browsers follow live changes; the page still works, load it again for news")
        looker = Looker(readable)
        missed = channel.since(mark)
        channel.lookers.add(looker)
        _looking.inc()
        try:
            yield b"retry: 2000\n\n"
            if missed is None:
                yield _reset()
            for kept in missed or ():
                yield channel.text(kept, readable)
            async for event in self._events(channel, looker, still):
                yield event
        finally:
            channel.lookers.discard(looker)
            _looking.dec()

    async def _events(self, channel: Channel, looker: Looker, still: Callable[[], bool]) -> AsyncIterator[bytes]:
        while not looker.over:
            try:
                await asyncio.wait_for(looker.news.wait(), BEAT_S)
            except TimeoutError:
                if not still():
                    yield b"event: over\ndata: {}\n\n"
                    return
                yield b'event: beat\ndata: {"ms":%d}\n\n' % (self._rooms.clock() // 1000)
                continue
            looker.news.clear()
            if looker.lost:
                looker.lost = False
                looker.queue.clear()
                yield _reset()
            while looker.queue:
                yield channel.text(looker.queue.popleft(), looker.readable)

    def _close_when_unwatched(self, tenant: str) -> None:
        async def watch() -> None:
            quiet = 0
            while quiet < 2:  # looked at twice, so that a page that is loaded anew finds its channel
                await asyncio.sleep(KEEP_S)
                quiet = 0 if self._channels[tenant].lookers else quiet + 1
            await self._channels.pop(tenant).stop()

        task = asyncio.create_task(watch())
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
