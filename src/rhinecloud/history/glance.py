"""A few attributes of every entity, at a moment and as they went on: what a map needs of the past, and no more.

`as_of` gives whole entities and pays for each; a map of thousands that is moved through time reads one or two
attributes of each, as columns.
"""

# ruff: noqa: S608 — SQL is put together from our own constants and from integers; whatever came in is a parameter

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from .as_of import living_rows
from .engine import Store
from .pieces import newest, rows_between

_FIELDS = "entity, type, attr, dataset, change, id, at_us, observed_us, received_us, number, body, flags"
_TOLD = "entity, type, attr, dataset, change = 2 AS gone, at_us, observed_us, received_us, number, body, flags"


class Told(NamedTuple):
    """What a row says of an attribute; `attr` is "" where it tells of the entity itself."""

    entity: str
    type: str  # expanded names, joined by a blank
    attr: str
    dataset: str
    gone: bool  # deleted
    at_us: int  # from then on
    observed_us: int | None
    received_us: int
    number: float | None
    body: str | None  # JSON of the instance where it is more than a number
    flags: int


def glance(
    past: Store, at_us: int, attrs: Collection[str], *, ids: Collection[str] | None = None, everything: bool = False
) -> list[Told]:
    """The last row of each of these attributes at a moment, of entities that were there; in no order.

    Args:
        attrs: expanded names.
        ids: only these entities.
        everything: an entity that had none of them is told of too, by a row of its own.
    """
    where = f"(attr = '' OR attr IN ({_list(attrs)}))"
    bare = "OR entity NOT IN (SELECT entity FROM living WHERE attr <> '')" if everything else ""
    found = past.rows(
        f"""WITH living AS MATERIALIZED ({living_rows(past, at_us, ids, _FIELDS, where)})
        SELECT {_TOLD} FROM living WHERE attr <> '' {bare}""",
        {"ids": sorted(ids)} if ids is not None else None,
    )
    return list(map(Told._make, found))


def touched(past: Store, from_us: int, to_us: int, attrs: Collection[str], limit: int) -> dict[str, str]:
    """Entities of which one of these attributes, or their being there, was told in (from_us, to_us]; with their types.

    Args:
        limit: entities at most; where more are given, there were more.
    """
    rows = rows_between(past, from_us + 1, to_us + 1, "entity, type, attr", f"(attr = '' OR attr IN ({_list(attrs)}))")
    return dict(past.rows(f"SELECT entity, any_value(type) FROM ({rows}) GROUP BY entity LIMIT {limit + 1}"))


def movers(past: Store, attr: str) -> set[str]:
    """Entities of which this attribute had more than one value: for a location, what moves."""
    rows = rows_between(past, None, None, "entity, attr, body", f"attr = '{_quoted(attr)}'")
    # Most have one, and were told of it in the same words: only of the others is it read what it is.
    found = past.rows(
        f"""WITH told AS MATERIALIZED ({rows}),
            twice AS (SELECT entity FROM told GROUP BY entity HAVING min(body) <> max(body))
        SELECT entity FROM told SEMI JOIN twice USING (entity)
        GROUP BY entity HAVING count(DISTINCT json_extract(body, '$.value')) > 1"""
    )
    return {entity for (entity,) in found}


def moves(
    past: Store, from_us: int, to_us: int, attrs: Collection[str], *, step_us: int, limit: int
) -> tuple[list[Told], bool]:
    """What these attributes became in (from_us, to_us], in the order of time: the last word of each step.

    Args:
        step_us: of several rows of one attribute in a step, the last is told.
        limit: rows at most; the second value says whether that were all.
    """
    about = f"(attr IN ({_list(attrs)}) OR (attr = '' AND change <> 1))"
    rows = rows_between(past, from_us + 1, to_us + 1, _FIELDS, about)
    last = newest("SELECT * FROM stretch", f"entity, attr, dataset, (at_us - {from_us}) // {step_us}")
    found = past.rows(
        f"""WITH stretch AS MATERIALIZED ({rows})
        SELECT {_TOLD} FROM ({last}) ORDER BY at_us, id LIMIT {limit + 1}"""
    )
    return list(map(Told._make, found[:limit])), len(found) <= limit


def _list(attrs: Collection[str]) -> str:
    return ", ".join(f"'{_quoted(attr)}'" for attr in sorted(attrs)) or "''"


def _quoted(text: str) -> str:
    return text.replace("'", "''")
