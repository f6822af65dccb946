"""What becomes of an alarm that was declined or not answered: the next best unit, as often as the type allows it, then
a person; and when nobody takes it in time, the next person on duty.

One row an assignment, so that hearing of it twice changes nothing.
"""

from __future__ import annotations

import msgspec

from rhinecloud.base.clock import SECOND
from rhinecloud.base.errors import Conflict, ResourceNotFound
from rhinecloud.operations import assignments, incidents, journal, life, things, units
from rhinecloud.operations.declare import Incident, IncidentType
from rhinecloud.operations.duty import roster
from rhinecloud.operations.posts import Duty
from rhinecloud.operations.tables import Shelf, Work
from rhinecloud.operations.telling import outbox
from rhinecloud.operations.telling.declare import Tell, Text

_COLUMNS = "assignment, incident, need, unit, why, made_us, state, steps, due_us, told, body, taken_us, taken_by"


class Escalation(msgspec.Struct, frozen=True, kw_only=True):
    """`state`: sent (the next best went), person (somebody has to see to it), taken (somebody does), over."""

    assignment: int
    incident: str
    need: int | None
    unit: str
    why: str  # "declined" or "expired"
    made_us: int
    state: str
    steps: int  # how many were told
    due_us: int | None  # when the next one is told
    told: str  # names, the last one last
    body: str  # what was done by itself, or the reason of the decline
    taken_us: int | None
    taken_by: str


def get(asked: Work | Shelf, assignment_id: int) -> Escalation | None:
    rows = asked.rows(f"SELECT {_COLUMNS} FROM escalation WHERE assignment = ?", assignment_id)  # noqa: S608 - ours
    return _escalation(rows[0]) if rows else None


def waiting(asked: Work | Shelf) -> list[Escalation]:
    """What waits for a person, the oldest first."""
    rows = asked.rows(f"SELECT {_COLUMNS} FROM escalation WHERE state = 'person' ORDER BY made_us")  # noqa: S608 - ours
    return [_escalation(row) for row in rows]


def of_incident(asked: Work | Shelf, incident_id: str) -> list[Escalation]:
    rows = asked.rows(f"SELECT {_COLUMNS} FROM escalation WHERE incident = ? ORDER BY made_us", incident_id)  # noqa: S608 - ours
    return [_escalation(row) for row in rows]


def tries(asked: Work | Shelf, assignment_id: int) -> int:
    """How often the next best was sent already for the need of an assignment."""
    found = assignments.get(asked, assignment_id)
    rows = asked.rows(
        "SELECT count(*) FROM escalation WHERE incident = ? AND need IS ? AND state = 'sent' AND assignment <> ?",
        *(found.incident, found.need, assignment_id),
    )
    return int(rows[0][0])


def sent(work: Work, assignment_id: int, why: str, next_unit: str) -> None:
    """The next best unit went by itself."""
    _keep(work, assignment_id, why, "sent", units.get(work, next_unit).name)


def to_person(work: Work, assignment_id: int, why: str) -> None:
    """Somebody has to see to it: the first on duty who is to be told, and everybody who has the incident open."""
    found = assignments.get(work, assignment_id)
    _keep(work, assignment_id, why, "person", found.reason)
    climb(work, assignment_id)


def climb(work: Work, assignment_id: int) -> None:
    """Tells the next one on duty. After the last one it waits on the board, without a clock."""
    found = get(work, assignment_id)
    if found is None or found.state != "person":
        return
    incident = incidents.get(work, found.incident)
    chain = roster.to_be_told(work, incident.agencies, work.now)
    told = chain[found.steps] if found.steps < len(chain) else None
    within_s = things.get(work, IncidentType, incident.type).automatic.climb_s
    due = work.now + round(within_s * SECOND) if found.steps + 1 < len(chain) else None
    names = ", ".join(n for n in (found.told, told.name if told else "") if n)
    work.run(
        "UPDATE escalation SET steps = steps + 1, due_us = ?, told = ? WHERE assignment = ?", due, names, assignment_id
    )
    name = units.get(work, found.unit).name
    journal.note(
        work, incident.id, "escalated", unit=found.unit, name=name, why=found.why, to=told.name if told else ""
    )
    work.tell(
        "escalation.asked",
        str(assignment_id),
        incident.id,
        incident.agencies,
        unit=found.unit,
        name=name,
        why=found.why,
        duty=told.id if told else 0,
        person=told.person if told else "",
        to=told.name if told else "",
        step=found.steps + 1,
    )
    if told is not None:
        _tell(work, found, incident, told, name)


