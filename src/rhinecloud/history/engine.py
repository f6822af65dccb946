"""One DuckDB for all tenants: loaded when first needed, a database attached while a tenant is in use.

A hundred tenants share one memory limit and one set of threads. Every operation borrows a cursor that sees only its
tenant's tables; what a tenant's database is locked for is writing, one writer at a time.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rhinecloud.base.errors import NonexistentTenant, Unavailable

from .schema import TABLES

if TYPE_CHECKING:
    import duckdb


class _Attached:
    """A tenant's database while it is attached."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "history"
        self.writing = threading.RLock()
        self.borrowed = 0
        self.used = time.monotonic()
        self.retired: list[tuple[float, Path]] = []  # replaced files that a reader may still have open


class Store:
    """A tenant's past, lent for one operation: a cursor on its tables, and the folder of its pieces."""

    def __init__(self, tenant: str, db: duckdb.DuckDBPyConnection, database: _Attached) -> None:
        self.tenant = tenant
        self.db = db
        self.folder = database.folder
        self._database = database

    def rows(self, sql: str, parameters: dict[str, object] | None = None) -> list[tuple[Any, ...]]:
        """What a statement answers."""
        return self.db.execute(sql, parameters).fetchall()

    def one(self, sql: str, parameters: dict[str, object] | None = None) -> tuple[Any, ...]:
        """The only row that a statement answers."""
        [row] = self.rows(sql, parameters)
        return row

    def meta(self, key: str) -> int:
        return int(self.one("SELECT value FROM meta WHERE key = $key", {"key": key})[0])

    def set_meta(self, key: str, value: int) -> None:
        self.db.execute("UPDATE meta SET value = $value WHERE key = $key", {"key": key, "value": value})

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Alone in writing; rolled back where the body raises."""
        with self._database.writing:
            self.db.execute("BEGIN")
            try:
                yield
            except BaseException:
                self.db.execute("ROLLBACK")
                raise
            self.db.execute("COMMIT")

    def path(self, file: str) -> str:
        """A piece's file as SQL text."""
        return "'" + str(self.folder / file).replace("'", "''") + "'"

    def retire(self, files: Iterable[str]) -> None:
        """Marks replaced files; they are removed once no reader can have them open."""
        self._database.retired += [(time.monotonic(), self.folder / file) for file in files]

    def remove_retired(self, older_than_s: float = 120) -> None:
        limit = time.monotonic() - older_than_s
        for entry in [entry for entry in self._database.retired if entry[0] <= limit]:
            entry[1].unlink(missing_ok=True)
            self._database.retired.remove(entry)


class Engine:
    """Lends cursors. Thread-safe; its methods block."""

    def __init__(self, folder: Path, *, memory_mb: int, threads: int | None = None, idle_s: float = 300) -> None:
        self._folder = folder  # holds one folder a tenant
        self._memory_mb = memory_mb
        self._threads = threads or min(2, os.cpu_count() or 1)
        self._idle_s = idle_s
        self._lock = threading.Lock()
        self._attached: dict[str, _Attached] = {}
        self._duckdb: duckdb.DuckDBPyConnection | None = None

    @contextmanager
    def use(self, tenant: str) -> Iterator[Store]:
        """Lends the tenant's past, in autocommit mode.

        Raises:
            NonexistentTenant: it has no folder.
            Unavailable: its database cannot be opened.
        """
        with self._lock:
            database = self._attached.get(tenant) or self._attach(tenant)
            database.borrowed += 1
            assert self._duckdb is not None
            cursor = self._duckdb.cursor()
        try:
            cursor.execute(f'USE "{tenant}"')
            yield Store(tenant, cursor, database)
        finally:
            cursor.close()
            with self._lock:
                database.borrowed -= 1
                database.used = time.monotonic()

    def _attach(self, tenant: str) -> _Attached:
        import duckdb

        folder = self._folder / tenant
        if not folder.is_dir():
            raise NonexistentTenant(f"Tenant {tenant} does not exist")
        if self._duckdb is None:
            self._duckdb = duckdb.connect(
                ":memory:",
                config={
                    "threads": self._threads,
                    "memory_limit": f"{self._memory_mb}MB",
                    "temp_directory": str(self._folder.parent / "history-temp"),
                    "autoinstall_known_extensions": False,
                    "checkpoint_threshold": "64MB",
                },
            )
            self._duckdb.execute("SET GLOBAL parquet_metadata_cache = true")  # pieces are never altered
        database = _Attached(folder)
        (database.folder / "state").mkdir(parents=True, exist_ok=True)
        try:
            self._duckdb.execute(f"ATTACH '{_quoted(folder / 'history.duckdb')}' AS \"{tenant}\"")
            with self._duckdb.cursor() as cursor:
                cursor.execute(f'USE "{tenant}"')
                cursor.execute(TABLES)
                _remove_left_overs(cursor, database.folder)
        except duckdb.Error as error:
            raise Unavailable(f"The past of {tenant} cannot be opened: {error}") from error
        self._attached[tenant] = database
        return database

    def attached(self, tenant: str) -> bool:
        return tenant in self._attached

    def detach_idle(self) -> list[str]:
        """Detaches what nobody used for a while; says which."""
        return self._detach(time.monotonic() - self._idle_s)

    def forget(self, tenant: str) -> None:
        """Detaches a tenant whose folder is going to be removed or replaced."""
        self._detach(float("inf"), tenant)

    def close(self) -> None:
        self._detach(float("inf"))
        with self._lock:
            if self._duckdb is not None:
                self._duckdb.close()
                self._duckdb = None

    def _detach(self, used_before: float, only: str = "") -> list[str]:
        gone = []
        with self._lock:
            for tenant, database in list(self._attached.items()):
                if database.borrowed or database.used > used_before or (only and tenant != only):
                    continue
                assert self._duckdb is not None
                self._duckdb.execute(f'CHECKPOINT "{tenant}"')
                self._duckdb.execute(f'DETACH "{tenant}"')
                for _, path in database.retired:
                    path.unlink(missing_ok=True)
                del self._attached[tenant]
                gone.append(tenant)
        return gone


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _remove_left_overs(cursor: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Files that no piece names: what a crash left between writing a file and committing it, or after replacing it."""
    named = {name for row in cursor.execute("SELECT file, state FROM pieces").fetchall() for name in row if name}
    for path in (*folder.glob("*.parquet*"), *(folder / "state").glob("*")):
        if path.name not in named and f"state/{path.name}" not in named:
            path.unlink(missing_ok=True)
