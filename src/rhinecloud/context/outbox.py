"""The rows of the past that wait beside the present until history and the backbone have them.

A row goes when both readers are done with it. Where a reader stays away, the oldest rows beyond `MOST` are given up for
that reader alone if it is the backbone's (subscribers that were away look at the present); history never loses one.
"""

from __future__ import annotations

import sqlite3
from typing import Final

READERS: Final = ("history", "changes")
MOST: Final = 20_000
"""Commits kept for a reader of changes that is away."""


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


def done(db: sqlite3.Connection, reader: str, upto: int) -> None:
    """Notes, in the open transaction, that `reader` needs nothing up to `upto` any more; what neither needs goes."""
    db.execute(
        "INSERT INTO reader VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET upto = max(upto, excluded.upto)",
        (reader, upto),
    )
    history, changes = (position(db, name) for name in READERS)
    db.execute("DELETE FROM outbox WHERE sequence <= ?", (min(history, max(changes, last(db) - MOST)),))
