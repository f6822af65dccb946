"""The city as it was at a moment.

Of every series the last row counts whose moment (observed, or else received) is not later than the one asked for,
unless it is a tombstone or its entity was deleted after the row came. What is known today of that moment is told: rows
that came late and corrections are in.
"""

# ruff: noqa: S608 — SQL is put together from our own constants and from integers; whatever came in is a parameter

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

import msgspec

from rhinecloud.base.clock import iso
from rhinecloud.base.model import Entity, Instance

from .engine import Store
from .pieces import LAST_OF_SERIES, Piece, pieces, remaining
from .schema import NAMES

_FIELDS: Final = "entity, attr, dataset, change, id, type, at_us, observed_us, received_us, number, body, flags, source"
_json = msgspec.json.Decoder()

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
        f"SELECT {_FIELDS} FROM ({last_rows(past, at_us, ids)}) ORDER BY entity, attr, dataset",
        {"ids": sorted(ids)} if ids is not None else None,
    )
    entities = []
    first = 0
    for index in range(1, len(found) + 1):
        if index == len(found) or found[index][0] != found[first][0]:
            entity = _entity(found[first:index])
            first = index
            if entity and (types is None or not set(types).isdisjoint(entity["type"])) and _inside(entity, bbox):
                entities.append(entity)
    return entities


def last_rows(past: Store, at_us: int, ids: Collection[str] | None = None) -> str:
    """SQL for the last row of every series at a moment, tombstones included."""
    where = "entity IN (SELECT unnest($ids))" if ids is not None else "TRUE"
    base: Piece | None = None
    touched: list[Piece] = []
    for piece in pieces(past, None, at_us + 1):
        if piece.state and piece.to_us <= at_us:
            base, touched = piece, []
        else:
            touched.append(piece)
    parts = [f"SELECT {NAMES} FROM recent WHERE at_us <= {at_us} AND {where} QUALIFY {LAST_OF_SERIES}"]
    if base:
        parts.append(f"SELECT {NAMES} FROM read_parquet({past.path(base.state or '')}) WHERE {where}")
    parts += [
        f"""SELECT {NAMES} FROM ({remaining(past, piece)})
        WHERE at_us <= {at_us} AND (until_us IS NULL OR until_us > {at_us}) AND {where}"""
        for piece in touched
    ]
    return f"SELECT * FROM ({' UNION ALL '.join(parts)}) QUALIFY {LAST_OF_SERIES}"


def _entity(rows: list[tuple[Any, ...]]) -> Entity | None:
    """One entity from the last rows of its series; None where it was not there."""
    head = rows[0] if rows[0][1] == "" else None
    if head and head[3] == 2:
        return None
    living = [row for row in rows if row[1] and row[3] != 2]
    if not living and not head:
        return None
    told = _json.decode(head[10]) if head and head[10] else {}
    entity: Entity = {"id": rows[0][0], "type": told.get("type") or max(living, key=lambda row: row[4])[5].split(" ")}
    if told.get("scope"):
        entity["scope"] = told["scope"]
    attrs: dict[str, list[Instance]] = {}
    for row in living:
        attrs.setdefault(row[1], []).append(instance(*row[7:13]))
    times = [row[8] for row in rows]
    entity |= {"_c": min(times), "_m": max(times), "attrs": attrs}
    return entity


def instance(
    observed_us: int | None, received_us: int, number: float | None, body: str | None, flags: int, source: str
) -> Instance:
    """An attribute instance in its internal form, from what a row holds of it."""
    if body is not None:
        made: Instance = _json.decode(body)
    else:
        made = {"type": "Property", "value": plain(number)}
        if observed_us is not None:
            made["observedAt"] = iso(observed_us)
    made["_c"] = made["_m"] = received_us
    if flags:
        made["_f"] = flags
    if source:
        made["_s"] = source
    return made


def plain(number: float | None) -> float | int | None:
    """A number as people write it: without a point where it has no fraction."""
    return int(number) if number is not None and number.is_integer() and abs(number) < 2**53 else number


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
