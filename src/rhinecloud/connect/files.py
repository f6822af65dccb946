"""File import: CSV, JSON lines, JSON, GeoJSON and NGSI-LD files → Updates, item by item, resumable.

    file = open_file(path, model)            recognises the form and says what it takes the fields for
    for position, item in file.read(after):  item is an Update or a Rejection(reason, detail, raw)

Positions count the items from 1; reading again with `after` goes on behind it. Importing twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, Final

import msgspec

from rhinecloud.base.declare import Model
from rhinecloud.base.errors import BadRequestData, Unreadable
from rhinecloud.base.model import Instance, Op, Update

from .devices import expand_type
from .forms import HEAD, PackForm, form_of, items_of
from .instants import Reader, time_reader
from .mapping import Mapping
from .ngsild import looks_like_entity, read_entity
from .paths import MISSING, compile_path
from .recognition import Form, recognise
from .records import Record, Shape, header, place_of, records, shape_of, slug, to_number
from .runs import Origin, Rejection, compile_mapping, expand_name
from .values import convert_as_told

SAMPLE: Final = 2000
Item = Update | Rejection


class File:
    """An opened file: what it was recognised as, and its items."""

    def __init__(
        self, path: Path, shape: Shape, explanation: tuple[str, ...], items: Callable[[], Iterator[Item]]
    ) -> None:
        self.path, self.shape, self.explanation, self._items = path, shape, explanation, items
        self.size = path.stat().st_size

    def read(self, after: int = 0) -> Iterator[tuple[int, Item]]:
        """(position, Update or Rejection) of every item behind `after`.

        Raises:
            Unreadable: the file as a whole is broken, which may show only while it is read.
        """
        for position, item in enumerate(self._items(), 1):
            if position > after:
                yield position, item

    def count(self) -> int:
        """How many items there are; reads the file once."""
        return sum(1 for _ in self._items())


def open_file(
    path: Path,
    model: Model,
    *,
    kind: str = "",
    mapping: Mapping | None = None,
    zone: str = "Europe/Berlin",
    forms: Iterable[PackForm] = (),
) -> File:
    """
    Args:
        forms: those that packs bring; they look at the file first.
        kind: the entity type of the records, where it is known.
        mapping: how records become attributes, instead of recognition; paths lead into the record, as $.column.
        zone: of times that have none.
    Raises:
        Unreadable: the file is not of a form that is read, or it cannot be told what is in it; the message says what
        to do.
        BadRequestData: the mapping cannot work.
    """
    if mapping is None and (brought := form_of(path.name, _head(path), forms)) is not None:
        return _formed(path, brought, model)
    shape = shape_of(path)
    told = {"csv": "a table", "json": "JSON", "json-lines": "JSON lines", "geojson": "GeoJSON", "esri": "Esri JSON"}[
        shape.format
    ]
    said = [f"{told}, {shape.encoding.removesuffix('-sig').upper()}"]
    if shape.format == "csv":
        separator = {"\t": "tabs"}.get(shape.delimiter, f"'{shape.delimiter}'")
        said.append(f"cells separated by {separator}, decimals by '{shape.decimal}'")
    if mapping is not None:
        run = _mapped(path, shape, mapping, model, kind)
        return File(path, shape, (*said, f"read by mapping {mapping.id}"), run)
    sample = [r for r in islice(records(path, shape), SAMPLE) if not isinstance(r, Rejection)]
    entities = sum("@context" in record or looks_like_entity(record) for record in sample)
    if entities and entities >= len(sample) / 2:
        return File(path, shape, (*said, "entities (NGSI-LD or NGSI-v2)"), lambda: _entities(path, shape, model))
    if not sample:
        columns = header(path, shape) if shape.format == "csv" else []
        rows = "rows below its header" if columns else "records that can be read"
        raise Unreadable(f"{path.name} has no {rows}", reason="no records")
    columns = header(path, shape) if shape.format == "csv" else []
    name = "/".join(path.parts[-3:])
    form = recognise(name, sample, columns, model, kind=kind, decimal=shape.decimal)
    reader = _Series(path, shape, form, model, zone) if form.series else _Rows(path, shape, form, model, zone, sample)
    return File(path, shape, (*said, *form.explanation), reader.items)


def _formed(path: Path, form: PackForm, model: Model) -> File:
    def items() -> Iterator[Item]:
        return items_of(form, path.read_bytes(), model, f"file:{path.name}")

    return File(path, Shape(form.id), (f"read as {form.id}",), items)


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(HEAD)
    except OSError as error:
        raise Unreadable(f"{path.name} cannot be opened: {error.strerror}", reason="no file") from error


def _entities(path: Path, shape: Shape, model: Model) -> Iterator[Item]:
    for record in records(path, shape):
        if isinstance(record, Rejection):
            yield record
            continue
        try:
            update = read_entity(record, model)
        except (Unreadable, BadRequestData) as error:
            yield _rejected(error, record)
            continue
        update.source = f"file:{path.name}"
        yield update


def _mapped(path: Path, shape: Shape, mapping: Mapping, model: Model, kind: str) -> Callable[[], Iterator[Item]]:
    if not mapping.entity:
        raise BadRequestData(
            f"Mapping {mapping.id} needs a template of the entity id to read a file, e.g. urn:x:{{$.id}}"
        )
    run = compile_mapping(mapping, model, kind or "Thing")
    origin = Origin(
        "", "", "", expand_type(mapping.type or kind or "Thing", model), path.name, "", 0, f"file:{path.name}", ""
    )

    def items() -> Iterator[Item]:
        for record in records(path, shape):
            if isinstance(record, Rejection):
                yield record
                continue
            cells = {k: _figure(v, shape.decimal) for k, v in record.items()} if shape.format == "csv" else record
            try:
                outcome = run(cells, origin)
            except Unreadable as error:
                yield _rejected(error, record)
                continue
            yield from outcome.updates
            if outcome.error:
                yield _rejected(outcome.error, record)

    return items


def _figure(cell: Any, decimal: str) -> Any:
    number = to_number(cell, decimal) if isinstance(cell, str) and cell[-1:].isdigit() else None
    return cell if number is None else number


def _rejected(error: Unreadable | BadRequestData, record: Record) -> Rejection:
    reason = error.reason if isinstance(error, Unreadable) else "bad value"
    return Rejection(reason, error.detail, msgspec.json.encode(record)[:65_536])


class _Attributes:
    """Makes attribute instances of a type, with the declared unit."""

    def __init__(self, kind: str, model: Model) -> None:
        self.type = expand_type(kind, model)
        self._model = model

    def name(self, term: str) -> str:
        return expand_name(term, self._model)

    def instance(self, term: str, value: Any, observed: str, unit: str = "") -> Instance:
        declared = self._model.attribute(self.type, self.name(term))
        instance: Instance = {"type": "Property", "value": value}
        if isinstance(value, int | float) and not isinstance(value, bool):
            target = (declared.unit or "") if declared else ""
            if unit:
                value, target = convert_as_told(value, unit, target, term)
            if declared and declared.kind == "integer" and isinstance(value, float) and value.is_integer():
                value = int(value)
            instance["value"] = value
            if target:
                instance["unitCode"] = target
        if observed:
            instance["observedAt"] = observed
        return instance


class _Rows:
    """A record is a thing: its fields are attributes."""

    def __init__(self, path: Path, shape: Shape, form: Form, model: Model, zone: str, sample: list[Record]) -> None:
        self._path, self._shape, self._form = path, shape, form
        self._make = _Attributes(form.type, model)
        self._key = compile_path(form.key)
        self._time = compile_path(form.time) if form.time else None
        self._read_time: Reader = time_reader("auto", form.pattern, zone)
        keys = [str(k) for r in sample if (k := self._key(r)) is not MISSING]
        # Ids such as 12 or P1 are unique in their file only.
        own = all(len(slug(k)) >= 8 and not slug(k).isdigit() for k in keys)
        self._prefix = f"urn:ngsi-ld:{form.type.rsplit('/', 1)[-1]}:" + ("" if own else f"{slug(path.stem)}-")

    def items(self) -> Iterator[Item]:
        for record in records(self._path, self._shape):
            if isinstance(record, Rejection):
                yield record
                continue
            try:
                yield self._update(record)
            except (Unreadable, BadRequestData) as error:
                yield _rejected(error, record)

    def _update(self, record: Record) -> Update:
        if record.get("type") == "city" and "active_support" in record:
            raise Unreadable(f"{record.get('name')} is the city itself, not a car park", reason="not a car park")
        key = self._key(record)
        if isinstance(key, float) and key.is_integer():
            key = int(key)
        if key is MISSING or key is None or not slug(str(key)):
            raise Unreadable("The record has no id and no name, so it cannot be told from others", reason="no id")
        observed = self._observed(record)
        attrs: dict[str, list[Instance]] = {}
        for field in self._form.fields:
            value = field.get(record)
            if value is MISSING or value is None or value in ("", " ", "---") or value in ([], {}):
                continue
            if field.numeric:
                number = to_number(value, self._shape.decimal)
                value = value if number is None else number
                if number is not None and number < 0 and field.attribute.endswith("SpotNumber"):
                    continue  # -1: not known
            if field.words:
                value = field.words.get(str(value), value)
                if value is None:
                    continue
            attrs[self._make.name(field.attribute)] = [
                self._make.instance(
                    field.attribute, value, observed if field.measured else "", self._unit(field.attribute)
                )
            ]
        place = place_of(record, self._shape.epsg, self._shape.decimal)
        if place is not None:
            attrs[self._make.name("location")] = [{"type": "GeoProperty", "value": place}]
        if address := _address(record):
            attrs[self._make.name("address")] = [{"type": "Property", "value": address}]
        entity = self._prefix + slug(str(key))
        return Update(
            op=Op.OBSERVE,
            id=entity,
            entity={"type": [self._make.type], "attrs": attrs},
            source=f"file:{self._path.name}",
        )

    def _unit(self, attribute: str) -> str:
        # German authorities publish levels in centimetres.
        return "CMT" if self._form.type == "WaterObserved" and attribute in ("height", "waterLevel") else ""

    def _observed(self, record: Record) -> str:
        told = self._time(record) if self._time else MISSING
        return "" if told in (MISSING, None, "") else self._read_time(told)


class _Series:
    """A row is a moment, a column a thing, a cell its figure."""

    def __init__(self, path: Path, shape: Shape, form: Form, model: Model, zone: str) -> None:
        self._path, self._shape, self._form = path, shape, form
        self._make = _Attributes(form.type, model)
        self._read_time: Reader = time_reader("auto", form.pattern, zone)

    def items(self) -> Iterator[Item]:
        (field,), introduced = self._form.fields, set[str]()
        name = self._make.name(field.attribute)
        for record in records(self._path, self._shape):
            if isinstance(record, Rejection):
                yield record
                continue
            try:
                told = field.get(record)
                if told is MISSING:
                    raise Unreadable("The row has no time", reason="bad time")
                observed = self._read_time(told)
            except Unreadable as error:
                yield _rejected(error, record)
                continue
            for column in self._form.series:
                if column not in record:
                    continue
                number = to_number(record[column], self._shape.decimal)
                if number is None:
                    detail = f"Column {column} at {told} is {record[column][:40]!r}, not a figure"
                    yield Rejection("not a number", detail, msgspec.json.encode({column: record[column]}))
                    continue
                attrs = {name: [self._make.instance(field.attribute, number, observed, self._form.unit)]}
                if column not in introduced:
                    introduced.add(column)
                    attrs |= self._introduction(column)
                yield Update(
                    op=Op.OBSERVE,
                    id=f"urn:ngsi-ld:{self._form.type.rsplit('/', 1)[-1]}:{slug(column)}",
                    entity={"type": [self._make.type], "attrs": attrs},
                    source=f"file:{self._path.name}",
                )

    def _introduction(self, column: str) -> dict[str, list[Instance]]:
        """Name, place and size of a column's thing: from the file meta-data.csv beside it, where there is one."""
        known = _beside(self._path.parent).get(column, {})
        attrs = {self._make.name("name"): [self._make.instance("name", known.get("place_name") or column, "")]}
        place = place_of(known, 4326) if known else None
        if place is not None:
            attrs[self._make.name("location")] = [{"type": "GeoProperty", "value": place}]
        total = to_number(known.get("num_all"))
        if total is not None:
            attrs[self._make.name("totalSpotNumber")] = [self._make.instance("totalSpotNumber", total, "")]
        return attrs


