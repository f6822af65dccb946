"""One attribute's value: from its declaration, compiled, to a function from a reading to an NGSI-LD attribute."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

from rhinecloud.base import geo, units
from rhinecloud.base.declare import Attribute as Declared
from rhinecloud.base.errors import BadRequestData, Unreadable
from rhinecloud.base.model import Instance

from .instants import reader_of
from .mapping import Attribute
from .paths import MISSING, compile_path, describe, explain

Make = Callable[[Any, Any, str], Instance | None]
"""(reading, whole message, observedAt) → instance; None: nothing was read."""

_TRUE: Final = frozenset(("true", "1", "on", "yes", "ja", "an", "open", "y", "j", "t"))
_FALSE: Final = frozenset(("false", "0", "off", "no", "nein", "aus", "closed", "n", "f"))
_KINDS: Final = {
    "number": "number",
    "integer": "integer",
    "text": "text",
    "boolean": "boolean",
    "geo": "geo",
    "relation": "relation",
    "time": "text",
    "object": "json",
    "list": "json",
    "language": "json",
}


def compile_attribute(rule: Attribute, declared: Declared | None) -> Make:
    """
    Raises:
        BadRequestData: the rule cannot work: a path, unit, zone or kind in it is wrong.
    """
    kind = rule.kind or (_KINDS[declared.kind] if declared else "")
    pick = _picker(rule, kind)
    convert = _converter(rule, kind, declared)
    from_root = rule.time is not None and rule.time.path.startswith("$$")
    time_at = compile_path(rule.time.path) if rule.time else None
    read_time = reader_of(rule.time) if rule.time else None
    value_member = "object" if kind == "relation" else "value"
    shape = {"geo": "GeoProperty", "relation": "Relationship"}.get(kind, "Property")
    dataset, fixed = rule.dataset, rule.fixed

    def make(reading: Any, root: Any, observed: str) -> Instance | None:
        value = pick(reading, root)
        if value is MISSING:
            return None
        value, unit = convert(value, reading, root)
        instance: Instance = {"type": shape, value_member: value}
        if not kind and geo.is_geometry(value) and geo.valid(value):
            instance["type"] = "GeoProperty"
        if time_at is not None and read_time is not None:
            told = time_at(root if from_root else reading)
            observed = read_time(told) if told is not MISSING and told is not None else observed
        if observed and not fixed:
            instance["observedAt"] = observed
        if unit:
            instance["unitCode"] = unit
        if dataset:
            instance["datasetId"] = dataset
        return instance

    return make


def _picker(rule: Attribute, kind: str) -> Callable[[Any, Any], Any]:
    if rule.const is not None:
        const = rule.const
        return lambda reading, root: const
    if rule.lon or rule.lat:
        lon, lat = compile_path(rule.lon), compile_path(rule.lat)
        return lambda reading, root: _pair(lon(reading), lat(reading))
    if not rule.path:
        raise BadRequestData(f"Attribute {rule.name} has neither a path nor a constant; write e.g. path $.{rule.name}")
    get, empty, words, from_root = compile_path(rule.path), rule.empty, rule.words, rule.path.startswith("$$")
    if not (empty or words or rule.required or from_root):

        def simple(reading: Any, root: Any) -> Any:
            value = get(reading)
            return MISSING if value is None else value

        return simple

    def careful(reading: Any, root: Any) -> Any:
        value = get(root if from_root else reading)
        if value is None or value is MISSING or value in empty:
            if rule.required:
                found = explain(root if from_root else reading, rule.path)
                raise Unreadable(f"Attribute {rule.name} stands at {rule.path}, but {found}", reason="value missing")
            return MISSING
        if words:
            spoken = str(value).lower() if isinstance(value, bool) else str(value)
            return words.get(spoken, words.get("*", value))
        return value

    return careful


def _pair(lon: Any, lat: Any) -> Any:
    if lon in (None, MISSING, "") or lat in (None, MISSING, ""):
        return MISSING
    return [lon, lat]


def _converter(rule: Attribute, kind: str, declared: Declared | None) -> Callable[[Any, Any, Any], tuple[Any, str]]:
    name, where = rule.name, rule.path or rule.lon or "its constant"
    if kind in ("number", "integer") or (
        not kind and (rule.unit_in or rule.unit_path or rule.unit or rule.scale != 1 or rule.offset)
    ):
        return _number_converter(rule, kind, declared)
    if kind == "text":
        return lambda value, reading, root: (value if type(value) is str else _text(value), "")
    if kind == "boolean":
        return lambda value, reading, root: (_boolean(value, name, where), "")
    if kind == "geo":
        return lambda value, reading, root: (geometry(value, name), "")
    return lambda value, reading, root: (value, "")


def _number_converter(
    rule: Attribute, kind: str, declared: Declared | None
) -> Callable[[Any, Any, Any], tuple[Any, str]]:
    source, target = unit_code(rule.unit_in), unit_code(rule.unit) or (declared.unit or "" if declared else "")
    if source and not rule.unit and target:
        try:
            units.converter(source, target)
        except ValueError:
            target = source  # another quantity than declared: kept as it is, and flagged by quality
    scale, offset, name, whole = rule.scale, rule.offset, rule.name, kind == "integer"
    convert = _checked_converter(source, target, name) if source and target else None
    kept = target or source
    unit_at = compile_path(rule.unit_path) if rule.unit_path else None
    unit_from_root = rule.unit_path.startswith("$$")

    def number(value: Any, reading: Any, root: Any) -> tuple[Any, str]:
        if type(value) is not float and type(value) is not int:
            value = to_number(value, name)
        if scale != 1 or offset:
            value = round(value * scale + offset, 9)
        if unit_at is not None:
            told = unit_at(root if unit_from_root else reading)
            return convert_as_told(value, told, target, name) if isinstance(told, str) and told else (value, kept)
        if convert is not None:
            value = convert(value)
        if whole and type(value) is float and value.is_integer():
            value = int(value)
        return value, kept

    return number


def unit_code(name: str) -> str:
    """The code of a unit that a declaration names by code or symbol; "" for none.

    Raises:
        BadRequestData: not known.
    """
    if not name:
        return ""
    code = units.code_of(name)
    if code is None:
        raise BadRequestData(f"Unit {name[:40]!r} is not known; write a UN/CEFACT code such as MTR or CEL")
    return code


def _checked_converter(source: str, target: str, name: str) -> units.Converter | None:
    try:
        return units.converter(source, target)
    except ValueError as error:
        raise BadRequestData(f"Attribute {name}: {error}") from error


def convert_as_told(value: float, told: str, target: str, name: str) -> tuple[float, str]:
    """A figure in the unit that the payload names itself, in `target` where that is possible, else as it came."""
    code = units.code_of(told)
    if code is None:
        return value, told[:40]
    if not target:
        return value, code
    try:
        convert = units.converter(code, target)
    except ValueError:
        return value, code
    return (convert(value) if convert else value), target


def to_number(value: Any, name: str) -> float:
    """A number that came as text or as a truth value.

    Raises:
        Unreadable: reason "not a number".
    """
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int | float):
        return value
    if isinstance(value, str):
        try:
            number = float(value)
            if math.isfinite(number) and "_" not in value:
                return int(value) if value.strip().lstrip("+-").isdigit() and len(value) < 19 else number
        except ValueError:
            pass
    raise Unreadable(f"Attribute {name[:80]} is {describe(value)}, not a number", reason="not a number")


def _boolean(value: Any, name: str, where: str) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower() if isinstance(value, str | int | float) else ""
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise Unreadable(
        f"Attribute {name} at {where} is {describe(value)}, neither true nor false", reason="not true or false"
    )


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return describe(value) if isinstance(value, dict | list) else str(value)


def geometry(value: Any, name: str) -> geo.Geometry:
    """A place as GeoJSON, [lon, lat], {"lat": …, "lon": …}, "lat,lon" or well-known text.

    Raises:
        Unreadable: reason "not a place".
    """
    try:
        if geo.is_geometry(value):
            return geo.check(value)
        if isinstance(value, dict):
            lon = next((value[k] for k in ("lon", "lng", "longitude", "long", "x") if k in value), None)
            lat = next((value[k] for k in ("lat", "latitude", "y") if k in value), None)
            return geo.point(to_number(lon, name), to_number(lat, name))
        if isinstance(value, list) and len(value) in (2, 3):
            return geo.point(to_number(value[0], name), to_number(value[1], name))
        if isinstance(value, str) and value.count(",") == 1:
            lat, lon = value.split(",")
            return geo.point(to_number(lon, name), to_number(lat, name))
        if isinstance(value, str):
            return geo.from_wkt(value)
    except (BadRequestData, Unreadable) as error:
        raise Unreadable(f"Attribute {name[:80]}: {error.detail}", reason="not a place") from error
    raise Unreadable(f"Attribute {name[:80]} is {describe(value)}, not a place", reason="not a place")
