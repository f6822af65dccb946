"""Files → records: CSV rows, JSON lines, members of a JSON list, GeoJSON and Esri features, as plain dicts.

Nothing is understood here but the form. A record that cannot be read is a `Rejection` in its place, and the rest goes
on.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from rhinecloud.base import geo
from rhinecloud.base.errors import Unreadable

from .decode import parse
from .runs import Rejection

MAX_JSON: Final = 1024**3
MAX_CELL: Final = 1024**2
_SAMPLE: Final = 256 * 1024
EMPTY: Final = frozenset(
    ("", "NA", "N/A", "n/a", "null", "NULL", "None", "nan", "NaN", "-", "--", "---", "k.A.", "k. A.")
)
"""What stands in a cell where there is nothing."""

Record = dict[str, Any]


class Shape(NamedTuple):
    """The form of a file."""

    format: str  # "csv", "json-lines", "json", "geojson", "esri"
    encoding: str = "utf-8"
    delimiter: str = ""
    decimal: str = "."
    epsg: int = 4326  # of coordinates that stand in x and y


def shape_of(path: Path) -> Shape:
    """
    Raises:
        Unreadable: a form that is not read; the message says which it seems to be and what to do.
    """
    head = _head(path)
    encoding = _encoding(head)
    text = head.decode(encoding, "replace").lstrip("\ufeff \t\r\n")
    if not text.strip("\x00 \t\r\n"):
        raise Unreadable(f"{path.name} is empty", reason="empty file")
    _refuse_other_forms(path.name, text, head)
    if text[0] in "[{":
        return _json_shape(path, text, encoding)
    delimiter, columns = _delimiter(text)
    if columns < 2:
        raise Unreadable(
            f"{path.name} is neither JSON nor a table with columns (separated by comma, semicolon, tab or |)",
            reason="unknown form",
        )
    return Shape("csv", encoding, delimiter, _decimal(text, delimiter))


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_SAMPLE)
    except OSError as error:
        raise Unreadable(f"{path.name} cannot be opened: {error.strerror}", reason="no file") from error


def _refuse_other_forms(name: str, text: str, head: bytes) -> None:
    start = text[:2000].lower()
    if start.startswith("<"):
        said = "HTML, a page for people" if "<html" in start else "XML"
        if "datex" in start:
            said = "XML (DATEX II)"
        raise Unreadable(
            f"{name} is {said}; files come in as CSV, JSON, JSON lines, GeoJSON or NGSI-LD. Ask the source for one of"
            " these, or convert it",
            reason="html" if "html" in said.lower() else "xml",
        )
    for magic, said in ((b"PK\x03\x04", "a ZIP or Excel file"), (b"\x1f\x8b", "packed with gzip"), (b"%PDF", "a PDF"),
                        (b"PAR1", "Parquet"), (b"\xd0\xcf\x11\xe0", "an old Excel file")):  # fmt: skip
        if head.startswith(magic):
            raise Unreadable(f"{name} is {said}; unpack it or save it as CSV (UTF-8) first", reason="unknown form")
    if "\x00" in text[:2000]:
        raise Unreadable(f"{name} is no text; save it as CSV (UTF-8) or JSON first", reason="unknown form")


def _encoding(head: bytes) -> str:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 4:
            return "cp1252"  # what German spreadsheets write
    return "utf-8-sig"


def _json_shape(path: Path, text: str, encoding: str) -> Shape:
    first, _, rest = text.partition("\n")
    if text[0] == "{" and rest.lstrip().startswith("{"):
        try:
            msgspec.json.decode(first.encode())
            return Shape("json-lines", encoding)
        except (msgspec.DecodeError, RecursionError):
            pass
    compact = re.sub(r"\s+", "", text[:_SAMPLE])
    if '"FeatureCollection"' in compact or compact.startswith('{"type":"Feature"'):
        found = re.search(r"EPSG:+(\d{4,5})", compact.partition('"features"')[0])
        return Shape("geojson", encoding, epsg=int(found[1]) if found else 4326)
    if '"geometryType":"esri' in compact or '"displayFieldName"' in compact:
        found = re.search(r'"wkid":(\d{4,6})', compact)
        return Shape("esri", encoding, epsg=int(found[1]) if found else 4326)
    return Shape("json", encoding)


def _delimiter(text: str) -> tuple[str, int]:
    """(delimiter, columns): the one that gives the most columns on most of the first lines."""
    lines = text.splitlines()[:60]
    if len(text) >= _SAMPLE // 2 and len(lines) > 1:
        lines = lines[:-1]  # the last may be cut off
    best = ("", 1, 0.0)
    for delimiter in (";", "\t", ",", "|"):
        try:
            counts = Counter(len(row) for row in csv.reader(lines, delimiter=delimiter) if row)
        except csv.Error:
            continue
        columns, times = counts.most_common(1)[0] if counts else (1, 0)
        score = columns * times / max(1, sum(counts.values())) ** 0.999
        if columns > 1 and score > best[2]:
            best = (delimiter, columns, score)
    return best[0], best[1]


def _decimal(text: str, delimiter: str) -> str:
    """ "," where more figures are written the German way than the English one."""
    if delimiter == ",":
        return "."
    sample = text[:65_536]
    german = len(re.findall(r"(?<![\d.,])-?\d+,\d+(?![\d.,])", sample))
    english = len(re.findall(r"(?<![\d.,])-?\d+\.\d+(?![\d.,])", sample))
    return "," if german > english else "."


def records(path: Path, shape: Shape) -> Iterator[Record | Rejection]:
    """Every record of the file, in order.

    Raises:
        Unreadable: the file as a whole is broken.
    """
    if shape.format == "csv":
        yield from _rows(path, shape)
    elif shape.format == "json-lines":
        yield from _lines(path, shape)
    else:
        yield from _members(path, shape)


def header(path: Path, shape: Shape) -> list[str]:
    """The column names of a CSV file.

    Raises:
        Unreadable: the first row cannot be one.
    """
    with path.open(encoding=shape.encoding, errors="replace", newline="") as file:
        try:
            names = [cell.strip() for cell in next(_reader(file, shape), [])]
        except csv.Error as error:
            raise Unreadable(f"The first row of {path.name} is no header: {error}", reason="no header") from error
    twice = [name for name, times in Counter(names).items() if times > 1 and name]
    if twice:
        raise Unreadable(f"Column {twice[0][:60]!r} of {path.name} is there twice; rename one", reason="no header")
    if sum(to_number(name, shape.decimal) is not None for name in names) > len(names) / 2:
        raise Unreadable(
            f"The first row of {path.name} holds figures; write the columns' names above", reason="no header"
        )
    return names


def _reader(file: Any, shape: Shape) -> Any:
    csv.field_size_limit(MAX_CELL)
    return csv.reader(file, delimiter=shape.delimiter)


def _rows(path: Path, shape: Shape) -> Iterator[Record | Rejection]:
    names = header(path, shape)
    with path.open(encoding=shape.encoding, errors="replace", newline="") as file:
        reader = _reader(file, shape)
        next(reader, None)
        while True:
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield Rejection("broken row", f"Row {reader.line_num} is no row of a table: {error}", b"")
                continue
            if not any(cell.strip() for cell in row):
                continue
            if len(row) != len(names):
                raw = shape.delimiter.join(row).encode("utf-8", "replace")[:4096]
                yield Rejection(
                    "broken row", f"Line {reader.line_num} has {len(row)} cells, the header {len(names)}", raw
                )
                continue
            yield {name: cell for name, cell in zip(names, row, strict=True) if name and cell.strip() not in EMPTY}


def _lines(path: Path, shape: Shape) -> Iterator[Record | Rejection]:
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                found = parse(
                    line.decode(shape.encoding, "replace").encode()
                    if shape.encoding == "cp1252"
                    else line.lstrip(b"\xef\xbb\xbf")
                )
            except Unreadable as error:
                yield Rejection(error.reason, f"Line {number}: {error.detail}", line[:4096])
                continue
            yield from _as_records(found, line)


def _members(path: Path, shape: Shape) -> Iterator[Record | Rejection]:
    if path.stat().st_size > MAX_JSON:
        raise Unreadable(
            f"{path.name} is one JSON document of more than 1 GB; write it as JSON lines", reason="too large"
        )
    data = path.read_bytes()
    if shape.encoding in ("utf-16", "cp1252"):
        data = data.decode(shape.encoding, "replace").encode()
    try:
        document = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Unreadable(f"{path.name} is not JSON: {error}", reason="not JSON") from error
    for member in _list_in(document, path.name):
        yield from _as_records(member, b"")


def _list_in(document: Any, name: str) -> list[Any]:
    """The list of records in a document: itself, or the one list of objects in it (items, features, _embedded, …)."""
    if isinstance(document, list):
        return document
    if not isinstance(document, dict):
        raise Unreadable(f"{name} holds one value, no records", reason="no records")
    if document.get("type") == "Feature" or (isinstance(document.get("id"), str) and "type" in document):
        return [document]
    lists = {k: v for k, v in document.items() if isinstance(v, list) and v and all(isinstance(x, dict) for x in v)}
    for known in ("features", "items", "records", "data", "results", "_embedded", "value"):
        if known in lists:
            return list(lists[known])
    lists.pop("fields", None)
    if not lists:
        inner = ", ".join(list(document)[:8])
        raise Unreadable(f"{name} is an object with {inner[:120]}, without a list of records", reason="no records")
    return max(lists.values(), key=len)


def _as_records(member: Any, raw: bytes) -> Iterator[Record | Rejection]:
    if isinstance(member, list):
        for one in member:
            yield from _as_records(one, b"") if isinstance(one, dict) else (_no_object(one),)
    elif not isinstance(member, dict):
        yield _no_object(member, raw)
    elif member.get("type") == "Feature" and isinstance(member.get("properties"), dict | None):
        # A GeoJSON feature: its properties, its geometry beside them.
        properties = member.get("properties") or {}
        extra = {"geometry": member["geometry"]} if member.get("geometry") else {}
        yield {**({"id": member["id"]} if "id" in member else {}), **properties, **extra}
    elif isinstance(member.get("attributes"), dict) and set(member) <= {"attributes", "geometry"}:
        yield {**member["attributes"], "geometry": member.get("geometry")}  # an Esri feature
    else:
        yield member


def _no_object(value: Any, raw: bytes = b"") -> Rejection:
    shown = raw or msgspec.json.encode(value)[:4096]
    return Rejection("no object", f"A record is an object, not {str(value)[:60]}", shown)


_ENGLISH = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?\Z|[+-]?\d+(\.\d+)?([eE][+-]?\d{1,3})?\Z")
_GERMAN = re.compile(r"[+-]?\d{1,3}(\.\d{3})+(,\d+)?\Z|[+-]?\d+(,\d+)?\Z")


def to_number(value: Any, decimal: str = ".") -> float | None:
    """The figure that a cell holds, whichever way it is written; "1,90 m" gives 1.9; None where there is none.

    Digits with a leading zero (04711) are a code, no figure.
    """
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return value
    if not isinstance(value, str):
        return None
    text = value.strip().replace("\u00a0", "").replace("\u2212", "-")
    if len(text) > 40:
        return None
    text = re.sub(r"\s*(?:m|cm|km|%|°C|m³/s|Euro|€)\Z", "", text) if not text[-1:].isdigit() else text
    if re.match(r"[+-]?0\d", text):
        return None
    first, second = (_GERMAN, _ENGLISH) if decimal == "," else (_ENGLISH, _GERMAN)
    if first.match(text):
        german = first is _GERMAN
    elif second.match(text):
        german = second is _GERMAN
    else:
        return None
    plain = text.replace(".", "").replace(",", ".") if german else text.replace(",", "")
    number = float(plain)
    return int(plain) if plain.lstrip("+-").isdigit() and abs(number) < 2**53 else number


def place_of(record: Record, epsg: int, decimal: str = ".") -> geo.Geometry | None:
    """Where a record is: a geometry, x and y, WKT, latitude and longitude, or Rechtswert and Hochwert (UTM 32N).

    Raises:
        BadRequestData: it says where, but that is nowhere.
    """
    geometry = record.get("geometry")
    if geo.is_geometry(geometry):
        return _in_degrees(geo_dict(geometry), epsg)
    if isinstance(geometry, dict) and "x" in geometry and "y" in geometry:
        return _point(to_number(geometry["x"]), to_number(geometry["y"]), epsg)
    by_name = {_plain(name): value for name, value in record.items()}
    for name in ("wkt", "geom", "thegeom", "shape", "location", "standort", "geolocation"):
        value = by_name.get(name)
        if isinstance(value, str) and re.match(r"\s*(SRID=\d+;)?\s*[A-Z]+\s*Z?\s*\(", value):
            return geo.from_wkt(value)
        if geo.is_geometry(value) and all(abs(x) <= 180 and abs(y) <= 90 for x, y in geo.positions(geo_dict(value))):
            return geo.check(value)
    for lon_name, lat_name, system in _PAIRS:
        if lon_name in by_name and lat_name in by_name:
            return _point(to_number(by_name[lon_name], decimal), to_number(by_name[lat_name], decimal), system)
    for inner in ("address", "location", "position", "geo", "coordinates"):
        value = record.get(inner)
        if isinstance(value, dict) and (found := place_of(value, epsg, decimal)) is not None:
            return found
    return None


_PAIRS: Final = (
    ("lon", "lat", 4326), ("lng", "lat", 4326), ("longitude", "latitude", 4326), ("long", "lat", 4326),
    ("locationlon", "locationlat", 4326), ("laengengrad", "breitengrad", 4326), ("geolon", "geolat", 4326),
    ("rechtswert", "hochwert", 25832), ("utmx", "utmy", 25832), ("easting", "northing", 25832),
)  # fmt: skip
LOCATED: Final = frozenset(name for pair in _PAIRS for name in pair[:2]) | {"wkt", "geometry", "geom"}
"""Plain names of fields that only say where."""


def geo_dict(value: Any) -> geo.Geometry:
    return value if isinstance(value, dict) else {}


def _point(x: float | None, y: float | None, epsg: int) -> geo.Geometry | None:
    if x is None or y is None:
        return None
    if epsg in (4326, 4258, 0) or (abs(x) <= 180 and abs(y) <= 90):
        return geo.point(x, y)
    return geo.point(*geo.to_wgs84(x, y, epsg))


def _in_degrees(geometry: geo.Geometry, epsg: int) -> geo.Geometry:
    if epsg in (4326, 4258) or geometry.get("type") != "Point":
        return geo.check(geometry)
    x, y = geometry["coordinates"][:2]
    return _point(x, y, epsg) or geometry


def _plain(name: str) -> str:
    text = name.lower().translate(_UMLAUTS)
    return "".join(c for c in text if c.isalnum())


_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


def slug(text: str) -> str:
    """A name as a part of an entity id: duisburg-ruhrort."""
    words = re.sub(r"[^a-z0-9]+", "-", text.lower().translate(_UMLAUTS))
    return words.strip("-")[:80]


plain_name = _plain
