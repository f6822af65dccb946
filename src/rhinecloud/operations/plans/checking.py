"""What a thing that is declared has to be: said in one sentence where it is not, before it is kept."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any, Final

from rhinecloud.base import geo
from rhinecloud.base.errors import BadRequestData
from rhinecloud.operations import things
from rhinecloud.operations.alarm import LEVELS, AlarmPlan, Area, Closure
from rhinecloud.operations.declare import Agency, IncidentType, Unit, UnitKind
from rhinecloud.operations.life import STATES
from rhinecloud.operations.posts import STAFFS, Post, StaffFunction
from rhinecloud.operations.tables import Work
from rhinecloud.operations.travel import Barrier, Zone

from .choosing import above

LONGEST = 64


def check(work: Work, thing: Any) -> None:
    """Raises: BadRequestData: why it cannot be kept as it is."""
    identifier = getattr(thing, "id", "")
    if not identifier.strip() or len(identifier) > LONGEST or identifier != identifier.strip():
        raise BadRequestData(f"An id has 1 to {LONGEST} characters, and no blanks around them")
    title = getattr(thing, "title", None)
    if title is not None and not (title if isinstance(title, str) else title.de or title.en).strip():
        raise BadRequestData("A name is missing")
    for kind, rule in _RULES.items():
        if isinstance(thing, kind):
            rule(work, thing)


def _plan(work: Work, plan: AlarmPlan) -> None:
    _known(plan.types, things.every(work, IncidentType), "type of incident")
    _known(plan.areas, things.every(work, Area), "area")
    _known((n.agency for n in plan.needs if n.agency), things.every(work, Agency), "agency")
    if not 1 <= plan.first_level <= LEVELS:
        raise BadRequestData(f"Levels go from 1 to {LEVELS}")
    if not plan.needs:
        raise BadRequestData("A plan asks for something: at least one line with a capability")
    for need in plan.needs:
        if not need.capability.strip() or not 1 <= need.count <= 100 or not 1 <= need.level <= LEVELS:
            raise BadRequestData(f"A line names a capability, a count from 1 to 100 and a level from 1 to {LEVELS}")
        if need.within_s < 0 or not math.isfinite(need.within_s):
            raise BadRequestData("A time within which they shall be there is not negative")
    hours = plan.hours
    if not all(0 <= d <= 6 for d in hours.days) or not (0 <= hours.begin < 1440 and 0 <= hours.end < 1440):
        raise BadRequestData("Hours are days of the week, and times from 00:00 to 23:59")


def _area(_work: Work, area: Area) -> None:
    if area.geometry is None:
        raise BadRequestData("An area has a border")
    if geo.check(area.geometry)["type"] not in ("Polygon", "MultiPolygon"):
        raise BadRequestData("An area is a polygon")
    import shapely

    if not shapely.geometry.shape(area.geometry).is_valid:
        raise BadRequestData("The border of the area crosses itself, or is not closed")


def _agency(work: Work, agency: Agency) -> None:
    for given in agency.responsible:
        _known(given.types, things.every(work, IncidentType), "type of incident")
        _known(given.areas, things.every(work, Area), "area")
        if given.area is not None:
            geo.check(given.area)


def _type(work: Work, kind: IncidentType) -> None:
    types = things.every(work, IncidentType) | {kind.id: kind}
    if kind.above and (kind.above not in types or kind.id in above(kind.above, types)):
        raise BadRequestData(f"Type {kind.id} cannot lie under {kind.above}")
    for target in kind.targets:
        if target.start not in STATES or target.end not in STATES or not target.within_s > 0:
            raise BadRequestData(f"A target goes from one state to another in a time; states are {', '.join(STATES)}")
    automatic = kind.automatic
    if not 0 < kind.accept_s <= 86_400 or not 0 <= automatic.next_best <= 20 or not automatic.climb_s > 0:
        raise BadRequestData("Times are longer than nothing, and at most 20 next best units are tried")


def _kind(_work: Work, kind: UnitKind) -> None:
    digits = [s.digit for s in kind.statuses]
    if not digits or len(set(digits)) != len(digits) or not all(0 < len(d) <= 3 for d in digits):
        raise BadRequestData("A kind of unit has statuses, each with a digit of its own")
    if not any(s.means == "free" for s in kind.statuses) or not any(s.means == "bound" for s in kind.statuses):
        raise BadRequestData("Of the statuses one says that a unit is free, and one that it is bound")
    for before, after in kind.edges:
        if (before != "*" and before not in digits) or after not in digits:
            raise BadRequestData(f"The step {before}→{after} leads from or to a status that there is not")


def _unit(work: Work, unit: Unit) -> None:
    things.get(work, UnitKind, unit.kind)
    for place in (unit.station, unit.position):
        if place is not None:
            geo.point(*place)
    if not 0 <= unit.crew <= 1000:
        raise BadRequestData("A crew is 0 to 1000 people")


def _barrier(_work: Work, barrier: Barrier) -> None:
    if len(barrier.line) < 2:
        raise BadRequestData("A barrier is a line of two places or more")
    for place in (*barrier.line, *(c.position for c in barrier.crossings)):
        geo.point(*place)


def _zone(_work: Work, zone: Zone) -> None:
    geo.point(*zone.position)
    if not (zone.weight >= 0 and math.isfinite(zone.weight)):
        raise BadRequestData("A zone calls 0 times a day or more")


def _closure(_work: Work, closure: Closure) -> None:
    geo.point(*closure.position)
    if not 5 <= closure.radius_m <= 20_000:
        raise BadRequestData("A closure reaches 5 m to 20 km around its place")
    if closure.until_us is not None and closure.until_us <= closure.since_us:
        raise BadRequestData("A closure ends after it begins")


def _post(work: Work, post: Post) -> None:
    _known((post.agency,), things.every(work, Agency), "agency")
    if not all(0 <= c < 1440 for c in post.changes) or not 0 <= post.calls <= 99:
        raise BadRequestData("Handover times are times of the day, and an order is a number from 0 to 99")


def _function(_work: Work, function: StaffFunction) -> None:
    if function.staff not in STAFFS or not function.code.strip():
        raise BadRequestData("A function belongs to a staff, and has a short name")


def _known(given: Iterable[str], known: Iterable[str], what: str) -> None:
    there = set(known)
    for one in given:
        if one not in there:
            raise BadRequestData(f"There is no {what} {one[:40]!r}")


_RULES: Final[dict[type[Any], Callable[[Work, Any], None]]] = {
    AlarmPlan: _plan,
    Area: _area,
    Agency: _agency,
    IncidentType: _type,
    UnitKind: _kind,
    Unit: _unit,
    Barrier: _barrier,
    Zone: _zone,
    Closure: _closure,
    Post: _post,
    StaffFunction: _function,
}
