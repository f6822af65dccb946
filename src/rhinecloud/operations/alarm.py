"""Alarm plans (AAO), the areas and hours they hold in, and streets that are closed, as a city declares them."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from rhinecloud.base.declare import Label

from .declare import Position

LEVELS: Final = 9


class Area(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the city by name, drawn once and named by plans and responsibilities."""

    id: str
    title: str
    geometry: dict[str, Any] | None = None  # GeoJSON polygon
    version: int = 1


class Hours(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the week in the city's own time. `end` before `begin` goes over midnight and belongs to the day on
    which it began; both the same is the whole day."""

    days: tuple[int, ...] = ()  # 0: Monday; (): every day
    begin: int = 0  # minutes since midnight
    end: int = 0

    def hold(self, weekday: int, minute: int) -> bool:
        if self.begin == self.end:
            return self._on(weekday)
        if self.begin < self.end:
            return self._on(weekday) and self.begin <= minute < self.end
        return (self._on(weekday) and minute >= self.begin) or (self._on((weekday - 1) % 7) and minute < self.end)

    @property
    def always(self) -> bool:
        return not self.days and self.begin == self.end

    def _on(self, weekday: int) -> bool:
        return not self.days or weekday in self.days


class PlanNeed(msgspec.Struct, frozen=True, kw_only=True):
    """What a level of a plan asks for on top of those below it."""

    capability: str
    count: int = 1
    level: int = 1
    within_s: float = 0  # 0: no target of its own
    instead: tuple[str, ...] = ()  # what will do in its place, best first
    agency: str = ""  # whose units; "": anybody's


class AlarmPlan(msgspec.Struct, frozen=True, kw_only=True):
    """Keyword × area × time × level → needs. Where several fit an incident, the one that says most counts, and with it
    all that add to another."""

    id: str
    title: Label
    types: tuple[str, ...] = ()  # keywords: types of incident, and those below them; (): every one
    areas: tuple[str, ...] = ()  # ids of areas; (): the whole city
    hours: Hours = Hours()
    needs: tuple[PlanNeed, ...] = ()
    adds: bool = False  # beside another plan, never alone
    first_level: int = 1
    in_force: bool = True
    note: str = ""
    version: int = 1


class Closure(msgspec.Struct, frozen=True, kw_only=True):
    """Streets that cannot be driven: within a circle, for a time. The flood that calls for units may close a tunnel."""

    id: str
    title: str
    position: Position
    radius_m: float = 60.0
    since_us: int = 0
    until_us: int | None = None  # None: until somebody opens it
    version: int = 1

    def holds(self, now: int) -> bool:
        return self.since_us <= now and (self.until_us is None or now < self.until_us)
