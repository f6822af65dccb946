"""Keeps the indexes beside the entities: which rows go and come when entities change. Reads no file, makes row lists.

A value that did not change costs nothing: lists of instances are compared by identity first (a draft exchanges the
lists that it changes), then by what the index would keep of them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from rhinecloud.base import geo
from rhinecloud.base.declare import CORE_TERMS
from rhinecloud.base.model import EXACT, Entity

from .draft import types_key
from .scalars import Stored, index_values
from .stale import Stale
from .tally import Tally

LOCATION: Final = CORE_TERMS["location"]
_PLAIN: Final = (float, int)
_decode = msgspec.json.Decoder(dict[str, Any]).decode


class Slot(msgspec.Struct):
    """A queryable attribute of the entities of one kind.

    Many: some entity has several values. Partial: some has more than the index keeps. Neither is ever taken back.
    """

    number: int
    kind: int
    attr: str
    partial: bool = False
    many: bool = False


class Numbers:
    """The numbers given to kinds and slots. `version` is another whenever one of them is new, or a slot is marked."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self.version = 0
        self.kinds: dict[str, int] = dict(db.execute("SELECT types, number FROM kind").fetchall())
        self.slots: dict[tuple[int, str], Slot] = {
            (kind, attr): Slot(number, kind, attr, bool(partial), bool(many))
            for number, kind, attr, partial, many in db.execute("SELECT number, kind, attr, partial, many FROM slot")
        }

    def kind(self, types: list[str]) -> int:
        """The number of a set of types; a new one is written to the open transaction."""
        key = types_key(types)
        found = self.kinds.get(key)
        if found is None:
            found = self._db.execute("INSERT INTO kind (types) VALUES (?)", (key,)).lastrowid or 0
            self.kinds[key] = found
            self.version += 1
        return found

    def slot(self, kind: int, attr: str) -> Slot:
        found = self.slots.get((kind, attr))
        if found is None:
            number = self._db.execute("INSERT INTO slot (kind, attr) VALUES (?, ?)", (kind, attr)).lastrowid or 0
            found = self.slots[kind, attr] = Slot(number, kind, attr)
            self.version += 1
        return found

    def mark(self, slot: Slot, *, partial: bool = False) -> None:
        """Notes that an entity has several values, or more than the index keeps."""
        if slot.many and (slot.partial or not partial):
            return
        slot.many = True
        slot.partial |= partial
        self.version += 1
        self._db.execute("UPDATE slot SET many = 1, partial = ? WHERE number = ?", (slot.partial, slot.number))


