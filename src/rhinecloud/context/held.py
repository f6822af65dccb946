"""Entities as they were last committed, decoded: who writes one of them again need not read it from the file.

Reading and decoding an entity costs some 25 µs, half of what writing five observations cost without this. Only what is
committed is held, so that there is nothing to undo when a transaction is rolled back.

Measured by the size of their JSON; decoded, they take some three times that. One limit counts for all tenants.
"""

from __future__ import annotations

from typing import Final

from rhinecloud.base.model import Entity

MOST_BYTES: Final = 24 * 1024**2
"""Of documents, some 20,000 weather stations."""
ADMITTED: Final = 8
"""Once all is full, one newcomer in so many is let in. A city reports in rounds: whoever always lets the newest in for
the oldest has, with a round larger than the room, never the one that comes next."""

Kept = tuple[int, int, Entity, int]
"""Key and kind of the entity, itself, and the bytes of its document."""


class Room:
    """What the tenants may hold together."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        self.most = most
        self.taken = 0


class Held:
    """The entities held of one tenant."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._entities: dict[str, Kept] = {}
        self._refused = 0
        self.get = self._entities.get

    def __len__(self) -> int:
        return len(self._entities)

    def keep(self, entity_id: str, key: int, kind: int, entity: Entity, size: int) -> None:
        """Holds what was committed, in the place of what was there before."""
        room, entities = self._room, self._entities
        before = entities.get(entity_id)
        if before is not None:
            room.taken -= before[3]
        elif room.taken + size > room.most and not self._admit(size):
            return
        room.taken += size
        entities[entity_id] = (key, kind, entity, size)

    def drop(self, entity_id: str) -> None:
        """Lets go of an entity that is gone."""
        before = self._entities.pop(entity_id, None)
        if before is not None:
            self._room.taken -= before[3]

    def clear(self) -> None:
        """Lets go of all, when the tenant is closed."""
        self._room.taken -= sum(kept[3] for kept in self._entities.values())
        self._entities.clear()

    def _admit(self, size: int) -> bool:
        """Makes room by letting the oldest go; whether there is room now."""
        self._refused += 1
        if self._refused % ADMITTED:
            return False
        while self._entities and self._room.taken + size > self._room.most:
            self.drop(next(iter(self._entities)))
        return self._room.taken + size <= self._room.most