def _tell(work: Work, found: Escalation, incident: Incident, told: Duty, unit: str) -> None:
    """To the account and the mail address of whoever is on duty; who has neither is called by telephone."""
    recipients = [told.person] if told.person.startswith("person:") else []
    recipients += [f"mailto:{reach}" for reach in told.reach if "@" in reach]
    if not recipients:
        return
    why = {"declined": ("hat abgelehnt", "has declined"), "expired": ("antwortet nicht", "does not answer")}
    de, en = why.get(found.why, (found.why, found.why))
    number, title = incident.number, incident.title
    outbox.tell(
        work,
        Tell(
            key=f"escalation:{found.assignment}:{found.steps + 1}",
            about="escalation",
            to=tuple(recipients),
            text={
                "de": Text(f"{unit} {de}: {number}", f"{title}\n\n{unit} {de}. Bitte über Ersatz entscheiden."),
                "en": Text(f"{unit} {en}: {number}", f"{title}\n\n{unit} {en}. Please decide on a replacement."),
            },
            priority="immediate",
            subject=str(found.assignment),
            incident=incident.id,
            path=f"/incidents/{incident.id}/dispatch",
        ),
    )


def due(work: Work) -> list[int]:
    """Escalations that nobody took in time."""
    return [
        n for (n,) in work.rows("SELECT assignment FROM escalation WHERE state = 'person' AND due_us <= ?", work.now)
    ]


def take(work: Work, assignment_id: int) -> Escalation:
    """Somebody sees to it. Raises: ResourceNotFound. Conflict: somebody else does already."""
    found = get(work, assignment_id)
    if found is None:
        raise ResourceNotFound(f"Nothing waits for assignment {assignment_id}")
    if found.state != "person":
        raise Conflict(f"{found.taken_by or 'Operations'} has seen to it already", who=found.taken_by)
    name = work.by.name or work.by.who
    work.run(
        "UPDATE escalation SET state = 'taken', taken_us = ?, taken_by = ?, due_us = NULL WHERE assignment = ?",
        *(work.now, name, assignment_id),
    )
    journal.note(work, found.incident, "escalation-taken", unit=found.unit, name=units.get(work, found.unit).name)
    work.tell("escalation.taken", str(assignment_id), found.incident, unit=found.unit)
    return msgspec.structs.replace(found, state="taken", taken_us=work.now, taken_by=name, due_us=None)


def settle(work: Work, incident: Incident) -> None:
    """Nobody has to see any more to what was filled meanwhile, or to an incident that is over."""
    filled = {n.id for n in assignments.needs(work, incident.id) if n.filled >= n.count}
    known = {n.id for n in assignments.needs(work, incident.id)}
    for found in of_incident(work, incident.id):
        open_ = found.need is None or (found.need in known and found.need not in filled)
        again = assignments.get(work, found.assignment).state == "accepted"  # it came after all
        if found.state == "person" and (incident.state in life.OVER or not open_ or again):
            work.run("UPDATE escalation SET state = 'over', due_us = NULL WHERE assignment = ?", found.assignment)
            work.tell("escalation.over", str(found.assignment), incident.id, incident.agencies, unit=found.unit)


def _keep(work: Work, assignment_id: int, why: str, state: str, body: str) -> None:
    found = assignments.get(work, assignment_id)
    work.run(
        "INSERT INTO escalation (assignment, incident, need, unit, why, made_us, state, steps, told, body)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, 0, '', ?)",
        *(assignment_id, found.incident, found.need, found.unit, why, work.now, state, body),
    )


def _escalation(row: tuple[object, ...]) -> Escalation:
    return msgspec.convert(dict(zip(Escalation.__struct_fields__, row, strict=True)), Escalation)
