"""Answers queries: in the loop while they are quick, and from the start again in a thread when they turn out not to be.

The loop gives a query `LOOP_S` of processor time; most need a hundredth of it. In a thread one may take `THREAD_S`,
then it is too complex.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from pathlib import Path
from typing import Any, Final

from msgspec.structs import replace

from rhinecloud.base import database
from rhinecloud.base.errors import TooComplexQuery
from rhinecloud.base.model import Entity

from .ordering import sort, sort_key
from .planner import EMPTY, Plan, Planner
from .query import Kept, Page, Query, matcher
from .store import Store, decode_entity

LOOP_S: Final = 0.003
THREAD_S: Final = 20.0
STEPS: Final = 2_000  # of SQLite's machine between two looks at the clock, some 50 µs
DOCS: Final = 16  # entities checked between two looks


_BY_ID: Final = "SELECT key, doc FROM entity WHERE id = ?"
_Found = tuple[Kept | None, Entity]
"""An entity that matches, and how it is kept, unless something of it has expired."""


class _TooLong(Exception):
    """The time is over."""


class _Session:
    """A connection with a limit of time on it, measured by `clock`, and a planner of its own."""

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        self.planner = Planner()
        self.until = float("inf")
        self.clock = clock
        self._path = path
        self._connect()

    def _connect(self) -> None:
        self.db = database.connect(self._path, read_only=True)
        self.db.set_progress_handler(self._late, STEPS)

    def _late(self) -> int:
        return self.clock() > self.until

    def check(self) -> None:
        """Raises `_TooLong` where the time is over."""
        if self.clock() > self.until:
            raise _TooLong

    def answer(self, ask: Callable[[_Session, Query, int], Page], query: Query, now: int, seconds: float) -> Page:
        """What `ask` gives; raises `_TooLong` where it takes longer."""
        self.until = self.clock() + seconds
        try:
            return ask(self, query, now)
        except sqlite3.OperationalError as error:
            if "interrupted" in str(error):
                # Python never uses an interrupted statement again, and prepares it anew each time it is asked for.
                self.db.close()
                self._connect()
                raise _TooLong from error
            raise
        finally:
            self.until = float("inf")


class Finder:
    """The queries of one tenant."""

    def __init__(self, store: Store, threads: Executor) -> None:
        self._store = store
        self._threads = threads
        self._here = _Session(store.path, time.thread_time)
        self._idle: list[_Session] = []

    def close(self) -> None:
        for session in (self._here, *self._idle):
            session.db.close()

    async def find(self, query: Query, now: int) -> Page:
        """Raises TooComplexQuery where it takes too long."""
        if not query.order:
            try:
                return self._here.answer(self._answer, query, now, LOOP_S)
            except _TooLong:
                pass
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._find_long, query, now)

    def _find_long(self, query: Query, now: int) -> Page:
        session = self._idle.pop() if self._idle else _Session(self._store.path, time.monotonic)
        try:
            return session.answer(self._answer, query, now, THREAD_S)
        except _TooLong as error:
            raise TooComplexQuery(
                f"Answering takes longer than {THREAD_S:g} s; ask for fewer types or name an indexed attribute"
            ) from error
        finally:
            self._idle.append(session)

    def _answer(self, session: _Session, query: Query, now: int) -> Page:
        if query.ids:
            return self._listed(session, query, now)
        store = self._store
        plan = session.planner.plan(session.db, query, store.numbers, store.queryable, store.entities)
        if plan is EMPTY:
            return Page([], 0 if query.count else None)
        if query.order:
            return self._sorted(query, self._checked(session, plan, query, now))
        if plan.exact and not (store.transient and something_expired(session.db, now)):
            if query.q is None or not store.stale:  # values are asked for by q alone
                return _exact(session.db, plan, query)
            # What was written since the index was brought up to date is found by what it was, so it is looked into; to
            # look into all that match, for their number, would take too long.
            page = _paged(replace(query, count=False), self._checked(session, plan, query, now))
            page.total = _total(session.db, plan, query)
            return page
        return _paged(query, self._checked(session, plan, query, now))

    def _fetcher(self, db: sqlite3.Connection) -> Any:
        def fetch(ids: list[str]) -> list[Entity]:
            found = (db.execute(_BY_ID, (entity_id,)).fetchone() for entity_id in ids)
            return [decode_entity(row[1]) for row in found if row]

        return fetch

    def _listed(self, session: _Session, query: Query, now: int) -> Page:
        """Entities asked for by id: looked up, then checked as all others."""
        looked_up = (session.db.execute(_BY_ID, (entity_id,)).fetchone() for entity_id in dict.fromkeys(query.ids))
        rows = sorted(row for row in looked_up if row)
        found = self._matching(session, rows, query, now)
        return self._sorted(query, found) if query.order else _paged(query, found)

    def _checked(self, session: _Session, plan: Plan, query: Query, now: int) -> Iterator[_Found]:
        # LIMIT -1: the order of a sub-query counts only where it has a limit.
        cursor = session.db.execute(plan.page, (*plan.params, -1, 0))
        try:
            yield from self._matching(session, cursor, query, now)
        finally:
            cursor.close()

    def _matching(self, session: _Session, rows: Iterable[Kept], query: Query, now: int) -> Iterator[_Found]:
        matches = matcher(query, now, self._fetcher(session.db))
        for number, row in enumerate(rows):
            if number % DOCS == 0:
                session.check()
            entity = decode_entity(row[1])
            matching = matches(entity)
            if matching is not None:
                yield (row if matching is entity else None), matching

    @staticmethod
    def _sorted(query: Query, found: Iterator[_Found]) -> Page:
        key = sort_key(query.order, query.collation)
        rows = [(key(one[1]), one) for one in found]
        sort(rows, query.order)
        page = [one for _, one in rows[query.offset : query.offset + query.limit]]
        return _page(page, len(rows) if query.count else None)


def something_expired(db: sqlite3.Connection, now: int) -> bool:
    """Whether something is on the disk that is gone to all who ask."""
    return db.execute("SELECT 1 FROM expiry WHERE at_us <= ? LIMIT 1", (now,)).fetchone() is not None


def _total(db: sqlite3.Connection, plan: Plan, query: Query) -> int | None:
    if not query.count:
        return None
    total: int = db.execute(plan.total, plan.params).fetchone()[0]
    return total


def _exact(db: sqlite3.Connection, plan: Plan, query: Query) -> Page:
    total = _total(db, plan, query)
    if not query.limit:
        return Page([], total)
    kept = db.execute(plan.page, (*plan.params, query.limit, query.offset)).fetchall()
    return Page(total=total, kept=kept, decode=decode_entity)


def _paged(query: Query, found: Iterator[_Found]) -> Page:
    page: list[_Found] = []
    end = query.offset + query.limit
    number = 0
    for one in found:
        if query.offset <= number < end:
            page.append(one)
        number += 1
        if number >= end and not query.count:
            break
    return _page(page, number if query.count else None)


def _page(found: list[_Found], total: int | None) -> Page:
    kept = [row for row, _ in found if row is not None]
    return Page([entity for _, entity in found], total, kept=kept if len(kept) == len(found) else None)
