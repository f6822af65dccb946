"""Which alarm plan counts for an incident, and what it asks for: by keyword, area, time of day and level."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from rhinecloud.base.clock import SECOND
from rhinecloud.operations.alarm import AlarmPlan, Area, PlanNeed
from rhinecloud.operations.declare import IncidentType, Position, Responsibility


class Fit(msgspec.Struct, frozen=True, kw_only=True):
    """A plan that was looked at, and why it counts or does not."""

    plan: AlarmPlan
    chosen: bool
    reason: str  # "keyword", "area", "hours", "not-in-force", "less-exact", "alone", "chosen", "adds"


def above(type_id: str, types: Mapping[str, IncidentType]) -> list[str]:
    """A type and those of which it is a kind, the nearest first: "fire.building", "fire"."""
    found, at = [type_id], type_id
    while at:
        kind = types.get(at)
        at = kind.above if kind and kind.above else at.rpartition(".")[0]
        if not at or at in found:
            break
        found.append(at)
    return found


def inside(areas: Sequence[str], position: Position | None, known: Mapping[str, Area]) -> bool:
    """Whether a place lies in one of these areas; of no areas: always."""
    if not areas:
        return True
    return position is not None and any(_covers(known[a].geometry, position) for a in areas if a in known)


def concerns(
    given: Responsibility, wanted: Sequence[str], position: Position | None, known: Mapping[str, Area]
) -> bool:
    """Whether a responsibility is for a type (or one above it) at a place."""
    if given.types and not set(given.types) & set(wanted):
        return False
    if given.area is None and not given.areas:
        return True
    if position is None:
        return False
    return _covers(given.area, position) or (bool(given.areas) and inside(given.areas, position, known))


def choose(
    plans: Iterable[AlarmPlan],
    type_id: str,
    position: Position | None,
    at: tuple[int, int],
    *,
    types: Mapping[str, IncidentType],
    areas: Mapping[str, Area],
) -> list[Fit]:
    """The plan that says most about this incident and those that add to it first, then those that do not count.

    A keyword of its own says more than one above it, any keyword more than none; then an area, then hours. What is
    still alike goes by id.

    Args:
        at: weekday and minute in the city's time, see `moment`.
    """
    wanted = above(type_id, types)
    counted: list[tuple[tuple[int, int, int, str], AlarmPlan]] = []
    fits: list[Fit] = []
    for plan in plans:
        if reason := _apart(plan, wanted, position, at, areas):
            fits.append(Fit(plan=plan, chosen=False, reason=reason))
            continue
        nearest = min((wanted.index(t) for t in plan.types if t in wanted), default=len(wanted))
        counted.append(((nearest, not plan.areas, plan.hours.always, plan.id), plan))
    counted.sort(key=lambda c: c[0])
    base = next((plan for _, plan in counted if not plan.adds), None)
    first: list[Fit] = []
    for _, plan in counted:
        if plan is base:
            first.insert(0, Fit(plan=plan, chosen=True, reason="chosen"))
        elif plan.adds:
            first.append(Fit(plan=plan, chosen=base is not None, reason="adds" if base is not None else "alone"))
        else:
            fits.append(Fit(plan=plan, chosen=False, reason="less-exact"))
    return [*(f for f in first if f.chosen), *(f for f in first if not f.chosen), *fits]


def asked(fits: Iterable[Fit], level: int) -> list[tuple[AlarmPlan, PlanNeed]]:
    """All that the chosen plans ask for up to a level, level by level."""
    found = [(f.plan, need) for f in fits if f.chosen for need in f.plan.needs if need.level <= level]
    return sorted(found, key=lambda pair: pair[1].level)


def moment(at_us: int, timezone: str) -> tuple[int, int]:
    """Weekday (0: Monday) and minute of the day, in the city's time."""
    local = datetime.fromtimestamp(at_us / SECOND, UTC).astimezone(ZoneInfo(timezone))
    return local.weekday(), local.hour * 60 + local.minute


def _apart(
    plan: AlarmPlan, wanted: Sequence[str], position: Position | None, at: tuple[int, int], areas: Mapping[str, Area]
) -> str:
    """Why a plan does not fit; "": it does."""
    if not plan.in_force:
        return "not-in-force"
    if plan.types and not set(plan.types) & set(wanted):
        return "keyword"
    if not inside(plan.areas, position, areas):
        return "area"
    return "" if plan.hours.hold(*at) else "hours"


def _covers(geometry: dict[str, Any] | None, position: Position) -> bool:
    import shapely

    if geometry is None:
        return False
    return bool(_prepared(msgspec.json.encode(geometry)).covers(shapely.Point(*position)))


@lru_cache(maxsize=256)
def _prepared(body: bytes) -> Any:
    import shapely

    shape = shapely.geometry.shape(msgspec.json.decode(body))
    shapely.prepare(shape)
    return shape
