"""Writes `static/geo/duisburg.json`, the geography that the map ships: run it again when its sources are newer.

In: the folder of real files (districts, municipalities, stations, stops) and `duisburg_schematic.py`.
Out: one JSON file of our own form, coordinates as whole 1/100,000 degrees, each the difference from the one before,
outlines simplified to some 20 m. `static/components/geography.js` reads it.

    python tools/make_basemap.py FOLDER [OUT]
"""

from __future__ import annotations

import csv
import io
import json
import math
import sys
import zlib
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import duisburg_schematic as drawn
from shapely import affinity
from shapely.geometry import LineString, MultiPolygon, Polygon, box, shape
from shapely.geometry.base import BaseGeometry
from shapely.ops import linemerge, substring, unary_union

OUT = Path(__file__).parents[1] / "src/rhinecloud/web/static/geo/duisburg.json"
FRAME = box(6.44, 51.22, 7.02, 51.64)  # what a map of the city may show
LAT = 51.43
METRE = 1 / 111_195  # in degrees of latitude
TOLERANCE_M = 18  # of what is real
SMOOTH_M = 4  # of what is drawn by hand and then rounded: bends that the eye would see as corners
RHINE_WIDTH_M = 330
ATTRIBUTION = {
    "city": "© OpenStreetMap contributors, ODbL",
    "municipality": "© BKG, dl-de/by-2-0",
    "station": "DB InfraGO, CC BY 4.0",
    "stop": "VRR, CC BY 4.0",
    "schematic": "Rhine Cloud (schematic)",
}
BOROUGHS = {
    "100": "Walsum",
    "200": "Hamborn",
    "300": "Meiderich/Beeck",
    "400": "Homberg/Ruhrort/Baerl",
    "500": "Mitte",
    "600": "Rheinhausen",
    "700": "Süd",
}
WEST, EAST = (
    ("400", "600"),
    ("100", "200", "300", "401", "500", "700"),
)  # banks of the Rhine; 401 is Ruhrort, east of it


def main(folder: Path, out: Path) -> None:
    geo = folder / "geo"
    quarters = {
        f.name[:3]: (_title(f.stem[4:]), _outline(f)) for f in sorted((geo / "duisburg-districts-json").glob("*.json"))
    }
    towns = _municipalities(geo / "nrw-municipalities/nrw_gemeinden.geojson")
    stations = _stations(geo / "db-stations/data.ndjson")
    stops = _stops(folder / "transit/vrr-stops/stopsWithNames.csv.pako")
    known = stops | stations
    rhine = _band(_smooth(_rhine_axis(quarters, towns), 4), RHINE_WIDTH_M)
    ruhr_border = linemerge(_borders(quarters["300"][1], quarters["500"][1]))
    ruhr = _smooth(LineString([*drawn.RUHR_WEST, *_eastward(ruhr_border), *drawn.RUHR_EAST]), 2)

    def line(points: Iterable[drawn.Place]) -> LineString:
        return LineString([_place(p, known) for p in points])

    layers: dict[str, tuple[str, str, list[tuple[str, BaseGeometry]]]] = {
        "city": ("city", "polygon", [("Duisburg", quarters["000"][1])]),
        "borough": ("city", "line", [(BOROUGHS[k], quarters[k][1].boundary) for k in BOROUGHS]),
        "quarter": (
            "city",
            "line",
            [(n, g.boundary) for k, (n, g) in quarters.items() if k != "000" and k not in BOROUGHS],
        ),
        "municipality": ("municipality", "line", [(n, g.boundary) for n, g in towns.items() if g.intersects(FRAME)]),
        "green": ("schematic", "polygon", [(n, _rounded(line([*p, p[0]]))) for n, p in drawn.GREENS]),
        "industry": ("schematic", "polygon", [(n, _rounded(line([*p, p[0]]))) for n, p in drawn.INDUSTRY]),
        "water": (
            "schematic",
            "polygon",
            [
                ("Rhein", rhine),
                ("Ruhr", _band(ruhr, 75)),
                *((n, _band(_smooth(line(p), 3), w)) for n, w, p in (*drawn.CANALS, *drawn.LAKES)),
                *((n, _band(line(p), w, flat=False)) for n, w, p in drawn.BASINS),
            ],
        ),
        "rail": ("schematic", "line", [(n, _smooth(line(p), 3)) for n, p in drawn.RAILWAYS]),
        "road": ("schematic", "line", [(n, _smooth(line(p), 3)) for n, p in drawn.MAIN_ROADS]),
        "motorway": ("schematic", "line", [(n, _smooth(line(p), 3)) for n, p in drawn.MOTORWAYS]),
    }
    document: dict[str, Any] = {"attribution": ATTRIBUTION, "scale": 100_000, "layers": {}}
    for name, (source, kind, features) in layers.items():
        document["layers"][name] = {
            "source": source,
            "kind": kind,
            "features": [
                {"n": n, "c": c}
                for n, g in features
                if (c := _coded(g, kind, TOLERANCE_M if source != "schematic" else SMOOTH_M))
            ],
        }
    points = {
        "borough_name": ("city", {n: p for n, p in drawn.DISTRICT_LABELS.items() if not isinstance(p, str)}),
        "quarter_name": ("city", {n: _middle(g) for k, (n, g) in quarters.items() if k != "000" and k not in BOROUGHS}),
        "town_name": (
            "municipality",
            {n: _middle(g) for n, g in towns.items() if n != "Duisburg" and FRAME.contains(g.representative_point())},
        ),
        "water_name": (
            "schematic",
            {"Rhein": (6.7150, 51.4690), "Ruhr": (6.7900, 51.4488), "Rhein-Herne-Kanal": (6.8120, 51.4590)}
            | {n: _middle(line(p)) for n, _, p in (*drawn.BASINS, *drawn.LAKES)},
        ),
        "station": ("station", stations),
        "stop": ("stop", {n.removeprefix("Duisburg ").strip(): p for n, p in stops.items()}),
    }
    for name, (source, places) in points.items():
        document["layers"][name] = {
            "source": source,
            "kind": "point",
            "features": [{"n": n, "c": [_integers(p)]} for n, p in sorted(places.items())],
        }
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(document, ensure_ascii=False, separators=(",", ":")), "utf-8")
    print(
        f"{out.name}: {out.stat().st_size / 1000:.0f} kB, "
        + ", ".join(f"{k} {len(v['features'])}" for k, v in document["layers"].items())
    )


