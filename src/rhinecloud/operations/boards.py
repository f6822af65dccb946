"""What the boards show: each incident that is worked on as a strip, each unit as a tile, who waits to speak.

Both are put together here and nowhere else, from a few queries of one moment, so that all screens that show an incident
or a unit say the same of it. A board asked about some of them only gives the same strips and tiles for those.
"""

# ruff: noqa: S608 — SQL is put together from our own constants; whatever came in is a parameter

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

import msgspec

from rhinecloud.base.errors import Conflict, ResourceNotFound

from . import assignments, deeds, incidents, journal, moving, radio, searching, things, units
from .assignments import Pick
from .clocks import Clock, clocks
from .commanding import Known, Meaning, read
from .declare import SEVERITIES, URGENCIES, Assignment, Incident, IncidentType, Speech, Status, Unit, UnitKind
from .deeds import Deed
from .incidents import Report
from .life import OVER
from .likeness import Likeness
from .searching import Asked
from .seat import Seat
from .tables import Shelf, Work

MOST: Final = 400
"""Strips of one board; more are in the list."""
_decode = msgspec.json.Decoder(Incident).decode


class At(msgspec.Struct, frozen=True, kw_only=True):
    """A unit at work in an incident, as its strip shows it."""

    unit: str
    name: str
    status: str  # digit; "": none reported
    state: str  # of its assignment
    due_us: int | None  # until when it has to accept


class Strip(msgspec.Struct, frozen=True, kw_only=True):
    """An incident as boards show it."""

    incident: Incident
    clock: Clock | None  # of those that run, the first to run out
    units: tuple[At, ...] = ()
    needed: int = 0  # units asked for
    filled: int = 0  # of them reserved or alerted
    parts: int = 0  # incidents that lie under it


class Tile(msgspec.Struct, frozen=True, kw_only=True):
    """A unit as boards show it. `knowing`: the agencies that may know what it works for."""

    unit: Unit
    kind: UnitKind | None
    status: Status | None
    assignment: Assignment | None = None
    number: str = ""  # of the incident that it works for
    title: str = ""
    knowing: tuple[str, ...] = ()
    speech: Speech | None = None


