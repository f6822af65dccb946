"""The rows of the past that wait beside the present until history and the backbone have them.

A row goes when both readers are done with it. Where the backbone stays away, the oldest rows beyond `MOST` are given
up for it (subscribers that were away look at the present). History never loses one: where it stays away, writing is
refused once `MOST_BYTES` wait for it.
"""

from __future__ import annotations

import sqlite3
from typing import Final

READERS: Final = ("history", "changes")
MOST: Final = 20_000
"""Commits kept for a reader of changes that is away."""
MOST_BYTES: Final = 1024**3
"""Bytes that may wait, some three million observations."""


def read(db: sqlite3.Connection, after: int, rows: int) -> list[tuple[int, bytes]]:
    """(sequence, msgpack of Changes) of the commits after `after`, in order."""
    found: list[tuple[int, bytes]] = db.execute(
        "SELECT sequence, changes FROM outbox WHERE sequence > ? ORDER BY sequence LIMIT ?", (after, rows)
    ).fetchall()
    return found


def last(db: sqlite3.Connection) -> int:
    """The sequence of the newest commit that is not gone; 0: the outbox is empty."""
    newest: int = db.execute("SELECT coalesce(max(sequence), 0) FROM outbox").fetchone()[0]
    return newest


def position(db: sqlite3.Connection, reader: str) -> int:
    """Up to where a reader is done."""
    row = db.execute("SELECT upto FROM reader WHERE name = ?", (reader,)).fetchone()
    return row[0] if row else 0


def waiting(db: sqlite3.Connection) -> int:
    """Bytes of all that waits."""
    held: int = db.execute("SELECT coalesce(sum(length(changes)), 0) FROM outbox").fetchone()[0]
    return held


def done(db: sqlite3.Connection, reader: str, upto: int, *, full: bool = False) -> int:
    """Notes, in the open transaction, that `reader` needs nothing up to `upto` any more; what neither needs goes.

    Args:
        full: too much waits: what history has goes, whether the backbone has it or not.
    Returns:
        The bytes that went.
    """
    db.execute(
        "INSERT INTO reader VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET upto = max(upto, excluded.upto)",
        (reader, upto),
    )
    history, changes = (position(db, name) for name in READERS)
    last_gone = history if full else min(history, max(changes, last(db) - MOST))
    freed: int = db.execute(
        "SELECT coalesce(sum(length(changes)), 0) FROM outbox WHERE sequence <= ?", (last_gone,)
    ).fetchone()[0]
    db.execute("DELETE FROM outbox WHERE sequence <= ?", (last_gone,))
    return freed
