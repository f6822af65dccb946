"""The shipped base map for documents: the same geography that browsers paint, in the colours of paper."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

import msgspec

from rhinecloud.operations import reporting

from .districts import FILE

Point = tuple[float, float]
_AREAS: Final = (
    ("industry", (236, 235, 232)),
    ("green", (222, 235, 222)),
    ("water", (190, 218, 235)),
)
_LINES: Final = (
    ("borough", (163, 176, 186), 0.2),
    ("rail", (185, 194, 201), 0.2),
    ("road", (205, 211, 216), 0.5),
    ("motorway", (178, 190, 199), 0.9),
)
_NAMES: Final = ("quarter_name", "water_name")


@lru_cache(maxsize=1)
def ground() -> reporting.Ground:
    """The base map of a report's picture."""
    document: Any = msgspec.json.decode(FILE.read_bytes())
    scale, layers = document["scale"], document["layers"]
    credits = dict.fromkeys(
        document["attribution"][layers[name]["source"]]
        for name, *_ in (*_AREAS, *_LINES)
        if name in layers and layers[name]["source"] in document["attribution"]
    )
    return reporting.Ground(
        areas=tuple((colour, _shapes(layers[name], scale)) for name, colour in _AREAS if name in layers),
        lines=tuple((colour, wide, _shapes(layers[name], scale)) for name, colour, wide in _LINES if name in layers),
        names=tuple(
            (feature["n"], (feature["c"][0][0] / scale, feature["c"][0][1] / scale))
            for name in _NAMES
            if name in layers
            for feature in layers[name]["features"]
            if feature["n"]
        ),
        credit=" · ".join(credits),
    )


def _shapes(layer: Any, scale: int) -> tuple[tuple[Point, ...], ...]:
    return tuple(_undone(flat, scale) for feature in layer["features"] for flat in feature["c"])


def _undone(flat: list[int], scale: int) -> tuple[Point, ...]:
    """Differences back to positions."""
    points, x, y = [], 0, 0
    for at in range(0, len(flat), 2):
        x, y = x + flat[at], y + flat[at + 1]
        points.append((x / scale, y / scale))
    return tuple(points)