class Indexer:
    """Gathers the index rows of one transaction, then writes them with one statement a table and direction."""

    def __init__(self, numbers: Numbers, queryable: frozenset[str], stale: Stale | None = None) -> None:
        """With `stale`, numbers that take the place of others are left to it."""
        self._stale = stale
        self.tally = Tally()  # written by who wants it
        self._numbers = numbers
        self._queryable = queryable
        self._values_out: list[tuple[int, int]] = []
        self._values_in: list[tuple[int, int, int, Stored]] = []
        self._values_moved: list[tuple[float, int, int]] = []
        self._places_out: list[tuple[int]] = []
        self._places_in: list[tuple[int, float, float, float, float]] = []
        self._scopes: list[tuple[str, int]] = []
        self._scopes_out: list[tuple[str, int]] = []
        self._expiry_in: list[tuple[int, int]] = []
        self._expiry_out: list[tuple[int, int]] = []

    def change(self, key: int, kinds: tuple[int, int], before: Entity | None, after: Entity | None) -> None:
        """Takes note that the entity `key` changed; `kinds` are the numbers of its kind before and after."""
        old: dict[str, Any] = before["attrs"] if before else {}
        new: dict[str, Any] = after["attrs"] if after else {}
        moved = kinds[0] != kinds[1]
        self._attributes(key, kinds, old, new)
        if moved or before is None or after is None:
            self.tally.entity(kinds, before, after)
        if old.get(LOCATION) is not new.get(LOCATION):
            self._place(key, old.get(LOCATION), new.get(LOCATION))
        if before is None or after is None or before.get("scope") is not after.get("scope"):
            self._scope(key, (before or {}).get("scope") or [], (after or {}).get("scope") or [])
        was, is_now = (before or {}).get("_x"), (after or {}).get("_x")
        if was != is_now:
            if was is not None:
                self._expiry_out.append((was, key))
            if is_now is not None:
                self._expiry_in.append((is_now, key))

    def _attributes(self, key: int, kinds: tuple[int, int], old: dict[str, Any], new: dict[str, Any]) -> None:
        moved = kinds[0] != kinds[1]
        for name, instances in new.items():
            was: Any = old.get(name)
            if was is instances and not moved:
                continue
            one = was is not None and not moved and len(was) == len(instances) == 1
            if not one or was[0].get("type") != instances[0].get("type"):
                self._attribute(key, kinds, name, was, instances)
            elif name in self._queryable:  # one in the place of one of its form, as most are: no count changes
                self._value(key, kinds, name, was, instances)
        if not old.keys() <= new.keys():
            for name in old.keys() - new.keys():
                self._attribute(key, kinds, name, old[name], None)

    def _attribute(self, key: int, kinds: tuple[int, int], name: str, old: Any, new: Any) -> None:
        if name in self._queryable:
            self._value(key, kinds, name, old, new)
        self.tally.attribute(kinds, name, old, new)

    def _value(self, key: int, kinds: tuple[int, int], name: str, old: Any, new: Any) -> None:
        if old and new and kinds[0] == kinds[1] and len(old) == 1 and len(new) == 1:
            was, now = old[0].get("value"), new[0].get("value")
            if was.__class__ in _PLAIN and now.__class__ in _PLAIN and -EXACT < was < EXACT and -EXACT < now < EXACT:
                # One number in the place of another: what most observations are.
                if was != now and not (self._stale is not None and self._stale.defers(key)):
                    self._values_moved.append((now, self._numbers.slot(kinds[1], name).number, key))
                return
        before, after = index_values(old), index_values(new)
        if kinds[0] == kinds[1] and before == after and before is not None:
            return
        if before:
            self._values_out.append((self._numbers.slot(kinds[0], name).number, key))
        if after is None:
            self._numbers.mark(self._numbers.slot(kinds[1], name), partial=True)
        elif after:
            target = self._numbers.slot(kinds[1], name)
            if len(after) > 1 and not target.many:
                self._numbers.mark(target)
            self._values_in += [(target.number, key, number, value) for number, value in enumerate(after)]

    def _place(self, key: int, old: Any, new: Any) -> None:
        before, after = _bounds(old), _bounds(new)
        if before == after:
            return
        if before and not after:
            self._places_out.append((key,))
        if after:
            west, south, east, north = after
            self._places_in.append((key, west, east, south, north))

    def _scope(self, key: int, old: list[str], new: list[str]) -> None:
        if old != new:
            self._scopes_out += [(path, key) for path in set(old)]
            self._scopes += [(path, key) for path in set(new)]

    @property
    def transient(self) -> bool:
        """Whether anything noted expires some day."""
        return bool(self._expiry_in)

    def write(self, db: sqlite3.Connection) -> None:
        for statement, rows in (
            ("DELETE FROM value WHERE slot = ? AND entity = ?", self._values_out),
            ("UPDATE value SET value = ? WHERE slot = ? AND entity = ? AND number = 0", self._values_moved),
            ("INSERT INTO value (slot, entity, number, value) VALUES (?, ?, ?, ?)", self._values_in),
            ("DELETE FROM place WHERE entity = ?", self._places_out),
            ("INSERT OR REPLACE INTO place (entity, west, east, south, north) VALUES (?, ?, ?, ?, ?)", self._places_in),
            ("DELETE FROM scope WHERE path = ? AND entity = ?", self._scopes_out),
            ("INSERT OR IGNORE INTO scope (path, entity) VALUES (?, ?)", self._scopes),
            ("DELETE FROM expiry WHERE at_us = ? AND entity = ?", self._expiry_out),
            ("INSERT OR IGNORE INTO expiry (at_us, entity) VALUES (?, ?)", self._expiry_in),
        ):
            if rows:
                db.executemany(statement, rows)


def freshen(db: sqlite3.Connection, numbers: Numbers) -> None:
    """Brings the index of what is stale up to date, in the open transaction.

    Only a value that is alone can be another one than the index has: all else was written when it changed.
    """
    fresh = []
    sql = "SELECT e.key, e.kind, e.doc FROM stale s CROSS JOIN entity e ON e.key = s.entity"
    for key, kind, document in db.execute(sql):
        for attr, instances in _decode(document)["attrs"].items():
            slot = numbers.slots.get((kind, attr))
            values = index_values(instances) if slot is not None else None
            if slot is not None and values and len(values) == 1:
                (value,) = values
                fresh.append((value, slot.number, key, value))
    db.executemany("UPDATE value SET value = ? WHERE slot = ? AND entity = ? AND number = 0 AND value IS NOT ?", fresh)
    db.execute("DELETE FROM stale")


def _bounds(instances: Iterable[Any] | None) -> tuple[float, float, float, float] | None:
    """(west, south, east, north) over all instances of a GeoProperty; None: it has no place."""
    boxes = []
    for instance in instances or ():
        value = instance.get("value")
        if isinstance(value, dict):
            if value.get("type") == "Point" and len(value.get("coordinates") or ()) >= 2:
                lon, lat = value["coordinates"][:2]
                boxes.append((lon, lat, lon, lat))
            elif geo.is_geometry(value) and (box := geo.bbox(value)):
                boxes.append(box)
    if not boxes:
        return None
    if len(boxes) == 1:
        return boxes[0]
    return min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)
