"""Figures over many incidents: how many, the median, what nine of ten keep, the share within target, what is missing.

Never the mean alone: a few long ones would hide in it. Ranks are nearest ranks, so that each figure is one that was
measured.
"""

# ruff: noqa: S608 — SQL is put together from our own constants; whatever came in is a parameter

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from rhinecloud.operations.tables import Shelf

from .declare import AskedFigures, Figures, Grouped
from .intervals import INTERVALS

GROUPS: Final = {"type": "type", "district": "district", "hour": "hour"}
Row = tuple[str, str, float | None, float | None]


def figures(shelf: Shelf, asked: AskedFigures, sees: frozenset[str] | None) -> list[Figures]:
    """By interval, in their order; those that nothing was measured of are left out."""
    found: dict[str, list[tuple[float | None, float | None]]] = defaultdict(list)
    for interval, _, seconds, target in _rows(shelf, asked, sees, "''"):
        found[interval].append((seconds, target))
    return [summed(name, found[name]) for name in INTERVALS if name in found]


def grouped(shelf: Shelf, asked: AskedFigures, sees: frozenset[str] | None, interval: str, by: str) -> list[Grouped]:
    """One interval by type, district or hour of the day; by name."""
    found: dict[str, list[tuple[float | None, float | None]]] = defaultdict(list)
    for _, group, seconds, target in _rows(shelf, asked, sees, GROUPS[by], interval):
        found[str(group)].append((seconds, target))
    keys = sorted(found, key=lambda key: (int(key) if by == "hour" else 0, key))
    return [Grouped(group=key, figures=summed(interval, found[key])) for key in keys]


def _rows(shelf: Shelf, asked: AskedFigures, sees: frozenset[str] | None, group: str, interval: str = "") -> list[Row]:
    where = ["reported_us >= ?", "reported_us < ?", "exercise = ?"]
    values: list[object] = [asked.since_us, asked.until_us, asked.exercise]
    if not asked.excluded:
        where.append("excluded = ''")
    if interval:
        where.append("interval = ?")
        values.append(interval)
    if asked.types:
        where.append(f"type IN ({', '.join('?' for _ in asked.types)})")
        values += asked.types
    if sees is not None:
        marks = ", ".join("?" for _ in sees)
        where.append(
            f"EXISTS (SELECT 1 FROM participant p WHERE p.incident = measured.incident AND p.agency IN ({marks}))"
        )
        values += sorted(sees)
    sql = f"SELECT interval, {group}, seconds, target_s FROM measured WHERE {' AND '.join(where)}"
    return [(str(i), str(g), s, t) for i, g, s, t in shelf.rows(sql, *values)]


def summed(interval: str, rows: Sequence[tuple[float | None, float | None]]) -> Figures:
    """Figures of (seconds, target in seconds), where either may be missing."""
    known = sorted(seconds for seconds, _ in rows if seconds is not None)
    held = [seconds <= target for seconds, target in rows if seconds is not None and target is not None]
    return Figures(
        interval=interval,
        count=len(known),
        missing=len(rows) - len(known),
        median_s=rank(known, 0.5),
        p90_s=rank(known, 0.9),
        share=sum(held) / len(held) if held else None,
        targets=tuple(sorted({target for _, target in rows if target is not None})),
    )


def rank(ordered: Sequence[float], part: float) -> float | None:
    """The smallest of them that `part` of all do not exceed."""
    return ordered[max(0, math.ceil(part * len(ordered)) - 1)] if ordered else None
