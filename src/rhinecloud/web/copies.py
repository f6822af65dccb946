"""A table of the explorer as a file: CSV for people, Parquet for programs; made page by page, never whole in memory.

Each column says its unit: CSV in its second line, Parquet in the metadata of the field. A place is two columns.
"""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

import msgspec

from rhinecloud.base.model import Entity

from .catalogue import Choosable, Sort
from .things import name_of, newest, position, value_of

if TYPE_CHECKING:
    import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types

PAGE: Final = 1_000
MEDIA: Final = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}
Fetch = Callable[[int, int], Awaitable[list[Entity]]]
"""(offset, limit) → entities."""
_FIXED: Final = ("id", "name", "longitude", "latitude", "observedAt")


async def csv_file(fetch: Fetch, columns: list[Choosable]) -> AsyncIterator[bytes]:
    """Comma-separated, UTF-8 with a mark for spreadsheets: names, then units, then a line an entity."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    buffer.write("\ufeff")
    writer.writerow([*_FIXED, *(c.name for c in columns)])
    writer.writerow(["", "", "°", "°", "", *(c.unit for c in columns)])
    offset = 0
    while True:
        entities = await fetch(offset, PAGE)
        writer.writerows([_plain(v) for v in row] for row in _rows(entities, columns))
        yield buffer.getvalue().encode()
        buffer.seek(0)
        buffer.truncate()
        offset += PAGE
        if len(entities) < PAGE:
            return


async def parquet_file(fetch: Fetch, columns: list[Choosable], sort: Sort) -> AsyncIterator[bytes]:
    """Parquet; a row group a page. Field metadata: unit, label. File metadata: type."""
    import pyarrow as pa
    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    sink = _Sink()
    schema = _schema(columns, sort)
    offset = 0
    with pq.ParquetWriter(sink, schema, compression="zstd") as writer:
        while True:
            entities = await fetch(offset, PAGE)
            rows = list(_rows(entities, columns))
            data = [[_typed(row[n], field.type) for row in rows] for n, field in enumerate(schema)]
            if rows:
                writer.write_table(pa.table(data, schema=schema))
            if done := sink.taken():
                yield done
            offset += PAGE
            if len(entities) < PAGE:
                break
    yield sink.taken()


class _Sink(io.RawIOBase):
    """What was written and not yet taken; it remembers how far the file has come, as Parquet counts from its start."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._position = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        part = bytes(data)
        self._parts.append(part)
        self._position += len(part)
        return len(part)

    def tell(self) -> int:
        return self._position

    def taken(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


def _schema(columns: list[Choosable], sort: Sort) -> pa.Schema:
    import pyarrow as pa

    fixed = {"longitude": pa.float64(), "latitude": pa.float64()}
    fields = [pa.field(name, fixed.get(name, pa.string())) for name in _FIXED]
    for column in columns:
        kind = pa.float64() if column.numeric else pa.bool_() if column.kind == "boolean" else pa.string()
        fields.append(
            pa.field(column.name, kind, metadata={"unit": column.unit, "label": column.label, "iri": column.iri})
        )
    return pa.schema(fields, metadata={"type": sort.name, "iri": sort.iri})


def _rows(entities: list[Entity], columns: list[Choosable]) -> Iterator[list[Any]]:
    for entity in entities:
        attrs = entity.get("attrs", {})
        lon, lat = position(attrs) or (None, None)
        instances = [newest(attrs.get(c.iri)) for c in columns]
        observed = max((str(i["observedAt"]) for i in instances if i and "observedAt" in i), default="")
        yield [entity["id"], name_of(entity), lon, lat, observed, *(value_of(i) if i else None for i in instances)]


def _plain(value: Any) -> Any:
    """A cell of a CSV file; what a spreadsheet would take for a formula is kept from being one."""
    if value is None or isinstance(value, int | float):
        return value
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _typed(value: Any, kind: Any) -> Any:
    import pyarrow as pa

    if value is None:
        return None
    if pa.types.is_floating(kind):
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
    if pa.types.is_boolean(kind):
        return value if isinstance(value, bool) else None
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
