"""Indicators computed from entities by their declared method: for the whole city and for each district."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from rhinecloud.base.model import IMPOSSIBLE, Entity
from rhinecloud.context import compile_condition, q

from .declare import Indicator
from .standing import Expand, Matcher

PERCENT: Final = "P1"
_NUMBERS: Final = (float, int)
Placed = tuple[Entity, str]
"""An entity and the district that it lies in, "" where in none."""


class Figure(NamedTuple):
    value: float | None
    entities: int  # that it was computed from


Told = tuple[bool, float, float]
"""What an entity tells of an indicator: whether its condition holds, its number, and the denominator of a ratio."""


class Counted:
    """What is known so far of one indicator in one area."""

    __slots__ = ("high", "low", "matched", "number", "of", "total")

    def __init__(self) -> None:
        self.number = self.matched = 0
        self.total = self.of = 0.0
        self.low, self.high = float("inf"), float("-inf")

    def add(self, told: Told) -> None:
        matches, value, of = told
        self.number += 1
        self.matched += matches
        self.total += value
        self.of += of
        self.low, self.high = min(self.low, value), max(self.high, value)


class Figuring:
    """One indicator ready to be computed. Raises BadRequestData where its condition is not of the grammar."""

    def __init__(self, indicator: Indicator, expand: Expand) -> None:
        self.indicator = indicator
        self.type = expand(indicator.type)
        self._attr = expand(indicator.attr) if indicator.attr else ""
        self._of = expand(indicator.of) if indicator.of else ""
        condition = q.parse(indicator.q, expand) if indicator.q else None
        self._matches: Matcher | None = compile_condition(condition, _nothing) if condition else None
        self._scale = 100.0 if indicator.unit == PERCENT and indicator.method in ("share", "ratio") else 1.0

    def figures(self, placed: Iterable[Placed]) -> dict[str, Figure]:
        """area → figure; "" is the whole city."""
        counted = {"": Counted()}
        self.count(counted, placed)
        return self.figured(counted)

    def count(self, counted: dict[str, Counted], placed: Iterable[Placed]) -> None:
        """Takes further entities into what is known so far, by area."""
        city, by_district = counted[""], self.indicator.by_district
        for entity, area in placed:
            told = self._told(entity)
            if by_district and area and area not in counted:
                counted[area] = Counted()
            if told is not None:
                city.add(told)
                if by_district and area:
                    counted[area].add(told)

    def figured(self, counted: dict[str, Counted]) -> dict[str, Figure]:
        """area → figure, once all entities are counted."""
        return {area: self._figure(so_far) for area, so_far in counted.items()}

    def _told(self, entity: Entity) -> Told | None:
        """None: it says nothing of this indicator."""
        matches = self._matches is None or self._matches(entity)
        method = self.indicator.method
        if method in ("count", "share"):
            return matches, 0.0, 0.0
        value = _number(entity, self._attr) if matches else None
        of = _number(entity, self._of) if method == "ratio" and value is not None else 0.0
        return None if value is None or of is None else (True, value, of)

    def _figure(self, so_far: Counted) -> Figure:
        number = so_far.number
        value: float | None
        match self.indicator.method:
            case "count":
                return Figure(float(so_far.matched), so_far.matched)
            case "share":
                value = so_far.matched / number * self._scale if number else None
            case "ratio":
                value = so_far.total / so_far.of * self._scale if so_far.of else None
            case "mean":
                value = so_far.total / number if number else None
            case "sum":
                value = so_far.total if number else None
            case "min":
                value = so_far.low if number else None
            case "max":
                value = so_far.high if number else None
        return Figure(None if value is None else round(value, self.indicator.decimals), number)


def _nothing(_ids: list[str]) -> Iterable[Entity]:
    return ()


def _number(entity: Entity, attr: str) -> float | None:
    """The attribute's number, unless it cannot be one: out of every range, or of another kind."""
    for instance in entity["attrs"].get(attr, ()):
        value = instance.get("value")
        if value.__class__ in _NUMBERS and not instance.get("_f", 0) & IMPOSSIBLE:
            return float(value)
    return None


def trend(points: Sequence[tuple[int, float]], since_us: int) -> float | None:
    """By how much a figure changes in an hour: the slope of the line through its points since then (least squares)."""
    recent = [(at / 3_600e6, value) for at, value in points if at >= since_us]
    if len(recent) < 3 or recent[-1][0] - recent[0][0] < 0.25:
        return None
    middle = sum(x for x, _ in recent) / len(recent)
    mean = sum(y for _, y in recent) / len(recent)
    spread = sum((x - middle) ** 2 for x, _ in recent)
    return sum((x - middle) * (y - mean) for x, y in recent) / spread


def judged(indicator: Indicator, value: float | None) -> str:
    """ "good" where the target is met, "fair" within a tenth of it, else "bad"; "" where there is none."""
    if value is None or indicator.target is None or not indicator.better:
        return ""
    target = indicator.target
    missing = target - value if indicator.better == "higher" else value - target
    if missing <= 0:
        return "good"
    return "fair" if missing <= abs(target) / 10 else "bad"


def by_type(figurings: Iterable[Figuring]) -> dict[str, list[Figuring]]:
    found: dict[str, list[Figuring]] = {}
    for figuring in figurings:
        found.setdefault(figuring.type, []).append(figuring)
    return found


def formula(indicator: Indicator) -> str:
    """How it is computed, in one line."""
    of = f"{indicator.attr} / {indicator.of}" if indicator.method == "ratio" else indicator.attr
    what = f"{indicator.method}({of or indicator.type})"
    return f"{what} over {indicator.type}" + (f" where {indicator.q}" if indicator.q else "")


def hours(since_us: int, until_us: int) -> Iterator[int]:
    """The full hours between two moments."""
    step = 3_600_000_000
    yield from range(-(-since_us // step) * step, until_us, step)


def only_numbers(rows: Iterable[Sequence[Any]]) -> list[tuple[int, float]]:
    return [(int(at), float(value)) for at, value in rows if value is not None]
