"""The city as it was at a moment.

Of every series the last row counts whose moment (observed, or else received) is not later than the one asked for,
unless the attribute or the entity was deleted after the row came. What is known today of that moment is told: rows
that came late and corrections are in.
"""

# ruff: noqa: S608 — SQL is put together from our own constants and from integers; whatever came in is a parameter

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

import msgspec

from rhinecloud.base.model import NULL, VALUE_MEMBER, Entity, Instance, instance_of

from .engine import Store
from .pieces import SERIES, Piece, last_of_series, living, newest, pieces, remaining

_FIELDS: Final = "entity, attr, dataset, change, id, type, at_us, observed_us, received_us, number, body, flags, source"
_json = msgspec.json.Decoder()

SCOPE: Final = "scope"
"""The attribute name of rows that tell of a scope; no expanded name looks like it."""

Box = tuple[float, float, float, float]
"""West, south, east, north; degrees, WGS 84."""


def entities_at(
    past: Store,
    at_us: int,
    *,
    types: Collection[str] | None = None,
    ids: Collection[str] | None = None,
    bbox: Box | None = None,
) -> list[Entity]:
    """All entities as they were at `at_us`, ordered by id.

    Args:
        types: expanded names; entities that had one of them.
        ids: only these.
        bbox: only entities whose location's envelope touches it.
    """
    found = past.rows(
        f"SELECT {_FIELDS} FROM ({living_rows(past, at_us, ids, _FIELDS)}) ORDER BY entity, attr, dataset",
        {"ids": sorted(ids)} if ids is not None else None,
    )
    entities = []
    first = 0
    for index in range(1, len(found) + 1):
        if index == len(found) or found[index][0] != found[first][0]:
            entity = _entity(found[first:index])
            first = index
            if (types is None or not set(types).isdisjoint(entity["type"])) and _inside(entity, bbox):
                entities.append(entity)
    return entities


def living_rows(
    past: Store, at_us: int, ids: Collection[str] | None = None, columns: str = _FIELDS, where: str = "TRUE"
) -> str:
    """SQL for the last row of every series at a moment, without what was deleted by then.

    `where` is SQL, too; it must let rows of the entities themselves pass (attr = ''), which end lives.
    """
    if ids is not None:
        where = f"entity IN (SELECT unnest($ids)) AND {where}"
    base: Piece | None = None
    touched: list[Piece] = []
    for piece in pieces(past, None, at_us + 1):
        if piece.state and piece.to_us <= at_us:
            base, touched = piece, []
        else:
            touched.append(piece)
    # Only the columns that are needed: where a row's raw message lies is half of what a month holds.
    parts = [newest(f"SELECT {columns} FROM recent WHERE at_us <= {at_us} AND {where}", SERIES)]
    if base:
        parts.append(f"SELECT {columns} FROM read_parquet({past.path(base.state or '')}) WHERE {where}")
    parts += [
        f"""SELECT {columns} FROM ({remaining(past, piece)})
        WHERE at_us <= {at_us} AND coalesce(until_us, {at_us} + 1) > {at_us} AND {where}"""
        for piece in touched
    ]
    return living(last_of_series(" UNION ALL ".join(parts)) if len(parts) > 1 else parts[0], columns)


def _entity(rows: list[tuple[Any, ...]]) -> Entity:
    """One entity from the last rows of its series; rows of the entity itself have no attribute's name."""
    about = max((row for row in rows if not row[1]), key=lambda row: row[4], default=None)
    told = _json.decode(about[10]) if about and about[10] else {}
    newest = max(rows, key=lambda row: row[4])
    entity: Entity = {"id": newest[0], "type": told.get("type") or newest[5].split(" ")}
    if told.get("scope"):
        entity["scope"] = told["scope"]
    first = next((row[8] for row in rows if not row[1] and row[3] == 0), min(row[8] for row in rows))
    attrs: dict[str, list[Instance]] = {}
    entity |= {"_c": first, "_m": max(row[8] for row in rows), "attrs": attrs}
    for row in rows:
        if row[1] == SCOPE:
            if about is None or row[4] > about[4]:
                entity["scope"] = _json.decode(row[10])["value"]
        elif row[1]:
            made = instance(*row[7:13])
            if (
                made.get(VALUE_MEMBER[made["type"]]) != NULL
            ):  # an evolution that was brought along may tell of a deletion
                attrs.setdefault(row[1], []).append(made)
    return entity


def instance(
    observed_us: int | None, received_us: int, number: float | None, body: str | None, flags: int, source: str
) -> Instance:
    """An attribute instance in its internal form, from what a row holds of it."""
    made = instance_of(observed_us, number, body)
    made["_c"] = made["_m"] = received_us
    if flags:
        made["_f"] = flags
    if source:
        made["_s"] = source
    return made


def _inside(entity: Entity, bbox: Box | None) -> bool:
    if bbox is None:
        return True
    west, south, east, north = bbox
    for place in entity["attrs"].get("https://uri.etsi.org/ngsi-ld/location", ()):
        points = list(_points(place.get("value", {}).get("coordinates", ())))
        if points and not (
            max(x for x, _ in points) < west
            or min(x for x, _ in points) > east
            or max(y for _, y in points) < south
            or min(y for _, y in points) > north
        ):
            return True
    return False


def _points(coordinates: Any) -> Any:
    if coordinates and isinstance(coordinates[0], int | float):
        yield coordinates[0], coordinates[1]
    else:
        for part in coordinates:
            yield from _points(part)
