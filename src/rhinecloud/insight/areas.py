"""In which district a thing lies, by the outlines of the districts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rhinecloud.base.model import Entity

from .wording import place_of

Box = tuple[float, float, float, float]
Ring = list[list[float]]


class Areas:
    """Districts by name, each a GeoJSON Polygon or MultiPolygon. What was found is remembered by thing and place."""

    def __init__(self, outlines: Mapping[str, Mapping[str, Any]]) -> None:
        self._shapes: list[tuple[str, Box, list[list[Ring]]]] = []
        for name, geometry in outlines.items():
            polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
            points = [p for polygon in polygons for p in polygon[0]]
            xs, ys = [p[0] for p in points], [p[1] for p in points]
            self._shapes.append((name, (min(xs), min(ys), max(xs), max(ys)), polygons))
        self.names = [name for name, _, _ in self._shapes]
        self._known: dict[str, tuple[tuple[float, float] | None, str]] = {}

    def of(self, entity: Entity) -> str:
        """The district that an entity lies in; "": none of them."""
        if not self._shapes:
            return ""
        place = place_of(entity)
        known = self._known.get(entity["id"])
        if known is not None and known[0] == place:
            return known[1]
        found = next(self._around(*place), "") if place else ""
        self._known[entity["id"]] = (place, found)
        return found

    def _around(self, lon: float, lat: float) -> Iterator[str]:
        for name, (west, south, east, north), polygons in self._shapes:
            if west <= lon <= east and south <= lat <= north and any(_inside(lon, lat, rings) for rings in polygons):
                yield name


def _inside(lon: float, lat: float, rings: list[Ring]) -> bool:
    """Whether a point lies in a polygon, holes taken out: an odd number of edges lies to the east of it."""
    odd = False
    for ring in rings:
        x1, y1 = ring[-1][0], ring[-1][1]
        for point in ring:
            x2, y2 = point[0], point[1]
            if (y1 > lat) != (y2 > lat) and lon < (x2 - x1) * (lat - y1) / (y2 - y1) + x1:
                odd = not odd
            x1, y1 = x2, y2
    return odd
