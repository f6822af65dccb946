"""connect.db: one SQLite file a tenant for devices, documents (mappings, codecs, feeds), quarantine and figures.

Opened lazily, closed when idle. Calls are synchronous and short; one lock a tenant lets any thread make them. Another
process (the command line) may write to the same file: `Shelf.foreign_change` tells that it did.
"""

from __future__ import annotations

import re
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from rhinecloud.base.database import connect, migrate, transaction
from rhinecloud.base.errors import InvalidRequest, NonexistentTenant

SCHEMA: Final = (
    """
    CREATE TABLE device (
        id TEXT PRIMARY KEY, body BLOB NOT NULL,
        secret BLOB, old_secret BLOB, old_until_us INTEGER NOT NULL DEFAULT 0,
        last_seen_us INTEGER, battery_pct REAL, rssi_dbm REAL, snr_db REAL, firmware TEXT NOT NULL DEFAULT '',
        introduced_us INTEGER NOT NULL DEFAULT 0, messages INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID;
    CREATE TABLE document (
        kind TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body BLOB NOT NULL, saved_us INTEGER NOT NULL,
        PRIMARY KEY (kind, id, version)
    ) WITHOUT ROWID;
    CREATE TABLE quarantine (
        id INTEGER PRIMARY KEY AUTOINCREMENT, stream TEXT NOT NULL, sequence INTEGER NOT NULL, subject TEXT NOT NULL,
        device TEXT NOT NULL, reason TEXT NOT NULL, detail TEXT NOT NULL, data BLOB NOT NULL, size INTEGER NOT NULL,
        stored_us INTEGER NOT NULL, put_us INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 1,
        UNIQUE (stream, sequence)
    );
    CREATE INDEX quarantine_reason ON quarantine (reason, id);
    CREATE INDEX quarantine_device ON quarantine (device, id);
    CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE figure (
        source TEXT NOT NULL, hour INTEGER NOT NULL, readings INTEGER NOT NULL, observations INTEGER NOT NULL,
        late INTEGER NOT NULL, invalid INTEGER NOT NULL, implausible INTEGER NOT NULL, duplicate INTEGER NOT NULL,
        expected REAL NOT NULL, PRIMARY KEY (source, hour)
    ) WITHOUT ROWID;
    CREATE TABLE reporter (
        source TEXT NOT NULL, entity TEXT NOT NULL, interval_s REAL,
        first_us INTEGER NOT NULL, last_us INTEGER NOT NULL,
        PRIMARY KEY (source, entity)
    ) WITHOUT ROWID;
    """,
)
_TENANT = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}\Z")


class Shelf:
    """One tenant's connect.db, open. Hold `lock` (or use `transaction`) around what belongs together."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.db = connect(path)
        migrate(self.db, SCHEMA)
        self.lock = threading.RLock()
        self.used = time.monotonic()
        self._data_version = self._version()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One durable transaction; rolled back when the block raises."""
        with self.lock:
            self.used = time.monotonic()
            with transaction(self.db):
                yield self.db

    def foreign_change(self, *, wait: bool = True) -> bool:
        """Whether another connection has committed since the last call: what is held in memory is then stale.

        Args:
            wait: for a transaction of another thread to end; without, a busy database is asked the next time.
        """
        if not self.lock.acquire(blocking=wait):
            return False
        try:
            version = self._version()
            changed, self._data_version = version != self._data_version, version
            return changed
        finally:
            self.lock.release()

    def _version(self) -> int:
        row: tuple[int] = self.db.execute("PRAGMA data_version").fetchone()
        return row[0]

    def close(self) -> None:
        with self.lock:
            self.db.close()


class Tables:
    """The connect.db of every tenant below `folder` (DATA/tenants)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._open: dict[str, Shelf] = {}
        self._lock = threading.Lock()

    def shelf(self, tenant: str) -> Shelf:
        """The tenant's database, opened where it is not.

        Raises:
            NonexistentTenant: there is no such folder.
            InvalidRequest: no name that a tenant can have.
        """
        found = self._open.get(tenant)
        if found is not None:
            found.used = time.monotonic()
            return found
        if not _TENANT.match(tenant):
            raise InvalidRequest(
                f"{tenant[:80]!r} cannot be a tenant's name: small letters, digits, _ and -, at most 63"
            )
        with self._lock:
            if tenant not in self._open:
                if not (self.folder / tenant).is_dir():
                    raise NonexistentTenant(f"Tenant {tenant} does not exist")
                self._open[tenant] = Shelf(self.path(tenant))
            return self._open[tenant]

    def tenants(self) -> list[str]:
        """Names of all tenants on disk."""
        if not self.folder.is_dir():
            return []
        return sorted(p.name for p in self.folder.iterdir() if p.is_dir() and _TENANT.match(p.name))

    def path(self, tenant: str) -> Path:
        """Where the tenant's database is, or will be."""
        return self.folder / tenant / "connect.db"

    def stamp(self, tenant: str) -> tuple[int, int]:
        """Two numbers that change whenever the tenant's database is written, by whomever; nothing is opened for it."""
        path = self.path(tenant)
        files = (path, path.with_name(path.name + "-wal"))
        first, second = (file.stat().st_mtime_ns if file.exists() else 0 for file in files)
        return first, second

    def idle(self, before_s: float) -> list[str]:
        """Open tenants that nobody asked for since `before_s` (of time.monotonic)."""
        return [name for name, shelf in list(self._open.items()) if shelf.used < before_s]

    def is_open(self, tenant: str) -> bool:
        return tenant in self._open

    def close(self, tenant: str | None = None) -> None:
        """Closes one tenant's database (before its folder is deleted), or all."""
        with self._lock:
            names = [tenant] if tenant is not None else list(self._open)
            for name in names:
                if (shelf := self._open.pop(name, None)) is not None:
                    shelf.close()
