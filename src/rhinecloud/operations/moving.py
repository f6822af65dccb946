"""Steps of an incident as people take them: with what they mean for units, and for other incidents.

Who cancels calls the units back. Nobody closes an incident in which units are at work. Merging takes units, alerts and
things along; splitting makes new incidents of one; a major incident is the parent of others.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from rhinecloud.base.errors import BadRequestData, Conflict

from . import assignments, incidents, journal, life
from .declare import Incident, Place
from .incidents import Report
from .tables import Work


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What one part of a split incident is, and which units go with it."""

    title: str
    text: str = ""
    place: Place | None = None  # None: where the whole was
    type: str = ""  # "": as the whole
    units: tuple[str, ...] = ()


def step(
    work: Work, incident_id: str, name: str, version: int | None, *, reason: str = "", other: str = ""
) -> Incident:
    """One step of an incident's life.

    Args:
        version: that the person saw; None: whatever it is.
        other: the incident that this one is a duplicate of.
    Raises:
        Conflict: it was changed meanwhile, or is not in a state for it, or units are at work in it. BadRequestData.
    """
    incident = incidents.get(work, incident_id)
    incidents.demand(work, incident, version, ("state",))
    if (found := life.take(incident.state, name, reason=reason, other=other)).alone:
        raise BadRequestData(f"To {name} incidents, say which")
    if found.other:
        other = _other(work, incident, other).id
    if name in ("cancel", "withdraw"):
        assignments.withdraw_all(work, incident.id, reason)
        incident = incidents.get(work, incident_id)
    elif found.after in life.OVER and incident.state not in life.OVER:
        _demand_nobody(work, incident)
    return incidents.move(work, incident, name, reason=reason, other=other)


def merge(work: Work, incident_id: str, into: str, version: int | None, *, reason: str = "") -> Incident:
    """Makes one incident part of another; gives that other one.

    Raises:
        Conflict: one of them is over, or was changed. BadRequestData: it is the same, or the other is a drill.
    """
    incident = incidents.get(work, incident_id)
    incidents.demand(work, incident, version, ("state",))
    other = _other(work, incident, into)
    if other.state in life.OVER:
        raise Conflict(f"Incident {other.number} is {other.state}; nothing can be merged into it")
    assignments.hand_over(work, incident, other)
    # The parent of what was merged is not inherited: it may be the very incident.
    for child in children(work, incident.id):
        set_parent(work, child.id, "" if child.id == other.id else other.id, None)
    for alert in incident.alerts:
        incidents.link_alert(work, other.id, alert)
    incidents.move(work, incidents.get(work, incident.id), "merge", reason=reason, other=other.id)
    other = incidents.get(work, other.id)
    _gather(work, other, incident)
    return incidents.get(work, other.id)


def _gather(work: Work, other: Incident, merged: Incident) -> None:
    """What the merged incident knew is known of the other one."""
    different = {
        name: tuple(dict.fromkeys((*getattr(other, name), *getattr(merged, name))))
        for name in ("alerts", "entities", "agencies")
    }
    changed = msgspec.structs.replace(other, **different)
    incidents.keep(work, changed, different)
    journal.note(work, other.id, "merged", number=merged.number, title=merged.title)
    work.tell("incident.changed", other.id, other.id, changed.agencies, fields=sorted(different))


def split(
    work: Work, incident_id: str, parts: Sequence[Part], version: int | None, *, reason: str = ""
) -> list[Incident]:
    """Makes several incidents of one. Units that no part names go with the first.

    Raises:
        BadRequestData: fewer than two parts, or a unit in two of them. Conflict.
    """
    incident = incidents.get(work, incident_id)
    incidents.demand(work, incident, version, ("state",))
    named = [unit for part in parts for unit in part.units]
    at_work = {a.unit for a in assignments.of_incident(work, incident.id) if a.closed_us is None}
    if len(parts) < 2 or len(set(named)) != len(named):
        raise BadRequestData("An incident is split into two parts or more, and each unit goes with one of them")
    if strangers := set(named) - at_work:
        raise BadRequestData(f"Unit {sorted(strangers)[0]} is not at work in incident {incident.number}")
    life.take(incident.state, "split")
    made = [_part(work, incident, part) for part in parts]
    for part, new in zip(parts[1:], made[1:], strict=True):
        _give(work, incident, new, frozenset(part.units))
    _give(work, incident, made[0], None)
    whole = incidents.get(work, incident.id)
    whole.parts = tuple(m.id for m in made)
    incidents.move(work, whole, "split", reason=reason)
    return [incidents.get(work, m.id) for m in made]


def _part(work: Work, whole: Incident, part: Part) -> Incident:
    given = Report(
        type=part.type or whole.type,
        title=part.title,
        text=part.text or whole.text,
        place=part.place or whole.place,
        severity=whole.severity,
        urgency=whole.urgency,
        entities=whole.entities,
        alerts=whole.alerts,
        agencies=whole.agencies,
        exercise=whole.exercise,
        source=f"incident:{whole.id}",
        reported_us=whole.reported_us,
    )
    made = incidents.report(work, given)
    made.split_from, made.parent = whole.id, whole.parent
    incidents.keep(work, made, {"split_from": whole.id, "parent": whole.parent})
    return made


def _give(work: Work, whole: Incident, part: Incident, units: frozenset[str] | None) -> None:
    before = {a.id for a in assignments.of_incident(work, part.id)}
    assignments.hand_over(work, whole, incidents.get(work, part.id), units)
    if any(a.alerted_us for a in assignments.of_incident(work, part.id) if a.id not in before):
        reached = whole.state if whole.state in ("assigned", "under-way", "on-scene") else "on-scene"
        incidents.advance(work, part.id, reached, work.now)


def set_parent(work: Work, incident_id: str, parent: str, version: int | None) -> Incident:
    """Puts an incident under a major one; "" takes it out.

    Raises:
        Conflict: it was changed meanwhile. BadRequestData: it would lie under itself, or one of them is a drill.
    """
    incident = incidents.get(work, incident_id)
    incidents.demand(work, incident, version, ("parent",))
    at = parent = _other(work, incident, parent).id if parent else ""
    while at:
        if at == incident.id:
            raise BadRequestData(f"Incident {incident.number} would lie under itself")
        at = incidents.get(work, at).parent
    if incident.parent != parent:
        incident.parent = parent
        incidents.keep(work, incident, {"parent": parent})
        journal.note(work, incident.id, "parent", parent=incidents.get(work, parent).number if parent else "")
        work.tell("incident.changed", incident.id, incident.id, incident.agencies, fields=["parent"])
    return incidents.get(work, incident.id)


def children(work: Work, incident_id: str) -> list[Incident]:
    ids = work.rows("SELECT id FROM incident WHERE parent = ? ORDER BY num", incident_id)
    return [incidents.get(work, child) for (child,) in ids]


def _other(work: Work, incident: Incident, other_id: str) -> Incident:
    other = incidents.get(work, other_id)
    if other.id == incident.id:
        raise BadRequestData("An incident cannot be named as the other one of itself")
    if other.exercise != incident.exercise:
        raise BadRequestData("A drill and a real incident are never put together")
    return other


def _demand_nobody(work: Work, incident: Incident) -> None:
    at_work = [a.unit for a in assignments.of_incident(work, incident.id) if a.closed_us is None]
    if at_work:
        raise Conflict(f"{', '.join(at_work)} still at work in incident {incident.number}", units=at_work)
