"""The changes of one tenant while somebody looks: gathered, numbered, kept for a minute, encoded once for all.

What changed is sent at most every `EVERY_S`, each thing once with its newest state. The last minute is kept, so that a
connection that broke goes on where it was. Alerts go out at once, to those who may see them; what happens in the
command centre likewise, to the agencies that may know.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec

from rhinecloud.base.errors import RhineError
from rhinecloud.base.model import Change
from rhinecloud.base.packing import unpack
from rhinecloud.base.telemetry import logger

from .alert_rows import AlertRow, alert_row
from .board import Board
from .live_boards import Touched
from .rooms import Rooms
from .things import Kinds, Row

EVERY_S: Final = 0.1
UNSEEN_S: Final = 5.0
"""How often what changed is taken up while nobody looks at things; who comes then wakes it."""
UNSEEN_MOST: Final = 2_000
"""Things that may change unseen in between; where more do, nothing is followed, and who comes reads everything anew."""
KEEP_S: Final = 60.0
BEHIND_S: Final = 1.0
"""How long a snapshot waits for changes that are committed but were not heard yet; then everything is read anew."""
QUEUE: Final = 128
"""Messages that wait for one browser, some twelve seconds' worth."""
Readable = frozenset[str] | None

log = logger("web")
_json = msgspec.json.Encoder()


class Message(msgspec.Struct):
    """What an island gets."""

    rows: list[Row]
    gone: list[str]
    ms: int  # when it was sent


class AlertMessage(msgspec.Struct):
    """What an island gets when an alert changes."""

    what: str  # raised, updated, cleared, acknowledged, snoozed, commented
    alert: AlertRow
    counts: dict[str, int]  # alerts that are raised, by severity


class Happening(msgspec.Struct):
    """What a page gets when something happens in the command centre: operations' News, without who may know it."""

    number: int
    what: str  # "incident.moved", "unit.status", …
    subject: str
    incident: str
    at_us: int
    by: str
    detail: dict[str, Any]

    @classmethod
    def of(cls, news: Any) -> Happening:
        return cls(news.number, news.what, news.subject, news.incident, news.at_us, news.by, news.detail)


class Kept(msgspec.Struct):
    """A message of the last minute, with what decides who may read its parts."""

    number: int
    sent_s: float
    rows: list[Row] = []
    gone: list[tuple[str, str]] = []  # (id, types joined by a blank)
    ms: int = 0
    news: Any = None  # insight's News; it is of an alert then, and of no things
    happened: Any = None  # operations' News; likewise
    board: Any = None  # live_boards' Changed; likewise
    counts: dict[str, int] = {}
    encoded: dict[Any, bytes] = {}


class Looker:
    """One browser that follows.

    Args:
        agencies: whose incidents and units they may know of; None: all, an empty set: none.
        boards: it shows a board of them, and is sent its changes as they are drawn.
    """

    def __init__(
        self,
        readable: Readable,
        language: str = "en",
        *,
        alerts: bool = False,
        things: bool = True,
        agencies: frozenset[str] | None = frozenset(),
        boards: bool = False,
    ) -> None:
        self.readable, self.language = readable, language
        self.alerts, self.things, self.agencies, self.boards = alerts, things, agencies, boards
        self.queue: deque[Kept] = deque()
        self.lost = False
        self.over = False
        self.doubtful = False  # somebody's rights were changed: whether these still hold is asked before the next event
        self.news = asyncio.Event()

    def wants(self, kept: Kept) -> bool:
        """Whether a message is for this browser."""
        if kept.board is not None:
            return self.boards and self.agencies != frozenset()
        if kept.happened is not None:
            return _concerns(kept.happened, self.agencies)
        return self.alerts if kept.news is not None else self.things

    def give(self, kept: Kept) -> None:
        if not self.wants(kept):
            return
        if len(self.queue) >= QUEUE:
            self.queue.clear()
            self.lost = True
        self.queue.append(kept)
        self.news.set()


