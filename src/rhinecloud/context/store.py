"""A tenant's present on disk: one SQLite file, written in group commits by one `Writer`, read by any.

Everything that waits is made one transaction (`steps`, then `settle`): entities, indexes, the outbox blob of the past,
and the marks of the streams, so that after a crash at any instant all of it is there or nothing. Updates are applied by
the pure `entities.apply`; one that cannot be done is refused alone.
"""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from rhinecloud.base import database, telemetry
from rhinecloud.base.clock import Clock
from rhinecloud.base.errors import RhineError, Unavailable
from rhinecloud.base.model import Changes, Entity, Outcome, Result, Update
from rhinecloud.base.packing import Commit, pack

from . import outbox
from .draft import Check, Row
from .entities import apply
from .held import Held, Room
from .index import Indexer, Numbers, freshen
from .schema import STEPS
from .stale import Stale
from .tally import Tally

log = telemetry.logger("context")
CHECKPOINT_PAGES: Final = 8_000  # of the write-ahead log, 32 MB: what a restart has to read
CACHE_KB: Final = 32_000  # of pages at most; what is not in it is read from the log, a system call a page
SLICE_S: Final = 0.002  # of applying updates, before others in the loop have a turn
CHUNK: Final = 50  # entities read, changed and written together: as many as the processor's cache holds
encode_entity = msgspec.json.Encoder().encode
decode_entity = msgspec.json.Decoder(dict[str, Any]).decode


class Job(msgspec.Struct):
    """What one writer asked for; after the commit it has results (one an update, in order), or an error."""

    updates: Sequence[Update] = ()
    mark: tuple[str, int] | None = None
    also: Callable[[sqlite3.Connection], None] | None = None  # further writing in the same transaction
    done_with: Mapping[str, int] = {}  # readers of the outbox, each with the sequence up to which it is done
    done: Any = None  # the future that the writer waits for
    results: list[Result] = []
    error: RhineError | None = None


class _Touched:
    """An entity that the open transaction works on."""

    __slots__ = ("after", "before", "document", "key", "kind")

    def __init__(self, key: int, kind: int, document: bytes | None) -> None:
        self.key = key
        self.kind = kind
        self.document = document  # as read, then as written; None: it does not exist
        self.before: Entity | None = None if document is None else decode_entity(document)
        self.after = self.before


