"""The geo-query language: how the geometry of an entity lies to another.

Topology is shapely's, on longitude and latitude as a plane; distances are metres on the sphere, to the nearest point.
Source: ETSI GS CIM 009 V1.9.1, 4.10.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any, Final

import msgspec

from rhinecloud.base import geo
from rhinecloud.base.declare import CORE_TERMS
from rhinecloud.base.errors import BadRequestData, TooComplexQuery
from rhinecloud.base.model import Entity

RELATIONS: Final = ("near", "within", "contains", "intersects", "equals", "disjoint", "overlaps")
MOST_POSITIONS: Final = 10_000
_NEAR: Final = re.compile(r"near;(maxDistance|minDistance)==(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\Z")
_METRES_A_DEGREE: Final = math.pi * geo.EARTH_RADIUS_M / 180

Box = tuple[float, float, float, float]


class GeoQuery(msgspec.Struct, frozen=True):
    """A relation to a GeoJSON geometry; with "near", one of the distances in metres is given."""

    relation: str
    geometry: dict[str, Any]
    max_m: float | None = None
    min_m: float | None = None
    attr: str = CORE_TERMS["location"]  # the GeoProperty, expanded

    def box(self) -> Box | None:
        """(west, south, east, north) that a matching geometry touches; None: it may lie anywhere."""
        if self.relation == "disjoint" or (self.relation == "near" and self.max_m is None):
            return None
        found = geo.bbox(self.geometry)
        if found is None or self.max_m is None:
            return found
        west, south, east, north = found
        up = self.max_m / _METRES_A_DEGREE * 1.001
        flat = min(math.cos(math.radians(south - up)), math.cos(math.radians(north + up)))
        if flat <= 0.001 or up / flat >= 180 or abs(south - up) >= 90 or abs(north + up) >= 90:
            return (-180.0, south - up, 180.0, north + up)
        aside = up / flat
        # Beyond the date line there is no telling west from east in a plane: all around, then.
        if west - aside < -180 or east + aside > 180:
            return (-180.0, south - up, 180.0, north + up)
        return west - aside, south - up, east + aside, north + up

    def matcher(self) -> Callable[[Entity], bool]:
        """A function that says whether an entity's geometry lies so; without the GeoProperty it does not."""
        test = _near(self) if self.relation == "near" else _topological(self)
        attr = self.attr

        def matches(entity: Entity) -> bool:
            for instance in entity["attrs"].get(attr, ()):
                value = instance.get("value")
                if geo.is_geometry(value) and test(value):
                    return True
            return False

        return matches


def parse(georel: str, geometry: str, coordinates: Any, attr: str = "") -> GeoQuery:
    """The geo-query of the parameters georel, geometry (type), coordinates (JSON text, or a list) and geoproperty.

    Raises:
        BadRequestData: one of them is not of the grammar.
    """
    relation, distances = georel, {}
    if georel.startswith("near"):
        match = _NEAR.match(georel.replace(" ", ""))
        if not match or not 0 < float(match[2]) < math.inf:
            raise BadRequestData("georel: near needs one distance in metres, such as near;maxDistance==2000")
        relation = "near"
        distances = {"max_m" if match[1] == "maxDistance" else "min_m": float(match[2])}
    elif georel not in RELATIONS:
        raise BadRequestData(f"georel: {georel[:40]!r} does not exist; there are {', '.join(RELATIONS)}")
    if isinstance(coordinates, str):
        try:
            coordinates = msgspec.json.decode(coordinates.encode())
        except (msgspec.DecodeError, UnicodeEncodeError) as error:
            raise BadRequestData(f"coordinates: {coordinates[:60]!r} is not a JSON array") from error
    shape = geo.check({"type": geometry, "coordinates": coordinates})
    if sum(1 for _ in geo.positions(shape)) > MOST_POSITIONS:
        raise TooComplexQuery(f"A geo-query may have {MOST_POSITIONS} positions")
    return GeoQuery(relation, shape, attr=attr or CORE_TERMS["location"], **distances)


def _topological(query: GeoQuery) -> Callable[[Any], bool]:
    import shapely
    from shapely.geometry import shape

    reference = shape(query.geometry)
    shapely.prepare(reference)
    # within: the entity lies in the reference; contains: the reference lies in the entity.
    asked: dict[str, Callable[[Any], bool]] = {
        "within": lambda own: bool(reference.contains(own) if own.geom_type == "Point" else own.within(reference)),
        "contains": lambda own: bool(own.contains(reference)),
        "intersects": lambda own: bool(reference.intersects(own)),
        "disjoint": lambda own: bool(reference.disjoint(own)),
        "overlaps": lambda own: bool(own.overlaps(reference)),
        "equals": lambda own: bool(own.equals(reference)),
    }
    test = asked[query.relation]

    def matches(value: Any) -> bool:
        try:
            return test(shape(value))
        except (shapely.errors.ShapelyError, ValueError, TypeError, IndexError):
            return False  # a geometry that is none lies nowhere

    return matches


def _near(query: GeoQuery) -> Callable[[Any], bool]:
    distance = distance_to(query.geometry)
    nearest, farthest = query.min_m, query.max_m

    def matches(value: Any) -> bool:
        metres = distance(value)
        if metres is None:
            return False
        return (farthest is None or metres <= farthest) and (nearest is None or metres >= nearest)

    return matches


def distance_to(reference: dict[str, Any]) -> Callable[[Any], float | None]:
    """A function from a geometry to its distance from `reference` in metres; None: it is no geometry."""
    if reference["type"] == "Point":
        origin: tuple[float, float] = (reference["coordinates"][0], reference["coordinates"][1])

        def from_point(value: Any) -> float | None:
            try:
                if value["type"] == "Point":
                    return geo.distance_m(origin, (value["coordinates"][0], value["coordinates"][1]))
            except (TypeError, IndexError, KeyError):
                return None
            return _between(reference, value)

        return from_point
    return lambda value: _between(reference, value)


def _between(a: dict[str, Any], b: Any) -> float | None:
    """Metres between the nearest points of two geometries: in a plane that is true to scale about them."""
    import shapely
    from shapely.geometry import shape

    try:
        first, second = shape(a), shape(b)
        if first.intersects(second):
            return 0.0
        # The nearest points, found anew in the plane scaled at the latitude of those just found.
        latitude = (first.centroid.y + second.centroid.y) / 2
        for _ in range(2):
            (x1, y1), (x2, y2) = _nearest(first, second, max(math.cos(math.radians(latitude)), 1e-6))
            latitude = (y1 + y2) / 2
        return geo.distance_m((x1, y1), (x2, y2))
    except (shapely.errors.ShapelyError, ValueError, TypeError, IndexError, AttributeError):
        return None


def _nearest(first: Any, second: Any, flat: float) -> tuple[tuple[float, float], tuple[float, float]]:
    """The nearest (lon, lat) of two shapes, where a degree of longitude is `flat` times one of latitude."""
    import shapely

    line = shapely.shortest_line(*(shapely.transform(g, lambda xy: xy * (flat, 1.0)) for g in (first, second)))
    (x1, y1), (x2, y2) = line.coords[0][:2], line.coords[-1][:2]
    return (x1 / flat, y1), (x2 / flat, y2)