class BoardDesk:
    """The boards as one person sees them, and the command line before them. Blocking; raises as `Desk` does."""

    def __init__(self, seat: Seat) -> None:
        self._seat = seat

    def strips(self, now: int, ids: Collection[str] | None = None) -> list[Strip]:
        return strips(self._seat.shelf, self._seat.sees(), now, ids)

    def tiles(self, ids: Collection[str] | None = None) -> list[Tile]:
        return tiles(self._seat.shelf, self._seat.sees(), ids)

    def like(self, given: Report, now: int) -> list[Likeness]:
        """Incidents that may be the one that is being reported; nothing is kept."""
        at = now if given.reported_us is None else given.reported_us
        draft = Incident(
            id="",
            number="",
            type=given.type,
            title=given.title,
            text=given.text,
            place=given.place,
            exercise=given.exercise,
            reported_us=at,
        )
        return incidents.duplicates(self._seat.shelf, draft, self._seat.sees())

    def read(self, line: str, steps: Mapping[str, str]) -> Meaning:
        """What a line of the command line means; `steps`: words → names of steps."""
        shelf, sees = self._seat.shelf, self._seat.sees()

        def find(number: str) -> Incident | None:
            try:
                return incidents.get(shelf, number, sees)
            except ResourceNotFound:
                return None

        known = Known(
            units=units.every(shelf, sees),
            incidents=searching.search(shelf, Asked(states=("active",), limit=1000), sees),
            kinds=things.every(shelf, UnitKind),
            steps=steps,
            find=find,
        )
        return read(line, known)

    def report_status(self, unit_id: str, digit: str) -> Deed:
        with self._seat.shelf.work(self._seat.by) as work:
            self._seat.may_send(work, unit_id)
            return deeds.do(work, "status", lambda: radio.report(work, unit_id, digit), unit=unit_id)

    def answer_speech(self, speech_id: int) -> Deed:
        with self._seat.shelf.work(self._seat.by) as work:
            unit = radio.get(work, speech_id).unit
            self._seat.may_send(work, unit)
            return deeds.do(work, "answer", lambda: radio.answer(work, speech_id), unit=unit)

    def assign(self, incident_id: str, pick: Pick, *, deviation: str = "") -> Deed:
        """Alerts one unit. Raises as `assignments.assign`."""
        with self._seat.changing(incident_id, action="units.dispatch") as (work, incident):
            self._seat.may_send(work, pick.unit)
            return deeds.do(
                work,
                "assign",
                lambda: assignments.assign(work, incident.id, [pick], "alert", deviation=deviation),
                unit=pick.unit,
                incident=incident.id,
            )

    def move(self, incident_id: str, step: str) -> Deed:
        with self._seat.changing(incident_id) as (work, incident):
            return deeds.do(work, step, lambda: moving.step(work, incident.id, step, None), incident=incident.id)

    def undo(self, deed_id: int) -> str:
        """Takes back what this person did a moment ago. Raises as `deeds.undo`."""
        self._seat.may("incidents.read")
        with self._seat.shelf.work(self._seat.by) as work:
            return deeds.undo(work, deed_id)

    def report_once(self, given: Report, *, again: bool = False) -> Incident:
        """A new incident of alerts of the city; also where one has come of them already and is worked on: `again`.

        Raises:
            Conflict: it is worked on already; `incident` names it.
        """
        self._seat.may("incidents.manage")
        with self._seat.shelf.work(self._seat.by) as work:
            for alert in given.alerts:
                for (incident_id,) in work.rows("SELECT incident FROM incident_alert WHERE alert = ?", alert):
                    found = incidents.get(work, incident_id)
                    if found.state not in OVER and not again:
                        raise Conflict(f"Incident {found.number} has come of this alert already", incident=found.id)
            return incidents.report(work, given)

    def note_report(self, incident_id: str, title: str, text: str, source: str) -> Incident:
        """Somebody else reports what is known already: it goes into the log, and nothing else changes."""
        with self._seat.changing(incident_id) as (work, incident):
            said = {"title": title.strip()[:200], "text": text.strip()[:20_000], "source": source[:200]}
            journal.note(work, incident.id, "reported-again", **said)
            work.tell("incident.reported-again", incident.id, incident.id, incident.agencies)
            return incident

    def withdraw_need(self, incident_id: str, need_id: int) -> None:
        with self._seat.changing(incident_id) as (work, incident):
            if need_id not in {n.id for n in assignments.needs(work, incident.id)}:
                raise ResourceNotFound(f"Incident {incident.number} has no need {need_id}")
            assignments.withdraw_need(work, need_id)


def strips(shelf: Shelf, sees: frozenset[str] | None, now: int, ids: Collection[str] | None = None) -> list[Strip]:
    """The incidents that are worked on, the gravest first, of like ones the oldest.

    Args:
        ids: only these; None: all that these agencies see, `MOST` at most.
    """
    with shelf.reading() as work:
        found = [i for i in _worked_on(work, ids) if sees is None or sees & set(i.agencies)]
        kinds = things.every(work, IncidentType)
        at_work, asked, parts = _units(work, found), _needs(work, found), _parts(work, found)
    made = [
        Strip(
            incident=incident,
            clock=_first(incident, kinds.get(incident.type), now),
            units=tuple(at_work.get(incident.id, ())),
            needed=asked.get(incident.id, (0, 0))[0],
            filled=asked.get(incident.id, (0, 0))[1],
            parts=parts.get(incident.id, 0),
        )
        for incident in found
    ]
    return sorted(made, key=lambda strip: rank(strip.incident))[:MOST]


def rank(incident: Incident) -> tuple[int, int, int, str]:
    """Where an incident stands among others: nothing of it changes by itself, so that no strip moves by the clock."""
    return (
        -SEVERITIES.index(incident.severity),
        -URGENCIES.index(incident.urgency),
        incident.reported_us,
        incident.id,
    )