def _outline(file: Path) -> BaseGeometry:
    found = shape(json.loads(file.read_text("utf-8")))
    return found.geoms[0] if found.geom_type == "GeometryCollection" else found


def _title(stem: str) -> str:
    words = stem.replace("kasslerfeld", "kaßlerfeld").replace("grossenbaum", "großenbaum")
    for plain, umlaut in (("muend", "münd"), ("huett", "hütt"), ("sued", "süd")):
        words = words.replace(plain, umlaut)
    return "-".join(w.capitalize() for w in words.split("-"))


def _municipalities(file: Path) -> dict[str, BaseGeometry]:
    features = json.loads(file.read_text("utf-8"))["features"]
    return {f["properties"]["gem_name_short"][0]: shape(f["geometry"]) for f in features}


def _stations(file: Path) -> dict[str, tuple[float, float]]:
    rows = map(json.loads, file.read_text("utf-8").splitlines())
    places = {r["name"]: (r["location"]["longitude"], r["location"]["latitude"]) for r in rows if r.get("location")}
    return {n: p for n, p in places.items() if FRAME.contains(shape({"type": "Point", "coordinates": p}))}


def _stops(file: Path) -> dict[str, tuple[float, float]]:
    """Names of Duisburg's stops with the middle of their platforms; the file is zlib-compressed CSV."""
    text = zlib.decompress(file.read_bytes()).decode("utf-8", "replace")
    platforms: dict[str, list[tuple[float, float]]] = {}
    for row in csv.DictReader(io.StringIO(text)):
        lon, lat, name = float(row["longitude"]), float(row["latitude"]), row["name"]
        if 51.32 < lat < 51.58 and 6.60 < lon < 6.86 and ("Duisburg" in name or name.startswith("DU-")):
            platforms.setdefault(name, []).append((lon, lat))
    return {n: (sum(x for x, _ in p) / len(p), sum(y for _, y in p) / len(p)) for n, p in platforms.items()}


def _place(place: drawn.Place, known: dict[str, tuple[float, float]]) -> tuple[float, float]:
    if not isinstance(place, str):
        return place
    found = known.get(place) or next((p for n, p in sorted(known.items()) if n.startswith(place)), None)
    if found is None:
        raise SystemExit(f"No stop or station is called {place!r}")
    return found