class Store:
    """Opens, or makes, the file. `check` is the quality checkers' hook; `reserve_bytes` of disk stay free."""

    def __init__(
        self,
        path: Path,
        tenant: str,
        *,
        queryable: frozenset[str],
        clock: Clock,
        check: Check,
        reserve_bytes: int = 0,
        room: Room | None = None,
    ) -> None:
        self.path = path
        self.tenant = tenant
        self.queryable = queryable
        self._clock = clock
        self._check = check
        self._reserve = reserve_bytes
        self._disk_seen = 0.0
        self._ending: tuple[Sequence[Job], list[Row], list[int], int] = ((), [], [], 0)
        self.held = Held(room or Room())
        self._written: dict[str, tuple[int, int, bytes | None]] = {}  # in the open transaction: key, kind, document
        self.db = database.connect(path)
        database.migrate(self.db, STEPS)
        self.db.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
        self.db.execute(f"PRAGMA cache_size=-{CACHE_KB}")
        self._load()
        self.tail = outbox.Tail(self._sequence)
        self._reindex()
        self._count()

    def _load(self) -> None:
        """Reads what is kept in memory beside the file; also after a transaction that was rolled back."""
        self.numbers = Numbers(self.db)
        self.stale = Stale(self.db)
        self._freshened = False
        self._next_key = self.db.execute("SELECT coalesce(max(key), 0) + 1 FROM entity").fetchone()[0]
        row = self.db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'outbox'").fetchone()
        self._sequence = row[0] if row else 0
        self.outbox_bytes = outbox.waiting(self.db)
        self.transient = bool(self.db.execute("SELECT EXISTS (SELECT 1 FROM expiry)").fetchone()[0])

    @property
    def entities(self) -> int:
        """How many entities there are at most."""
        return self._next_key - 1  # type: ignore[no-any-return]

    def close(self) -> None:
        self.held.clear()
        self.db.close()

    def commit(self, jobs: Sequence[Job]) -> None:
        """Does the jobs in one go, whatever is wrong with them: each gets its results or its error. Raises nothing."""
        try:
            self._transact(jobs)
        except RhineError as error:
            self._fail(jobs, error)
        except Exception as error:  # whatever it is, nobody may wait for ever
            self.roll_back()
            if isinstance(error, sqlite3.OperationalError):
                log.exception("commit_failed", tenant=self.tenant, error=str(error))
                self._fail(jobs, Unavailable(f"The present of {self.tenant} cannot be written now: {error}"))
            elif len(jobs) > 1:
                for job in jobs:
                    self.commit([job])
            else:
                self._one_by_one(jobs[0])

    def _transact(self, jobs: Sequence[Job]) -> None:
        for _ in self.steps(jobs):
            pass
        self.settle()

    def _one_by_one(self, job: Job) -> None:
        """A job with an update that breaks the transaction itself: each update on its own, the bad ones refused."""
        results: list[Result] = []
        for update in job.updates:
            try:
                single = Job([update])
                self._transact([single])
                results += single.results
            except Exception as error:
                self.roll_back()
                log.warning("update_refused", tenant=self.tenant, entity=update.id, error=repr(error))
                results.append(
                    Result(Outcome.REFUSED, error=Unavailable(f"Entity {update.id} cannot be kept: {error}"))
                )
        if job.mark or job.also or job.done_with:
            self._transact([Job([], job.mark, job.also, job.done_with)])
        job.results = results

    @staticmethod
    def _fail(jobs: Sequence[Job], error: RhineError) -> None:
        for job in jobs:
            job.error = error

    def roll_back(self) -> None:
        """Undoes what `steps` did."""
        if self.db.in_transaction:
            self.db.execute("ROLLBACK")
        self._written = {}
        self._load()

    def settle(self) -> None:
        """The end of what `steps` began: outbox, marks, and the commit, which waits for the disk."""
        jobs, rows, runs, now = self._ending
        commit: Commit | None = None
        if rows:
            self._sequence += 1
            columns: Any = map(list, zip(*rows, strict=True))
            changes = Changes(self.tenant, self._sequence, now, *columns)
            packed = pack(changes, runs)
            self.db.execute("INSERT INTO outbox (sequence, changes) VALUES (?, ?)", (self._sequence, packed))
            self.outbox_bytes += len(packed)
            commit = Commit(self._sequence, packed, changes)
        for job in jobs:
            if job.mark:
                self.db.execute("INSERT OR REPLACE INTO mark (stream, sequence) VALUES (?, ?)", job.mark)
            if job.also:
                job.also(self.db)
            if job.done_with:
                self._outbox_done(job.done_with)
        self.db.execute("COMMIT")
        if self._freshened:
            self._freshened = False
            self.stale.clear()
        if commit is not None:
            self.tail.add(commit)
        written, self._written = self._written, {}
        for entity_id, kept in written.items():
            if kept[2] is None:
                self.held.drop(entity_id)
            else:
                self.held.keep(entity_id, kept)  # type: ignore[arg-type] # the document is there

    def freshen(self, db: sqlite3.Connection) -> None:
        """Brings the index up to date in the open transaction: the `also` of a job."""
        freshen(db, self.numbers)
        self._freshened = True

    def _outbox_done(self, done: Mapping[str, int]) -> None:
        """What `outbox.done` does for each reader, in the open transaction, keeping count of what waits."""
        full = self.outbox_bytes > outbox.MOST_BYTES // 2
        self.outbox_bytes -= outbox.done(self.db, done, full=full)

    def _room(self) -> None:
        """Refuses to write on a disk that is nearly full; looked at once a second."""
        moment = time.monotonic()
        if self._reserve and moment - self._disk_seen >= 1:
            if shutil.disk_usage(self.path.parent).free < self._reserve:
                raise Unavailable("The disk is nearly full: nothing is written until there is room again")
            self._disk_seen = moment

    def steps(self, jobs: Sequence[Job]) -> Iterator[None]:
        """One transaction of the jobs, but for its end (`settle`); stands still every `SLICE_S` for others to go on."""
        if any(job.updates for job in jobs):  # others bring nothing, or make room
            self._room()
        now = self._clock()
        until = time.perf_counter() + SLICE_S
        self.db.execute("BEGIN IMMEDIATE")
        touched: dict[str, _Touched] = {}
        rows: list[Row] = []
        runs: list[int] = []
        check = self._check
        most = _chunk(jobs)
        for job in jobs:
            results: list[Result] = []
            for update in job.updates:
                entity = touched.get(update.id)
                if entity is None:
                    if len(touched) >= most:
                        self._write(touched)
                        touched = {}
                    entity = touched[update.id] = self._read(update.id)
                entity.after, result, told = apply(entity.after, update, now, check)
                if told:
                    rows += told
                    runs.append(len(told))
                results.append(result)
                if time.perf_counter() > until:
                    yield
                    until = time.perf_counter() + SLICE_S
            job.results = results
        self._write(touched)
        self._ending = (jobs, rows, runs, now)

    def _read(self, entity_id: str) -> _Touched:
        row = self._written.get(entity_id) or self.held.get(entity_id)
        if row is None:
            row = self.db.execute("SELECT key, kind, doc FROM entity WHERE id = ?", (entity_id,)).fetchone()
        return _Touched(0, 0, None) if row is None else _Touched(*row)

    def _write(self, touched: dict[str, _Touched]) -> None:
        """Entities and indexes of a chunk."""
        indexer = Indexer(self.numbers, self.queryable, self.stale)
        updated: list[tuple[bytes, int]] = []
        moved: list[tuple[int, bytes, int]] = []  # of another kind now
        made: list[tuple[int, str, int, bytes]] = []
        gone: list[tuple[int]] = []
        for entity_id, entity in touched.items():
            before, after = entity.before, entity.after
            if before is after:
                if entity.document is not None:
                    self._written[entity_id] = (entity.key, entity.kind, entity.document)
                continue
            if after is None:
                self._written[entity_id] = (entity.key, entity.kind, None)
                gone.append((entity.key,))
                indexer.change(entity.key, (entity.kind, entity.kind), before, None)
                continue
            same = before is not None and before["type"] is after["type"]
            kind = entity.kind if same else self.numbers.kind(after["type"])
            document = encode_entity(after)
            if before is None:
                entity.key = self._next_key
                self._next_key += 1
                entity.kind = kind
                made.append((entity.key, entity_id, kind, document))
            elif kind == entity.kind:  # not to name the column spares a look into its index
                updated.append((document, entity.key))
            else:
                moved.append((kind, document, entity.key))
            indexer.change(entity.key, (entity.kind, kind), before, after)
            self._written[entity_id] = (entity.key, kind, document)
        for statement, rows in (
            ("UPDATE entity SET doc = ? WHERE key = ?", updated),
            ("UPDATE entity SET kind = ?, doc = ? WHERE key = ?", moved),
            ("INSERT INTO entity (key, id, kind, doc) VALUES (?, ?, ?, ?)", made),
            ("DELETE FROM entity WHERE key = ?", gone),
        ):
            if rows:
                self.db.executemany(statement, rows)
        indexer.write(self.db)
        indexer.tally.write(self.db)
        self.stale.write(self.db)
        self.transient |= indexer.transient

    def _reindex(self) -> None:
        """Brings the index to the attributes that the model declares queryable now; packs come and go."""
        had = {attr for (attr,) in self.db.execute("SELECT attr FROM indexed")}
        if had == self.queryable:
            return
        self.db.execute("BEGIN IMMEDIATE")
        for attr in had - self.queryable:
            self.db.execute("DELETE FROM value WHERE slot IN (SELECT number FROM slot WHERE attr = ?)", (attr,))
            self.db.execute("DELETE FROM slot WHERE attr = ?", (attr,))
            self.db.execute("DELETE FROM indexed WHERE attr = ?", (attr,))
        self.numbers = Numbers(self.db)
        fresh = self.queryable - had
        indexer = Indexer(self.numbers, fresh)
        for key, kind, doc in self.db.execute("SELECT key, kind, doc FROM entity"):
            entity = decode_entity(doc)
            attrs = {name: i for name, i in entity["attrs"].items() if name in fresh}
            if attrs:
                indexer.change(key, (kind, kind), {"attrs": {}}, {"attrs": attrs})
        indexer.write(self.db)
        self.db.executemany("INSERT INTO indexed (attr) VALUES (?)", [(attr,) for attr in fresh])
        self.db.execute("COMMIT")

    def _count(self) -> None:
        """Counts what there is in a file of an earlier version, which did not."""
        if self.db.execute("SELECT EXISTS (SELECT 1 FROM tally) OR NOT EXISTS (SELECT 1 FROM entity)").fetchone()[0]:
            return
        tally = Tally()
        for kind, doc in self.db.execute("SELECT kind, doc FROM entity"):
            tally.whole(kind, decode_entity(doc))
        self.db.execute("BEGIN IMMEDIATE")
        tally.write(self.db)
        self.db.execute("COMMIT")


def _chunk(jobs: Sequence[Job]) -> int:
    """Entities to work on at a time: few, unless most come several times, as devices that report often do."""
    updates = sum(len(job.updates) for job in jobs)
    different = len({update.id for job in jobs for update in job.updates})
    return CHUNK if different * 2 > updates else updates
