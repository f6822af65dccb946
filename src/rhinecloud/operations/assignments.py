"""Which unit works for which incident: needs, reservations, alarms, answers.

    reserved → alerted → sent → received → read → accepted → released
                  └─ declined, expired, withdrawn end it

A unit has one open assignment at most: the database refuses a second one, whoever was faster. Reserved tells the unit
nothing. Alerted starts the acceptance clock; what is declined or runs out is told as news for whoever escalates.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal

import msgspec

from rhinecloud.base.clock import SECOND
from rhinecloud.base.errors import BadRequestData, Conflict, ResourceNotFound
from rhinecloud.base.telemetry import counter

from . import incidents, journal, life, things, units
from .declare import Assignment, Incident, IncidentType, Need, Status, Unit, UnitKind
from .tables import Shelf, Work

WAITING: Final = ("alerted", "sent", "received", "read")
"""The unit has not answered."""
_COLUMNS: Final = ", ".join(Assignment.__struct_fields__)
_NEED: Final = (
    "SELECT n.id, n.incident, n.capability, n.count, n.section, n.within_s, n.made_us,"
    " (SELECT count(*) FROM assignment a WHERE a.need = n.id AND a.closed_us IS NULL),"
    " n.instead, n.agency, n.plan, n.level"
    " FROM need n WHERE n.withdrawn_us IS NULL"
)
_MADE = counter("assignments", "Units assigned, by how it ended", ("state",))


class Pick(msgspec.Struct, frozen=True):
    """A unit for an incident, and the need that it fills."""

    unit: str
    need: int | None = None
    section: str = ""


# ── needs ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def ask(  # noqa: PLR0913 — the parts of a need; callers name them
    work: Work,
    incident_id: str,
    capability: str,
    count: int = 1,
    *,
    section: str = "",
    within_s: float = 0,
    instead: Sequence[str] = (),
    agency: str = "",
    plan: str = "",
    level: int = 0,
) -> Need:
    """An incident needs so many units with a capability, or with one of those that will do instead.

    Raises:
        BadRequestData. Conflict: the incident is over.
    """
    incident = _active(work, incident_id)
    if not capability.strip() or not 0 < count <= 1000:
        raise BadRequestData("A need names a capability and a count from 1 to 1000")
    if section and section not in {s.id for s in incident.sections}:
        raise BadRequestData(f"Incident {incident.number} has no section {section[:40]!r}")
    made = work.run(
        "INSERT INTO need (incident, capability, count, section, within_s, made_us, instead, agency, plan, level)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        *(incident.id, capability, count, section, within_s, work.now, ",".join(instead), agency, plan, level),
    )
    by_plan = {"plan": plan, "level": level} if plan else {}
    journal.note(work, incident.id, "needed", capability=capability, count=count, section=section, **by_plan)
    work.tell("need.asked", str(made), incident.id, incident.agencies)
    return next(n for n in needs(work, incident.id) if n.id == made)


def withdraw_need(work: Work, need_id: int, reason: str = "") -> None:
    """The need is no longer one; units that fill it stay with the incident. Raises: ResourceNotFound."""
    row = work.row("SELECT incident, capability FROM need WHERE id = ? AND withdrawn_us IS NULL", need_id)
    if row is None:
        raise ResourceNotFound(f"Need {need_id} does not exist")
    work.run("UPDATE need SET withdrawn_us = ? WHERE id = ?", work.now, need_id)
    journal.note(work, row[0], "need-withdrawn", capability=row[1], reason=reason)
    work.tell("need.withdrawn", str(need_id), row[0])


def needs(asked: Work | Shelf, incident_id: str) -> list[Need]:
    return [_need(row) for row in asked.rows(f"{_NEED} AND n.incident = ? ORDER BY n.id", incident_id)]


def _need(row: tuple[Any, ...]) -> Need:
    members = dict(zip(Need.__struct_fields__, row, strict=True))
    members["instead"] = tuple(c for c in members["instead"].split(",") if c)
    return Need(**members)


# ── assigning ────────────────────────────────────────────────────────────────────────────────────────────────────────


def assign(
    work: Work,
    incident_id: str,
    picks: Sequence[Pick],
    how: Literal["reserve", "alert"] = "alert",
    *,
    deviation: str = "",
) -> list[Assignment]:
    """Reserves or alerts units for an incident, all of them or none.

    Args:
        deviation: why units that are not free, off duty or lack the capability are taken all the same.
    Raises:
        Conflict: a unit has an open assignment (says which), or the incident is over.
        BadRequestData: a unit does not fit and no deviation is given.
    """
    incident = _active(work, incident_id)
    known = {need.id: need for need in needs(work, incident.id)}
    made = []
    for pick in picks:
        unit = units.get(work, pick.unit)
        need = None if pick.need is None else known.get(pick.need)
        if pick.need is not None and need is None:
            raise ResourceNotFound(f"Incident {incident.number} has no need {pick.need}")
        _demand_free(work, unit)
        unfit = misfits(work, unit, need)
        if unfit and not deviation.strip():
            raise BadRequestData(f"Unit {unit.name} {unfit[0]}; give a reason to send it all the same", unit=unit.id)
        section = pick.section or (need.section if need else "")
        if section and section not in {s.id for s in incident.sections}:
            raise BadRequestData(f"Incident {incident.number} has no section {section[:40]!r}")
        new = work.run(
            "INSERT INTO assignment (unit, incident, need, section, state, made_us, made_by, deviation)"
            " VALUES (?, ?, ?, ?, 'reserved', ?, ?, ?)",
            *(unit.id, incident.id, pick.need, section, work.now, work.by.who, deviation.strip() if unfit else ""),
        )
        journal.note(work, incident.id, "unit-reserved", unit=unit.id, name=unit.name, deviation="; ".join(unfit))
        work.tell("assignment.reserved", str(new), incident.id, _knowing(incident, unit), unit=unit.id)
        made.append(get(work, new) if how == "reserve" else alert(work, new))
    return made


def misfits(work: Work, unit: Unit, need: Need | None) -> list[str]:
    """Why a unit should not be taken; empty: it fits."""
    status = things.get(work, UnitKind, unit.kind).status(unit.status)
    found = []
    if not unit.available:
        found.append("is off duty")
    if status is None:
        found.append("has not reported a status")
    elif status.means not in ("free", "ask"):
        found.append(f"is in status {status.digit} ({status.label.en})")
    if need is not None and not {need.capability, *need.instead} & set(unit.capabilities):
        found.append(f"has no {need.capability}")
    return found


def alert(work: Work, assignment_id: int) -> Assignment:
    """Alerts a unit that is reserved; its acceptance clock runs, and the incident is assigned.

    Raises:
        Conflict: it is not reserved, or the incident is over.
    """
    found = get(work, assignment_id)
    if found.state != "reserved":
        raise Conflict(
            f"Assignment {assignment_id} is {found.state}; only a reserved unit is alerted", state=found.state
        )
    incident, unit = _active(work, found.incident), units.get(work, found.unit)
    within_s = things.get(work, IncidentType, incident.type).accept_s
    work.run(
        "UPDATE assignment SET state = 'alerted', alerted_us = ?, due_us = ? WHERE id = ?",
        *(work.now, work.now + round(within_s * SECOND), assignment_id),
    )
    _share(work, incident, unit)
    incidents.advance(work, incident.id, "assigned", work.now)
    _say(work, "unit-alerted", "assignment.alerted", found, unit)
    _MADE.labels("alerted").inc()
    return get(work, assignment_id)


def mark(
    work: Work, assignment_id: int, what: Literal["sent", "received", "read"], at_us: int | None = None
) -> Assignment:
    """What is known of the way of the alarm. Marks come in any order and more than once; each counts the first time."""
    found = get(work, assignment_id)
    if found.alerted_us is None:
        raise Conflict(f"Assignment {assignment_id} is {found.state}; nothing was sent")
    if getattr(found, f"{what}_us") is not None:
        return found
    further = found.state in WAITING and WAITING.index(what) > WAITING.index(found.state)
    work.run(
        f"UPDATE assignment SET {what}_us = ?, state = ? WHERE id = ?",  # noqa: S608 - one of three words
        *(work.now if at_us is None else at_us, what if further else found.state, assignment_id),
    )
    work.tell(f"assignment.{what}", str(found.id), found.incident, unit=found.unit)
    return get(work, assignment_id)


def answer(work: Work, assignment_id: int, accepts: bool, reason: str = "") -> Assignment:
    """The unit accepts or declines. One that comes too late is taken, too, where the unit is still free.

    Raises:
        Conflict: there is nothing to answer any more. BadRequestData: a decline has no reason.
    """
    found = get(work, assignment_id)
    if found.state == "accepted" and accepts:
        return found
    if found.state == "expired" and accepts:
        _active(work, found.incident)
        _demand_free(work, units.get(work, found.unit))
    elif found.state not in WAITING:
        raise Conflict(f"Assignment {assignment_id} is {found.state}; there is nothing to answer", state=found.state)
    if not accepts and not reason.strip():
        raise BadRequestData("Who declines says why")
    unit = units.get(work, found.unit)
    work.run(
        "UPDATE assignment SET state = ?, answered_us = ?, answered_by = ?, closed_us = ?, due_us = NULL, reason = ?"
        " WHERE id = ?",
        "accepted" if accepts else "declined",
        work.now,
        work.by.who,
        None if accepts else work.now,
        reason.strip(),
        assignment_id,
    )
    if accepts:
        _say(work, "unit-accepted", "assignment.accepted", found, unit, late=found.state == "expired")
    else:
        _say(work, "unit-declined", "assignment.declined", found, unit, reason=reason.strip())
    _MADE.labels("accepted" if accepts else "declined").inc()
    return get(work, assignment_id)


def expire(work: Work) -> list[Assignment]:
    """Ends what was not answered in time; each is told, so that somebody sees to it."""
    late = work.rows("SELECT id FROM assignment WHERE due_us <= ? AND closed_us IS NULL ORDER BY due_us", work.now)
    for (number,) in late:
        found = get(work, number)
        _close(work, found, "expired", "")
        _say(work, "unit-silent", "assignment.expired", found, units.get(work, found.unit))
    return [get(work, number) for (number,) in late]


def withdraw(work: Work, assignment_id: int, reason: str) -> Assignment:
    """Calls a unit back, or gives a reserved one free. Raises: Conflict: it is over. BadRequestData: no reason."""
    found = get(work, assignment_id)
    if found.closed_us is not None:
        raise Conflict(f"Assignment {assignment_id} is {found.state} already", state=found.state)
    if not reason.strip():
        raise BadRequestData("To call a unit back takes a reason")
    _close(work, found, "withdrawn", reason.strip())
    unit = units.get(work, found.unit)
    _say(work, "unit-withdrawn", "assignment.withdrawn", found, unit, reason=reason.strip())
    return get(work, assignment_id)


def withdraw_all(work: Work, incident_id: str, reason: str) -> None:
    for found in of_incident(work, incident_id):
        if found.closed_us is None:
            withdraw(work, found.id, reason)


def hand_over(work: Work, source: Incident, target: Incident, chosen: frozenset[str] | None = None) -> None:
    """Units (None: all) that work for one incident work for another from now on; nobody is alerted anew."""
    for found in of_incident(work, source.id):
        if found.closed_us is None and (chosen is None or found.unit in chosen):
            unit = units.get(work, found.unit)
            work.run("UPDATE assignment SET incident = ?, need = NULL, section = '' WHERE id = ?", target.id, found.id)
            journal.note(work, source.id, "unit-moved", unit=unit.id, name=unit.name, to=target.number)
            journal.note(work, target.id, "unit-moved", unit=unit.id, name=unit.name, **{"from": source.number})
            work.tell("assignment.moved", str(found.id), target.id, _knowing(target, unit), unit=unit.id)
            _share(work, incidents.get(work, target.id), unit)


def heard(work: Work, unit: Unit, before: Status | None, now: Status, at_us: int) -> None:
    """What a unit's new status says of its assignment and its incident.

    On the way or there: it has accepted. Free after it was bound: it is released. Nothing else ends an assignment.
    """
    found = open_of(work, unit.id)
    if found is None or found.state == "reserved":
        return
    if now.step:
        if found.state != "accepted":
            answer(work, found.id, True)
        incidents.advance(work, found.incident, now.step, at_us)
    elif now.means == "free" and found.state == "accepted" and before is not None and before.means in ("bound", "ask"):
        _close(work, found, "released", "")
        _say(work, "unit-released", "assignment.released", found, unit)


def _close(work: Work, found: Assignment, state: str, reason: str) -> None:
    work.run(
        "UPDATE assignment SET state = ?, closed_us = ?, due_us = NULL, reason = ? WHERE id = ?",
        *(state, work.now, reason, found.id),
    )
    _MADE.labels(state).inc()


def _say(work: Work, entry: str, news: str, found: Assignment, unit: Unit, **detail: object) -> None:
    incident = incidents.get(work, found.incident)
    journal.note(work, found.incident, entry, unit=unit.id, name=unit.name, **detail)
    work.tell(news, str(found.id), found.incident, _knowing(incident, unit), unit=unit.id, **detail)


def _knowing(incident: Incident, unit: Unit) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*incident.agencies, unit.agency)))


def _share(work: Work, incident: Incident, unit: Unit) -> None:
    """Who sends a unit takes part, and has to know."""
    if unit.agency not in incident.agencies:
        incidents.change(work, incident.id, None, {"agencies": (*incident.agencies, unit.agency)})


def _active(work: Work, incident_id: str) -> Incident:
    incident = incidents.get(work, incident_id)
    if incident.state in life.OVER:
        raise Conflict(f"Incident {incident.number} is {incident.state}", state=incident.state)
    return incident


def _demand_free(work: Work, unit: Unit) -> None:
    held = open_of(work, unit.id)
    if held is not None:
        number = incidents.get(work, held.incident).number
        raise Conflict(f"Unit {unit.name} is {held.state} for incident {number}", unit=unit.id, assignment=held.id)


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def get(asked: Work | Shelf, assignment_id: int) -> Assignment:
    """Raises: ResourceNotFound."""
    rows = asked.rows(f"SELECT {_COLUMNS} FROM assignment WHERE id = ?", assignment_id)  # noqa: S608 - ours
    if not rows:
        raise ResourceNotFound(f"Assignment {assignment_id} does not exist")
    return _assignment(rows[0])


def open_of(asked: Work | Shelf, unit_id: str) -> Assignment | None:
    """What a unit is reserved, alerted or at work for."""
    rows = asked.rows(f"SELECT {_COLUMNS} FROM assignment WHERE unit = ? AND closed_us IS NULL", unit_id)  # noqa: S608 - ours
    return _assignment(rows[0]) if rows else None


def every_open(asked: Work | Shelf) -> dict[str, Assignment]:
    """All open assignments, by unit."""
    rows = asked.rows(f"SELECT {_COLUMNS} FROM assignment WHERE closed_us IS NULL")  # noqa: S608 - ours
    return {found.unit: found for found in map(_assignment, rows)}


def of_incident(asked: Work | Shelf, incident_id: str) -> list[Assignment]:
    """All assignments of an incident, also those that are over, in the order of making."""
    rows = asked.rows(f"SELECT {_COLUMNS} FROM assignment WHERE incident = ? ORDER BY id", incident_id)  # noqa: S608 - ours
    return [_assignment(row) for row in rows]


def _assignment(row: tuple[object, ...]) -> Assignment:
    return msgspec.convert(dict(zip(Assignment.__struct_fields__, row, strict=True)), Assignment)
