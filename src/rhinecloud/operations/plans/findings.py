"""What a planner should look at: plans nobody can fulfil, keywords without one, units that nobody finds, gaps on duty.

Found in what is declared, without asking anybody.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from rhinecloud.base.clock import DAY
from rhinecloud.operations import things, units
from rhinecloud.operations.alarm import AlarmPlan, Area, Closure
from rhinecloud.operations.declare import Agency, IncidentType, Unit
from rhinecloud.operations.duty import roster
from rhinecloud.operations.posts import Post
from rhinecloud.operations.seat import Seat
from rhinecloud.operations.tables import Shelf
from rhinecloud.operations.travel import Barrier, Zone

from .choosing import above

What = Literal[
    "no-plan", "nobody-has", "too-few", "no-place", "no-capability", "no-responsible", "gap", "unused-area",
    "no-zones", "shut", "closed", "no-roads", "alone",
]  # fmt: skip


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """`state`: 1 to know, 2 to look at, 3 wrong. `names`: of what it is about; `register`: where it is mended."""

    what: What
    state: int
    names: tuple[str, ...]
    register: str


def find(seat: Seat, language: str, now: int, *, roads: bool) -> list[Finding]:
    """The gravest first."""
    seat.may("incidents.read")
    shelf = seat.shelf
    plans, types = things.every(shelf, AlarmPlan), things.every(shelf, IncidentType)
    fleet = units.every(shelf, seat.sees())
    found = [
        *_plans(plans, types, fleet, language),
        *_units(fleet),
        *_places(shelf, plans, language, now),
        *_duty(shelf, language, now),
    ]
    if not roads:
        found.append(Finding(what="no-roads", state=1, names=(), register="roads"))
    return sorted(found, key=lambda f: -f.state)


def _plans(
    plans: dict[str, AlarmPlan], types: dict[str, IncidentType], fleet: list[Unit], language: str
) -> Iterable[Finding]:
    counted = [p for p in plans.values() if p.in_force]
    bases = [p for p in counted if not p.adds]
    without = [
        t.title[language]
        for t in types.values()
        if t.offered and not any(not p.types or set(p.types) & set(above(t.id, types)) for p in bases)
    ]
    if without:
        yield Finding(what="no-plan", state=2, names=tuple(without), register="types")
    nobody: dict[str, None] = {}
    few: dict[str, None] = {}
    for plan in counted:
        for need in plan.needs:
            able = sum(
                1
                for u in fleet
                if {need.capability, *need.instead} & set(u.capabilities) and need.agency in ("", u.agency)
            )
            if not able:
                nobody[f"{need.capability} ({plan.title[language]})"] = None
            elif able < need.count:
                few[f"{need.count} {need.capability} ({plan.title[language]})"] = None
    if nobody:
        yield Finding(what="nobody-has", state=3, names=tuple(nobody), register="plans")
    if few:
        yield Finding(what="too-few", state=2, names=tuple(few), register="plans")
    alone = [p.title[language] for p in counted if p.adds and not bases]
    if alone:
        yield Finding(what="alone", state=2, names=tuple(alone), register="plans")


def _units(fleet: list[Unit]) -> Iterable[Finding]:
    lost = tuple(u.name for u in fleet if u.station is None and not u.entity and u.position is None)
    if lost:
        yield Finding(what="no-place", state=2, names=lost, register="units")
    idle = tuple(u.name for u in fleet if not u.capabilities)
    if idle:
        yield Finding(what="no-capability", state=2, names=idle, register="units")


def _places(shelf: Shelf, plans: dict[str, AlarmPlan], language: str, now: int) -> Iterable[Finding]:
    agencies, areas = things.every(shelf, Agency), things.every(shelf, Area)
    silent = tuple(a.title[language] for a in agencies.values() if not a.responsible)
    if silent:
        yield Finding(what="no-responsible", state=1, names=silent, register="agencies")
    named = {a for p in plans.values() for a in p.areas}
    named |= {a for agency in agencies.values() for r in agency.responsible for a in r.areas}
    gone = tuple(sorted(named - set(areas)))
    if gone:
        yield Finding(what="unused-area", state=3, names=gone, register="areas")
    if not things.every(shelf, Zone):
        yield Finding(what="no-zones", state=1, names=(), register="zones")
    shut = tuple(c.name for b in things.every(shelf, Barrier).values() for c in b.crossings if not c.is_open)
    if shut:
        yield Finding(what="shut", state=2, names=shut, register="barriers")
    closed = tuple(c.title for c in things.every(shelf, Closure).values() if c.holds(now))
    if closed:
        yield Finding(what="closed", state=2, names=closed, register="closures")


def _duty(shelf: Shelf, language: str, now: int) -> Iterable[Finding]:
    posts = things.every(shelf, Post)
    gaps = roster.gaps(list(posts.values()), roster.between(shelf, now, now + 7 * DAY), now, now + 7 * DAY)
    names = tuple(dict.fromkeys(posts[g.post].title[language] for g in gaps))
    if names:
        yield Finding(what="gap", state=2, names=names, register="duty")
