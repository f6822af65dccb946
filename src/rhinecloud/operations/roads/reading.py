"""An OpenStreetMap extract to a network of streets for vehicles with blue lights.

What may be driven by them: every road for motor vehicles, also where only residents, deliveries or emergency services
may; pedestrian areas slowly; oneway streets only their way. Turn restrictions are left out: they do not bind such
vehicles. Speeds are those of an emergency run by kind of road, never above what is signed by more than a little; they
are starting points, no measurements.
Source: OpenStreetMap wiki, Key:highway, Key:access, Key:oneway, Key:maxspeed.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from rhinecloud.base.errors import BadRequestData, Unavailable

SPEEDS: Final[Mapping[str, float]] = {
    "motorway": 105.0,
    "motorway_link": 60.0,
    "trunk": 85.0,
    "trunk_link": 55.0,
    "primary": 55.0,
    "primary_link": 45.0,
    "secondary": 52.0,
    "secondary_link": 45.0,
    "tertiary": 47.0,
    "tertiary_link": 40.0,
    "unclassified": 42.0,
    "residential": 35.0,
    "living_street": 18.0,
    "road": 35.0,
    "busway": 45.0,
    "service": 20.0,
    "pedestrian": 15.0,
    "track": 15.0,
}
"""km/h, all in all, with lights and horn."""
MOST_OVER: Final = 1.2
"""How much faster than signed such a vehicle is taken to be."""
NO: Final = frozenset(("no",))
OPENS: Final = frozenset(("yes", "designated", "permissive", "official"))
SLOW: Final = ("footway", "cycleway", "path")
"""Driven at a walk where a sign lets emergency services in, and else not at all."""
PIECE_M: Final = 150.0
"""A stretch without a junction is cut into pieces no longer than this, so that units are found on it where they are."""
BRIDGE, TUNNEL, FERRY = 1, 2, 4


class Stretch(msgspec.Struct, frozen=True):
    """One way of the extract: its nodes, how fast, which way, and whether it is a bridge or a tunnel."""

    nodes: tuple[int, ...]
    places: tuple[tuple[float, float], ...]  # (lon, lat)
    speed_ms: float
    forward: bool
    backward: bool
    flags: int


def stretches(file: Path) -> Iterator[Stretch]:
    """The streets of an extract: `.osm.pbf`, `.osm`, `.osm.gz` or `.osm.bz2`.

    Raises:
        BadRequestData: it is no such file, or it is broken.
    """
    try:
        import osmium
    except ImportError as error:  # on a platform for which there is no wheel
        raise Unavailable("To read an OpenStreetMap extract takes the package osmium: pip install osmium") from error
    if not file.is_file():
        raise BadRequestData(f"There is no file {file.name}")
    try:
        source = osmium.FileProcessor(str(file), osmium.osm.NODE | osmium.osm.WAY).with_locations()
        source.with_filter(osmium.filter.KeyFilter("highway", "route"))
        for way in source:
            if isinstance(way, osmium.osm.Way) and (made := _stretch(way)) is not None:
                yield made
    except (RuntimeError, ValueError, osmium.InvalidLocationError) as error:
        raise BadRequestData(f"{file.name} cannot be read as an OpenStreetMap extract: {error}") from error


def digest(file: Path) -> str:
    """SHA-256 of a file, by which one knows which extract a network came from."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def dated(file: Path) -> str:
    """The moment of the extract as its head says; "": it does not."""
    try:
        import osmium

        with osmium.io.Reader(str(file)) as reader:
            return str(reader.header().get("osmosis_replication_timestamp") or reader.header().get("timestamp") or "")
    except (ImportError, RuntimeError, gzip.BadGzipFile):
        return ""


def _stretch(way: Any) -> Stretch | None:
    tags = dict(way.tags)
    speed = speed_kmh(tags)
    if speed is None or (tags.get("area") == "yes" and tags.get("highway") != "pedestrian"):
        return None
    refs = [(n.ref, (n.lon, n.lat)) for n in way.nodes if n.location.valid()]
    if len(refs) < 2:
        return None
    forward, backward = directions(tags)
    flags = (
        (BRIDGE if tags.get("bridge", "no") != "no" else 0)
        | (TUNNEL if tags.get("tunnel", "no") not in ("no", "building_passage") else 0)
        | (FERRY if tags.get("route") == "ferry" else 0)
    )
    nodes, places = zip(*refs, strict=True)
    return Stretch(nodes, places, speed / 3.6, forward, backward, flags)


def speed_kmh(tags: Mapping[str, str]) -> float | None:
    """How fast an emergency vehicle is on a way; None: it does not drive there."""
    kind = tags.get("highway", "")
    emergency = tags.get("emergency", "")
    if emergency in NO or tags.get("highway") in ("construction", "proposed"):
        return None
    if kind in SLOW:
        opened = emergency in OPENS or tags.get("motor_vehicle") in OPENS
        return 12.0 if opened else None
    speed = SPEEDS.get(kind)
    if speed is None:
        return None
    if kind == "track" and tags.get("tracktype", "grade1") not in ("grade1", "grade2"):
        return None
    for key in ("motorcar", "motor_vehicle", "vehicle", "access"):
        if tags.get(key) in NO and emergency not in OPENS and kind not in ("busway", "pedestrian"):
            # A bus lane's barrier opens for them too; what is closed to everybody does not.
            return None if tags.get("bus") not in OPENS and tags.get("psv") not in OPENS else min(speed, 40.0)
        if key in tags:
            break
    signed = _signed(tags.get("maxspeed", ""))
    return min(speed, signed * MOST_OVER) if signed else speed


def directions(tags: Mapping[str, str]) -> tuple[bool, bool]:
    """(forward, backward): which way it may be driven. Source: OpenStreetMap wiki, Key:oneway."""
    oneway = tags.get("oneway", "")
    if oneway in ("yes", "true", "1"):
        return True, False
    if oneway in ("-1", "reverse"):
        return False, True
    if oneway in ("no", "false", "0"):
        return True, True
    implied = tags.get("highway") in ("motorway", "motorway_link") or tags.get("junction") in ("roundabout", "circular")
    return True, not implied


def _signed(text: str) -> float:
    """A signed speed in km/h; 0 where there is none in figures."""
    number, _, unit = text.partition(" ")
    if text == "walk" or text.endswith(":walk"):
        return 10.0
    if not number.isdecimal():
        return 0.0
    return float(number) * (1.609344 if unit == "mph" else 1.0)
