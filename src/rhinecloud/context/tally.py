"""Counts of what there is, kept beside the entities: how many of each kind, with which attributes, in which forms.

A row counts the instances of one attribute, in one form (Property, Relationship, …), of all entities of one kind; the
row without an attribute counts the entities. So questions about types and attributes look at no entity.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from typing import Any, Final

from rhinecloud.base.model import Entity

ENTITIES: Final = ("", "")  # in the place of attribute and form

_ADD: Final = (
    "INSERT INTO tally (kind, attr, form, count) VALUES (?, ?, ?, ?)"
    " ON CONFLICT DO UPDATE SET count = count + excluded.count"
)


class Tally:
    """What one transaction adds and takes away."""

    def __init__(self) -> None:
        self._changes: Counter[tuple[int, str, str]] = Counter()

    def entity(self, kinds: tuple[int, int], before: Entity | None, after: Entity | None) -> None:
        """An entity comes, goes, or is of another kind than before."""
        if before is not None:
            self._changes[kinds[0], *ENTITIES] -= 1
        if after is not None:
            self._changes[kinds[1], *ENTITIES] += 1

    def attribute(self, kinds: tuple[int, int], name: str, old: Any, new: Any) -> None:
        """The instances of an attribute are others than before; `kinds` are those of the entity before and after."""
        for instance in old or ():
            self._changes[kinds[0], name, instance.get("type", "Property")] -= 1
        for instance in new or ():
            self._changes[kinds[1], name, instance.get("type", "Property")] += 1

    def whole(self, kind: int, entity: Entity) -> None:
        """An entity, with all that it has."""
        self.entity((kind, kind), None, entity)
        for name, instances in entity["attrs"].items():
            self.attribute((kind, kind), name, None, instances)

    def write(self, db: sqlite3.Connection) -> None:
        rows = [(*key, number) for key, number in self._changes.items() if number]
        if rows:
            db.executemany(_ADD, rows)
