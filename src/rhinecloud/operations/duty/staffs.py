"""The two staffs of an incident: called together and dismissed, functions taken and given up, all of it in the log."""

from __future__ import annotations

from rhinecloud.base.errors import BadRequestData, Conflict, ResourceNotFound
from rhinecloud.operations import incidents, journal, life, things
from rhinecloud.operations.posts import STAFFS, Convened, Holder, Staff, StaffFunction
from rhinecloud.operations.tables import Shelf, Work

_HOLDER = ", ".join(Holder.__struct_fields__)
_CONVENED = ", ".join(Convened.__struct_fields__)


def convene(work: Work, incident_id: str, staff: Staff, reason: str) -> Convened:
    """Calls a staff together. Raises: Conflict: it is there already, or the incident is over. BadRequestData."""
    incident = incidents.get(work, incident_id)
    if incident.state in life.OVER:
        raise Conflict(f"Incident {incident.number} is {incident.state}", state=incident.state)
    if staff not in STAFFS or not reason.strip():
        raise BadRequestData("To call a staff together takes which one, and a reason")
    if any(c.staff == staff for c in convened(work, incident.id)):
        raise Conflict(f"The {STAFFS[staff].en} is together already", staff=staff)
    work.run(
        "INSERT INTO convened (incident, staff, reason, since_us, by) VALUES (?, ?, ?, ?, ?)",
        *(incident.id, staff, reason.strip(), work.now, work.by.who),
    )
    journal.note(work, incident.id, "staff-convened", staff=staff, reason=reason.strip())
    work.tell("staff.convened", staff, incident.id, incident.agencies)
    return next(c for c in convened(work, incident.id) if c.staff == staff)


def dismiss(work: Work, incident_id: str, staff: Staff, reason: str) -> None:
    """Dismisses a staff; whoever had a function in it has it no longer. Raises: Conflict: it is not together."""
    incident = incidents.get(work, incident_id)
    if all(c.staff != staff for c in convened(work, incident.id)):
        raise Conflict(f"The {STAFFS[staff].en} is not together", staff=staff)
    work.run(
        "UPDATE convened SET until_us = ? WHERE incident = ? AND staff = ? AND until_us IS NULL",
        *(work.now, incident.id, staff),
    )
    functions = things.every(work, StaffFunction)
    for holder in holders(work, incident.id):
        if holder.function in functions and functions[holder.function].staff == staff:
            work.run("UPDATE staff SET until_us = ? WHERE id = ?", work.now, holder.id)
    journal.note(work, incident.id, "staff-dismissed", staff=staff, reason=reason.strip())
    work.tell("staff.dismissed", staff, incident.id, incident.agencies)


def take(
    work: Work, incident_id: str, function_id: str, *, person: str = "", name: str, agency: str = "", reach: str = ""
) -> Holder:
    """Somebody takes a function; who had it before gives it up, unless several may have it.

    Raises:
        Conflict: they have it already, or the incident is over. BadRequestData: no name.
    """
    incident = incidents.get(work, incident_id)
    function = things.get(work, StaffFunction, function_id)
    if incident.state in life.OVER:
        raise Conflict(f"Incident {incident.number} is {incident.state}", state=incident.state)
    if not name.strip():
        raise BadRequestData("Who takes a function has a name")
    there = [h for h in holders(work, incident.id) if h.function == function.id]
    if any((h.person or h.name) == (person or name.strip()) for h in there):
        raise Conflict(f"{name} is {function.code} already")
    before = "" if function.many else ", ".join(h.name for h in there)
    if not function.many:
        for holder in there:
            work.run("UPDATE staff SET until_us = ? WHERE id = ?", work.now, holder.id)
    number = work.run(
        "INSERT INTO staff (incident, function, person, name, agency, reach, since_us, by)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        *(incident.id, function.id, person, name.strip(), agency, reach.strip(), work.now, work.by.who),
    )
    journal.note(
        work, incident.id, "function-taken", function=function.code, staff=function.staff, name=name.strip(),
        agency=agency, before=before,
    )  # fmt: skip
    work.tell("staff.taken", function.id, incident.id, incident.agencies, name=name.strip(), person=person)
    return next(h for h in holders(work, incident.id) if h.id == number)


def give_up(work: Work, holder_id: int) -> Holder:
    """Raises: ResourceNotFound, Conflict: it was given up already."""
    found = holder(work, holder_id)
    if found.until_us is not None:
        raise Conflict(f"{found.name} has given it up already")
    function = things.get(work, StaffFunction, found.function)
    work.run("UPDATE staff SET until_us = ? WHERE id = ?", work.now, holder_id)
    journal.note(
        work, found.incident, "function-given-up", function=function.code, staff=function.staff, name=found.name
    )
    work.tell("staff.left", found.function, found.incident, name=found.name, person=found.person)
    return found


def holder(asked: Work | Shelf, holder_id: int) -> Holder:
    rows = asked.rows(f"SELECT {_HOLDER} FROM staff WHERE id = ?", holder_id)  # noqa: S608 - ours
    if not rows:
        raise ResourceNotFound(f"There is no function {holder_id} in a staff")
    return Holder(**dict(zip(Holder.__struct_fields__, rows[0], strict=True)))


def holders(asked: Work | Shelf, incident_id: str, *, past: bool = False) -> list[Holder]:
    """Who has which function now; with `past` who had one too."""
    now = "" if past else " AND until_us IS NULL"
    rows = asked.rows(f"SELECT {_HOLDER} FROM staff WHERE incident = ?{now} ORDER BY since_us, id", incident_id)  # noqa: S608 - ours
    return [Holder(**dict(zip(Holder.__struct_fields__, row, strict=True))) for row in rows]


def convened(asked: Work | Shelf, incident_id: str, *, past: bool = False) -> list[Convened]:
    now = "" if past else " AND until_us IS NULL"
    rows = asked.rows(f"SELECT {_CONVENED} FROM convened WHERE incident = ?{now} ORDER BY since_us, id", incident_id)  # noqa: S608 - ours
    return [Convened(**dict(zip(Convened.__struct_fields__, row, strict=True))) for row in rows]