def _rhine_axis(quarters: dict[str, tuple[str, BaseGeometry]], towns: dict[str, BaseGeometry]) -> LineString:
    """The river's middle from north to south: borders of boroughs and municipalities run along it."""
    west = quarters["400"][1].difference(quarters["401"][1]).union(quarters["600"][1])
    city = linemerge(_borders(west, unary_union([quarters[k][1] for k in EAST])))
    north = [*_between(towns, "Rheinberg", "Voerde (Niederrhein)", 1), *_between(towns, "Rheinberg", "Dinslaken", 1)]
    entry, leave = city.coords[0], city.coords[-1]
    upper = linemerge(_borders(towns["Duisburg"], towns["Rheinberg"]))
    upper = _southward(substring(upper, 0, upper.project(shape({"type": "Point", "coordinates": entry}))))
    lower = linemerge(_borders(towns["Duisburg"], towns["Krefeld"]))
    lower = substring(lower, lower.project(shape({"type": "Point", "coordinates": leave})), lower.length)
    south = [*_between(towns, "Duisburg", "Meerbusch", 0), *_between(towns, "Meerbusch", "Düsseldorf", 1)]
    return LineString([*north, *upper, *city.coords, *lower.coords, *south])


def _between(towns: dict[str, BaseGeometry], one: str, other: str, turn: int) -> list[tuple[float, float]]:
    border = linemerge(_borders(towns[one], towns[other]))
    return list(border.coords)[::-1] if turn else list(border.coords)


def _borders(one: BaseGeometry, other: BaseGeometry) -> BaseGeometry:
    shared = one.boundary.intersection(other.boundary)
    return unary_union([g for g in getattr(shared, "geoms", [shared]) if g.geom_type == "LineString"])


def _southward(line: LineString) -> list[tuple[float, float]]:
    return sorted(line.coords, key=lambda p: -p[1]) if line.coords[0][1] < line.coords[-1][1] else list(line.coords)


def _eastward(line: LineString) -> list[tuple[float, float]]:
    return list(line.coords) if line.coords[0][0] < line.coords[-1][0] else list(line.coords)[::-1]


def _smooth(line: LineString, rounds: int) -> LineString:
    """Chaikin's corner cutting; the ends stay."""
    points = list(line.coords)
    for _ in range(rounds):
        cut = [points[0]]
        for (ax, ay), (bx, by) in pairwise(points):
            cut += [(0.75 * ax + 0.25 * bx, 0.75 * ay + 0.25 * by), (0.25 * ax + 0.75 * bx, 0.25 * ay + 0.75 * by)]
        points = [*cut, points[-1]]
    return LineString(points)


def _band(line: LineString, width_m: float, *, flat: bool = False) -> BaseGeometry:
    stretch = math.cos(math.radians(LAT))
    plane = affinity.scale(line, xfact=stretch, yfact=1, origin=(0, 0))
    band = plane.buffer(width_m / 2 * METRE, quad_segs=8, cap_style="flat" if flat else "round")
    return affinity.scale(band, xfact=1 / stretch, yfact=1, origin=(0, 0))


def _rounded(ring: LineString) -> BaseGeometry:
    stretch = math.cos(math.radians(LAT))
    plane = affinity.scale(Polygon(ring), xfact=stretch, yfact=1, origin=(0, 0))
    soft = plane.buffer(-90 * METRE).buffer(180 * METRE).buffer(-90 * METRE)
    return affinity.scale(soft if not soft.is_empty else plane, xfact=1 / stretch, yfact=1, origin=(0, 0))


def _middle(geometry: BaseGeometry) -> tuple[float, float]:
    point = (
        geometry.interpolate(0.5, normalized=True)
        if geometry.geom_type == "LineString"
        else geometry.representative_point()
    )
    return point.x, point.y


def _coded(geometry: BaseGeometry, kind: str, tolerance_m: float) -> list[list[int]]:
    """The rings or lines of a geometry inside the frame, simplified and delta-coded: [x0, y0, dx1, dy1, …]."""
    cut = geometry.intersection(FRAME).simplify(tolerance_m * METRE)
    return [flat for part in _parts(cut, kind) if len(flat := _deltas(part)) >= (8 if kind == "polygon" else 4)]


def _parts(geometry: BaseGeometry, kind: str) -> Iterator[Iterable[tuple[float, ...]]]:
    if kind == "polygon":
        polygons = geometry.geoms if isinstance(geometry, MultiPolygon) else [geometry]
        for polygon in polygons:
            if isinstance(polygon, Polygon) and not polygon.is_empty:
                yield polygon.exterior.coords  # islands are left out: at this scale there are none
        return
    merged = linemerge(geometry) if geometry.geom_type == "MultiLineString" else geometry
    for part in getattr(merged, "geoms", [merged]):
        if part.geom_type == "LineString":
            yield part.coords


def _integers(point: tuple[float, ...]) -> list[int]:
    return [round(point[0] * 100_000), round(point[1] * 100_000)]


def _deltas(points: Iterable[tuple[float, ...]]) -> list[int]:
    flat: list[int] = []
    px = py = 0
    for x, y in map(_integers, points):
        if not flat or (x, y) != (px, py):
            flat += [x - px, y - py]
            px, py = x, y
    return flat


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else OUT)
