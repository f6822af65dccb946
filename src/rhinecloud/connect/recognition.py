"""What the fields of an unknown file mean: by the names that authorities and operators use, German and English.

A proposal with an explanation, never a secret: who imports sees which column became which attribute, and can say
otherwise
with a mapping.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from rhinecloud.base import geo
from rhinecloud.base.declare import Model
from rhinecloud.base.errors import Unreadable

from .field_names import KEYS, NAMES, PARKING, PATTERNS, SOUGHT, STATUS, TIMES, WATER, Sought, names_of
from .instants import from_number, from_text, time_reader
from .paths import MISSING, Get, compile_path
from .records import LOCATED, Record, plain_name, to_number

Paths = dict[str, tuple[int, str]]
"""Plain name of a field → (depth, path)."""


class Field(NamedTuple):
    """One attribute that a record gives."""

    attribute: str  # term
    path: str
    get: Get
    measured: bool  # has the record's time
    numeric: bool
    words: dict[str, Any]


class Form(NamedTuple):
    """How the records of a file are understood."""

    type: str  # term of the entity type
    fields: tuple[Field, ...]
    key: str  # path of what tells one record from another
    time: str  # path of the time of measurement; "": there is none
    pattern: str  # strptime pattern of it, where it is not ISO
    series: tuple[str, ...]  # wide series: the columns that are one thing each
    unit: str  # of a series' figures
    explanation: tuple[str, ...]


def recognise(
    name: str, sample: Sequence[Record], columns: Sequence[str], model: Model, *, kind: str = "", decimal: str = "."
) -> Form:
    """
    Args:
        name: the file's name and folders, in which people write what it is.
        sample: the first records.
        columns: of a table, in order; else empty.
        kind: the entity type, where the person has said it.
    Raises:
        Unreadable: it cannot be told what this is; the message says what to give.
    """
    if columns and (series := _series(name, sample, columns, model, kind, decimal)):
        return series
    paths = _paths(sample, columns)
    kind = kind or _kind(name, paths, sample)
    if not kind:
        raise Unreadable(
            f"It cannot be told what the records of {name.rsplit('/', 1)[-1]} are (they have"
            f" {', '.join(list(paths)[:8])[:160]}); say the entity type, or give a mapping",
            reason="unknown type",
        )
    table = SOUGHT.get(kind, ())
    fields, used = _fields(kind, paths, table, sample, model)
    key = _first(paths, KEYS) or _first(paths, NAMES)
    if not key:
        raise Unreadable(
            f"No field of {name.rsplit('/', 1)[-1]} tells one record from another; give a mapping", reason="no id"
        )
    time, pattern = _time_field(paths, sample)
    for path in (key, time):
        used.add(path)
    rest = _rest(sample, used)
    taken = {field.attribute for field in fields}
    for name_of_field in rest:
        at, term = f"$['{name_of_field}']", _attribute_name(name_of_field)
        fields.append(Field(f"record_{term}" if term in taken else term, at, compile_path(at), False, False, {}))
    said = [f"records are {kind}, told apart by {_shown(key)}"]
    said += [f"{f.attribute} ← {_shown(f.path)}" for f in fields if f.path not in {f"$['{k}']" for k in rest}]
    if time:
        said.append(f"measured at {_shown(time)}" + (f", written as {pattern}" if pattern else ""))
    if rest:
        said.append(f"kept under their own names: {', '.join(rest[:20])}")
    return Form(kind, tuple(fields), key, time, pattern, (), "", tuple(said))


Found = list[tuple[int, str, str]]
"""(depth, plain name, path)."""


def _paths(sample: Sequence[Record], columns: Sequence[str]) -> Paths:
    """Plain names of all fields, nested ones too, with their paths; the shallow ones first."""
    found: Found = [(1, plain_name(c), f"$['{c}']") for c in columns if c and "'" not in c]
    for record in sample if not columns else ():
        _walk(record, "$", "", 0, found)
    paths: Paths = {}
    for depth, leaf, path in sorted(found, key=lambda f: f[0]):
        paths.setdefault(leaf, (depth, path))
    return paths


def _walk(value: Any, path: str, name: str, depth: int, found: Found) -> None:
    """Notes the path of every plain value; of a list of objects those of the first, chosen by its context or type."""
    if geo.is_geometry(value) or depth > 4 or value is None:
        return
    if isinstance(value, list):
        if value and isinstance(value[0], dict):
            selector = next((k for k in ("context", "type") if isinstance(value[0].get(k), str)), "")
            chosen = value[0][selector] if selector else "'"
            inner = "[0]" if set(chosen) & set("'\"]") else f"[{selector}='{chosen}']"
            _walk({k: v for k, v in value[0].items() if k != selector}, path + inner, "", depth, found)
        return
    if not isinstance(value, dict):
        found.append((depth, plain_name(path.rsplit("['", 1)[-1]), path))
        if name and depth > 1:
            found.append((depth + 10, name, path))  # the whole way: latest_waterlevel.Wert
        return
    for member, inner_value in value.items():
        if isinstance(member, str) and "'" not in member:
            _walk(inner_value, f"{path}['{member}']", name + plain_name(member), depth + 1, found)


def _first(paths: Paths, names: Iterable[str]) -> str:
    """The path of the shallowest field with one of these names; of equals the first named."""
    hits = [paths[name] for name in names if name in paths]
    return min(hits, key=lambda hit: hit[0])[1] if hits else ""


def _kind(name: str, paths: Paths, sample: Sequence[Record]) -> str:
    told = name.lower()
    counts = _first(paths, names_of(PARKING, "totalSpotNumber")) or _first(
        paths, names_of(PARKING, "availableSpotNumber")
    )
    states = [record["status"] for record in sample if record.get("status") is not None]
    if states and all(state in (0, 1) for state in states) and not counts:
        return "ParkingSpot"
    if "park" in told or "garage" in told or any("park" in field for field in paths):
        return "OffStreetParking"
    if _is_water(told) or _first(paths, ("wasserstand", "waterlevel", "pegelnummer")):
        return "WaterObserved"
    return "OffStreetParking" if counts and _first(paths, names_of(PARKING, "availableSpotNumber")) else ""


def _is_water(told: str) -> bool:
    return any(word in told for word in ("pegel", "gauge", "wasserstand", "waterlevel", "water-level", "/water/"))


def _fields(
    kind: str,
    paths: Paths,
    table: tuple[Sought, ...],
    sample: Sequence[Record],
    model: Model,
) -> tuple[list[Field], set[str]]:
    fields, used = list[Field](), set[str]()
    if at := _first(paths, NAMES):
        fields.append(Field("name", at, compile_path(at), False, False, {}))
        used.add(at)
    # Where a trend stands beside, "capacity" is what moves: the places that are free now (so Cologne has it).
    moving = "tendenz" in paths and "kapazitaet" in paths
    for attribute, names, measured, numeric in table:
        at = _first(paths, names)
        if moving and attribute in ("availableSpotNumber", "totalSpotNumber"):
            at = paths["kapazitaet"][1] if attribute == "availableSpotNumber" else ""
        if not at or at in used:
            continue
        words: dict[str, Any] = STATUS if attribute == "status" else {}
        if attribute == "status" and kind == "ParkingSpot":
            words = {"0": "free", "1": "occupied"}
        fields.append(Field(_level(attribute, model), at, compile_path(at), measured, numeric, words))
        used.add(at)
    return fields, used


def _level(attribute: str, model: Model) -> str:
    """Levels go to the attribute that stands for a gauge in the model."""
    if attribute != "level":
        return attribute
    kind = model.types.get(model.terms.get("WaterObserved", ""))
    return kind.main if kind and kind.main else "waterLevel"


def _rest(sample: Sequence[Record], used: set[str]) -> list[str]:
    """Top-level fields that nothing was made of."""
    names: dict[str, None] = {}
    for record in sample[:200]:
        for name, value in record.items():
            if (
                value is not None
                and name
                and isinstance(name, str)
                and plain_name(name) not in LOCATED
                and "'" not in name
            ):
                names[name] = None
    taken = {match[1] for path in used if (match := re.match(r"\$\['([^']*)'\]", path))}
    return [name for name in names if name not in taken][:200]


def _attribute_name(field: str) -> str:
    """A field's name as a term: freie_plaetze → freiePlaetze."""
    ascii_name = "".join(
        c if c.isalnum() else " " for c in field.replace("ä", "ae").replace("ö", "oe").replace("ü", "ue")
    )
    words = ascii_name.encode("ascii", "ignore").decode().split()
    if not words:
        return "recordField"
    term = words[0][:1].lower() + words[0][1:] + "".join(w[:1].upper() + w[1:] for w in words[1:])
    term = term.lower() if words[0].isupper() and len(words) == 1 else term
    return f"record{term[:1].upper()}{term[1:]}" if term[0].isdigit() or term in ("id", "type", "scope") else term


