"""Entities whose numbers in the index lag behind what they are: nobody keeps up to date what is not asked for.

A number in the place of a number is what nearly every observation is, and its place in the index cost more than all
else that is written of it. So only the entity's key is noted, once, in the transaction that changes the entity; the
first query that asks for values has the index brought up to date from the entities. What else may change in an index
(values come, go, are of another kind) is written at once.

What a crash makes of it: the note is there if and only if the change is.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from .scalars import index_values

if TYPE_CHECKING:
    from .index import Slot

MOST: Final = 10_000
"""Entities that may lag behind, a tenth of a second of work for who asks then; of further ones the index is written."""
_decode = msgspec.json.Decoder(dict[str, Any]).decode


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
        """What `freshen` did is committed."""
        self._keys.clear()


def freshen(db: sqlite3.Connection, slots: Mapping[tuple[int, str], Slot]) -> None:
    """Brings the index up to date, in the open transaction. Several values of an attribute are so already."""
    fresh = []
    sql = "SELECT e.key, e.kind, e.doc FROM stale s CROSS JOIN entity e ON e.key = s.entity"
    for key, kind, document in db.execute(sql):
        for attr, instances in _decode(document)["attrs"].items():
            slot = slots.get((kind, attr))
            values = index_values(instances) if slot is not None else None
            if slot is not None and values and len(values) == 1:
                (value,) = values
                fresh.append((value, slot.number, key, value))
    db.executemany("UPDATE value SET value = ? WHERE slot = ? AND entity = ? AND number = 0 AND value IS NOT ?", fresh)
    db.execute("DELETE FROM stale")
