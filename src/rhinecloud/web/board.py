"""All things of a tenant as rows, kept true while somebody looks, so that a screen opens without reading the city.

Filled once from the present; after that every flush of the live channel puts the things that changed. What a pack
that is switched off declares stays on the board, and is left out where it is shown. Alerts of our rules have places of
their own on the screens, and are no things.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from rhinecloud.base.model import Entity
from rhinecloud.context import Query
from rhinecloud.insight import is_copy

from .things import Kinds, Row

LIMIT: Final = 30_000
"""Things on one map; the answer says when there are more."""


class Board:
    """Rows by id, in the order in which they were met."""

    def __init__(self, kinds: Kinds) -> None:
        self.kinds = kinds
        self.rows: dict[str, Row] = {}
        self.complete = True
        self.filled = False
        self._meanwhile: set[str] | None = None  # ids that changed while the board was being filled

    async def fill(self, present: Any) -> None:
        """Reads everything; what changes meanwhile is read again."""
        self._meanwhile = set()
        try:
            found = await present.query(Query(limit=LIMIT + 1))
            things = (entity for entity in found.entities[:LIMIT] if not is_copy(entity["id"]))
            self.rows = {row.id: row for row in map(self.kinds.row, things)}
            self.complete = len(found.entities) <= LIMIT
            changed, self._meanwhile = self._meanwhile, None
            there = {entity["id"]: entity for entity in present.get_many(list(changed))}
            self.put(there.values())
            self.remove(changed - there.keys())
            self.filled = True
        finally:
            self._meanwhile = None

    def put(self, entities: Iterable[Entity]) -> list[Row]:
        """The rows of entities that changed."""
        rows = [self.kinds.row(entity) for entity in entities if not is_copy(entity["id"])]
        if self._meanwhile is not None:
            self._meanwhile.update(row.id for row in rows)
        for row in rows:
            if row.id in self.rows or len(self.rows) < LIMIT:
                self.rows[row.id] = row
            else:
                self.complete = False
        return rows

    def remove(self, ids: Iterable[str]) -> None:
        for entity_id in ids:
            self.rows.pop(entity_id, None)
            if self._meanwhile is not None:
                self._meanwhile.add(entity_id)
