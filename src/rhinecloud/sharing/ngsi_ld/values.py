"""What a value may be: URIs, instants, scopes, geometries, language maps. Each check is a clear refusal.

Source: ETSI GS CIM 009, 4.5 to 4.8, 4.18.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final

import msgspec

from rhinecloud.base.clock import parse_us
from rhinecloud.base.errors import BadRequestData
from rhinecloud.base.model import NULL

LONGEST_URI: Final = 2048
DEEPEST: Final = 64  # levels of arrays and objects in a value

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[^\s<>\"{}|\\^`\x00-\x20\x7f]+\Z")
# Printable by Unicode's book, invisible on a screen: fillers, a blank Braille cell, variation selectors.
_INVISIBLE = re.compile("[\u115f\u1160\u3164\uffa0\u2800\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d{1,6})?Z\Z")
_SCOPE = re.compile(r"/?[^\W\d_]\w*(?:/[^\W\d_]\w*)*\Z")
_LANGUAGE = re.compile(r"(?:@none|[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)\Z")

GEOMETRIES: Final = frozenset(["Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon"])
_NULLS: Final = ([NULL], {"@none": NULL})
_INT_MIN, _INT_MAX = -(2**63), 2**63 - 1


def is_uri(text: Any) -> bool:
    return (
        type(text) is str
        and len(text) <= LONGEST_URI
        and _URI.match(text) is not None
        and (text.isascii() or (text.isprintable() and not _INVISIBLE.search(text)))
    )


def uri(text: Any, what: str) -> str:
    """`text`, if it is a URI (RFC 3986, with the further letters of RFC 3987)."""
    if is_uri(text) and text != NULL:
        return text  # type: ignore[no-any-return]
    raise BadRequestData(f"{what} is not a URI: {_short(text)}")


@lru_cache(maxsize=8192)
def _instant(text: str) -> str:
    if not _INSTANT.match(text):
        raise ValueError
    parse_us(text)  # refuses the 30th of February
    return text.replace(",", ".")


def instant(text: Any, what: str) -> str:
    """`text`, if it is a UTC date and time as 4.6.3 has it."""
    if type(text) is str:
        try:
            return _instant(text)
        except ValueError:
            pass
    raise BadRequestData(f"{what} is not a date and time in UTC such as 2026-11-22T10:00:00Z: {_short(text)}")


def scopes(given: Any) -> list[str]:
    """One scope or several (4.18), as a list."""
    items = given if isinstance(given, list) else [given]
    for item in items:
        if type(item) is not str or not _SCOPE.match(item):
            raise BadRequestData(f"scope is not a scope such as /Duisburg/Ruhrort: {_short(item)}")
    if not items:
        raise BadRequestData("scope is empty")
    return list(dict.fromkeys(items))


def plain(value: Any, what: str, depth: int = 0, *, null: bool = False) -> Any:
    """A JSON value that can be kept: not null, numbers that others can read, not absurdly deep.

    Args:
        null: NGSI-LD Null may stand in it.
    """
    kind = type(value)
    if kind is float or kind is bool:
        return value
    if kind is str:
        if value == NULL and not null:
            raise BadRequestData(f"{what} holds an NGSI-LD Null, which only stands in fragments that are merged")
        return value
    if kind is int:
        return value if _INT_MIN <= value <= _INT_MAX else _as_float(value, what)
    if value is None:
        if depth:
            return None
        raise BadRequestData(f"{what} is null; NGSI-LD has no null")
    if depth >= DEEPEST:
        raise BadRequestData(f"{what} is nested more than {DEEPEST} levels deep")
    if kind is list:
        for item in value:
            plain(item, what, depth + 1, null=null)
    else:
        for item in value.values():
            plain(item, what, depth + 1, null=null)
    return value


def _as_float(value: int, what: str) -> float:
    try:
        return float(value)
    except OverflowError as error:
        raise BadRequestData(f"{what} is a number too large to be kept") from error


def looks_like_geometry(value: Any) -> bool:
    return (
        type(value) is dict
        and "coordinates" in value
        and type(value.get("type")) is str
        and value["type"] in GEOMETRIES
    )


def decoded(text: str) -> Any:
    """A geometry that came as a text of JSON (4.7.2); the text itself where it is none."""
    try:
        return msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return text


def geometry(value: Any, what: str) -> dict[str, Any]:
    """A GeoJSON geometry (RFC 7946), without GeometryCollection (4.6.3, 4.7)."""
    if type(value) is not dict or type(value.get("type")) is not str or value["type"] not in GEOMETRIES:
        raise BadRequestData(f"{what} is not a GeoJSON geometry: {_short(value)}")
    if not _SHAPES[value["type"]](value.get("coordinates")):
        raise BadRequestData(f"{what} has coordinates that are no {value['type']}: {_short(value.get('coordinates'))}")
    return value


def _position(given: Any) -> bool:
    if type(given) is not list or not 2 <= len(given) <= 4:
        return False
    for number in given:
        if type(number) is not float and (type(number) is not int or not _INT_MIN <= number <= _INT_MAX):
            return False
    return True


def _positions(given: Any, least: int = 1) -> bool:
    return type(given) is list and len(given) >= least and all(map(_position, given))


def _ring(given: Any) -> bool:
    return _positions(given, 4) and given[0] == given[-1]


def _many(check: Any, given: Any) -> bool:
    return type(given) is list and bool(given) and all(map(check, given))


def _line(given: Any) -> bool:
    return _positions(given, 2)


def _polygon(given: Any) -> bool:
    return _many(_ring, given)


_SHAPES: Final[dict[str, Any]] = {
    "Point": _position,
    "MultiPoint": _positions,
    "LineString": _line,
    "MultiLineString": lambda given: _many(_line, given),
    "Polygon": _polygon,
    "MultiPolygon": lambda given: _many(_polygon, given),
}


def language_map(value: Any, what: str) -> dict[str, Any]:
    """Language tag → text or texts (4.6.5)."""
    if type(value) is not dict or not value:
        raise BadRequestData(f"{what} is not an object of languages and texts: {_short(value)}")
    for tag, text in value.items():
        if not _LANGUAGE.match(tag):
            raise BadRequestData(f"{what} has a key that is no language tag: {_short(tag)}")
        texts = text if type(text) is list and text else [text]
        if any(type(item) is not str for item in texts):
            raise BadRequestData(f"{what} has a text that is none: {_short(text)}")
    return value


def is_null(value: Any) -> bool:
    """An NGSI-LD Null in any of its forms (4.5.0)."""
    kind = type(value)
    return value == NULL if kind is str else kind in (list, dict) and len(value) == 1 and value in _NULLS


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "…"