def _time_field(paths: Paths, sample: Sequence[Record]) -> tuple[str, str]:
    for name in TIMES:
        if name in paths:
            get = compile_path(paths[name][1])
            values = [v for record in sample[:200] if (v := get(record)) is not MISSING and v not in (None, "")]
            pattern = time_pattern(values)
            if pattern is not None:
                return paths[name][1], pattern
    return "", ""


def time_pattern(values: Sequence[Any]) -> str | None:
    """The strptime pattern of these times, "" where they are ISO or numbers; None: they are no times."""
    if not values:
        return None
    for pattern in ("", *PATTERNS):
        read = time_reader("auto", pattern, "Europe/Berlin")
        good = 0
        for value in values[:50]:
            try:
                text = from_number(value) if not pattern and isinstance(value, int | float) else read(value)
            except Unreadable:
                continue
            good += "1990" < text < "2100"
        if good >= 0.8 * len(values[:50]):
            return pattern
    return None


def _series(
    name: str, sample: Sequence[Record], columns: Sequence[str], model: Model, kind: str, decimal: str
) -> Form | None:
    """A wide series: a column of times, and one column of figures for each thing."""
    first, things = columns[0], [c for c in columns[1:] if c]
    pattern = time_pattern([r[first] for r in sample if first in r]) if plain_name(first) in TIMES else None
    if pattern is None or not things:
        return None
    cells = [(c, r[c]) for r in sample for c in things if c in r]
    figures = [n for _, cell in cells if (n := to_number(cell, decimal)) is not None]
    known = set(NAMES) | set(KEYS) | {n for sought in (*PARKING, *WATER) for n in sought.names}
    if len(figures) < 0.9 * len(cells) or sum(plain_name(c) in known for c in things) * 2 > len(things):
        return None
    told = f"{name} {' '.join(things[:50])}".lower()
    kind = kind or ("OffStreetParking" if "park" in told else "WaterObserved" if _is_water(told) else "")
    if not kind:
        raise Unreadable(
            f"{name.rsplit('/', 1)[-1]} is a series of {len(things)} columns, but of what it cannot"
            " be told; say the entity type",
            reason="unknown type",
        )
    declared = model.types.get(model.terms.get(kind, ""))
    attribute = {"OffStreetParking": "availableSpotNumber", "WaterObserved": _level("level", model)}.get(kind, "")
    attribute = attribute or (declared.main if declared else "") or "value"
    unit = ""
    if kind == "WaterObserved":
        unit = "CMT" if sorted(figures)[len(figures) // 2] > 20 else "MTR"
    said = [f"a series: a row is a moment ({first}), a column a {kind}; its figures are {attribute}"]
    if unit:
        said.append(f"figures are taken as {'centimetres' if unit == 'CMT' else 'metres'}")
    if pattern:
        said.append(f"times are written as {pattern}")
    at = compile_path(f"$['{first}']") if "'" not in first else compile_path("$")
    field = Field(attribute, "", at, True, True, {})
    return Form(kind, (field,), "", f"$['{first}']", pattern, tuple(things), unit, tuple(said))


def _shown(path: str) -> str:
    return path.replace("$['", "").replace("']['", ".").replace("']", "").replace("['", ".")


def read_moment(value: Any, pattern: str, zone: str) -> str:
    """A record's time as RFC 3339."""
    if not pattern and isinstance(value, str) and value[-1:] == "Z":
        return from_text(value)
    return time_reader("auto", pattern, zone)(value)
