"""What a hasty hand may take back: a status, an alarm, a step, an answer, for some seconds after it was given.

It is done at once and not held back; taking it back makes the unit, its assignment and the incident again what they
were, in one transaction, with an entry in the log. Only when nothing else has happened to them since: whoever acted on
it must not find the ground gone. What a unit itself reports is never taken back here.
"""

# ruff: noqa: S608 — SQL is put together from our own constants; whatever came in is a parameter

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from rhinecloud.base.clock import SECOND
from rhinecloud.base.errors import Conflict, Forbidden, ResourceNotFound

from . import assignments, incidents, journal, radio, units
from .declare import Assignment, Incident
from .tables import Work

UNDO_S: Final = 10.0
GRACE_S: Final = 2.0
"""The way of the answer to the screen and back is not the person's time."""
_encode, _decode = msgspec.json.Encoder().encode, msgspec.json.Decoder
_COLUMNS: Final = tuple(Assignment.__struct_fields__)


class Seen(msgspec.Struct):
    """How things stand: what a deed changes is among these."""

    unit: str = ""
    status: tuple[str, int, int] | None = None  # digit, since, unusual
    assignments: dict[str, Assignment] = {}  # by number
    incidents: dict[str, Incident] = {}
    speeches: dict[str, int | None] = {}  # number → when it was answered


class Deed(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was done, and may be taken back until then."""

    id: int
    until_us: int


class Kept(msgspec.Struct):
    what: str
    before: Seen
    after: Seen


def do(work: Work, what: str, act: Callable[[], Any], *, unit: str = "", incident: str = "") -> Deed:
    """Does something to a unit or an incident in the open transaction, and keeps how to take it back."""
    held = assignments.open_of(work, unit) if unit else None
    named = {i for i in (incident, held.incident if held else "") if i}
    before = _seen(work, unit, named, set())
    act()
    now = assignments.open_of(work, unit) if unit else None
    known = {int(number) for number in before.assignments} | ({now.id} if now else set())
    after = _seen(work, unit, named, known, set(before.speeches))
    until = work.now + round((UNDO_S + GRACE_S) * SECOND)
    body = _encode(Kept(what, before, after))
    work.run("DELETE FROM deed WHERE until_us < ?", work.now - 3600 * SECOND)
    made = work.run(
        "INSERT INTO deed (who, at_us, until_us, body) VALUES (?, ?, ?, ?)", work.by.who, work.now, until, body
    )
    return Deed(id=made, until_us=work.now + round(UNDO_S * SECOND))


def undo(work: Work, deed_id: int) -> str:
    """Takes a deed back; what it was.

    Raises:
        ResourceNotFound: there is no such deed. Forbidden: somebody else did it. Conflict: it is too late, or something
            has happened since.
    """
    kept = _demand(work, deed_id)
    before, after = kept.before, kept.after
    for number, now in after.assignments.items():
        _restore_assignment(work, before.assignments.get(number), now)
    if after.unit and before.status is not None and before.status != after.status:
        _restore_status(work, after.unit, before.status)
    for name, was in before.incidents.items():
        if was.version != after.incidents[name].version:
            _restore_incident(work, was)
    for number in after.speeches:
        if number not in before.speeches:
            radio.answer(work, int(number))
        elif before.speeches[number] != after.speeches[number]:
            _ask_again(work, int(number))
    work.run("UPDATE deed SET undone_us = ? WHERE id = ?", work.now, deed_id)
    for name in dict.fromkeys((*before.incidents, *(a.incident for a in after.assignments.values()))):
        journal.note(work, name, "undone", deed=kept.what)
    return kept.what


def _demand(work: Work, deed_id: int) -> Kept:
    """The deed, where it may be taken back."""
    row = work.row("SELECT who, until_us, undone_us, body FROM deed WHERE id = ?", deed_id)
    if row is None:
        raise ResourceNotFound("There is nothing to take back")
    who, until, undone, body = row
    if who != work.by.who:
        raise Forbidden("Only who did it takes it back")
    kept = _decode(Kept).decode(body)
    if undone is not None or work.now > until:
        raise Conflict("It is too late to take that back; take the next step instead")
    after = kept.after
    numbers = {int(n) for n in after.assignments}
    if _seen(work, after.unit, set(after.incidents), numbers, set(after.speeches)) != after:
        raise Conflict("Something has happened since; take the next step instead")
    return kept


def _seen(work: Work, unit: str, named: set[str], numbers: set[int], speeches: set[str] | None = None) -> Seen:
    found = Seen(unit=unit)
    if unit:
        now, held = units.get(work, unit), assignments.open_of(work, unit)
        found.status = (now.status, now.status_us, int(now.unusual))
        for number in numbers | ({held.id} if held else set()):
            found.assignments[str(number)] = assignments.get(work, number)
        rows = work.rows("SELECT id, answered_us FROM speech WHERE unit = ? AND answered_us IS NULL", unit)
        found.speeches = {str(number): answered for number, answered in rows}
        for known in speeches or ():
            row = work.row("SELECT answered_us FROM speech WHERE id = ?", int(known))
            found.speeches[known] = row[0] if row else None
    found.incidents = {name: incidents.get(work, name) for name in sorted(named)}
    return found


def _restore_assignment(work: Work, was: Assignment | None, now: Assignment) -> None:
    if was is None:
        if now.closed_us is None:
            assignments.withdraw(work, now.id, "taken back at once")
        return
    if was == now:
        return
    values = [getattr(was, column) for column in _COLUMNS[1:]]
    work.run(f"UPDATE assignment SET {', '.join(f'{c} = ?' for c in _COLUMNS[1:])} WHERE id = ?", *values, was.id)
    work.tell("assignment.restored", str(was.id), was.incident, unit=was.unit, state=was.state)


def _restore_status(work: Work, unit_id: str, was: tuple[str, int, int]) -> None:
    unit = units.get(work, unit_id)
    work.run(
        "INSERT INTO status_report (unit, digit, at_us, received_us, source, who, unusual, late)"
        " VALUES (?, ?, ?, ?, 'undo', ?, 0, 0)",
        *(unit_id, was[0], work.now, work.now, work.by.who),
    )
    work.run("UPDATE unit SET status = ?, status_us = ?, unusual = ? WHERE id = ?", *was, unit_id)
    held = assignments.open_of(work, unit_id)
    work.tell(
        "unit.status",
        unit_id,
        held.incident if held else "",
        radio.knowing(work, unit, held),
        status=was[0],
        unusual=bool(was[2]),
        at=was[1],
    )


def _restore_incident(work: Work, was: Incident) -> None:
    """The state and its times; who came to take part stays."""
    now = incidents.get(work, was.id)
    before = now.state
    if (now.state, now.times) == (was.state, was.times):
        return
    now.state, now.times = was.state, was.times
    work.run(
        "INSERT INTO incident_step (incident, step, before, after, at_us, who, reason)"
        " VALUES (?, 'undo', ?, ?, ?, ?, ?)",
        *(was.id, before, was.state, work.now, work.by.who, "taken back at once"),
    )
    incidents.keep(work, now, {"state": was.state, "times": was.times})
    work.tell("incident.moved", was.id, was.id, now.agencies, step="undo", state=was.state)


def _ask_again(work: Work, speech_id: int) -> None:
    speech = radio.get(work, speech_id)
    work.run("UPDATE speech SET answered_us = NULL, answered_by = '' WHERE id = ?", speech_id)
    agency = units.get(work, speech.unit).agency
    work.tell("unit.speech", speech.unit, agencies=(agency,), digit=speech.digit, urgent=speech.urgent)
