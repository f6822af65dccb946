"""Answers queries: in the loop while they are quick, and from the start again in a thread when they turn out not to be.

The loop gives a query `LOOP_S`; most need a tenth of it. In a thread one may take `THREAD_S`, then it is too complex.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from rhinecloud.base import database
from rhinecloud.base.errors import TooComplexQuery
from rhinecloud.base.model import Entity

from .ordering import sort, sort_key
from .planner import Plan, Planner
from .query import Page, Query, matcher
from .store import Store, decode_entity

LOOP_S: Final = 0.003
THREAD_S: Final = 20.0
STEPS: Final = 2_000  # of SQLite's machine between two looks at the clock, some 50 µs
DOCS: Final = 16  # entities checked between two looks


class _TooLong(Exception):
    """The time is over."""


class _Session:
    """A connection with a clock on it, and a planner of its own."""

    def __init__(self, path: Path) -> None:
        self.db = database.connect(path, read_only=True)
        self.planner = Planner()
        self.until = 0.0
        self.db.set_progress_handler(self._late, STEPS)

    def _late(self) -> int:
        return int(time.perf_counter() > self.until)

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Raises `_TooLong` where what is done inside takes longer."""
        self.until = time.perf_counter() + seconds
        try:
            yield
        except sqlite3.OperationalError as error:
            if "interrupted" in str(error):
                raise _TooLong from error
            raise
        finally:
            self.until = float("inf")

    def check(self) -> None:
        if time.perf_counter() > self.until:
            raise _TooLong


class Finder:
    """The queries of one tenant."""

    def __init__(self, store: Store, threads: Executor) -> None:
        self._store = store
        self._threads = threads
        self._here = _Session(store.path)
        self._idle: list[_Session] = []

    def close(self) -> None:
        for session in (self._here, *self._idle):
            session.db.close()

    async def find(self, query: Query, now: int) -> Page:
        """Raises TooComplexQuery where it takes too long."""
        if not query.order:
            try:
                with self._here.within(LOOP_S):
                    return self._answer(self._here, query, now)
            except _TooLong:
                pass
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._find_long, query, now)

    def _find_long(self, query: Query, now: int) -> Page:
        session = self._idle.pop() if self._idle else _Session(self._store.path)
        try:
            with session.within(THREAD_S):
                return self._answer(session, query, now)
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
        if plan.empty:
            return Page([], 0 if query.count else None)
        if query.order:
            return self._sorted(query, self._checked(session, plan, query, now))
        if plan.exact and not store.transient:
            return _exact(session.db, plan, query)
        return _paged(query, self._checked(session, plan, query, now))

    def _fetcher(self, db: sqlite3.Connection) -> Any:
        def fetch(ids: list[str]) -> list[Entity]:
            found = (db.execute("SELECT doc FROM entity WHERE id = ?", (entity_id,)).fetchone() for entity_id in ids)
            return [decode_entity(row[0]) for row in found if row]

        return fetch

    def _listed(self, session: _Session, query: Query, now: int) -> Page:
        """Entities asked for by id: looked up, then checked as all others."""
        rows = []
        for entity_id in dict.fromkeys(query.ids):
            row = session.db.execute("SELECT key, doc FROM entity WHERE id = ?", (entity_id,)).fetchone()
            if row:
                rows.append(row)
        rows.sort()
        matches = matcher(query, now, self._fetcher(session.db))
        found = (entity for _, doc in rows if (entity := matches(decode_entity(doc))) is not None)
        return self._sorted(query, found) if query.order else _paged(query, found)

    def _checked(self, session: _Session, plan: Plan, query: Query, now: int) -> Iterator[Entity]:
        matches = matcher(query, now, self._fetcher(session.db))
        # LIMIT -1: the order of a sub-query counts only where it has a limit.
        sql = f"SELECT e.doc FROM ({plan.keys} LIMIT -1) k CROSS JOIN entity e ON e.key = k.entity"  # noqa: S608 - our own words
        cursor = session.db.execute(sql, plan.params)
        try:
            for number, (doc,) in enumerate(cursor):
                if number % DOCS == 0:
                    session.check()
                entity = matches(decode_entity(doc))
                if entity is not None:
                    yield entity
        finally:
            cursor.close()

    @staticmethod
    def _sorted(query: Query, found: Iterator[Entity]) -> Page:
        key = sort_key(query.order, query.collation)
        rows = [(key(entity), entity) for entity in found]
        sort(rows, query.order)
        page = [entity for _, entity in rows[query.offset : query.offset + query.limit]]
        return Page(page, len(rows) if query.count else None)


def _exact(db: sqlite3.Connection, plan: Plan, query: Query) -> Page:
    total = None
    if query.count:
        total = db.execute(f"SELECT count(*) FROM ({plan.keys})", plan.params).fetchone()[0]  # noqa: S608
    if not query.limit:
        return Page([], total)
    sql = f"SELECT e.doc FROM ({plan.keys} LIMIT ? OFFSET ?) k CROSS JOIN entity e ON e.key = k.entity"  # noqa: S608
    docs = db.execute(sql, (*plan.params, query.limit, query.offset)).fetchall()
    return Page([decode_entity(doc) for (doc,) in docs], total)


def _paged(query: Query, found: Iterator[Entity]) -> Page:
    page: list[Entity] = []
    end = query.offset + query.limit
    number = 0
    for entity in found:
        if query.offset <= number < end:
            page.append(entity)
        number += 1
        if number >= end and not query.count:
            break
    return Page(page, number if query.count else None)
