"""insight.db: one SQLite file a tenant for rules, alerts, pending cases and the figures of the last day.

Opened when first used, closed when idle. Writing happens in threads and waits for the disk; reading has a connection of
its own, so that a screen never waits for a commit.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from rhinecloud.base.database import connect, migrate
from rhinecloud.base.errors import NonexistentTenant

FILE: Final = "insight.db"
SCHEMA: Final = (
    """
    CREATE TABLE rule (              -- every version of every rule; body NULL: the rule was deleted
        id TEXT NOT NULL, version INTEGER NOT NULL, body BLOB, saved_us INTEGER NOT NULL, who TEXT NOT NULL,
        PRIMARY KEY (id, version)
    ) WITHOUT ROWID;
    CREATE TABLE switched (id TEXT PRIMARY KEY, is_on INTEGER NOT NULL, who TEXT NOT NULL, at_us INTEGER NOT NULL)
        WITHOUT ROWID;
    CREATE TABLE alert (
        id TEXT PRIMARY KEY, change INTEGER NOT NULL,  -- rises with each change of any alert
        rule TEXT NOT NULL, entity TEXT NOT NULL, type TEXT NOT NULL, severity INTEGER NOT NULL,
        raised_us INTEGER NOT NULL, cleared_us INTEGER, updated_us INTEGER NOT NULL, snoozed_until_us INTEGER,
        text TEXT NOT NULL, body BLOB NOT NULL
    );
    CREATE INDEX alert_change ON alert (change);
    CREATE INDEX alert_open ON alert (raised_us) WHERE cleared_us IS NULL;
    CREATE INDEX alert_raised ON alert (raised_us);
    CREATE INDEX alert_rule ON alert (rule, raised_us);
    CREATE INDEX alert_entity ON alert (entity, raised_us);
    CREATE TABLE pending (rule TEXT NOT NULL, entity TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (rule, entity))
        WITHOUT ROWID;
    CREATE TABLE figure (
        id TEXT NOT NULL, area TEXT NOT NULL, at_us INTEGER NOT NULL, value REAL, count INTEGER NOT NULL,
        PRIMARY KEY (id, area, at_us)
    ) WITHOUT ROWID;
    CREATE TABLE away (since_us INTEGER PRIMARY KEY, until_us INTEGER NOT NULL);  -- when nobody listened
    CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
    """,
)


class Shelf:
    """The insight.db of one tenant; opens by itself."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.used = time.monotonic()
        self._lock = threading.RLock()
        self._reading = threading.RLock()
        self._writes: sqlite3.Connection | None = None
        self._reads: sqlite3.Connection | None = None

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One durable transaction; rolled back when the block raises."""
        with self._lock:
            db = self._open()
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")

    def rows(self, sql: str, parameters: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        """What a query answers, as of the last commit."""
        with self._reading:
            if self._reads is None:
                with self._lock:
                    self._open()
                self._reads = connect(self.path, read_only=True)
            self.used = time.monotonic()
            return self._reads.execute(sql, parameters).fetchall()

    def meta(self, key: str) -> int:
        found = self.rows("SELECT value FROM meta WHERE key = ?", (key,))
        return int(found[0][0]) if found else 0

    def _open(self) -> sqlite3.Connection:
        self.used = time.monotonic()
        if self._writes is None:
            if not self.path.parent.is_dir():
                raise NonexistentTenant(f"Tenant {self.path.parent.name} does not exist")
            self._writes = connect(self.path)
            migrate(self._writes, SCHEMA)
        return self._writes

    @property
    def is_open(self) -> bool:
        return self._writes is not None or self._reads is not None

    def close(self) -> None:
        """Closes the file; the next use opens it again."""
        with self._reading, self._lock:
            for db in (self._reads, self._writes):
                if db is not None:
                    db.close()
            self._reads = self._writes = None


def set_meta(db: sqlite3.Connection, key: str, value: int) -> None:
    db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))
