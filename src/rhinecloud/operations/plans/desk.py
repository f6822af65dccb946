"""Alarm plans at work, as one person sees them: which counts, its level, what waits for somebody.

Blocking, for the length of one commit: in a loop, call it in a thread.
"""

from __future__ import annotations

from rhinecloud.base.errors import ResourceNotFound
from rhinecloud.operations import incidents, things
from rhinecloud.operations.alarm import AlarmPlan, Area
from rhinecloud.operations.declare import IncidentType, Need, Position
from rhinecloud.operations.seat import Seat

from . import applying, escalating
from .applying import Use
from .choosing import Fit, choose, moment
from .escalating import Escalation


class PlanDesk:
    """`timezone`: the city's, for plans that hold at certain hours."""

    def __init__(self, seat: Seat, timezone: str) -> None:
        self.seat, self.timezone = seat, timezone

    def fits(self, incident_id: str, now: int) -> list[Fit]:
        """All plans against an incident: those that count first, the others with the reason."""
        return applying.fits(self.seat.shelf, self.seat.incident(incident_id), now, self.timezone)

    def moment(self, at_us: int) -> tuple[int, int]:
        """Weekday (0: Monday) and minute of the day, in the city's time."""
        return moment(at_us, self.timezone)

    def try_out(self, type_id: str, position: Position | None, at: tuple[int, int]) -> list[Fit]:
        """The same for an incident that there is not; `at` as `moment` gives it."""
        self.seat.may("incidents.read")
        shelf = self.seat.shelf
        return choose(
            things.every(shelf, AlarmPlan).values(),
            type_id,
            position,
            at,
            types=things.every(shelf, IncidentType),
            areas=things.every(shelf, Area),
        )

    def level(self, incident_id: str) -> int:
        """The level of an incident; 0: no plan is in use."""
        return applying.level(self.seat.shelf, self.seat.incident(incident_id).id)

    def raise_level(self, incident_id: str, level: int | None = None, reason: str = "") -> list[Need]:
        """Asks for what a level wants on top; None: the first one. Gives what came on top."""
        with self.seat.changing(incident_id) as (work, incident):
            return applying.apply(work, incident.id, level, self.timezone, reason=reason)

    def uses(self, incident_id: str) -> list[Use]:
        return applying.uses(self.seat.shelf, self.seat.incident(incident_id).id)

    def waiting(self) -> list[Escalation]:
        """Alarms without an answer that wait for a person, of incidents that they may see."""
        sees = self.seat.sees()
        found = []
        for each in escalating.waiting(self.seat.shelf):
            try:
                incidents.get(self.seat.shelf, each.incident, sees)
            except ResourceNotFound:
                continue
            found.append(each)
        return found

    def escalations(self, incident_id: str) -> list[Escalation]:
        return escalating.of_incident(self.seat.shelf, self.seat.incident(incident_id).id)

    def take(self, assignment_id: int) -> Escalation:
        """They see to it: nobody else is told of it any more. Raises: Conflict: somebody does already; says who."""
        found = escalating.get(self.seat.shelf, assignment_id)
        if found is None:
            raise ResourceNotFound(f"Nothing waits for assignment {assignment_id}")
        with self.seat.changing(found.incident) as (work, _):
            return escalating.take(work, assignment_id)