@lru_cache(maxsize=4)
def _beside(folder: Path) -> dict[str, Record]:
    path = folder / "meta-data.csv"
    if not path.is_file():
        return {}
    try:
        rows = [r for r in records(path, shape_of(path)) if not isinstance(r, Rejection)]
    except Unreadable:
        return {}
    return {str(r["place_id"]): r for r in rows if "place_id" in r}


_STREETS: Final = ("streetAndNumber", "street", "parkhaus_strasse", "strasse", "zufahrt", "address", "adresse")
_TOWNS: Final = ("city", "city_name", "parkhaus_gemeinde", "gemeinde", "ort")
_CODES: Final = ("zip", "zipCode", "parkhaus_plz", "plz", "postalCode")


def _address(record: Record) -> dict[str, str]:
    """The address as the Smart Data Models have it (schema.org PostalAddress)."""
    inner = record.get("address")
    source = inner if isinstance(inner, dict) else record
    found = {}
    for member, names in (("streetAddress", _STREETS), ("addressLocality", _TOWNS), ("postalCode", _CODES)):
        value = next((source[n] for n in names if isinstance(source.get(n), str) and source[n].strip()), "")
        if value:
            found[member] = " ".join(value.split())
    if "streetAddress" in found and isinstance(source.get("streetNumber"), str):
        found["streetAddress"] += f" {source['streetNumber']}"
    return found
