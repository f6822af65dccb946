"""The command centre as one person sees it: everything is asked of their seat, and nothing is seen beyond it.

Blocking, for the length of one commit: in a loop, call it in a thread.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

from rhinecloud.access import Principal
from rhinecloud.base.errors import Conflict, ResourceNotFound
from rhinecloud.insight import Alert

from . import assignments, clocks, incidents, journal, life, moving, playbooks, radio, searching, things, units
from .alarm import Area
from .assignments import Pick
from .declare import (
    Agency,
    Assignment,
    Incident,
    IncidentType,
    Need,
    Place,
    PlaybookVersion,
    Position,
    Run,
    Speech,
    StatusReport,
    Unit,
    UnitKind,
)
from .incidents import Move, Report
from .journal import Entry, Keeper, Verdict
from .likeness import Likeness
from .moving import Part
from .plans.choosing import above, concerns
from .playbooks import Difference
from .searching import Asked
from .seat import Allows, Seat
from .tables import Shelf, Work
from .things import T


class Desk:
    """Made by `Operations.desk`, for one principal in one tenant.

    Every method raises Unauthorized or Forbidden where they may not, ResourceNotFound where there is nothing that they
    may see, and what the function of the same name says.
    """

    def __init__(
        self,
        shelf: Shelf,
        tenant: str,
        principal: Principal,
        access: Allows,
        *,
        alert: Callable[[str], Alert],
        actions: Collection[str] = (),
        automatic: Collection[str] = (),
    ) -> None:
        self.seat = Seat(shelf, tenant, principal, access)
        self.by = self.seat.by
        self._shelf = shelf
        self._alert, self._actions, self._automatic = alert, actions, automatic

    # ── what is declared ─────────────────────────────────────────────────────────────────────────────────────────────

    def things(self, kind: type[T]) -> dict[str, T]:
        """Agencies, kinds of unit, types of incident, barriers or zones, by id."""
        self.seat.may("incidents.read")
        return things.every(self._shelf, kind)

    def save_thing(self, thing: T) -> T:
        with self.seat.managing() as work:
            return things.save(work, thing)

    def responsible(self, incident_type: str, position: Position | None = None) -> list[Agency]:
        """Agencies that are to be asked about incidents of a type at a place."""
        found, types = self.things(Agency).values(), things.every(self._shelf, IncidentType)
        areas, wanted = things.every(self._shelf, Area), above(incident_type, types)
        return [a for a in found if any(concerns(r, wanted, position, areas) for r in a.responsible)]

    # ── incidents ────────────────────────────────────────────────────────────────────────────────────────────────────

    def report(self, given: Report) -> tuple[Incident, list[Likeness]]:
        """A new incident, and those that may be the same one."""
        self.seat.may("incidents.manage")
        with self._shelf.work(self.by) as work:
            made = incidents.report(work, given)
            return made, incidents.duplicates(work, made, self.seat.sees())

    def report_alert(
        self, alert_id: str, incident_type: str, *, again: bool = False
    ) -> tuple[Incident, list[Likeness]]:
        """A new incident from an alert of the city, linked both ways.

        Args:
            again: also where the alert has led to one that is worked on; without it that is a Conflict.
        """
        alert = self._alert(alert_id)
        given = Report(
            type=incident_type,
            title=f"{alert.title.de}: {alert.entity_name}"[:200],
            text=alert.text.de,
            place=Place(location=alert.location, entity=alert.entity),
            severity=alert.severity,
            entities=(alert.entity,),
            alerts=(alert.id,),
            source=f"alert:{alert.id}",
        )
        self.seat.may("incidents.manage")
        with self._shelf.work(self.by) as work:
            known = work.rows("SELECT incident FROM incident_alert WHERE alert = ?", alert.id)
            for (incident_id,) in known:
                found = incidents.get(work, incident_id)
                if found.state not in life.OVER and not again:
                    raise Conflict(f"Incident {found.number} has come of this alert already", incident=found.id)
            made = incidents.report(work, given)
            return made, incidents.duplicates(work, made, self.seat.sees())

    def incident(self, incident_id: str) -> Incident:
        return incidents.get(self._shelf, incident_id, self.seat.sees())

    def incidents(self, asked: Asked | None = None) -> list[Incident]:
        """A page of them, the newest first."""
        return searching.search(self._shelf, asked or Asked(), self.seat.sees())

    def total(self, asked: Asked, most: int = 1000) -> int:
        """How many such there are; counted no further than just over `most`."""
        return searching.total(self._shelf, asked, self.seat.sees(), most)

    def counts(self) -> dict[str, int]:
        return searching.counts(self._shelf, self.seat.sees())

    def of_alert(self, alert_id: str) -> list[Incident]:
        return incidents.of_alert(self._shelf, alert_id, self.seat.sees())

    def duplicates(self, incident_id: str) -> list[Likeness]:
        return incidents.duplicates(self._shelf, self.incident(incident_id), self.seat.sees())

    def moves(self, incident_id: str) -> list[Move]:
        return incidents.moves(self._shelf, self.incident(incident_id).id)

    def clocks(self, incident_id: str, now: int) -> list[clocks.Clock]:
        incident = self.incident(incident_id)
        return clocks.clocks(incident, things.get(self._shelf, IncidentType, incident.type).targets, now)

    def steps(self, incident_id: str) -> tuple[str, ...]:
        """Names of the steps that may be taken from here."""
        return tuple(step.name for step in life.possible(self.incident(incident_id).state))

    def change(self, incident_id: str, version: int, **fields: Any) -> Incident:
        with self.seat.changing(incident_id) as (work, incident):
            return incidents.change(work, incident.id, version, fields)

    def move(self, incident_id: str, step: str, version: int, *, reason: str = "", other: str = "") -> Incident:
        with self.seat.changing(incident_id, other) as (work, incident):
            return moving.step(work, incident.id, step, version, reason=reason, other=other)

    def merge(self, incident_id: str, into: str, version: int, *, reason: str = "") -> Incident:
        with self.seat.changing(incident_id, into) as (work, incident):
            return moving.merge(work, incident.id, into, version, reason=reason)

    def split(self, incident_id: str, parts: Sequence[Part], version: int, *, reason: str = "") -> list[Incident]:
        with self.seat.changing(incident_id) as (work, incident):
            return moving.split(work, incident.id, parts, version, reason=reason)

    def set_parent(self, incident_id: str, parent: str, version: int) -> Incident:
        with self.seat.changing(incident_id, parent) as (work, incident):
            return moving.set_parent(work, incident.id, parent, version)

    # ── the log ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def log(self, incident_id: str, *, after: int = 0, limit: int = 10_000) -> list[Entry]:
        return journal.read(self._shelf, self.incident(incident_id).id, self.seat.sees(), after=after, limit=limit)

    def keeper(self, incident_id: str) -> Keeper | None:
        return journal.keeper(self._shelf, self.incident(incident_id).id)

    def take_log(self, incident_id: str, expected: str = "") -> Keeper:
        with self.seat.changing(incident_id) as (work, incident):
            return journal.take_over(work, incident.id, expected)

    def write_log(self, incident_id: str, kind: str, text: str, **members: Any) -> int:
        with self.seat.changing(incident_id) as (work, incident):
            return journal.write(work, incident.id, kind, text, **members)

    def correct_log(self, incident_id: str, seq: int, text: str, *, function: str = "") -> int:
        with self.seat.changing(incident_id) as (work, incident):
            self._demand_readable(work, incident.id, seq)
            return journal.correct(work, incident.id, seq, text, function=function)

    def erase_log(self, incident_id: str, seq: int, reason: str) -> int:
        """Takes the content of an entry away for good, from the file and its write-ahead log as well."""
        with self.seat.changing(incident_id, action="log.erase") as (work, incident):
            self._demand_readable(work, incident.id, seq)
            made = journal.erase(work, incident.id, seq, reason)
        self._shelf.truncate()
        return made

    def latest_log(self, incident_id: str, **asked: Any) -> list[Entry]:
        """As `log`, the newest first."""
        return journal.latest(self._shelf, self.incident(incident_id).id, self.seat.sees(), **asked)

    def verify_log(self, incident_id: str) -> Verdict:
        return journal.verify(self._shelf, self.incident(incident_id).id)

    def export_log(self, incident_id: str) -> Iterator[bytes]:
        return journal.export(self._shelf, self.incident(incident_id).id, self.seat.sees())

    # ── units ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def units(self) -> list[Unit]:
        return units.every(self._shelf, self.seat.sees())

    def unit(self, unit_id: str) -> Unit:
        found = next((u for u in self.units() if u.id == unit_id), None)
        if found is None:
            raise ResourceNotFound(f"Unit {unit_id[:40]} does not exist")
        return found

    def save_unit(self, unit: Unit) -> Unit:
        with self.seat.managing() as work:
            return units.save(work, unit)

    def report_status(self, unit_id: str, digit: str, **members: Any) -> Unit:
        with self._dispatching(unit_id) as work:
            return radio.report(work, unit_id, digit, **members)

    def reports(self, unit_id: str, *, limit: int = 1000) -> list[StatusReport]:
        return radio.reports(self._shelf, self.unit(unit_id).id, limit=limit)

    def standing(self, unit_id: str, kind: UnitKind | None, at_us: int) -> StatusReport | None:
        """The status that a unit had at a moment; see `radio.standing`."""
        return radio.standing(self._shelf, self.unit(unit_id).id, kind, at_us)

    def waiting(self) -> list[Speech]:
        """Units that wait to speak."""
        known = {u.id for u in self.units()}
        return [s for s in radio.waiting(self._shelf) if s.unit in known]

    def answer_speech(self, speech_id: int) -> Speech:
        with self._shelf.work(self.by) as work:
            self.seat.may_send(work, radio.get(work, speech_id).unit)
            return radio.answer(work, speech_id)

    # ── assignments ──────────────────────────────────────────────────────────────────────────────────────────────────

    def needs(self, incident_id: str) -> list[Need]:
        return assignments.needs(self._shelf, self.incident(incident_id).id)

    def ask(self, incident_id: str, capability: str, count: int = 1, **members: Any) -> Need:
        with self.seat.changing(incident_id) as (work, incident):
            return assignments.ask(work, incident.id, capability, count, **members)

    def assignments(self, incident_id: str) -> list[Assignment]:
        return assignments.of_incident(self._shelf, self.incident(incident_id).id)

    def assign(
        self,
        incident_id: str,
        picks: Sequence[Pick],
        how: Literal["reserve", "alert"] = "alert",
        *,
        deviation: str = "",
    ) -> list[Assignment]:
        with self.seat.changing(incident_id, action="units.dispatch") as (work, incident):
            for pick in picks:
                self.seat.may_send(work, pick.unit)
            return assignments.assign(work, incident.id, picks, how, deviation=deviation)

    def alert_unit(self, assignment_id: int) -> Assignment:
        with self._sending(assignment_id) as work:
            return assignments.alert(work, assignment_id)

    def mark(self, assignment_id: int, what: Literal["sent", "received", "read"]) -> Assignment:
        with self._sending(assignment_id) as work:
            return assignments.mark(work, assignment_id, what)

    def answer(self, assignment_id: int, accepts: bool, reason: str = "") -> Assignment:
        with self._sending(assignment_id) as work:
            return assignments.answer(work, assignment_id, accepts, reason)

    def withdraw(self, assignment_id: int, reason: str) -> Assignment:
        with self._sending(assignment_id) as work:
            return assignments.withdraw(work, assignment_id, reason)

    # ── playbooks ────────────────────────────────────────────────────────────────────────────────────────────────────

    def playbooks(self) -> list[PlaybookVersion]:
        self.seat.may("incidents.read")
        return playbooks.every(self._shelf)

    def save_playbook(self, given: PlaybookVersion) -> PlaybookVersion:
        with self.seat.managing() as work:
            return playbooks.save(work, given, self._actions)

    def runs(self, incident_id: str) -> list[Run]:
        return playbooks.of_incident(self._shelf, self.incident(incident_id).id)

    def start_playbook(self, incident_id: str, playbook: str) -> Run:
        with self.seat.changing(incident_id) as (work, incident):
            return playbooks.start(work, incident.id, playbook, self._automatic)

    def end_step(self, run_id: str, step_id: str, **members: Any) -> Run:
        with self._running(run_id) as work:
            return playbooks.end_step(work, run_id, step_id, automatic=self._automatic, **members)

    def difference(self, run_id: str) -> Difference:
        run = playbooks.running(self._shelf, run_id)
        self.incident(run.incident)
        return playbooks.difference(self._shelf, run_id)

    def adopt(self, run_id: str, version: int) -> Run:
        with self._running(run_id) as work:
            return playbooks.adopt(work, run_id, version, self._automatic)

    def _demand_readable(self, work: Work, incident: str, seq: int) -> None:
        if seq not in journal.some(work, incident, [seq], self.seat.sees()):
            raise ResourceNotFound(f"Entry {seq} does not exist")

    # ── who may ──────────────────────────────────────────────────────────────────────────────────────────────────────

    @contextmanager
    def _running(self, run_id: str) -> Iterator[Work]:
        with self._shelf.work(self.by) as work:
            self.seat.opened(work, playbooks.running(work, run_id).incident, "incidents.manage")
            yield work

    @contextmanager
    def _sending(self, assignment_id: int) -> Iterator[Work]:
        with self._shelf.work(self.by) as work:
            self.seat.may_send(work, assignments.get(work, assignment_id).unit)
            yield work

    @contextmanager
    def _dispatching(self, unit_id: str) -> Iterator[Work]:
        with self._shelf.work(self.by) as work:
            self.seat.may_send(work, unit_id)
            yield work
