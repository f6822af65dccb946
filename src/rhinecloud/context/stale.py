"""Entities whose numbers in the index lag behind what they are: nobody keeps up to date what is not asked for.

A number in the place of a number is what nearly every observation is, and its place in the index cost more than all
else that is written of it. So only the entity's key is noted, once, in the transaction that changes the entity; the
first query that asks for values has the index brought up to date from the entities. What else may change in an index
(values come, go, are of another kind) is written at once.

What a crash makes of it: the note is there if and only if the change is.
"""

from __future__ import annotations

import sqlite3
from typing import Final

MOST: Final = 10_000
"""Entities that may lag behind, a tenth of a second of work for who asks then; of further ones the index is written."""


class Stale:
    """Those of one tenant. Changed by who writes; whether there are any may be asked in any thread."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._keys: set[int] = {key for (key,) in db.execute("SELECT entity FROM stale")}
        self._new: list[tuple[int]] = []

    def __len__(self) -> int:
        return len(self._keys)

    def defers(self, key: int) -> bool:
        """Notes that a number of the entity is another; False: there is no room, and the index has to be written."""
        keys = self._keys
        if key in keys:
            return True
        if len(keys) >= MOST:
            return False
        keys.add(key)
        self._new.append((key,))
        return True

    def write(self, db: sqlite3.Connection) -> None:
        """Writes, in the open transaction, what was noted since the last time."""
        if self._new:
            db.executemany("INSERT OR IGNORE INTO stale (entity) VALUES (?)", self._new)
            self._new = []

    def clear(self) -> None:
        """What `index.freshen` did is committed."""
        self._keys.clear()