def tiles(shelf: Shelf, sees: frozenset[str] | None, ids: Collection[str] | None = None) -> list[Tile]:
    """Units by call sign; what a unit works for only where that incident may be known."""
    with shelf.reading() as work:
        kinds, held = things.every(work, UnitKind), assignments.every_open(work)
        found = [u for u in units.every(work, sees) if ids is None or u.id in ids]
        named = _named(work, [held[u.id].incident for u in found if u.id in held])
        speaking: dict[str, Speech] = {}
        for speech in radio.waiting(work):
            speaking.setdefault(speech.unit, speech)
    made = []
    for unit in found:
        kind, assignment = kinds.get(unit.kind), held.get(unit.id)
        number, title, knowing = named.get(assignment.incident, ("", "", ())) if assignment else ("", "", ())
        tile = Tile(
            unit=unit,
            kind=kind,
            status=kind.status(unit.status) if kind else None,
            assignment=assignment,
            number=number,
            title=title,
            knowing=knowing,
            speech=speaking.get(unit.id),
        )
        made.append(tile if sees is None or sees & set(knowing) else unknowing(tile))
    return made


def unknowing(tile: Tile) -> Tile:
    """A unit as those see it who may not know what it works for: that it is at work, and nothing more."""
    return msgspec.structs.replace(tile, number="", title="", assignment=None)


def _worked_on(work: Work, ids: Collection[str] | None) -> list[Incident]:
    if ids is None:
        rows = work.rows("SELECT body FROM incident WHERE is_over = 0 ORDER BY severity DESC, reported_us LIMIT 2000")
    else:
        rows = work.rows(f"SELECT body FROM incident WHERE id IN ({_marks(ids)}) AND is_over = 0", *ids)
    return [_decode(body) for (body,) in rows]


def _first(incident: Incident, kind: IncidentType | None, now: int) -> Clock | None:
    if kind is None or incident.state in OVER:
        return None
    return next((c for c in clocks(incident, kind.targets, now) if c.state in ("running", "overdue")), None)


def _units(work: Work, found: Sequence[Incident]) -> dict[str, list[At]]:
    there, statuses = {i.id for i in found}, None
    at_work: dict[str, list[At]] = {}
    for held in assignments.every_open(work).values():
        if held.incident in there:
            statuses = statuses or {u.id: u for u in units.every(work)}
            unit = statuses[held.unit]
            at = At(unit=unit.id, name=unit.name, status=unit.status, state=held.state, due_us=held.due_us)
            at_work.setdefault(held.incident, []).append(at)
    for several in at_work.values():
        several.sort(key=lambda at: (at.name, at.unit))
    return at_work


def _needs(work: Work, found: Sequence[Incident]) -> dict[str, tuple[int, int]]:
    rows = work.rows(
        "SELECT n.incident, sum(n.count), sum((SELECT count(*) FROM assignment a"
        " WHERE a.need = n.id AND a.closed_us IS NULL)) FROM need n"
        f" WHERE n.withdrawn_us IS NULL AND n.incident IN ({_marks(found)}) GROUP BY 1",
        *(i.id for i in found),
    )
    return {incident: (needed, filled) for incident, needed, filled in rows}


def _parts(work: Work, found: Sequence[Incident]) -> dict[str, int]:
    rows = work.rows(
        f"SELECT parent, count(*) FROM incident WHERE parent <> '' AND parent IN ({_marks(found)}) GROUP BY 1",
        *(i.id for i in found),
    )
    return dict(rows)


def _named(work: Work, ids: Sequence[str]) -> dict[str, tuple[str, str, tuple[str, ...]]]:
    rows = work.rows(f"SELECT body FROM incident WHERE id IN ({_marks(ids)})", *ids)
    found = (_decode(body) for (body,) in rows)
    return {i.id: (i.number, i.title, i.agencies) for i in found}


def _marks(values: Collection[object]) -> str:
    return ", ".join("?" for _ in values)
