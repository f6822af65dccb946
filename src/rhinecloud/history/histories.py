"""The past of every tenant: one appender, one DuckDB, and the reads.

The appender is one task. A commit wakes it; it lets half a second of commits gather (large batches are what DuckDB is
fast at) and moves them. A read that must see everything does not wait for it but moves what there is itself (`drain`).
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import threading
import time
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from rhinecloud.base.clock import DAY, Clock, now_us
from rhinecloud.base.declare import Model
from rhinecloud.base.errors import RhineError
from rhinecloud.base.model import Entity, Instance
from rhinecloud.base.packing import Commit
from rhinecloud.base.settings import Settings
from rhinecloud.base.telemetry import counter, histogram, logger

from .append import Appended, append, mark
from .as_of import Box, entities_at
from .calendar import Calendar
from .copies import Format, export, snapshot
from .engine import Engine, Store
from .evolution import Evolutions, TemporalQuery, evolve, kinds_of
from .evolving import Mended, Recorded, erase, mend, record
from .glance import Told, glance, movers, moves, touched
from .replay import Replayed, replay
from .series import Figures, aggregate, figures, read_series
from .upkeep import Kept, keep

log = logger("history")
_ROWS = counter("history_rows_total", "Rows of the past, by what became of them", ("tenant", "outcome"))
_APPEND = histogram("history_append_seconds", "Time to append a batch")

GATHER_S = 0.5
BATCH_ROWS = 200_000  # at once: whole row groups go past the write-ahead log
DRAIN_S = 10.0
KEEP_S = 600.0

P = ParamSpec("P")
T = TypeVar("T")


class Outbox(Protocol):
    """What the past needs of a tenant's present."""

    def outbox(self, after: int, rows: int = ...) -> list[Commit]: ...
    def outbox_done(self, reader: str, upto: int) -> None: ...


class Outboxes(Protocol):
    wake: list[Callable[[str], None]]

    def open(self, tenant: str) -> Outbox: ...
    def names(self) -> list[str]: ...


class _Lane:
    """One tenant's way from the outbox into the past: a batch at a time."""

    def __init__(self) -> None:
        self.moving = asyncio.Lock()
        self.keeping = asyncio.Lock()
        self.mark: int | None = None
        self.commits = 64  # to take at once; follows their size, since a commit is anything from one row to thousands
        self.held = 0  # backups under way, during which the outbox keeps what is moved
        self.kept_us = 0


