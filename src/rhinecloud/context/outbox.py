"""The commits that wait beside the present until history and the backbone have them.

What a commit changed lies in the file from the same transaction on, so that a crash loses nothing; who reads it a
moment later has it from memory (`Tail`), where it need not be unpacked.

A row goes when both readers are done with it. Where the backbone stays away, the oldest rows beyond `MOST` are given
up for it (subscribers that were away look at the present). History never loses one: where it stays away, writing is
refused once `MOST_BYTES` wait for it.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Mapping
from itertools import islice
from typing import Final

from rhinecloud.base.packing import Commit, unpack

READERS: Final = ("history", "changes")
MOST: Final = 20_000
"""Commits kept for a reader of changes that is away."""
MOST_BYTES: Final = 1024**3
"""Bytes that may wait, some three million observations."""


MOST_HELD: Final = 100_000
"""Rows of the newest commits held in memory, some 20 MB; a reader that is further behind reads the file."""


class Tail:
    """The newest commits that somebody may still ask for. Any thread may ask."""

    def __init__(self, last: int) -> None:
        self.last = last  # the newest commit there is
        self._commits: deque[Commit] = deque()
        self._rows = 0
        self._done = dict.fromkeys(READERS, 0)
        self._lock = threading.Lock()

    def add(self, commit: Commit) -> None:
        """Takes in what has just been committed."""
        with self._lock:
            self.last = commit.sequence
            self._commits.append(commit)
            self._rows += len(commit.changes)
            while self._rows > MOST_HELD and len(self._commits) > 1:
                self._drop()

    def after(self, sequence: int, most: int) -> list[Commit] | None:
        """Up to `most` commits after that one; None: they have to be read from the file."""
        with self._lock:
            if sequence >= self.last:
                return []
            if not self._commits or self._commits[0].sequence > sequence + 1:
                return None
            first = sequence + 1 - self._commits[0].sequence
            return list(islice(self._commits, first, first + most))

    def done(self, reader: str, upto: int) -> None:
        """`reader` asks no more for what lies up to there."""
        with self._lock:
            self._done[reader] = max(self._done[reader], upto)
            gone = min(self._done.values())
            while self._commits and self._commits[0].sequence <= gone:
                self._drop()

    def _drop(self) -> None:
        self._rows -= len(self._commits.popleft().changes)


def read(db: sqlite3.Connection, after: int, most: int) -> list[Commit]:
    """Up to `most` commits after that one, in order."""
    found = db.execute(
        "SELECT sequence, changes FROM outbox WHERE sequence > ? ORDER BY sequence LIMIT ?", (after, most)
    )
    return [Commit(sequence, packed, unpack(packed)) for sequence, packed in found.fetchall()]


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


def done(db: sqlite3.Connection, readers: Mapping[str, int], *, full: bool = False) -> int:
    """Notes, in the open transaction, up to where readers need nothing any more; what neither needs goes.

    Args:
        full: too much waits: what history has goes, whether the backbone has it or not.
    Returns:
        The bytes that went.
    """
    db.executemany(
        "INSERT INTO reader VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET upto = max(upto, excluded.upto)",
        list(readers.items()),
    )
    history, changes = (position(db, name) for name in READERS)
    last_gone = history if full else min(history, max(changes, last(db) - MOST))
    freed: int = db.execute(
        "SELECT coalesce(sum(length(changes)), 0) FROM outbox WHERE sequence <= ?", (last_gone,)
    ).fetchone()[0]
    db.execute("DELETE FROM outbox WHERE sequence <= ?", (last_gone,))
    return freed
