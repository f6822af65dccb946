"""Playbooks as one person sees them: what there is, in which versions, what runs, and what alerts ask for.

Blocking, for the length of one commit: in a loop, call it in a thread.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import IO

import msgspec

from rhinecloud.base.declare import Label
from rhinecloud.base.errors import ResourceNotFound, RhineError
from rhinecloud.insight import Alert
from rhinecloud.operations import incidents, playbooks
from rhinecloud.operations.action import Action
from rhinecloud.operations.collaboration import Files
from rhinecloud.operations.declare import Incident, PlaybookStep, PlaybookVersion, Run
from rhinecloud.operations.playbooks import Difference
from rhinecloud.operations.seat import Seat
from rhinecloud.operations.tables import Work

from . import offers
from .offers import Offer


class Going(msgspec.Struct, frozen=True, kw_only=True):
    """A run as it is listed: where, and how far."""

    run: Run
    incident: Incident


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """What a step would do in an incident, without doing it."""

    step: PlaybookStep
    opens: str  # "start", "after", "watch", "never": when its turn would come
    action: Label | None  # what its action would do; None: it has none
    public: bool  # its action waits for a person
    trouble: str  # why its action cannot be done


class PlaybookDesk:
    """
    Args:
        alert: an alert of the tenant by its id. Raises: ResourceNotFound.
    """

    def __init__(self, seat: Seat, actions: Mapping[str, Action], alert: Callable[[str], Alert]) -> None:
        self.seat, self.actions, self._alert = seat, actions, alert

    @property
    def automatic(self) -> Collection[str]:
        return frozenset(name for name, action in self.actions.items() if not action.public)

    # ── what there is ────────────────────────────────────────────────────────────────────────────────────────────────

    def every(self) -> list[PlaybookVersion]:
        self.seat.may("incidents.read")
        return playbooks.every(self.seat.shelf)

    def get(self, playbook: str, version: int | None = None) -> PlaybookVersion:
        self.seat.may("incidents.read")
        return playbooks.get(self.seat.shelf, playbook, version)

    def versions(self, playbook: str) -> list[PlaybookVersion]:
        """The newest first. Raises: ResourceNotFound."""
        self.seat.may("incidents.read")
        found = playbooks.versions(self.seat.shelf, playbook)
        if not found:
            raise ResourceNotFound(f"Playbook {playbook[:60]} does not exist")
        return found

    def save(self, given: PlaybookVersion) -> PlaybookVersion:
        """As the next version of itself; whoever brought it before, it is the city's own from then on."""
        with self.seat.managing() as work:
            return playbooks.save(work, msgspec.structs.replace(given, who=self.seat.by.who), self.actions.keys())

    def rehearse(self, given: PlaybookVersion, incident: Incident) -> list[Tried]:
        """What each step would do in an incident as it stands; nothing is done or kept."""
        self.seat.may("incidents.read")
        return [self._tried(step, incident) for step in given.steps]

    def _tried(self, step: PlaybookStep, incident: Incident) -> Tried:
        opens = "after" if step.after else "start"
        if not playbooks.holds(step.when, incident):
            opens = "never"
        elif step.watch is not None:
            opens = "watch"
        action = self.actions.get(step.action)
        if not step.action:
            return Tried(step=step, opens=opens, action=None, public=False, trouble="")
        if action is None:
            return Tried(step=step, opens=opens, action=None, public=False, trouble=step.action)
        try:
            says, trouble = action.describe(incident, step.arguments), ""
        except (KeyError, TypeError, ValueError, RhineError) as error:
            says, trouble = None, f"{type(error).__name__}: {error}"
        return Tried(step=step, opens=opens, action=says, public=action.public, trouble=trouble)

    # ── what runs ────────────────────────────────────────────────────────────────────────────────────────────────────

    def going(self) -> list[Going]:
        """Runs that are not over, of incidents that they may see; the newest first."""
        sees = self.seat.sees()
        found = []
        with self.seat.shelf.reading() as work:
            rows = work.rows("SELECT id, incident FROM run WHERE ended_us IS NULL ORDER BY started_us DESC")
            for run_id, incident_id in rows:
                try:
                    incident = incidents.get(work, incident_id, sees)
                except ResourceNotFound:
                    continue
                found.append(Going(run=playbooks.running(work, run_id), incident=incident))
        return found

    def acting(self) -> frozenset[tuple[str, str]]:
        """(run, step) whose action is being done."""
        return frozenset(
            (run, step) for run, step in self.seat.shelf.rows("SELECT run, step FROM run_step WHERE act = 1")
        )

    def run(self, run_id: str) -> Run:
        """Raises: ResourceNotFound, also for one in an incident that they may not see."""
        found = playbooks.running(self.seat.shelf, run_id)
        self.seat.incident(found.incident)
        return found

    def runs(self, incident_id: str) -> list[Run]:
        return playbooks.of_incident(self.seat.shelf, self.seat.incident(incident_id).id)

    def start(self, incident_id: str, playbook: str) -> Run:
        with self.seat.changing(incident_id) as (work, incident):
            return playbooks.start(work, incident.id, playbook, self.automatic)

    def end(self, run_id: str, reason: str) -> Run:
        with self._running(run_id) as work:
            return playbooks.end(work, run_id, reason)

    def end_step(
        self,
        run_id: str,
        step_id: str,
        *,
        note: str = "",
        evidence: str = "",
        skip: bool = False,
        given: Iterable[tuple[str, IO[bytes]]] = (),
    ) -> Run:
        """A step is done, or skipped; `given` are files beside it, by name. See `playbooks.end_step`, `Files`."""
        with Files(self.seat.shelf).arriving(given) as arrived, self._running(run_id) as work:
            files = [msgspec.to_builtins(file) for file in arrived.place()]
            return playbooks.end_step(
                work,
                run_id,
                step_id,
                note=note,
                evidence=evidence,
                skip=skip,
                files=files,
                automatic=self.automatic,
            )

    def undone(self, run_id: str, step_id: str, note: str = "") -> Run:
        with self._running(run_id) as work:
            return playbooks.undone(work, run_id, step_id, note)

    def act(self, run_id: str, step_id: str) -> Run:
        """Lets the action of an open step be done."""
        with self._running(run_id) as work:
            return playbooks.act(work, run_id, step_id, self.actions.keys())

    def difference(self, run_id: str) -> Difference:
        run = playbooks.running(self.seat.shelf, run_id)
        self.seat.incident(run.incident)
        return playbooks.difference(self.seat.shelf, run_id)

    def adopt(self, run_id: str, version: int) -> Run:
        with self._running(run_id) as work:
            return playbooks.adopt(work, run_id, version, self.automatic)

    # ── what is offered ──────────────────────────────────────────────────────────────────────────────────────────────

    def offers(self) -> list[Offer]:
        self.seat.may("incidents.read")
        return offers.waiting(self.seat.shelf)

    def take(self, offer_id: int, incident_id: str = "") -> tuple[Incident, Run]:
        """Begins what is offered, in this incident or in a new one of the alert."""
        self.seat.may("incidents.manage")
        found = offers.get(self.seat.shelf, offer_id)
        alert = None if incident_id else self._alert(found.alert)
        with self.seat.shelf.work(self.seat.by) as work:
            if incident_id:
                self.seat.opened(work, incident_id, "incidents.manage")
            return offers.take(work, offer_id, alert, self.automatic, incident_id)

    def dismiss(self, offer_id: int, reason: str) -> None:
        self.seat.may("incidents.manage")
        with self.seat.shelf.work(self.seat.by) as work:
            offers.dismiss(work, offer_id, reason)

    # ── who may ──────────────────────────────────────────────────────────────────────────────────────────────────────

    @contextmanager
    def _running(self, run_id: str) -> Iterator[Work]:
        with self.seat.shelf.work(self.seat.by) as work:
            self.seat.opened(work, playbooks.running(work, run_id).incident, "incidents.manage")
            yield work
