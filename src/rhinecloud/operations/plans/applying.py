"""A plan put to use in an incident: its level asks for what is not asked for yet; which plan did is recorded."""

from __future__ import annotations

from collections import Counter

import msgspec

from rhinecloud.base.errors import BadRequestData
from rhinecloud.operations import assignments, incidents, journal, things
from rhinecloud.operations.alarm import LEVELS, AlarmPlan, Area
from rhinecloud.operations.declare import Incident, IncidentType, Need
from rhinecloud.operations.tables import Shelf, Work

from .choosing import Fit, asked, choose, moment

_encode = msgspec.json.Encoder().encode


class Use(msgspec.Struct, frozen=True, kw_only=True):
    """What a plan asked for in an incident, at a level, in the version it had then."""

    plan: str
    version: int
    level: int
    at_us: int
    who: str
    name: str
    needs: tuple[tuple[str, int], ...]  # (capability, count) that came on top


def fits(asked_of: Work | Shelf, incident: Incident, at_us: int, timezone: str) -> list[Fit]:
    """All plans against an incident at a moment."""
    return choose(
        things.every(asked_of, AlarmPlan).values(),
        incident.type,
        incident.place.location,
        moment(at_us, timezone),
        types=things.every(asked_of, IncidentType),
        areas=things.every(asked_of, Area),
    )


def level(asked_of: Work | Shelf, incident_id: str) -> int:
    """The level that an incident was raised to; 0: no plan was put to use yet."""
    rows = asked_of.rows("SELECT level FROM alarm_level WHERE incident = ?", incident_id)
    return int(rows[0][0]) if rows else 0


def apply(work: Work, incident_id: str, wanted: int | None, timezone: str, *, reason: str = "") -> list[Need]:
    """Asks for all that the plans want up to a level and that no plan asked for before; gives what came on top.

    Doing it again changes nothing, so it may follow the news.

    Args:
        wanted: the level; None: the one it has, or the plan's first.
    Raises:
        BadRequestData: no plan fits, or the level is below the one it has. Conflict: the incident is over.
    """
    incident = incidents.get(work, incident_id)
    found = fits(work, incident, work.now, timezone)
    chosen = [f.plan for f in found if f.chosen]
    if not chosen:
        raise BadRequestData(f"No alarm plan fits incident {incident.number}")
    before = level(work, incident.id)
    to = wanted if wanted is not None else before or chosen[0].first_level
    if not 1 <= to <= LEVELS or to < before:
        raise BadRequestData(f"Incident {incident.number} is at level {before}; it can be raised up to {LEVELS}")
    made = _ask(work, incident, found, to)
    if made or to != before:
        work.run(
            "INSERT INTO alarm_level (incident, level) VALUES (?, ?)"
            " ON CONFLICT (incident) DO UPDATE SET level = excluded.level",
            *(incident.id, to),
        )
        _record(work, incident, chosen, made, to)
        journal.note(work, incident.id, "alarm-level", level=to, plan=chosen[0].id, reason=reason)
        work.tell("incident.level", incident.id, incident.id, incident.agencies, level=to, before=before)
    return made


def _ask(work: Work, incident: Incident, found: list[Fit], to: int) -> list[Need]:
    known = Counter[tuple[str, str]]()
    for need in assignments.needs(work, incident.id):
        if need.plan:
            known[need.capability, need.agency] += need.count
    made = []
    for plan, row in asked(found, to):
        there = min(known[row.capability, row.agency], row.count)
        known[row.capability, row.agency] -= there
        if row.count > there:
            made.append(
                assignments.ask(
                    work,
                    incident.id,
                    row.capability,
                    row.count - there,
                    within_s=row.within_s,
                    instead=row.instead,
                    agency=row.agency,
                    plan=plan.id,
                    level=row.level,
                )
            )
    return made


def _record(work: Work, incident: Incident, chosen: list[AlarmPlan], made: list[Need], to: int) -> None:
    for plan in chosen:
        added = [(n.capability, n.count) for n in made if n.plan == plan.id]
        work.run(
            "INSERT INTO plan_use (incident, plan, version, level, at_us, who, name, body)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            *(incident.id, plan.id, plan.version, to, work.now, work.by.who, work.by.name, _encode(added)),
        )


def uses(asked_of: Work | Shelf, incident_id: str) -> list[Use]:
    """Which plans were put to use in an incident, in order."""
    rows = asked_of.rows(
        "SELECT plan, version, level, at_us, who, name, body FROM plan_use WHERE incident = ? ORDER BY id", incident_id
    )
    return [
        Use(
            plan=p, version=v, level=lv, at_us=at, who=w, name=n, needs=tuple((c, k) for c, k in msgspec.json.decode(b))
        )
        for p, v, lv, at, w, n, b in rows
    ]
