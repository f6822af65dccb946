"""What systems of agencies may ask of the command centre: each action in one transaction with its answer.

An action that names a key is done once: replayed, it is answered as before, also after a crash in between. What they
see and do is what their token's agency may, as for its people.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal

import msgspec

from rhinecloud.base.clock import SECOND
from rhinecloud.base.errors import BadRequestData, Conflict, Forbidden, Refused, ResourceNotFound, Unauthorized
from rhinecloud.operations import assignments, incidents, journal, moving, radio, searching, units
from rhinecloud.operations.assignments import Pick
from rhinecloud.operations.declare import Assignment, Incident, News, Unit
from rhinecloud.operations.incidents import Report
from rhinecloud.operations.likeness import Likeness
from rhinecloud.operations.searching import Asked
from rhinecloud.operations.seat import Seat
from rhinecloud.operations.tables import Work

from . import marking, outbox
from .declare import Delivery, Mark

KEPT_S: Final = 3 * 86_400
"""How long an answer is kept for whoever asks again."""


class Done(msgspec.Struct, frozen=True):
    status: int
    body: bytes
    replayed: bool = False


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """Who told of it: kept in the log, from which it can be erased."""

    name: str = ""
    phone: str = ""
    email: str = ""


class SystemsDesk:
    """Made of a seat. Blocking, for the length of one commit."""

    def __init__(self, seat: Seat) -> None:
        self.seat = seat
        self._shelf = seat.shelf

    def once(self, key: str, asked: bytes, act: Callable[[Work], tuple[int, bytes]]) -> Done:
        """Does something once for its key ("": each time).

        Args:
            asked: the request, by which another one under the same key is known.
        Raises:
            BadRequestData: no key. Conflict: the key was used for something else. And what `act` raises; then nothing
                is done, and nothing is kept.
        """
        if len(key) > 200:
            raise BadRequestData("An idempotency key has at most 200 characters")
        digest, who = hashlib.sha256(asked).hexdigest(), self.seat.by.who
        with self._shelf.work(self.seat.by) as work:
            row = work.row("SELECT digest, status, body FROM asked_once WHERE who = ? AND key = ?", who, key)
            if key and row is not None:
                if row[0] != digest:
                    raise Conflict("This idempotency key was used for another request; take a new one")
                return Done(row[1], bytes(row[2]), replayed=True)
            status, body = act(work)
            if key:
                work.run("INSERT INTO asked_once VALUES (?, ?, ?, ?, ?, ?)", who, key, digest, status, body, work.now)
                work.run("DELETE FROM asked_once WHERE at_us < ?", work.now - KEPT_S * SECOND)
        return Done(status, body)

    # ── incidents ────────────────────────────────────────────────────────────────────────────────────────────────────

    def report(self, work: Work, given: Report, contact: Contact | None = None) -> tuple[Incident, list[Likeness]]:
        """A new incident. Whoever may see incidents is told which ones it may be the same as."""
        self._any("incidents.report", "incidents.manage")
        made = incidents.report(work, given)
        if contact is not None and (contact.name or contact.phone or contact.email):
            journal.note(work, made.id, "reporter", **msgspec.structs.asdict(contact))
        try:
            sees = self.seat.sees()
        except Refused:
            return made, []
        return made, incidents.duplicates(work, made, sees)

    def incident(self, incident_id: str) -> Incident:
        return self.seat.incident(incident_id)

    def incidents(self, asked: Asked) -> list[Incident]:
        return searching.search(self._shelf, asked, self.seat.sees())

    def change(self, work: Work, incident_id: str, version: int, fields: Mapping[str, Any]) -> Incident:
        incident = self.seat.opened(work, incident_id, "incidents.manage")
        return incidents.change(work, incident.id, version, fields)

    def step(
        self, work: Work, incident_id: str, name: str, version: int, *, reason: str = "", other: str = ""
    ) -> Incident:
        incident = self.seat.opened(work, incident_id, "incidents.manage")
        if other:
            other = self.seat.opened(work, other, "incidents.manage").id
        return moving.step(work, incident.id, name, version, reason=reason, other=other)

    def assign(
        self, work: Work, incident_id: str, picks: Sequence[Pick], how: Literal["reserve", "alert"], deviation: str = ""
    ) -> list[Assignment]:
        """Reserves or alerts units of theirs, all or none."""
        incident = self.seat.opened(work, incident_id, "units.dispatch")
        for pick in picks:
            self.seat.may_send(work, pick.unit)
        return assignments.assign(work, incident.id, picks, how, deviation=deviation)

    def withdraw(self, work: Work, assignment_id: int, reason: str) -> Assignment:
        self.seat.may_send(work, self._assignment(work, assignment_id).unit)
        return assignments.withdraw(work, assignment_id, reason)

    def assignments(self, incident_id: str) -> list[Assignment]:
        return assignments.of_incident(self._shelf, self.incident(incident_id).id)

    # ── units ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def units(self) -> list[Unit]:
        """Those of their agency, and those at work in incidents that they see."""
        return units.every(self._shelf, self._seen_units())

    def unit(self, unit_id: str) -> Unit:
        found = next((u for u in self.units() if u.id == unit_id), None)
        if found is None:
            raise ResourceNotFound(f"Unit {unit_id[:40]} does not exist")
        return found

    def open_assignment(self, unit_id: str) -> Assignment | None:
        return assignments.open_of(self._shelf, self.unit(unit_id).id)

    def report_status(self, work: Work, unit_id: str, digit: str, *, at_us: int | None = None, key: str = "") -> Unit:
        unit = self._own(work, unit_id)
        return radio.report(work, unit.id, digit, at_us=at_us, source="system", key=key)

    def answer(self, work: Work, assignment_id: int, accepts: bool, reason: str = "") -> Assignment:
        self._own(work, self._assignment(work, assignment_id).unit)
        return assignments.answer(work, assignment_id, accepts, reason)

    def mark_assignment(self, work: Work, assignment_id: int, what: Mark, at_us: int | None = None) -> Assignment:
        self._own(work, self._assignment(work, assignment_id).unit)
        if what not in ("sent", "received", "read"):
            raise BadRequestData("Marks of an assignment are sent, received and read; it is answered by itself")
        return assignments.mark(work, assignment_id, what, at_us)

    def mark(self, work: Work, delivery_id: str, what: Mark, *, at_us: int | None = None, reason: str = "") -> Delivery:
        """A mark of a message that reached their agency, or a unit of it."""
        found = outbox.delivery(work, delivery_id)
        kind, _, name = found.recipient.partition(":")
        if kind == "unit":
            self._own(work, name)
        else:
            self._any("incidents.read", "units.answer")
            mine = self.seat.agencies("incidents.read")
            if mine is not None and name not in mine:
                raise ResourceNotFound(f"Delivery {delivery_id[:40]} does not exist")
        return marking.mark(work, delivery_id, what, at_us=at_us, reason=reason)

    # ── news ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    def news(self, after: int, limit: int) -> tuple[list[News], int, bool]:
        """News behind a number that they may know, the number that was looked at last, and whether some are gone."""
        sees = self.seat.sees()
        oldest = self._shelf.rows("SELECT coalesce(min(number), 0) FROM news")[0][0]
        rows = self._shelf.rows(
            "SELECT number, what, incident, body FROM news WHERE number > ? ORDER BY number LIMIT ?", after, limit
        )
        found = [News(number=n, what=w, incident=i, **msgspec.json.decode(body)) for n, w, i, body in rows]
        known = [n for n in found if sees is None or not n.agencies or sees & set(n.agencies)]
        return known, found[-1].number if found else after, bool(oldest and after < oldest - 1)

    # ── who may ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _any(self, *actions: str) -> str:
        """The first of these that they may. Raises: Unauthorized, Forbidden."""
        refused: Unauthorized | Forbidden | None = None
        for action in actions:
            try:
                self.seat.may(action)
            except (Unauthorized, Forbidden) as error:
                refused = refused or error
            else:
                return action
        raise refused or Forbidden()

    def _seen_units(self) -> frozenset[str] | None:
        return self.seat.agencies(self._any("incidents.read", "units.answer"))

    def _own(self, work: Work, unit_id: str) -> Unit:
        """The unit, when they may speak for it."""
        action = self._any("units.answer", "units.dispatch")
        mine, unit = self.seat.agencies(action), units.get(work, unit_id)
        if mine is not None and unit.agency not in mine:
            if unit.id not in {u.id for u in units.every(work, self._seen_units())}:
                raise ResourceNotFound(f"Unit {unit_id[:40]} does not exist")
            raise Forbidden(f"Unit {unit.name} belongs to {unit.agency}", action=action)
        return unit

    @staticmethod
    def _assignment(work: Work, number: int) -> Assignment:
        return assignments.get(work, number)
