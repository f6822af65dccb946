"""operations.db: one SQLite file a tenant, and the one kind of transaction in which everything is changed.

A `Work` is such a transaction: the change, its entry in the log and its news are committed together or not at all, and
durable before anybody is answered. Constraints that must hold whatever the code does stand here: one open assignment a
unit, and logs to which rows can only be added.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec

from rhinecloud.base import shelf
from rhinecloud.base.clock import Clock

from .declare import By
from .schema import SCHEMA

FILE: Final = "operations.db"
HEADS: Final = "operations.heads"
_encode = msgspec.json.Encoder().encode


class Work:
    """One transaction: the database, the moment, and who acts."""

    def __init__(self, db: sqlite3.Connection, now: int, by: By) -> None:
        self.db, self.now, self.by = db, now, by
        self.heads: list[tuple[int, str]] = []
        """Of the tenant's chain of logs; noted apart once this is committed."""

    def rows(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        return self.db.execute(sql, parameters).fetchall()

    def row(self, sql: str, *parameters: object) -> tuple[Any, ...] | None:
        found: tuple[Any, ...] | None = self.db.execute(sql, parameters).fetchone()
        return found

    def run(self, sql: str, *parameters: object) -> int:
        """The number of the row that was inserted last."""
        return self.db.execute(sql, parameters).lastrowid or 0

    def is_for_drills(self) -> bool:
        """Whether nothing in this tenant is real, whatever somebody says of it."""
        return self.row("SELECT 1 FROM meta WHERE key = 'drill'") is not None

    def tell(self, what: str, subject: str, incident: str = "", agencies: tuple[str, ...] = (), **detail: Any) -> None:
        """What happened, for screens and followers; committed with it. Those who may know are, where none are named,
        the agencies that take part in the incident."""
        if incident and not agencies:
            agencies = tuple(a for (a,) in self.rows("SELECT agency FROM participant WHERE incident = ?", incident))
        body = {"subject": subject, "at_us": self.now, "by": self.by.who, "agencies": agencies, "detail": detail}
        self.run("INSERT INTO news (what, incident, body) VALUES (?, ?, ?)", what, incident, _encode(body))


class Shelf(shelf.Shelf):
    """The operations.db of one tenant."""

    def __init__(self, folder: Path, clock: Clock, committed: Callable[[], None] = lambda: None) -> None:
        # What is erased is gone from the file too.
        super().__init__(folder / FILE, SCHEMA, pragmas=("secure_delete=ON",))
        self.folder = folder
        self._clock, self._committed = clock, committed

    @contextmanager
    def work(self, by: By) -> Iterator[Work]:
        """One durable transaction; nothing of it remains when the block raises."""
        with self._lock:
            with self.transaction() as db:
                work = Work(db, self._clock(), by)
                yield work
            self._note(work.heads)
        self._committed()

    @contextmanager
    def reading(self) -> Iterator[Work]:
        """Several queries that see the same moment, beside whoever writes."""
        with self.moment() as db:
            yield Work(db, self._clock(), By(""))

    def noted(self) -> dict[int, str]:
        """The heads of the tenant's chain, as they were noted apart from the database."""
        file = self.folder / HEADS
        if not file.exists():
            return {}
        parts = (line.split(" ") for line in file.read_text("ascii", errors="replace").splitlines())
        return {int(p[0]): p[1] for p in parts if len(p) == 2 and p[0].isdecimal() and len(p[1]) == 64}

    def _note(self, heads: list[tuple[int, str]]) -> None:
        """Not synced: after a power cut the file may lag behind, which verifying takes for what it is."""
        if not heads:
            return
        handle = os.open(self.folder / HEADS, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
        try:
            os.write(handle, "".join(f"{number} {head}\n" for number, head in heads).encode())
        finally:
            os.close(handle)
