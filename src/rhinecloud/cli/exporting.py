"""`rhinecloud export`: the present as NGSI-LD, GeoJSON or CSV; the past as CSV or Parquet.

The ending of the file's name says the form. The present comes through the NGSI-LD door, page by page; the past, which
is large, is written by the running city itself.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from rhinecloud.base.clock import parse_us
from rhinecloud.base.errors import BadRequestData, Conflict

from .client import Client
from .control import ask
from .progress import Progress

PAGE = 500
PRESENT = (".jsonld", ".json", ".geojson", ".csv")
PAST = (".csv", ".parquet")

Entity = dict[str, Any]


class Wanted(msgspec.Struct, frozen=True):
    """What is to be exported."""

    type: str = ""
    q: str = ""
    tenant: str = ""
    start: str = ""
    end: str = ""

    @property
    def past(self) -> bool:
        return bool(self.start or self.end)


def export(data: Path, path: Path, wanted: Wanted, *, force: bool = False) -> int:
    """Writes a file; gives the number of entities, or for the past of bytes.

    Raises:
        BadRequestData: the form is none, or a time is none.
        Conflict: the file exists already.
    """
    ending = path.suffix.lower()
    forms = PAST if wanted.past else PRESENT
    if ending not in forms:
        what = "the past" if wanted.past else "the present"
        raise BadRequestData(f"{path.name} says no form for {what}; end its name with {', '.join(forms)}")
    if path.exists() and not force:
        raise Conflict(f"{path} exists already; --force replaces it")
    partial = path.with_name(path.name + ".partial")
    try:
        if wanted.past:
            count = _past(data, partial.resolve(), ending[1:], wanted)
        else:
            with Client(data, tenant=wanted.tenant) as city:
                count = WRITERS[ending](city, partial, wanted)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return count


def _past(data: Path, path: Path, form: str, wanted: Wanted) -> int:
    """The running city writes the file itself, straight from its columns: a past may have a hundred million rows."""
    if wanted.q:
        raise BadRequestData("-q asks the present; the past is chosen by --type, --from and --to")
    return int(
        ask(
            data,
            "export",
            tenant=wanted.tenant,
            path=str(path),
            form=form,
            type=wanted.type,
            start_us=_moment(wanted.start),
            end_us=_moment(wanted.end),
            timeout_s=24 * 3600,
        )
    )


def _moment(text: str) -> int | None:
    try:
        return parse_us(text) if text else None
    except ValueError as error:
        raise BadRequestData(str(error)) from error


def _types(city: Client, wanted: Wanted) -> list[str]:
    return [wanted.type] if wanted.type else list(city.get("/ngsi-ld/v1/types")["typeList"])


def _present(city: Client, wanted: Wanted) -> Iterator[Entity]:
    """Every entity, page by page, in the order of the city's own keys."""
    for kind in _types(city, wanted):
        offset = 0
        while True:
            asked = {"type": kind, "limit": PAGE, "offset": offset} | ({"q": wanted.q} if wanted.q else {})
            page = city.get("/ngsi-ld/v1/entities", params=asked)
            yield from page
            if len(page) < PAGE:
                break
            offset += PAGE


def _bar(items: Iterator[Any], what: str) -> Iterator[Any]:
    with Progress(what, None, "things") as progress:
        for item in items:
            yield item
            progress.advance(1)


def _json(city: Client, path: Path, wanted: Wanted) -> int:
    """One JSON array, an entity a line."""
    count = 0
    with path.open("wb") as file:
        for entity in _bar(_present(city, wanted), "Entities"):
            file.write((b",\n" if count else b"[\n") + msgspec.json.encode(entity))
            count += 1
        file.write(b"\n]\n" if count else b"[]\n")
    return count


def _geojson(city: Client, path: Path, wanted: Wanted) -> int:
    """A FeatureCollection; entities without a place have the geometry null."""
    count = 0
    with path.open("wb") as file:
        file.write(b'{"type":"FeatureCollection","features":[\n')
        for entity in _bar(_present(city, wanted), "Entities"):
            flat = _flat(entity)
            feature = {
                "type": "Feature",
                "id": entity["id"],
                "geometry": flat.pop("location", None),
                "properties": flat,
            }
            file.write((b",\n" if count else b"") + msgspec.json.encode(feature))
            count += 1
        file.write(b"\n]}\n")
    return count


def _csv(city: Client, path: Path, wanted: Wanted) -> int:
    """A row an entity, a column an attribute; a point as two columns, anything that is no plain value as JSON."""
    rows = [_row(entity) for entity in _bar(_present(city, wanted), "Entities")]
    first = ("id", "type", "name", "longitude", "latitude")
    columns = [
        *(c for c in first if any(c in row for row in rows)),
        *sorted({c for row in rows for c in row} - set(first)),
    ]
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, columns)
        table.writeheader()
        table.writerows(rows)
    return len(rows)


def _row(entity: Entity) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for name, value in _flat(entity).items():
        if name == "location" and isinstance(value, dict) and value.get("type") == "Point":
            row["longitude"], row["latitude"] = value["coordinates"][:2]
        else:
            row[name] = _cell(value)
    return row


def _cell(value: Any) -> Any:
    return msgspec.json.encode(value).decode() if isinstance(value, dict | list) else value


def _flat(entity: Entity) -> dict[str, Any]:
    """Attribute → its value; of several instances the first that is there."""
    return {name: _value(member) for name, member in entity.items() if name != "@context"}


def _value(member: Any) -> Any:
    if isinstance(member, list) and member and isinstance(member[0], dict):
        member = member[0]
    if not isinstance(member, dict) or not str(member.get("type", "")).endswith(("Property", "Relationship")):
        return member
    members = ("value", "object", "languageMap", "vocab", "json", "valueList", "objectList")
    return next((member[m] for m in members if m in member), None)


Writer = Callable[[Client, Path, Wanted], int]
WRITERS: dict[str, Writer] = {
    ".jsonld": _json,
    ".json": _json,
    ".geojson": _geojson,
    ".csv": _csv,
}