class Channel:
    """The changes of one tenant. `hidden` are types of packs that are switched off there, `boards`
    (live_boards' Boards) draws the boards of the command centre; None: nobody is shown any."""

    def __init__(
        self, rooms: Rooms, tenant: str, kinds: Kinds, hidden: Callable[[], frozenset[str]], boards: Any = None
    ) -> None:
        self._rooms = rooms
        self._tenant = tenant
        self._kinds = kinds
        self._hidden = hidden
        self._boards = boards
        self._touched_boards = Touched()
        self._painter: asyncio.Task[None] | None = None
        self._epoch = secrets.token_hex(4)
        self._number = 0
        self._heard_of = 0  # the newest commit whose changes came in
        self._kept: deque[Kept] = deque()
        self._touched: dict[str, str] = {}  # id → types
        self._deleted: dict[str, str] = {}
        self._unsubscribe: list[Callable[[], Awaitable[None]]] = []
        self._flusher: asyncio.Task[None] | None = None
        self._something = asyncio.Event()
        self._filling = asyncio.Lock()
        self._board = Board(kinds)
        self.lookers: set[Looker] = set()
        self._looked_at = asyncio.Event()
        self.asleep = False  # no things are followed; asking for the board wakes

    @property
    def mark(self) -> str:
        """Where the channel stands; a browser that loaded at this mark follows from here."""
        return f"{self._epoch}.{self._number}"

    async def start(self) -> None:
        if (backbone := self._rooms.backbone) is not None:
            self._unsubscribe.append(await backbone.subscribe(f"changes.{self._tenant}", self._heard))
            if self._rooms.insight is not None:
                self._unsubscribe.append(await backbone.subscribe(f"alerts.{self._tenant}", self._alerted))
            if self._rooms.operations is not None:
                self._unsubscribe.append(await backbone.subscribe(f"operations.{self._tenant}", self._happened))
        self._flusher = asyncio.create_task(self._flush_often())

    async def stop(self) -> None:
        for looker in self.lookers:
            looker.over = True
            looker.news.set()
        for unsubscribe in self._unsubscribe:
            await unsubscribe()
        for task in (self._flusher, self._painter):
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    async def board(self) -> Board:
        """Everything as it is now: what is committed before this is called is on it."""
        present = self._rooms.presents.open(self._tenant)
        async with self._filling:
            self.asleep = False
            committed = present.sequence()
            if self._board.filled and not await self._caught_up(committed):
                self._board.filled = False
            if not self._board.filled:
                await self._board.fill(present)
                self._heard_of = max(self._heard_of, committed)
        return self._board

    async def _caught_up(self, committed: int) -> bool:
        until = time.monotonic() + BEHIND_S
        while self._heard_of < committed:
            if self._rooms.backbone is None or time.monotonic() > until:
                return False
            await asyncio.sleep(0.005)
        self._flush()
        return True

    def since(self, mark: str) -> list[Kept] | None:
        """What came after a mark; None where that is not known any more."""
        epoch, _, number = mark.partition(".")
        if epoch != self._epoch or not number.isdecimal() or len(number) > 15:
            return None
        after = int(number)
        if after > self._number or (after < self._number and (not self._kept or self._kept[0].number > after + 1)):
            return None
        return [k for k in self._kept if k.number > after]

    def text(self, kept: Kept, looker: Looker) -> bytes:
        """The event as it goes over the wire, for those who may read the same."""
        key = self._key(kept, looker)
        if key not in kept.encoded:
            event, data = self._event(kept, looker)
            kept.encoded[key] = b"id: %s.%d\nevent: %s\ndata: %s\n\n" % (
                self._epoch.encode(),
                kept.number,
                event,
                data,
            )
        return kept.encoded[key]

    @staticmethod
    def _key(kept: Kept, looker: Looker) -> Any:
        """Those with the same key get the same bytes."""
        if kept.board is not None:
            return looker.language, looker.agencies
        if kept.happened is not None:
            return ""
        return looker.language if kept.news is not None else looker.readable

    def _event(self, kept: Kept, looker: Looker) -> tuple[bytes, bytes]:
        if kept.board is not None:
            return b"board", kept.board.encoded(looker.language, looker.agencies)
        if kept.happened is not None:
            return b"operations", _json.encode(Happening.of(kept.happened))
        return self._alert(kept, looker.language) if kept.news is not None else self._things(kept, looker)

    def reset(self) -> None:
        """Everybody loads anew: what there is to see is another now."""
        for looker in self.lookers:
            looker.queue.clear()
            looker.lost = True
            looker.news.set()

    def _things(self, kept: Kept, looker: Looker) -> tuple[bytes, bytes]:
        readable, kinds, hidden = looker.readable, self._kinds.list, self._hidden()
        rows, gone = kept.rows, [i for i, _ in kept.gone]
        if readable is not None or hidden:
            rows = [r for r in rows if shown(kinds[r.kind].iri, readable, hidden)]
        if readable is not None:
            gone = [i for i, types in kept.gone if not readable.isdisjoint(types.split(" "))]
        return b"things", _json.encode(Message(rows, gone, kept.ms))

    def _alert(self, kept: Kept, language: str) -> tuple[bytes, bytes]:
        row = alert_row(kept.news.alert, self._rooms.model, language)
        return b"alert", _json.encode(AlertMessage(kept.news.what, row, kept.counts))

    async def _heard(self, _subject: str, data: bytes) -> None:
        if self.asleep:
            return
        if len(self._touched) > UNSEEN_MOST and not self._seen and not self._filling.locked():
            self._sleep()
            return
        changes = unpack(data)
        for entity, kind, attr, change in zip(changes.entity, changes.type, changes.attr, changes.change, strict=True):
            if attr == "" and change == Change.DELETED:
                self._deleted[entity] = kind
                self._touched.pop(entity, None)
            else:
                self._touched[entity] = kind
                self._deleted.pop(entity, None)
        self._heard_of = max(self._heard_of, changes.sequence)
        self._something.set()

    async def _alerted(self, _subject: str, data: bytes) -> None:
        from rhinecloud.insight import News

        try:
            news = msgspec.json.decode(data, type=News)
        except msgspec.DecodeError as error:
            log.warning("alert_unreadable", tenant=self._tenant, error=str(error))
            return
        self._tell(Kept(0, 0, news=news, counts=self._rooms.insight.counts(self._tenant), encoded={}))

    async def _happened(self, _subject: str, data: bytes) -> None:
        from rhinecloud.operations import News

        try:
            news = msgspec.json.decode(data, type=News)
        except msgspec.DecodeError as error:
            log.warning("operations_unreadable", tenant=self._tenant, error=str(error))
            return
        self._tell(Kept(0, 0, happened=news, encoded={}))
        self.touch(news)

    def touch(self, news: Any) -> None:
        """What this is about is drawn anew for the boards that somebody looks at."""
        if self._boards is None or not any(looker.boards for looker in self.lookers):
            return
        self._touched_boards.add(news)
        if self._painter is None or self._painter.done():
            self._painter = asyncio.create_task(self._paint())

    async def _paint(self) -> None:
        while self._touched_boards:
            touched, self._touched_boards = self._touched_boards, Touched()
            try:
                changed = await asyncio.to_thread(self._boards.changed, self._tenant, touched)
                self._tell(Kept(0, 0, board=changed, encoded={}))
            except Exception as error:  # what cannot be drawn is loaded with the next page
                log.exception("board_failed", tenant=self._tenant, error=repr(error))
            # The first change goes out at once; those that follow are gathered.
            await asyncio.sleep(EVERY_S)

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
            if not self._seen:
                self._looked_at.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._looked_at.wait(), UNSEEN_S)

    @property
    def _seen(self) -> bool:
        return any(looker.things for looker in self.lookers)

    def _sleep(self) -> None:
        """Follows no things until somebody asks for the board; marks that were given do not hold any more."""
        self.asleep, self._board.filled = True, False
        self._epoch = secrets.token_hex(4)
        self._kept.clear()
        self._touched.clear()
        self._deleted.clear()

    def follow(self, looker: Looker) -> None:
        """Somebody looks from now on, until they are taken from `lookers`."""
        self.lookers.add(looker)
        if looker.things:
            self._looked_at.set()

    def _flush(self) -> None:
        touched, self._touched = self._touched, {}
        deleted, self._deleted = self._deleted, {}
        if not touched and not deleted:
            return
        entities = self._rooms.presents.open(self._tenant).get_many(list(touched)) if touched else []
        rows = self._board.put(entities)
        self._board.remove(deleted)
        self._tell(Kept(0, 0, rows, list(deleted.items()), encoded={}))

    def _tell(self, kept: Kept) -> None:
        now = time.monotonic()
        while self._kept and self._kept[0].sent_s < now - KEEP_S:
            self._kept.popleft()
        self._number += 1
        kept.number, kept.sent_s, kept.ms = self._number, now, self._rooms.clock() // 1000
        self._kept.append(kept)
        for looker in self.lookers:
            looker.give(kept)


def shown(iri: str, readable: Readable, hidden: frozenset[str]) -> bool:
    """Whether things of a type are shown to who may read `readable`, where `hidden` types are of packs that are off."""
    return iri not in hidden and (readable is None or iri in readable)


def _concerns(news: Any, agencies: frozenset[str] | None) -> bool:
    """Whether those who see incidents of `agencies` may know of something: declared data is for all who see any."""
    if agencies is None or not agencies:
        return agencies is None
    return not agencies.isdisjoint(news.agencies) or not (news.incident or news.agencies)
