"""Duty and the staffs as one person sees them. How somebody is reached is for their own agency, and for those who share
an incident with them.

Blocking, for the length of one commit: in a loop, call it in a thread.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from rhinecloud.base.errors import Forbidden
from rhinecloud.operations import things
from rhinecloud.operations.posts import Convened, Duty, Holder, Post, Staff, StaffFunction
from rhinecloud.operations.seat import Seat

from . import roster, staffs
from .roster import Gap


class DutyDesk:
    def __init__(self, seat: Seat) -> None:
        self.seat = seat

    def posts(self) -> list[Post]:
        self.seat.may("incidents.read")
        found = things.every(self.seat.shelf, Post).values()
        return sorted(found, key=lambda p: (p.agency, p.calls or 99, p.title.de))

    def between(self, start_us: int, end_us: int) -> list[Duty]:
        return self._seen(roster.between(self.seat.shelf, start_us, end_us))

    def now(self, at_us: int) -> list[Duty]:
        return self._seen(roster.now(self.seat.shelf, at_us))

    def gaps(self, start_us: int, end_us: int) -> list[Gap]:
        return roster.gaps(self.posts(), roster.between(self.seat.shelf, start_us, end_us), start_us, end_us)

    def get(self, duty_id: int) -> Duty:
        self.seat.may("incidents.read")
        return self._seen([roster.get(self.seat.shelf, duty_id)])[0]

    def save_all(self, given: Sequence[Duty]) -> list[Duty]:
        """All of them or none. Raises: BadRequestData, Conflict, Forbidden: the post is another agency's."""
        with self.seat.managing() as work:
            for duty in given:
                self._demand(things.get(work, Post, duty.post).agency)
                if duty.id:
                    self._demand(roster.get(work, duty.id).agency)
            return [roster.save(work, duty) for duty in given]

    def save(self, duty: Duty) -> Duty:
        return self.save_all([duty])[0]

    def remove(self, duty_id: int, version: int) -> None:
        with self.seat.managing() as work:
            self._demand(roster.get(work, duty_id).agency)
            roster.remove(work, duty_id, version)

    # ── the two staffs of an incident ────────────────────────────────────────────────────────────────────────────────

    def functions(self) -> list[StaffFunction]:
        self.seat.may("incidents.read")
        found = things.every(self.seat.shelf, StaffFunction).values()
        return sorted(found, key=lambda f: (f.staff != "command", f.order, f.code))

    def convened(self, incident_id: str, *, past: bool = False) -> list[Convened]:
        return staffs.convened(self.seat.shelf, self.seat.incident(incident_id).id, past=past)

    def holders(self, incident_id: str, *, past: bool = False) -> list[Holder]:
        return staffs.holders(self.seat.shelf, self.seat.incident(incident_id).id, past=past)

    def convene(self, incident_id: str, staff: Staff, reason: str) -> Convened:
        with self.seat.changing(incident_id) as (work, incident):
            return staffs.convene(work, incident.id, staff, reason)

    def dismiss(self, incident_id: str, staff: Staff, reason: str) -> None:
        with self.seat.changing(incident_id) as (work, incident):
            staffs.dismiss(work, incident.id, staff, reason)

    def take(
        self, incident_id: str, function: str, *, name: str = "", person: str = "", agency: str = "", reach: str = ""
    ) -> Holder:
        """Without a name: they themselves take it."""
        with self.seat.changing(incident_id) as (work, incident):
            by = self.seat.by
            if not name.strip():
                name, person, agency = by.name or by.who, by.who, agency or by.agency
            return staffs.take(work, incident.id, function, person=person, name=name, agency=agency, reach=reach)

    def give_up(self, holder_id: int) -> Holder:
        found = staffs.holder(self.seat.shelf, holder_id)
        with self.seat.changing(found.incident) as (work, _):
            return staffs.give_up(work, holder_id)

    def _seen(self, found: Sequence[Duty]) -> list[Duty]:
        sees = self.seat.sees()
        return [d if sees is None or d.agency in sees else msgspec.structs.replace(d, reach=(), note="") for d in found]

    def _demand(self, agency: str) -> None:
        mine = self.seat.agencies("operations.manage")
        if mine is not None and agency not in mine:
            raise Forbidden(f"This post belongs to {agency}", action="operations.manage")
