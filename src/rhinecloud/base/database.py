"""SQLite as we use it everywhere: write-ahead log, durable commits, foreign keys, and a numbered schema.

What belongs to one tenant (`context`, `insight`, `operations`) works on these connections directly: a file in the
tenant's folder. `access` goes through SQLAlchemy (`engine`), so that the same tables also live in PostgreSQL.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import Unavailable

if TYPE_CHECKING:
    from sqlalchemy import Engine


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """A connection in autocommit mode (we say BEGIN ourselves) that any thread may use, one at a time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    uri = f"{path.resolve().as_uri()}{'?mode=ro' if read_only else ''}"
    db = sqlite3.connect(
        uri, uri=True, isolation_level=None, check_same_thread=False, timeout=10, cached_statements=512
    )
    if not read_only:
        db.execute("PRAGMA journal_mode=WAL")
    # FULL: the log is synced at each commit, so that what was acknowledged survives a power cut too.
    db.executescript(
        "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY; PRAGMA mmap_size=268435456;"
    )
    return db


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """One durable transaction; rolled back when the block or the commit raises, so that the next one can begin."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield db
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def migrate(db: sqlite3.Connection, steps: Sequence[str]) -> None:
    """Brings a database to the newest schema; step n makes version n+1, each in a transaction of its own.

    Raises:
        Unavailable: the file is of a newer version than this program.
    """
    while (version := _version(db)) != len(steps):
        if version > len(steps):
            raise Unavailable(
                f"The database is of schema {version}, this program knows {len(steps)}; install a newer one"
            )
        with transaction(db):
            if _version(db) == version:  # nobody else was faster
                for statement in _statements(steps[version]):
                    db.execute(statement)
                db.execute(f"PRAGMA user_version={version + 1}")


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _statements(script: str) -> Iterator[str]:
    """The statements of a script; `executescript` would end our transaction."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if statement.strip():
        yield statement


def engine(url: str) -> Engine:
    """A SQLAlchemy engine for `url`; on SQLite with the same pragmas as above."""
    from sqlalchemy import create_engine, event

    made = create_engine(url, pool_pre_ping=not url.startswith("sqlite"))
    if url.startswith("sqlite"):

        @event.listens_for(made, "connect")
        def _prepare(db: sqlite3.Connection, _record: object) -> None:
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000"):
                db.execute(f"PRAGMA {pragma}")

    return made
