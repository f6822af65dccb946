"""The crew of a unit, on the page of its own: what it is told, and how it answers.

Who has signed in says on which unit they are; of the command centre they see what their unit is told, and no more.
"""

from __future__ import annotations

from typing import Final

import msgspec

from rhinecloud.base.declare import Label
from rhinecloud.base.errors import Conflict, ResourceNotFound
from rhinecloud.operations import assignments, incidents, radio, things, units
from rhinecloud.operations.declare import Agency, Assignment, Incident, IncidentType, Speech, Unit, UnitKind
from rhinecloud.operations.seat import Seat
from rhinecloud.operations.tables import Work

from . import marking, outbox
from .declare import Delivery, Mark, Message

RECENT: Final = 20


class Told(msgspec.Struct, frozen=True):
    """A message to the unit, on its page."""

    message: Message
    delivery: Delivery


class Aboard(msgspec.Struct, frozen=True, kw_only=True):
    """A unit as its crew sees it."""

    unit: Unit
    kind: UnitKind
    assignment: Assignment | None  # that is open and that it was told of
    incident: Incident | None
    type: IncidentType | None  # of the incident
    told: tuple[Told, ...]  # the newest first
    waiting: tuple[Speech, ...]  # its wishes to speak that nobody has answered


class CrewDesk:
    """Made of a seat. Blocking, for the length of one commit."""

    def __init__(self, seat: Seat) -> None:
        self.seat = seat
        self._shelf = seat.shelf

    def choices(self) -> list[Unit]:
        """Units that they may be on."""
        self.seat.may("units.answer")
        mine = self.seat.agencies("units.answer")
        return [u for u in units.every(self._shelf) if mine is None or u.agency in mine]

    def agencies(self) -> dict[str, Label]:
        """Titles of agencies, by id."""
        self.seat.may("units.answer")
        return {a.id: a.title for a in things.every(self._shelf, Agency).values()}

    def board(self, unit_id: str) -> None:
        """They are on this unit from now on. Raises: ResourceNotFound."""
        unit = next((u for u in self.choices() if u.id == unit_id), None)
        if unit is None:
            raise ResourceNotFound(f"Unit {unit_id[:40]} does not exist")
        with self._shelf.work(self.seat.by) as work:
            work.run("INSERT OR REPLACE INTO crew VALUES (?, ?, ?)", self.seat.by.who, unit.id, work.now)
            work.tell("unit.crew", unit.id, agencies=(unit.agency,))

    def leave(self) -> None:
        self.seat.may("units.answer")
        with self._shelf.work(self.seat.by) as work:
            work.run("DELETE FROM crew WHERE person = ?", self.seat.by.who)

    def on(self) -> str:
        """The id of their unit; "": of none, or of one that is not theirs any more."""
        self.seat.may("units.answer")
        rows = self._shelf.rows("SELECT unit FROM crew WHERE person = ?", self.seat.by.who)
        return rows[0][0] if rows and rows[0][0] in {u.id for u in self.choices()} else ""

    def aboard(self) -> Aboard | None:
        """Their unit with all that it was told; None: they are on none."""
        unit_id = self.on()
        if not unit_id:
            return None
        with self._shelf.reading() as work:
            unit = units.get(work, unit_id)
            held = assignments.open_of(work, unit_id)
            told = _told(work, unit_id)
            if held is not None and held.alerted_us is None:
                held = None  # reserved: the unit does not know
            incident = incidents.get(work, held.incident) if held else None
            return Aboard(
                unit=unit,
                kind=things.get(work, UnitKind, unit.kind),
                assignment=held,
                incident=incident,
                type=things.get(work, IncidentType, incident.type) if incident else None,
                told=tuple(told),
                waiting=tuple(s for s in radio.waiting(work) if s.unit == unit_id),
            )

    def shown(self, delivery_ids: list[str], *, read: bool = False) -> None:
        """Messages came up on their screen; `read`: before their eyes."""
        unit_id = self._demand()
        wanted: tuple[Mark, ...] = ("sent", "received", "read") if read else ("sent", "received")
        with self._shelf.work(self.seat.by) as work:
            for delivery_id in delivery_ids[:RECENT]:
                found = outbox.delivery(work, delivery_id)
                if found.recipient == f"unit:{unit_id}":
                    for what in wanted:
                        marking.mark(work, delivery_id, what)

    def answer(self, assignment_id: int, accepts: bool, reason: str = "") -> Assignment:
        """Raises: Conflict: there is nothing to answer any more. BadRequestData: a decline has no reason."""
        unit_id = self._demand()
        with self._shelf.work(self.seat.by) as work:
            found = assignments.get(work, assignment_id)
            if found.unit != unit_id:
                raise ResourceNotFound(f"Assignment {assignment_id} does not exist")
            order = outbox.of_key(work, f"assignment:{assignment_id}:order")
            mine = [d for d in outbox.deliveries(work, order.id) if d.channel == "web"] if order else []
            if mine and found.state in assignments.WAITING:
                marking.mark(work, mine[0].id, "accepted" if accepts else "declined", reason=reason)
                return assignments.get(work, assignment_id)
            return assignments.answer(work, assignment_id, accepts, reason)

    def report_status(self, digit: str) -> Unit:
        unit_id = self._demand()
        with self._shelf.work(self.seat.by) as work:
            return radio.report(work, unit_id, digit, source="hand")

    def _demand(self) -> str:
        unit_id = self.on()
        if not unit_id:
            raise Conflict("Say first on which unit you are")
        return unit_id


def _told(work: Work, unit_id: str) -> list[Told]:
    rows = work.rows(
        f"SELECT {outbox.COLUMNS} FROM delivery WHERE recipient = ? AND channel = 'web' ORDER BY num DESC LIMIT ?",  # noqa: S608 - ours
        *(f"unit:{unit_id}", RECENT),
    )
    found = [outbox.as_delivery(row) for row in rows]
    return [Told(outbox.get(work, d.told), d) for d in found]
