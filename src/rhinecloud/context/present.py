"""The present of one tenant: what is asked of it and written to it, by everyone.

Opens its file on first use and may be closed when idle at any time between two uses; the next use opens it again.
Reads by id happen in the loop, they take microseconds; queries that may be long happen in a thread.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Sequence
from concurrent.futures import Executor
from pathlib import Path
from threading import Lock

import msgspec

from rhinecloud.base import database
from rhinecloud.base.clock import Clock
from rhinecloud.base.errors import Unavailable
from rhinecloud.base.model import Entity, Result, Update
from rhinecloud.base.packing import Commit

from . import discovery, held, outbox
from .discovery import AttributeFound, TypeFound
from .draft import Check, living
from .finder import Finder, something_expired
from .purge import PURGE, purged
from .query import Kept, Page, Query
from .store import Job, Store, decode_entity
from .writer import Writer

_BY_ID = "SELECT key, kind, doc FROM entity WHERE id = ?"
_WALK = "SELECT key, doc FROM entity WHERE kind = ? AND key > ? ORDER BY key LIMIT ?"
STEP = 100
"""Entities that a walk takes at once, a millisecond of decoding."""


class Present:
    """Made by `Presents.open`. Methods are called in the loop's thread; `outbox` in any."""

    def __init__(  # noqa: PLR0913 - made in one place
        self,
        path: Path,
        tenant: str,
        *,
        queryable: frozenset[str],
        clock: Clock,
        check: Check,
        threads: Executor,
        commits: Executor,
        committed: Callable[[str], None],
        reserve_bytes: int = 0,
        room: held.Room | None = None,
    ) -> None:
        self.tenant = tenant
        self.used = time.monotonic()
        self._path = path
        self._clock = clock
        self._threads = threads
        self._commits = commits
        self._committed = committed
        self._make_store: Callable[[], Store] = lambda: Store(
            path, tenant, queryable=queryable, clock=clock, check=check, reserve_bytes=reserve_bytes, room=room
        )
        self._store: Store | None = None
        self._reads: sqlite3.Connection
        self._outbox_reads: sqlite3.Connection
        self._outbox_lock = Lock()
        self._finder: Finder
        self._writer: Writer | None = None
        self._gone = False
        self._opening = threading.RLock()  # the past's thread may be the first to ask

    # ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def write(self, updates: Sequence[Update], *, mark: tuple[str, int] | None = None) -> list[Result]:
        """Applies the updates in order, all in one transaction; durable when it returns.

        Args:
            mark: a stream and the sequence in it that these updates go up to, committed with them.
        Returns:
            A result an update; what cannot be done is refused there, and alone.
        Raises:
            Unavailable: nothing was written (the disk is nearly full, the tenant is being deleted, or more waits to be
                written, or waits for the past, than may).
        """
        return await self._commit(Job(updates, mark))

    async def _commit(self, job: Job) -> list[Result]:
        job.done = asyncio.get_running_loop().create_future()
        self._open_writer().submit(job)
        results: list[Result] = await job.done
        return results

    async def purge(
        self, query: Query, *, keep: Collection[str] = (), drop: Collection[str] = (), source: str = ""
    ) -> int:
        """Deletes every entity that matches; with `keep` or `drop` (expanded names) only attributes of theirs (5.6.21).

        Paging and order of the query are not looked at. Gives the number of entities that matched.
        """
        matched = 0
        after = 0
        while True:
            page = await self.query(msgspec.structs.replace(query, limit=PURGE, offset=after, order=(), count=False))
            updates = [u for entity in page.entities for u in purged(entity, keep, drop, source)]
            await self.write(updates)
            matched += len(page.entities)
            if len(page.entities) < PURGE:
                return matched
            # What is purged may match no more; only what stays has to be gone past.
            ids = [entity["id"] for entity in page.entities]
            staying = msgspec.structs.replace(query, ids=tuple(ids), limit=PURGE, offset=0, order=(), count=False)
            after += len((await self.query(staying)).entities)

    def mark(self, stream: str) -> int:
        """The sequence of `stream` up to which everything is written; 0: nothing yet."""
        row = self._open().execute("SELECT sequence FROM mark WHERE stream = ?", (stream,)).fetchone()
        return row[0] if row else 0

    def sequence(self) -> int:
        """The number of the newest commit, as `Changes.sequence` tells it; 0: there was none."""
        row = self._open().execute("SELECT seq FROM sqlite_sequence WHERE name = 'outbox'").fetchone()
        return int(row[0]) if row else 0

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def get(self, entity_id: str) -> Entity | None:
        """The entity; None: it does not exist, or has expired. Not to be altered: a copy is the reader's own affair."""
        row = self._row(entity_id)
        if row is None:
            return None
        entity: Entity = decode_entity(row[2])
        return living(entity, self._clock()) if "_x" in entity else entity

    def kept(self, entity_id: str) -> Kept | None:
        """The entity as the store keeps it; None: it does not exist, or `get` has to look into it."""
        row = self._row(entity_id)
        if row is None or (self._store.transient and something_expired(self._reads, self._clock())):  # type: ignore[union-attr]
            return None
        return row[0], row[2]

    def _row(self, entity_id: str) -> held.Kept | None:
        """Key, kind and document as last committed: from memory, or else from the file."""
        db = self._open()
        assert self._store is not None
        return self._store.held.get(entity_id) or db.execute(_BY_ID, (entity_id,)).fetchone()

    def get_many(self, ids: Iterable[str]) -> list[Entity]:
        """Those of the entities that exist, in the order asked for, each once."""
        return [entity for entity_id in dict.fromkeys(ids) if (entity := self.get(entity_id)) is not None]

    def expired(self, now: int, limit: int) -> list[Entity]:
        """Entities that expired up to `now` (µs) themselves, or in an attribute, and are still on the disk."""
        if self._store is None or not self._store.transient:
            return []
        sql = "SELECT e.doc FROM expiry x CROSS JOIN entity e ON e.key = x.entity WHERE x.at_us <= ? LIMIT ?"
        return [decode_entity(doc) for (doc,) in self._reads.execute(sql, (now, limit))]

    async def query(self, query: Query) -> Page:
        """The entities that match, a page of them, in a stable order.

        Raises:
            TooComplexQuery: answering takes longer than a query may.
        """
        self._open()
        assert self._store is not None
        if query.q is not None and self._store.stale:
            await self._commit(Job(also=self._store.freshen))
        return await self._finder.find(query, self._clock())

    async def listing(self, *, types: frozenset[str] | None = None, limit: int = 10_000) -> list[Entity]:
        """Up to `limit` entities of any of these types (None: all), in the order of their making."""
        return (await self.query(Query(readable=types, limit=limit))).entities

    async def walk(self, kind: str) -> AsyncIterator[list[Entity]]:
        """All entities that have a type, some at a time, for who looks at every one: others go on in between.

        What comes, goes or changes meanwhile may be told of, or not; all else is told of once.
        """
        db = self._open()
        assert self._store is not None
        for number in [n for types, n in self._store.numbers.kinds.items() if kind in types.split(" ")]:
            after = 0
            while rows := db.execute(_WALK, (number, after, STEP)).fetchall():
                after, now = rows[-1][0], self._clock()
                found = (decode_entity(document) for _, document in rows)
                yield [alive for e in found if (alive := living(e, now) if "_x" in e else e) is not None]
                await asyncio.sleep(0)
                db = self._open()  # it may have been closed for being idle

    async def types(self, name: str | None = None, *, readable: frozenset[str] | None = None) -> list[TypeFound]:
        """The types there are, or the one named, with counts and attributes (5.7.5 to 5.7.7).

        Args:
            readable: types whose entities count; None: all.
        """
        return discovery.types(self._open(), name, readable)

    async def attributes(
        self, name: str | None = None, *, readable: frozenset[str] | None = None
    ) -> list[AttributeFound]:
        """The attributes there are, with counts, forms and the types that have them (5.7.8 to 5.7.10)."""
        return discovery.attributes(self._open(), name, readable)

    # ── the outbox ───────────────────────────────────────────────────────────────────────────────────────────────────

    def outbox(self, after: int, rows: int = 100_000) -> list[Commit]:
        """Up to `rows` commits after the sequence `after`, in order."""
        self._open()
        store = self._store  # another thread may be closing
        new = store.tail.after(after, rows) if store is not None else None
        if new is not None:
            return new
        with self._outbox_lock:
            return outbox.read(self._outbox_reads, after, rows)

    def outbox_position(self, reader: str) -> int:
        """The sequence up to which `reader` said it is done."""
        self._open()
        with self._outbox_lock:
            return outbox.position(self._outbox_reads, reader)

    def outbox_done(self, reader: str, upto: int) -> None:
        """`reader` ("history" or "changes") needs nothing up to `upto` any more. Written with the next commit."""
        writer = self._open_writer()
        writer.store.tail.done(reader, upto)
        writer.note_done(reader, upto)

    # ── small documents beside the entities: subscriptions, registrations, hosted @contexts ─────────────────────────

    def document(self, kind: str, document_id: str) -> bytes | None:
        """The JSON kept under this kind and id."""
        row = (
            self._open().execute("SELECT body FROM document WHERE kind = ? AND id = ?", (kind, document_id)).fetchone()
        )
        return row[0] if row else None

    def documents(self, kind: str) -> dict[str, bytes]:
        """All JSON documents of a kind, by id, in the order of their ids."""
        return dict(
            self._open().execute("SELECT id, body FROM document WHERE kind = ? ORDER BY id", (kind,)).fetchall()
        )

    async def save_document(self, kind: str, document_id: str, body: bytes) -> None:
        """Keeps a JSON document, in the place of one that is there; durable when it returns."""
        row = (kind, document_id, body)
        await self._commit(Job(also=lambda db: _run(db, "INSERT OR REPLACE INTO document VALUES (?, ?, ?)", row)))

    async def delete_document(self, kind: str, document_id: str) -> None:
        """Takes a document away; nothing happens where there is none."""
        row = (kind, document_id)
        await self._commit(Job(also=lambda db: _run(db, "DELETE FROM document WHERE kind = ? AND id = ?", row)))

    # ── opening and closing ──────────────────────────────────────────────────────────────────────────────────────────

    def _open(self) -> sqlite3.Connection:
        self.used = time.monotonic()
        if self._store is None:
            with self._opening:
                if self._store is None:
                    self._open_file()
        return self._reads

    def _open_file(self) -> None:
        if self._gone:
            raise Unavailable(f"Tenant {self.tenant} is being closed")
        store = self._make_store()
        self._reads = database.connect(self._path, read_only=True)
        self._outbox_reads = database.connect(self._path, read_only=True)
        self._finder = Finder(store, self._threads)
        self._store = store

    def _open_writer(self) -> Writer:
        self._open()
        if self._writer is None:
            assert self._store is not None
            self._writer = Writer(self._store, self._commits, lambda: self._committed(self.tenant))
        return self._writer

    @property
    def is_open(self) -> bool:
        return self._store is not None

    def close(self, *, for_good: bool = False) -> None:
        """Writes what waits, then closes the file. Opens again on the next use, unless `for_good`."""
        self._gone = for_good
        if self._store is None:
            return
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        self._finder.close()
        self._reads.close()
        self._outbox_reads.close()
        self._store.close()
        self._store = None


def _run(db: sqlite3.Connection, sql: str, params: tuple[object, ...]) -> None:
    db.execute(sql, params)
