"""A room's own SQLite file in a tenant's folder: opened when first used, closed when idle.

Writing waits for the disk; reading has a connection of its own, so that a screen never waits for a commit. Blocking;
any thread may use it. `rows`, `meta` and `moment` are not for inside a `transaction`: they see what was committed, and
would wait for a lock whose holder may wait for theirs.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .database import connect, migrate, transaction
from .errors import NonexistentTenant


class Shelf:
    """The file at `path` with the tables of `schema` (as `migrate` takes them), among them `meta` of key and value."""

    def __init__(self, path: Path, schema: Sequence[str], *, pragmas: Sequence[str] = ()) -> None:
        self.path = path
        self.used = time.monotonic()
        self._schema, self._pragmas = schema, pragmas
        self._lock, self._reading = threading.RLock(), threading.RLock()
        self._writes: sqlite3.Connection | None = None
        self._reads: sqlite3.Connection | None = None

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One durable transaction; nothing of it remains when the block raises.

        Raises:
            NonexistentTenant: the folder is not there.
        """
        with self._lock, transaction(self._open()) as db:
            yield db

    def rows(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        """What a query answers, as of the last commit."""
        with self._reading:
            return self._reader().execute(sql, parameters).fetchall()

    @contextmanager
    def moment(self) -> Iterator[sqlite3.Connection]:
        """For several queries that see the same moment, beside whoever writes."""
        with self._reading:
            db = self._reader()
            db.execute("BEGIN")
            try:
                yield db
            finally:
                db.execute("COMMIT")

    def meta(self, key: str) -> int:
        found = self.rows("SELECT value FROM meta WHERE key = ?", key)
        return int(found[0][0]) if found else 0

    def truncate(self) -> None:
        """Empties the write-ahead log, so that what was erased is not found there either."""
        with self._lock:
            self._open().execute("PRAGMA wal_checkpoint(TRUNCATE)")

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

    def _open(self) -> sqlite3.Connection:
        self.used = time.monotonic()
        if self._writes is None:
            if not self.path.parent.is_dir():
                raise NonexistentTenant(f"Tenant {self.path.parent.name} does not exist")
            self._writes = connect(self.path)
            for pragma in self._pragmas:
                self._writes.execute(f"PRAGMA {pragma}")
            migrate(self._writes, self._schema)
        return self._writes

    def _reader(self) -> sqlite3.Connection:
        if self._reads is None:
            with self._lock:
                self._open()
            self._reads = connect(self.path, read_only=True)
        self.used = time.monotonic()
        return self._reads
