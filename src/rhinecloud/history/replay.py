"""What happened in a stretch of the past, row by row in the order of time, as it was told when it happened."""

# ruff: noqa: S608 — SQL is put together from our own constants and from integers; whatever came in is a parameter

from __future__ import annotations

from collections.abc import Collection
from typing import Final, NamedTuple

from .engine import Store
from .pieces import rows_between


class Replayed(NamedTuple):
    """One row of the past."""

    at_us: int
    entity: str
    type: str  # expanded; several joined by a blank
    attr: str  # "": of the entity itself
    dataset: str
    change: int
    observed_us: int | None
    received_us: int
    number: float | None
    body: str | None  # what `base.model.body_of` says of the instance
    flags: int
    source: str
    raw: str


_FIELDS: Final = ", ".join(Replayed._fields)


def replay(past: Store, type_iri: str, attrs: Collection[str], start_us: int, end_us: int) -> list[Replayed]:
    """The rows of [start_us, end_us) of some attributes of entities of a type, and of those entities themselves.

    Of an observation that came twice, both are there, in the order in which they came.
    """
    where = (
        "(type = $type OR (contains(type, ' ') AND list_contains(string_split(type, ' '), $type)))"
        " AND (attr = '' OR attr IN (SELECT unnest($attrs)))"
    )
    rows = rows_between(past, start_us, end_us, f"id, {_FIELDS}", where)
    found = past.rows(
        f"SELECT {_FIELDS} FROM ({rows}) ORDER BY at_us, id", {"type": type_iri, "attrs": sorted({*attrs, ""})}
    )
    return [Replayed(*row) for row in found]
