"""The city as a picture: outline, districts and water of the shipped base map, a dot for each thing. No script.

Colours are classes, so that the page's style gives them and the content policy needs no exception.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
from markupsafe import escape

FILE: Final = Path(__file__).parent / "static/geo/duisburg.json"
WEST, SOUTH, EAST, NORTH = 6.61, 51.325, 6.84, 51.565
WIDTH: Final = 640
MOST: Final = 2_000


class Dot(NamedTuple):
    lon: float
    lat: float
    tone: int
    state: int


def drawing(dots: Iterable[Dot]) -> str:
    """The whole picture. `dots` beyond the first two thousand are left out: they would lie on each other."""
    height = _y(SOUTH)
    drawn = []
    for dot in sorted(list(dots)[:MOST], key=lambda d: d.state):
        x, y = _x(dot.lon), _y(dot.lat)
        if 0 <= x <= WIDTH and 0 <= y <= height:
            kind = f"s{dot.state}" if dot.state >= 2 else f"t{dot.tone}"
            drawn.append(f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="{5 if dot.state >= 2 else 3.4}"/>')
    box = f'<svg class="public-map" viewBox="0 0 {WIDTH} {height:.0f}" aria-hidden="true">'
    return f"{box}{_ground()}{''.join(drawn)}</svg>"


@lru_cache(maxsize=1)
def _ground() -> str:
    layers = msgspec.json.decode(FILE.read_bytes())
    parts = []
    for name, closed in (("city", True), ("green", True), ("industry", True), ("borough", False), ("water", True)):
        layer = layers["layers"].get(name)
        if layer is None:
            continue
        path = "".join(_path(flat, layers["scale"], closed) for f in layer["features"] for flat in f["c"])
        parts.append(f'<path class="{name}" d="{path}"/>')
    return "".join(parts)


def _path(flat: list[int], scale: int, closed: bool) -> str:
    x = y = 0
    points: list[tuple[int, int]] = []
    for at in range(0, len(flat), 2):
        x, y = x + flat[at], y + flat[at + 1]
        point = (round(_x(x / scale) * 2), round(_y(y / scale) * 2))
        if not points or point != points[-1]:
            points.append(point)
    if len(points) < 2 or _outside(points):
        return ""
    return "M" + "L".join(f"{px / 2:g} {py / 2:g}" for px, py in points) + ("Z" if closed else "")


def _outside(points: list[tuple[int, int]]) -> bool:
    height = _y(SOUTH) * 2
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    return max(xs) < 0 or min(xs) > WIDTH * 2 or max(ys) < 0 or min(ys) > height


def framed(geometries: Iterable[Any], names: Iterable[tuple[str, float, float]] = ()) -> str:
    """A picture of areas on the ground, cut to where they lie; "" where there are none, or none near the city.

    Args:
        geometries: GeoJSON polygons.
        names: what is written on it: text, lon, lat.
    """
    parts = [_rings(g) for g in geometries]
    points = [p for rings in parts for ring in rings for p in ring]
    here = (-WIDTH, -WIDTH, 2 * WIDTH, _y(SOUTH) + WIDTH)
    if not any(here[0] < x < here[2] and here[1] < y < here[3] for x, y in points):
        return ""  # nowhere near
    west, east = min(x for x, _ in points), max(x for x, _ in points)
    north, south = min(y for _, y in points), max(y for _, y in points)
    wide = min(max((east - west) * 1.7, (south - north) * 1.7 * 1.5, 90), WIDTH)
    high = wide / 1.5
    left, top = (west + east - wide) / 2, (north + south - high) / 2
    scale = wide / 480
    placed: list[tuple[float, float]] = []
    path = "".join("M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in ring) + "Z" for rings in parts for ring in rings)
    said = ""
    for name, lon, lat in names:
        x, y = _x(lon), _y(lat)
        inside = left + 24 * scale < x < left + wide - 24 * scale and top + 8 * scale < y < top + high - 8 * scale
        if inside and all(abs(x - px) > 70 * scale or abs(y - py) > 16 * scale for px, py in placed):
            placed.append((x, y))
            said += f'<text x="{x:.1f}" y="{y:.1f}" font-size="{11 * scale:.1f}">{escape(name)}</text>'
    box = f'<svg class="public-map framed" viewBox="{left:.1f} {top:.1f} {wide:.1f} {high:.1f}" aria-hidden="true">'
    return f'{box}{_ground()}<path class="warned" d="{path}"/>{said}</svg>'


def _rings(geometry: Any) -> list[list[tuple[float, float]]]:
    polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    return [[(_x(p[0]), _y(p[1])) for p in polygon[0]] for polygon in polygons]


def _mercator(lat: float) -> float:
    return math.log(math.tan(math.pi / 4 + math.radians(lat) / 2))


def _x(lon: float) -> float:
    return (lon - WEST) / (EAST - WEST) * WIDTH


def _y(lat: float) -> float:
    return math.degrees(_mercator(NORTH) - _mercator(lat)) / (EAST - WEST) * WIDTH


def attribution() -> list[str]:
    """Whose the geography is."""
    document: dict[str, Any] = msgspec.json.decode(FILE.read_bytes())
    return sorted(set(document["attribution"].values()))
