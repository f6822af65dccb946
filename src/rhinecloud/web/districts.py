"""The city's districts, as the shipped base map knows them: names to choose from, and their outlines."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import msgspec

FILE: Final = Path(__file__).parent / "static/geo/duisburg.json"
LAYERS: Final = ("borough", "quarter")


class District(msgspec.Struct, frozen=True):
    """A district; `layer` is "borough" (Stadtbezirk) or "quarter" (Ortsteil)."""

    name: str
    layer: str
    geometry: dict[str, Any]  # GeoJSON MultiPolygon


@lru_cache(maxsize=1)
def districts() -> dict[str, District]:
    """By name, the large ones first; the file's flat differences are turned back into positions."""
    document: Any = msgspec.json.decode(FILE.read_bytes())
    scale: int = document["scale"]
    found: dict[str, District] = {}
    for layer in LAYERS:
        for feature in sorted(document["layers"][layer]["features"], key=lambda f: str(f["n"])):
            rings = [[_ring(flat, scale)] for flat in feature["c"]]
            found.setdefault(
                feature["n"], District(feature["n"], layer, {"type": "MultiPolygon", "coordinates": rings})
            )
    return found


def borough_of(position: tuple[float, float]) -> str:
    """The borough (Stadtbezirk) in which a place lies; "" where it lies in none."""
    import shapely

    tree, names = _boroughs()
    found = tree.query(shapely.Point(*position), predicate="within")
    return names[found[0]] if len(found) else ""


@lru_cache(maxsize=1)
def _boroughs() -> tuple[Any, list[str]]:
    import shapely

    chosen = [d for d in districts().values() if d.layer == "borough"]
    return shapely.STRtree([shapely.make_valid(shapely.geometry.shape(d.geometry)) for d in chosen]), [
        d.name for d in chosen
    ]


def _ring(flat: list[int], scale: int) -> list[list[float]]:
    points, x, y = [], 0, 0
    for at in range(0, len(flat), 2):
        x, y = x + flat[at], y + flat[at + 1]
        points.append([x / scale, y / scale])
    if points[0] != points[-1]:
        points.append(points[0])
    return points
