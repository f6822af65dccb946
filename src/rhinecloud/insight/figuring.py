"""Indicators computed from entities by their declared method: for the whole city and for each district."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from rhinecloud.base.model import IMPOSSIBLE, Entity
from rhinecloud.context import compile_condition, q

from .declare import Indicator
from .standing import Expand, Matcher

PERCENT: Final = "P1"


class Figure(NamedTuple):
    value: float | None
    entities: int  # that it was computed from


class Counted:
    """What is known so far of one indicator in one area."""

    __slots__ = ("high", "low", "matched", "number", "of", "total")

    def __init__(self) -> None:
        self.number = self.matched = 0
        self.total = self.of = 0.0
        self.low, self.high = float("inf"), float("-inf")


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

    def figures(self, entities: Iterable[Entity], area_of: Callable[[Entity], str]) -> dict[str, Figure]:
        """area → figure; "" is the whole city."""
        counted: dict[str, Counted] = {}
        self.count(counted, entities, area_of)
        return self.figured(counted)

    def count(self, counted: dict[str, Counted], entities: Iterable[Entity], area_of: Callable[[Entity], str]) -> None:
        """Takes further entities into what is known so far, by area."""
        city = counted.setdefault("", Counted())
        for entity in entities:
            self._add(city, entity)
            if self.indicator.by_district and (area := area_of(entity)):
                self._add(counted.setdefault(area, Counted()), entity)

    def figured(self, counted: dict[str, Counted]) -> dict[str, Figure]:
        """area → figure, once all entities are counted."""
        return {area: self._figure(so_far) for area, so_far in counted.items()}

    def _add(self, so_far: Counted, entity: Entity) -> None:
        method = self.indicator.method
        matches = self._matches is None or self._matches(entity)
        if method in ("count", "share"):
            so_far.number += 1
            so_far.matched += matches
            return
        value = _number(entity, self._attr) if matches else None
        if value is None:
            return
        if method == "ratio":
            of = _number(entity, self._of)
            if of is None:
                return
            so_far.of += of
        so_far.number += 1
        so_far.total += value
        so_far.low, so_far.high = min(so_far.low, value), max(so_far.high, value)

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
        if isinstance(value, int | float) and not isinstance(value, bool) and not instance.get("_f", 0) & IMPOSSIBLE:
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
