"""What comes over the radio: statuses, which are states, and wishes to speak, which are a queue of their own.

Every status that comes is kept and taken, also one that the status map does not expect: reality wins over the diagram,
and the step is marked. A wish to speak (0, 5) never changes the status.
"""

from __future__ import annotations

from rhinecloud.base.clock import SECOND
from rhinecloud.base.errors import BadRequestData, Conflict, ResourceNotFound

from . import assignments, incidents, things, units
from .declare import Assignment, Speech, StatusReport, Unit, UnitKind
from .tables import Shelf, Work


def report(
    work: Work, unit_id: str, digit: str, *, at_us: int | None = None, source: str = "hand", key: str = ""
) -> Unit:
    """A status or a wish to speak of a unit. Gives the unit as it stands then.

    Args:
        at_us: when it was sent; one that is older than what is known is kept, and changes nothing.
        key: of the message that brought it; the same one again changes nothing.
    Raises:
        ResourceNotFound: there is no such unit. BadRequestData: its kind has no such status.
    """
    unit = units.get(work, unit_id)
    kind = things.get(work, UnitKind, unit.kind)
    status = kind.status(digit)
    if status is None:
        known = ", ".join(s.digit for s in kind.statuses)
        raise BadRequestData(f"Units of kind {kind.id} have no status {digit[:10]!r}; there are {known}")
    # Who reports by hand has the newest word, also where a device's clock was ahead of ours.
    at = max(work.now, unit.status_us) if at_us is None else min(at_us, work.now + 60 * SECOND)
    late = status.means != "call" and at < unit.status_us
    unusual = status.means != "call" and not late and not kind.usual(unit.status, digit)
    if key and work.row("SELECT 1 FROM status_report WHERE key = ?", key):
        return unit
    work.run(
        "INSERT INTO status_report (unit, digit, at_us, received_us, source, who, unusual, late, key)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        *(unit.id, digit, at, work.now, source, work.by.who, unusual, late, key or None),
    )
    if status.means == "call":
        _wish(work, unit, digit, status.urgent, at)
    elif not late:
        work.run("UPDATE unit SET status = ?, status_us = ?, unusual = ? WHERE id = ?", digit, at, unusual, unit.id)
        before = kind.status(unit.status)
        unit = units.get(work, unit.id)
        assignments.heard(work, unit, before, status, at)
        held = assignments.open_of(work, unit.id)
        told = {"status": digit, "unusual": unusual, "at": at}
        work.tell("unit.status", unit.id, held.incident if held else "", knowing(work, unit, held), **told)
    return unit


def knowing(work: Work, unit: Unit, held: Assignment | None) -> tuple[str, ...]:
    """The agencies that may know of a unit: its own, and those that it works for."""
    others = incidents.get(work, held.incident).agencies if held else ()
    return tuple(dict.fromkeys((unit.agency, *others)))


def _wish(work: Work, unit: Unit, digit: str, urgent: bool, at: int) -> None:
    """Who asks again waits since the first time."""
    done = work.db.execute(
        "UPDATE speech SET times = times + 1 WHERE unit = ? AND digit = ? AND answered_us IS NULL", (unit.id, digit)
    )
    if not done.rowcount:
        work.run("INSERT INTO speech (unit, digit, urgent, asked_us) VALUES (?, ?, ?, ?)", unit.id, digit, urgent, at)
    work.tell("unit.speech", unit.id, agencies=(unit.agency,), digit=digit, urgent=urgent)


def answer(work: Work, speech_id: int) -> Speech:
    """Somebody speaks with the unit. Raises: ResourceNotFound. Conflict: somebody else does already; says who."""
    found = get(work, speech_id)
    if found.answered_us is not None:
        raise Conflict(f"{found.answered_by} has answered already", who=found.answered_by, at_us=found.answered_us)
    work.run("UPDATE speech SET answered_us = ?, answered_by = ? WHERE id = ?", work.now, work.by.who, speech_id)
    work.tell("unit.answered", found.unit, agencies=(units.get(work, found.unit).agency,), speech=speech_id)
    return get(work, speech_id)


def waiting(asked: Work | Shelf) -> list[Speech]:
    """Units that wait to speak: the urgent ones first, then by how long they wait."""
    rows = asked.rows(f"{_SPEECH} WHERE answered_us IS NULL ORDER BY urgent DESC, asked_us, id")
    return [Speech(**dict(zip(Speech.__struct_fields__, row, strict=True))) for row in rows]


_SPEECH = f"SELECT {', '.join(Speech.__struct_fields__)} FROM speech"  # noqa: S608 - ours


def get(work: Work, speech_id: int) -> Speech:
    """Raises: ResourceNotFound."""
    row = work.row(f"{_SPEECH} WHERE id = ?", speech_id)
    if row is None:
        raise ResourceNotFound(f"Speech request {speech_id} does not exist")
    return Speech(**dict(zip(Speech.__struct_fields__, row, strict=True)))


_REPORT = f"SELECT {', '.join(StatusReport.__struct_fields__)} FROM status_report"  # noqa: S608 - ours
_NEWEST = "ORDER BY at_us DESC, id DESC LIMIT ?"


def reports(asked: Work | Shelf, unit_id: str, *, since_us: int = 0, limit: int = 1000) -> list[StatusReport]:
    """What a unit reported, the newest first."""
    rows = asked.rows(f"{_REPORT} WHERE unit = ? AND at_us >= ? {_NEWEST}", unit_id, since_us, limit)
    return [StatusReport(**dict(zip(StatusReport.__struct_fields__, row, strict=True))) for row in rows]


def standing(asked: Work | Shelf, unit_id: str, kind: UnitKind | None, at_us: int) -> StatusReport | None:
    """What a unit's status was at a moment: its last report by then that was no wish to speak and did not come late."""
    calls = [s.digit for s in kind.statuses if s.means == "call"] if kind else []
    marks = ", ".join("?" * len(calls))
    rows = asked.rows(
        f"{_REPORT} WHERE unit = ? AND at_us <= ? AND NOT late AND digit NOT IN ({marks}) {_NEWEST}",
        *(unit_id, at_us, *calls, 1),
    )
    return StatusReport(**dict(zip(StatusReport.__struct_fields__, rows[0], strict=True))) if rows else None
