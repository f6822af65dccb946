"""Geometry as we carry it: GeoJSON dicts, (lon, lat) in WGS 84; checks, distance, and other systems brought into it.

Source: RFC 7946; ETSI GS CIM 009, 4.7 (GeoProperty values are GeoJSON geometries).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

from .errors import BadRequestData

Geometry = dict[str, Any]

EARTH_RADIUS_M: Final = 6_371_008.8  # mean radius, IUGG
# How deep the lists of "coordinates" are nested, by geometry type.
DEPTH: Final = {"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}


def point(lon: float, lat: float) -> Geometry:
    """A GeoJSON point.

    Raises:
        BadRequestData: not on the Earth; most often lon and lat are swapped.
    """
    _check_position([lon, lat])
    return {"type": "Point", "coordinates": [lon, lat]}


def is_geometry(value: object) -> bool:
    """Whether `value` looks like a GeoJSON geometry (it may still be a wrong one, see `check`)."""
    if not isinstance(value, dict) or not isinstance(kind := value.get("type"), str):
        return False
    member = "geometries" if kind == "GeometryCollection" else "coordinates" if kind in DEPTH else ""
    return isinstance(value.get(member), list)


def check(geometry: object) -> Geometry:
    """The geometry itself, once it is shown to be one.

    Raises:
        BadRequestData: no GeoJSON geometry; the message says what is wrong where.
    """
    if not isinstance(geometry, dict):
        raise BadRequestData(f"A geometry is a JSON object with type and coordinates, not {type(geometry).__name__}")
    kind = geometry.get("type")
    if kind == "GeometryCollection":
        for member in geometry.get("geometries") or ():
            check(member)
        return geometry
    if not isinstance(kind, str) or kind not in DEPTH:
        raise BadRequestData(f"Geometry type {str(kind)[:40]!r} does not exist; there are {', '.join(DEPTH)}")
    _check_nested(geometry.get("coordinates"), DEPTH[kind], kind)
    return geometry


def valid(geometry: object) -> bool:
    """Whether `check` would take it."""
    try:
        check(geometry)
    except BadRequestData:
        return False
    return True


def _check_nested(coordinates: Any, depth: int, kind: str) -> None:
    if not isinstance(coordinates, list) or not coordinates:
        raise BadRequestData(f"The coordinates of a {kind} are missing or empty")
    if depth == 0:
        _check_position(coordinates)
        return
    for member in coordinates:
        _check_nested(member, depth - 1, kind)
    if (
        kind in ("Polygon", "MultiPolygon")
        and depth == 1
        and (len(coordinates) < 4 or coordinates[0] != coordinates[-1])
    ):
        raise BadRequestData("A polygon's ring has at least four positions and ends where it begins")
    if kind in ("LineString", "MultiLineString") and depth == 1 and len(coordinates) < 2:
        raise BadRequestData("A line has at least two positions")


def _check_position(position: list[Any]) -> None:
    if not 2 <= len(position) <= 3 or not all(isinstance(x, int | float) and not isinstance(x, bool) for x in position):
        raise BadRequestData(f"A position is [longitude, latitude], not {str(position)[:60]}")
    lon, lat = position[:2]
    # Comparing also tells of NaN, infinity and of integers that are too long for a float.
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise BadRequestData(f"[{lon}, {lat}] is not a longitude (-180 to 180) and a latitude (-90 to 90)")


def positions(geometry: Geometry) -> Iterator[tuple[float, float]]:
    """Every (lon, lat) of a geometry."""
    stack: list[Any] = [geometry.get("coordinates"), *(geometry.get("geometries") or ())]
    while stack:
        top = stack.pop()
        if isinstance(top, dict):
            stack += [top.get("coordinates"), *(top.get("geometries") or ())]
        elif isinstance(top, list) and top and not isinstance(top[0], list):
            yield top[0], top[1]
        elif isinstance(top, list):
            stack += top


def bbox(geometry: Geometry) -> tuple[float, float, float, float] | None:
    """(west, south, east, north) in degrees; None for a geometry without positions."""
    found = list(positions(geometry))
    if not found:
        return None
    lons, lats = [p[0] for p in found], [p[1] for p in found]
    return min(lons), min(lats), max(lons), max(lats)


def distance_m(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Great-circle distance in metres between two (lon, lat) in degrees, on a sphere: within 0.5 % of the ellipsoid."""
    lon1, lat1, lon2, lat2 = map(math.radians, (*a, *b))
    h = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(h)))


_WKT_POINT = re.compile(
    r"\s*(?:SRID=(\d+);)?\s*POINT\s*(?:Z\s*)?\(\s*(\S+)\s+(\S+)(?:\s+\S+)?\s*\)\s*\Z", re.IGNORECASE
)


def from_wkt(text: str) -> Geometry:
    """The geometry that well-known text names; points without any library, the rest through shapely.

    Raises:
        BadRequestData: not well-known text.
    """
    if match := _WKT_POINT.match(text):
        try:
            return point(float(match[2]), float(match[3]))
        except ValueError as error:
            raise BadRequestData(f"{text[:60]!r} is not well-known text: {error}") from error
    import shapely

    try:
        return check(_lists(shapely.geometry.mapping(shapely.from_wkt(text))))
    except (shapely.errors.ShapelyError, ValueError, TypeError, AttributeError) as error:
        raise BadRequestData(f"{text[:60]!r} is not well-known text") from error


def _lists(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _lists(v) for k, v in value.items()}
    return [_lists(v) for v in value] if isinstance(value, tuple | list) else value


def to_wgs84(x: float, y: float, epsg: int) -> tuple[float, float]:
    """(lon, lat) of a position in another system, e.g. 25832 (ETRS89, UTM 32N: what German authorities publish).

    Raises:
        BadRequestData: the system does not exist, or the position is outside it.
    """
    lon, lat = _transform(epsg)(x, y)
    if not (math.isfinite(lon) and math.isfinite(lat)):
        raise BadRequestData(f"({x}, {y}) lies outside EPSG:{epsg}")
    return round(lon, 7), round(lat, 7)


@lru_cache(maxsize=16)
def _transform(epsg: int) -> Any:
    import pyproj

    try:
        return pyproj.Transformer.from_crs(epsg, 4326, always_xy=True).transform
    except pyproj.exceptions.CRSError as error:
        raise BadRequestData(f"EPSG:{epsg} is not a coordinate system that we know") from error