class Histories:
    """Opens the past of tenants and keeps them up to date."""

    def __init__(
        self, folder: Path, presents: Outboxes, settings: Settings, clock: Clock = now_us, *, model: Model | None = None
    ) -> None:
        """`folder` holds a folder a tenant (DATA/tenants).

        Callbacks in `recorded` are called in the loop with (tenant, types, since when, until when, µs) after the past
        was told something directly.
        """
        self.recorded: list[Callable[[str, Sequence[str], int, int], None]] = []
        self.clock = clock
        self.model = model or Model(())
        self.calendar = Calendar(settings.timezone)
        self.engine = Engine(folder, memory_mb=settings.history_memory_mb, idle_s=settings.tenant_idle_s)
        self._presents = presents
        self._lanes: dict[str, _Lane] = {}
        self._woken: set[str] = set()
        self._wake = asyncio.Event()
        self._threads = ThreadPoolExecutor(4, "history")
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begins to move what every tenant's outbox holds."""
        self._presents.wake.append(self._on_commit)
        self._woken.update(self._presents.names())
        self._wake.set()
        self._tasks = [asyncio.create_task(self._append_for_ever()), asyncio.create_task(self._keep_for_ever())]

    async def stop(self) -> None:
        """Moves what is there, and closes."""
        if self._on_commit in self._presents.wake:
            self._presents.wake.remove(self._on_commit)
        for task in self._tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        for tenant in sorted(self._woken):
            with contextlib.suppress(RhineError):
                await self.move(tenant)
        # What was cancelled may still run in its thread, and DuckDB does not close under a running call.
        await asyncio.to_thread(self._threads.shutdown)
        await asyncio.to_thread(self.engine.close)

    def open(self, tenant: str) -> History:
        """The past of a tenant. Nothing is loaded before the first read or write."""
        return History(tenant, self)

    async def run(self, work: Callable[Concatenate[Store, P], T], tenant: str, *args: P.args, **kwargs: P.kwargs) -> T:
        """Does blocking work on a tenant's past in a thread of ours."""

        def blocking() -> T:
            with self.engine.use(tenant) as past:
                return work(past, *args, **kwargs)

        return await asyncio.get_running_loop().run_in_executor(self._threads, blocking)

    def _on_commit(self, tenant: str) -> None:
        self._woken.add(tenant)
        self._wake.set()

    async def _append_for_ever(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            woken, self._woken = self._woken, set()
            for tenant in sorted(woken):
                try:
                    await self.move(tenant)
                except Exception:
                    # The rows stay in the outbox; the next round, or the next start, moves them.
                    log.exception("append_failed", tenant=tenant)
                    self._woken.add(tenant)
                    asyncio.get_running_loop().call_later(5, self._wake.set)
            await asyncio.sleep(GATHER_S)

    async def move(self, tenant: str) -> None:
        """Moves everything that the tenant's outbox holds now into its past."""
        lane = self._lane(tenant)
        async with lane.moving:
            loop = asyncio.get_running_loop()
            present = self._presents.open(tenant)
            if lane.mark is None:
                if not await loop.run_in_executor(self._threads, present.outbox, 0, 1):
                    return  # nothing ever waited here: an idle tenant needs no DuckDB
                lane.mark = await loop.run_in_executor(self._threads, mark, self.engine, tenant)
            more = True
            while more:
                commits = await loop.run_in_executor(self._threads, present.outbox, lane.mark, lane.commits)
                if not commits:
                    return
                more = len(commits) == lane.commits  # what is committed from now on is the next one's
                began = time.perf_counter()
                changes = [commit.changes for commit in commits]
                done = await loop.run_in_executor(self._threads, append, self.engine, tenant, changes)
                _APPEND.observe(time.perf_counter() - began)
                lane.mark = commits[-1].sequence
                if not lane.held:
                    present.outbox_done("history", lane.mark)
                for outcome in ("written", "repeated", "corrected"):
                    _ROWS.labels(tenant, outcome).inc(getattr(done, outcome))
                rows = sum(map(len, changes))
                if more and rows < BATCH_ROWS // 2:
                    lane.commits = min(lane.commits * 2, 16_384)
                elif rows > BATCH_ROWS:
                    lane.commits = max(lane.commits // 2, 1)

    def _lane(self, tenant: str) -> _Lane:
        return self._lanes.setdefault(tenant, _Lane())

    async def _keep_for_ever(self) -> None:
        """A round of upkeep for the tenants in use every ten minutes, for all of them once a day."""
        while True:
            await asyncio.sleep(KEEP_S)
            for tenant in self._presents.names():
                lane = self._lane(tenant)
                if self.engine.attached(tenant) or lane.kept_us < self.clock() - DAY:
                    try:
                        await self.keep(tenant)
                    except Exception:
                        log.exception("upkeep_failed", tenant=tenant)
            await asyncio.get_running_loop().run_in_executor(self._threads, self.engine.detach_idle)

    async def keep(self, tenant: str, *, daily: bool | None = None) -> Kept:
        """One round of upkeep: closes days, takes in what came late, joins months, forgets what is past its time."""
        lane = self._lane(tenant)
        async with lane.keeping:
            kept = await self.run(keep, tenant, self.calendar, self.model, self.clock(), daily=daily)
            lane.kept_us = self.clock()
        if kept.settled or kept.forgotten:
            log.info("upkeep", tenant=tenant, settled=kept.settled, states=kept.states, forgotten=kept.forgotten)
        return kept

    @contextlib.asynccontextmanager
    async def hold(self, tenant: str) -> AsyncIterator[None]:
        """While it lasts the outbox keeps what the past has taken over.

        A backup copies the past first and the present second, both inside: the present's copy then still has every row
        that the past's copy lacks.
        """
        lane = self._lane(tenant)
        lane.held += 1
        try:
            yield
        finally:
            lane.held -= 1
            if not lane.held and lane.mark:
                self._presents.open(tenant).outbox_done("history", lane.mark)

    async def snapshot(self, tenant: str, folder: Path) -> int:
        """Copies the past of a tenant into `folder` (history.duckdb and history/) while it runs; gives the bytes.

        To go with a copy of the present, both are made inside `hold`, the past first.
        """
        lane = self._lane(tenant)
        await self.move(tenant)
        async with lane.keeping:
            return await self.run(snapshot, tenant, folder)

    async def forget(self, tenant: str) -> None:
        """Closes the past of a tenant whose folder is going to be removed or replaced."""
        lane = self._lane(tenant)
        async with lane.moving, lane.keeping:
            await asyncio.get_running_loop().run_in_executor(self._threads, self.engine.forget, tenant)
            del self._lanes[tenant]
            self._woken.discard(tenant)


def _reading(work: Callable[Concatenate[Store, P], T]) -> Callable[Concatenate[History, P], Coroutine[Any, Any, T]]:
    """A method of `History` that does this work on its store, asked with the same parameters but for the store."""

    @functools.wraps(work)
    async def read(self: History, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._read(work, *args, **kwargs)

    return read


class History:
    """The past of one tenant."""

    def __init__(self, tenant: str, histories: Histories) -> None:
        self.tenant = tenant
        self._all = histories

    async def drain(self) -> None:
        """Everything committed before is readable after it; gives up waiting after ten seconds."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._all.move(self.tenant), DRAIN_S)

    async def _read(self, work: Callable[Concatenate[Store, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        await self.drain()
        return await self._all.run(work, self.tenant, *args, **kwargs)

    series = _reading(read_series)
    aggregate = _reading(aggregate)
    kinds = _reading(kinds_of)
    erase = _reading(erase)

    async def temporal(self, query: TemporalQuery) -> Evolutions:
        """The temporal evolutions of the entities that a query selects.

        Source: ETSI GS CIM 009, 5.7.3, 5.7.4.
        """
        return await self._read(evolve, query)

    async def figures(self, ids: Sequence[str], **asked: Any) -> list[Figures]:
        """Figures over every attribute of entities, as `aggregate` gives them of one; see `series.figures`."""
        return await self._read(figures, ids, **asked)

    async def export(self, form: Format, **chosen: Any) -> AsyncIterator[bytes]:
        """A CSV or Parquet file of observations, in chunks; see `copies.export` for what can be chosen."""
        await self.drain()
        chunks: asyncio.Queue[bytes | BaseException | None] = asyncio.Queue(8)
        loop = asyncio.get_running_loop()
        gone = threading.Event()

        def write(past: Store) -> None:
            for chunk in export(past, form, **chosen):
                asyncio.run_coroutine_threadsafe(chunks.put(chunk), loop).result()
                if gone.is_set():
                    return

        async def run() -> None:
            try:
                await self._all.run(write, self.tenant)
            except BaseException as error:
                await chunks.put(error)
            else:
                await chunks.put(None)

        task = asyncio.create_task(run())
        try:
            while (chunk := await chunks.get()) is not None:
                if isinstance(chunk, BaseException):
                    raise chunk
                yield chunk
        finally:
            gone.set()
            while not task.done():  # lets the writing thread go on to its end
                with contextlib.suppress(asyncio.QueueEmpty):
                    chunks.get_nowait()
                await asyncio.sleep(0.005)

    async def replay(self, type_iri: str, attrs: Collection[str], start_us: int, end_us: int) -> list[Replayed]:
        """What happened to entities of a type in [start_us, end_us), in the order of time; see `replay.replay`."""
        return await self._read(replay, type_iri, attrs, start_us, end_us)

    async def record(
        self, entity: str, types: Sequence[str], instances: Sequence[Recorded], *, source: str
    ) -> Appended:
        """Writes instances of an entity into the past directly; durable when it returns (5.6.11, 5.6.12)."""
        written = await self._read(record, entity, types, instances, now_us=self._all.clock(), source=source)
        if times := [at for _, _, at, _ in instances if at is not None]:
            for call in self._all.recorded:
                call(self.tenant, types, min(times), max(times))
        return written

    async def mend(self, entity: str, attr: str, instance: int, change: Callable[[Instance], Mended]) -> bool:
        """Puts in the place of one instance what `change` makes of it; False: there is no such instance (5.6.14)."""
        return await self._read(mend, entity, attr, instance, change, now_us=self._all.clock())

    async def as_of(
        self,
        at_us: int,
        *,
        types: Collection[str] | None = None,
        ids: Collection[str] | None = None,
        bbox: Box | None = None,
    ) -> list[Entity]:
        """The entities as they were at a moment, ordered by id; those deleted before it are not among them."""
        return await self._read(entities_at, at_us, types=types, ids=ids, bbox=bbox)

    async def glance(
        self, at_us: int, attrs: Collection[str], *, ids: Collection[str] | None = None, everything: bool = False
    ) -> list[Told]:
        """A few attributes of every entity as they were at a moment; see `glance.glance`."""
        return await self._read(glance, at_us, attrs, ids=ids, everything=everything)

    async def moves(
        self, from_us: int, to_us: int, attrs: Collection[str], *, step_us: int, limit: int
    ) -> tuple[list[Told], bool]:
        """What a few attributes became in a time, step by step; see `glance.moves`."""
        return await self._read(moves, from_us, to_us, attrs, step_us=step_us, limit=limit)

    async def touched(self, from_us: int, to_us: int, attrs: Collection[str], limit: int) -> dict[str, str]:
        """Entities that were told of in a time, with their types; see `glance.touched`."""
        return await self._read(touched, from_us, to_us, attrs, limit)

    async def movers(self, attr: str) -> set[str]:
        """Entities of which this attribute had more than one value."""
        return await self._read(movers, attr)
