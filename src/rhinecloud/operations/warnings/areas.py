"""Areas of warnings: the standard's text of polygons and circles, and our geometry; both ways.

A polygon is read as `lat,lon` pairs apart by blanks, first and last the same; kept as (lon, lat). What is written has
few corners and never leaves anybody out: an area is simplified outward.
Source: OASIS CAP 1.2, 3.2.4 (polygon, circle), 3.3.1 (WGS 84).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from rhinecloud.base import geo
from rhinecloud.base.errors import BadRequestData, Unreadable

from .cap import Area, Circle, Message, Ring

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

MOST_POINTS: Final = 100
"""Corners of a polygon that we write."""
KM_PER_DEGREE: Final = 111.195
GRID: Final = 1e-5
"""Degrees to which what we write is exact, about a metre."""
EXCLUDE: Final = "EXCLUDE_POLYGON"
"""The geocode with which DWD writes a hole, since CAP has none."""
_PAIR: Final = re.compile(r"([-+]?\d+(?:\.\d*)?|[-+]?\.\d+),([-+]?\d+(?:\.\d*)?|[-+]?\.\d+)\Z")
Box = tuple[float, float, float, float]
"""(west, south, east, north)."""


def ring(text: str) -> Ring:
    """The polygon of a message. Raises: Unreadable: it is none; the detail says why."""
    pairs = text.split()
    if not pairs:
        raise Unreadable("A polygon is empty", reason="polygon")
    points = tuple(_position(pair) for pair in pairs)
    if len(points) < 4:
        raise Unreadable(f"A polygon has {len(points)} positions; it needs at least 4", reason="polygon")
    if points[0] != points[-1]:
        raise Unreadable(
            f"A polygon is open: it begins at {pairs[0][:40]} and ends at {pairs[-1][:40]}", reason="polygon"
        )
    if len(set(points)) < 3:
        raise Unreadable("A polygon has no surface: fewer than three different positions", reason="polygon")
    return points


def circle(text: str) -> Circle:
    """The circle of a message: `lat,lon radius`, in kilometres. Raises: Unreadable."""
    parts = text.split()
    try:
        if len(parts) != 2:
            raise ValueError
        radius = float(parts[1])
        if not math.isfinite(radius) or not 0 <= radius <= 20_040:
            raise ValueError
    except ValueError:
        raise Unreadable(
            f"A circle is {text.strip()[:60]!r}; it is lat,lon and a radius in km", reason="circle"
        ) from None
    lon, lat = _position(parts[0])
    return Circle(lon, lat, radius)


def _position(pair: str) -> tuple[float, float]:
    found = _PAIR.match(pair)
    if found is None:
        raise Unreadable(f"{pair[:40]!r} is no position; it is latitude,longitude", reason="position")
    lat, lon = float(found[1]), float(found[2])
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        hint = "; latitude and longitude are swapped" if -90 <= lon <= 90 and -180 <= lat <= 180 else ""
        raise Unreadable(f"The position {pair[:40]} is not on the Earth{hint}", reason="position")
    return lon, lat


# ── messages → geometry ──────────────────────────────────────────────────────────────────────────────────────────────


def shape_of(areas: Iterable[Area]) -> BaseGeometry:
    """All polygons and circles as one shape; rings that cross themselves are mended. Empty where there are none."""
    import shapely

    shapes, holes = [], []
    for area in areas:
        shapes += [shapely.Polygon(r) for r in area.polygons]
        shapes += [disc(c) for c in area.circles]
        for code in area.geocodes:
            if code.name == EXCLUDE:
                try:
                    holes.append(shapely.Polygon(ring(code.value)))
                except Unreadable:
                    continue
    whole = shapely.union_all([shapely.make_valid(s) for s in shapes])
    return whole.difference(shapely.union_all([shapely.make_valid(h) for h in holes])) if holes else whole


def disc(given: Circle) -> BaseGeometry:
    """A circle on the ground; never smaller than 50 m, so that a point is somewhere."""
    import shapely

    radius = max(given.radius_km, 0.05) / KM_PER_DEGREE
    wide = radius / max(math.cos(math.radians(given.lat)), 0.01)
    turn = (2 * math.pi * n / 32 for n in range(32))
    points = [
        (min(max(given.lon + wide * math.cos(a), -180), 180), min(max(given.lat + radius * math.sin(a), -90), 90))
        for a in turn
    ]
    return shapely.Polygon(points)


def geojson(shape: BaseGeometry, *, most: int = 2_000) -> dict[str, Any] | None:
    """A shape as a Polygon or MultiPolygon with not too many corners; None: it has no surface."""
    import shapely

    if shape.is_empty:
        return None
    parts = [p for p in shapely.get_parts(shape) if p.geom_type in ("Polygon", "MultiPolygon")]
    flat = [q for p in parts for q in shapely.get_parts(p)]
    whole = shapely.union_all(flat)
    tolerance = 0.0005
    while shapely.get_num_coordinates(whole) > most and tolerance < 1:
        whole = whole.simplify(tolerance)
        tolerance *= 2
    if whole.is_empty or not whole.area:
        return None
    made: dict[str, Any] = shapely.geometry.mapping(shapely.set_precision(whole, 1e-6))
    return {"type": made["type"], "coordinates": _lists(made["coordinates"])}


def _lists(value: Any) -> Any:
    return [_lists(v) for v in value] if isinstance(value, tuple | list) else value


# ── geometry → messages ──────────────────────────────────────────────────────────────────────────────────────────────


def surface(geometry: Mapping[str, Any]) -> BaseGeometry:
    """What somebody drew, as a valid surface.

    Raises:
        BadRequestData: no polygon, or one that cannot be mended without guessing.
    """
    import shapely

    found = geo.check(dict(geometry))
    if found["type"] not in ("Polygon", "MultiPolygon"):
        raise BadRequestData(f"An area is a polygon, not a {found['type']}")
    shape = shapely.geometry.shape(found)
    if not shape.is_valid:
        raise BadRequestData(f"The area's outline crosses itself: {shapely.is_valid_reason(shape)}")
    if shape.is_empty or not shape.area:
        raise BadRequestData("The area has no surface")
    return shape


def rings(shape: BaseGeometry, most: int = MOST_POINTS) -> tuple[Ring, ...]:
    """Polygons to be written: without holes, each of at most `most` corners, together covering all of `shape`.

    A hole cannot be written, so whoever lives in one is warned too. Polygons of several parts may overlap.
    """
    import shapely

    filled = shapely.union_all([shapely.Polygon(p.exterior) for p in shapely.get_parts(shape)])
    return tuple(_written(_outward(part, most)) for part in shapely.get_parts(filled))


def _outward(part: Any, most: int) -> Any:
    """A polygon that covers `part` with few corners, on the grid on which it is written."""
    import shapely

    step = 2e-5
    while step < 0.05:
        wide = part.buffer(step, join_style="mitre", mitre_limit=2).simplify(step / 2)
        found = shapely.set_precision(shapely.Polygon(wide.exterior), GRID) if wide.geom_type == "Polygon" else wide
        if found.geom_type == "Polygon" and found.covers(part):
            found = shapely.Polygon(found.exterior)
            if found.is_valid and len(found.exterior.coords) <= most:
                return found
        step *= 1.5
    hull = shapely.set_precision(part.convex_hull.buffer(5 * GRID, join_style="mitre"), GRID)
    west, south, east, north = part.bounds
    return (
        hull if len(hull.exterior.coords) <= most else shapely.box(west - GRID, south - GRID, east + GRID, north + GRID)
    )


def _written(part: Any) -> Ring:
    points = [(round(x, 5), round(y, 5)) for x, y in part.exterior.coords]
    kept = [p for n, p in enumerate(points) if n == 0 or p != points[n - 1]]
    if kept[0] != kept[-1]:
        kept.append(kept[0])
    return tuple(kept)


def text_of(points: Sequence[tuple[float, float]]) -> str:
    """A polygon as it is written in a message."""
    return " ".join(f"{lat:.5f},{lon:.5f}" for lon, lat in points)


def joined(geometries: Iterable[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Several areas as one; None: there are none.

    Raises:
        BadRequestData: one is no surface.
    """
    import shapely

    shapes = []
    for geometry in geometries:
        found = geo.check(dict(geometry))
        parts = found["coordinates"] if found["type"] == "MultiPolygon" else [found["coordinates"]]
        shapes += [surface({"type": "Polygon", "coordinates": part}) for part in parts]
    return geojson(shapely.union_all(shapes)) if shapes else None


def outline(message: Message) -> dict[str, Any] | None:
    """Where a message counts, as GeoJSON; None: it draws nothing."""
    return geojson(shape_of(message.areas()), most=500)


def swapped(shape: BaseGeometry, box: Box) -> bool:
    """Whether latitude and longitude were surely mixed up: as written it lies far away, turned round it lies here."""
    import shapely

    near = shapely.box(box[0] - 1, box[1] - 1, box[2] + 1, box[3] + 1)
    if shape.is_empty or shape.intersects(near):
        return False
    turned = shapely.transform(shape, lambda xy: xy[:, ::-1])
    return bool(turned.intersects(shapely.box(*box)))
