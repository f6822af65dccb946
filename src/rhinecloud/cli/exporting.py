"""`rhinecloud export`: the present as NGSI-LD, GeoJSON or CSV; the past as CSV or Parquet.

The ending of the file's name says the form. Everything goes through the city's NGSI-LD doors, page by page: what
somebody may not see is not in the file either.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from rhinecloud.base.clock import iso, parse_us
from rhinecloud.base.errors import BadRequestData, Conflict

from .client import Client
from .progress import Progress

PAGE = 500
PRESENT = (".jsonld", ".json", ".geojson", ".csv")
PAST = (".csv", ".parquet")
_COLUMNS = ("entity", "type", "attribute", "dataset", "observed_at", "value", "unit")

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
    """Writes a file; gives the number of entities, or of observations of the past.

    Raises:
        BadRequestData: the form is none, or a time is none.
        Conflict: the file exists already.
    """
    ending = path.suffix.lower()
    forms = PAST if wanted.past else PRESENT
    if ending not in forms:
        what = "the past" if wanted.past else "the present"
        raise BadRequestData(f"{path.name} says no form for {what}; end its name with {', '.join(forms)}")
    for moment in filter(None, (wanted.start, wanted.end)):
        try:
            parse_us(moment)
        except ValueError as error:
            raise BadRequestData(str(error)) from error
    if path.exists() and not force:
        raise Conflict(f"{path} exists already; --force replaces it")
    partial = path.with_name(path.name + ".partial")
    try:
        with Client(data, tenant=wanted.tenant) as city:
            count = WRITERS[wanted.past, ending](city, partial, wanted)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return count


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


def _observations(city: Client, wanted: Wanted) -> Iterator[tuple[Any, ...]]:
    """Rows of `_COLUMNS`; entity by entity, and in pieces of time where the city says that there is more."""
    for kind in _types(city, wanted):
        for entity in _present(city, Wanted(type=kind, q=wanted.q)):
            start = wanted.start or "1970-01-01T00:00:00Z"
            while start:
                asked = {"timerel": "between", "timeAt": start, "endTimeAt": wanted.end or "2100-01-01T00:00:00Z"}
                answer = city.request(
                    "GET", f"/ngsi-ld/v1/temporal/entities/{entity['id']}", params=asked, accept=(404,)
                )
                if answer.status_code == 404:
                    break
                yield from _rows(answer.json())
                start = _behind(answer.headers.get("content-range", "")) if answer.status_code == 206 else ""


def _rows(evolution: Entity) -> Iterator[tuple[Any, ...]]:
    kind = evolution.get("type")
    for name, instances in evolution.items():
        for instance in instances if isinstance(instances, list) else [instances]:
            if isinstance(instance, dict) and "type" in instance:
                value = _value(instance)
                observed = instance.get("observedAt") or instance.get("modifiedAt", "")
                dataset, unit = instance.get("datasetId", ""), instance.get("unitCode", "")
                yield evolution["id"], _cell(kind), name, dataset, observed, value, unit


def _behind(content_range: str) -> str:
    """Where a partial answer goes on: just behind its upper edge, whose moment it tells whole.

    Source: ETSI GS CIM 009, 6.3.10.
    """
    stretch = content_range.removeprefix("date-time ").rpartition("/")[0]
    end = stretch.partition("Z-")[2]
    return iso(parse_us(end) + 1) if end else ""


def _past_csv(city: Client, path: Path, wanted: Wanted) -> int:
    count = 0
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(_COLUMNS)
        for row in _bar(_observations(city, wanted), "Observations"):
            table.writerow([_cell(cell) for cell in row])
            count += 1
    return count


def _past_parquet(city: Client, path: Path, wanted: Wanted) -> int:
    """Columns as in CSV, with `number` for values that are numbers and `text` for all others."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = ("entity", "type", "attribute", "dataset", "observed_at", "number", "text", "unit")
    schema = pa.schema([(n, pa.float64() if n == "number" else pa.string()) for n in names])
    count = 0
    with pq.ParquetWriter(path, schema, compression="zstd") as file:
        for batch in _in_batches(_bar(_observations(city, wanted), "Observations"), 50_000):
            rows = [_typed(row) for row in batch]
            columns = [
                pa.array(column, field.type) for column, field in zip(zip(*rows, strict=True), schema, strict=True)
            ]
            file.write_table(pa.table(columns, schema=schema))
            count += len(rows)
    return count


def _typed(row: tuple[Any, ...]) -> tuple[Any, ...]:
    *head, value, unit = row
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    text = None if is_number or value is None else str(_cell(value))
    return (*head, float(value) if is_number else None, text, unit)


def _in_batches(items: Iterator[Any], size: int) -> Iterator[list[Any]]:
    from itertools import islice

    while batch := list(islice(items, size)):
        yield batch


Writer = Callable[[Client, Path, Wanted], int]
WRITERS: dict[tuple[bool, str], Writer] = {
    (False, ".jsonld"): _json,
    (False, ".json"): _json,
    (False, ".geojson"): _geojson,
    (False, ".csv"): _csv,
    (True, ".csv"): _past_csv,
    (True, ".parquet"): _past_parquet,
}
