"""Documents of entities as they were last committed: who writes one of them again need not ask SQLite for it.

Bytes, not decoded entities: measured, an entity that was decoded a second ago lies in so many places of memory that to
go through it costs what decoding its document anew costs, and takes three times the room. Only what is committed is
held, so that there is nothing to undo when a transaction is rolled back. One limit counts for all tenants.
"""

from __future__ import annotations

from typing import Final

MOST_BYTES: Final = 32 * 1024**2
"""Some 20,000 weather stations."""
ADMITTED: Final = 8
"""Once all is full, one newcomer in so many is let in. A city reports in rounds: whoever always lets the newest in for
the oldest has, with a round larger than the room, never the one that comes next."""

Kept = tuple[int, int, bytes]
"""Key and kind of the entity, and its document."""


class Room:
    """What the tenants may hold together."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        self.most = most
        self.taken = 0


class Held:
    """The documents held of one tenant. Changed by one thread at a time; `get` in any."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._documents: dict[str, Kept] = {}
        self._refused = 0
        self.get = self._documents.get

    def __len__(self) -> int:
        return len(self._documents)

    def keep(self, entity_id: str, kept: Kept) -> None:
        """Holds what was committed, in the place of what was there before."""
        room, size = self._room, len(kept[2])
        before = self._documents.get(entity_id)
        if before is not None:
            room.taken -= len(before[2])
        elif room.taken + size > room.most and not self._admit(size):
            return
        room.taken += size
        self._documents[entity_id] = kept

    def drop(self, entity_id: str) -> None:
        """Lets go of an entity that is gone."""
        before = self._documents.pop(entity_id, None)
        if before is not None:
            self._room.taken -= len(before[2])

    def clear(self) -> None:
        """Lets go of all, when the tenant is closed."""
        self._room.taken -= sum(len(kept[2]) for kept in self._documents.values())
        self._documents.clear()

    def _admit(self, size: int) -> bool:
        """Makes room by letting the oldest go; whether there is room now."""
        self._refused += 1
        if self._refused % ADMITTED:
            return False
        while self._documents and self._room.taken + size > self._room.most:
            self.drop(next(iter(self._documents)))
        return self._room.taken + size <= self._room.most
