"""What happens by itself when an incident comes: the alarm plan asks for units, and where its type says so the best
ones are reserved or alerted; an alarm that is declined or not answered goes to the next best, and then to a person.

It follows the news, at least once. Each thing is done once all the same: a plan asks for what no plan asked for yet,
only needs for which no unit was ever taken are served, and each assignment escalates once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from rhinecloud.base import telemetry
from rhinecloud.base.clock import Clock, now_us
from rhinecloud.base.errors import BadRequestData, Conflict, ResourceNotFound
from rhinecloud.operations import assignments, dispatching, incidents, journal, life, things, units
from rhinecloud.operations.assignments import Pick
from rhinecloud.operations.declare import By, Incident, IncidentType, Need, News, Position, Unit
from rhinecloud.operations.proposing import Proposal
from rhinecloud.operations.roads.streets import Roads
from rhinecloud.operations.tables import Shelf, Work

from . import applying, escalating

BY: Final = By("system:dispatch", "Automatik")
AGAIN: Final = 3
"""How often it is tried where somebody else takes a unit at the same moment."""

log = telemetry.logger("operations")


class Room(Protocol):
    """What is asked of `Operations`."""

    roads: Roads

    def live(self, tenant: str, known: Sequence[Unit]) -> Mapping[str, tuple[Position, int] | None]: ...


class Automatic:
    """A follower. `room` is told once it is made, since it is made with its followers."""

    name = "plans"

    def __init__(self, timezone: str, clock: Clock = now_us) -> None:
        self.room: Room | None = None
        self._timezone, self._clock = timezone, clock

    async def follow(self, tenant: str, shelf: Shelf, news: Sequence[News]) -> None:
        for item in news:
            if item.what in ("assignment.declined", "assignment.expired"):
                await self._climb(tenant, shelf, item)
            elif item.what.startswith(("assignment.", "need.", "incident.")) and item.incident:
                if _begins(item):
                    await asyncio.to_thread(self._plan, shelf, item.incident)
                if item.what in ("need.asked", "incident.reported", "incident.level"):
                    await self._send(tenant, shelf, item.incident)
                await asyncio.to_thread(self._settle, shelf, item.incident)

    async def tick(self, tenant: str, shelf: Shelf) -> None:
        def climb() -> None:
            with shelf.work(BY) as work:
                for assignment_id in escalating.due(work):
                    escalating.climb(work, assignment_id)

        rows = await asyncio.to_thread(
            shelf.rows, "SELECT 1 FROM escalation WHERE state = 'person' AND due_us <= ? LIMIT 1", self._clock()
        )
        if rows:
            await asyncio.to_thread(climb)

    def _plan(self, shelf: Shelf, incident_id: str) -> None:
        """The plan asks, unless nobody wants that for this type, or no plan fits."""
        incident = incidents.get(shelf, incident_id)
        if incident.state in life.OVER or not _kind(shelf, incident).automatic.needs:
            return
        if not any(f.chosen for f in applying.fits(shelf, incident, self._clock(), self._timezone)):
            return
        with shelf.work(BY) as work:
            try:
                applying.apply(work, incident.id, None, self._timezone)
            except (BadRequestData, Conflict) as error:  # it was closed meanwhile, or the plan taken out of force
                log.info("plan_not_used", incident=incident.number, detail=error.detail)

    async def _send(self, tenant: str, shelf: Shelf, incident_id: str) -> None:
        """Sends the best units for what the plan asks, where the type says so."""

        def wanted() -> tuple[Incident, IncidentType, set[int]] | None:
            incident = incidents.get(shelf, incident_id)
            kind = _kind(shelf, incident)
            if kind.automatic.send == "no" or incident.state in life.OVER:
                return None
            open_ = {n.id for n in assignments.needs(shelf, incident.id) if _untouched(shelf, n)}
            return (incident, kind, open_) if open_ else None

        for _ in range(AGAIN):
            found = await asyncio.to_thread(wanted)
            if found is None:
                return
            incident, kind, open_ = found
            proposal = await self._propose(tenant, shelf, incident, kind, open_)
            how = kind.automatic.send
            picks = [Pick(p.chosen.unit, p.need) for p in proposal.picks]
            if how == "no" or not picks or await asyncio.to_thread(_assign, shelf, incident.id, picks, how):
                return

    async def _climb(self, tenant: str, shelf: Shelf, item: News) -> None:
        number = int(item.subject)
        why = item.what.removeprefix("assignment.")

        def look() -> tuple[Incident, IncidentType, int | None] | None:
            """The incident, its type, and the need that the next best may be sent for; None: nothing to do."""
            if escalating.get(shelf, number) is not None:
                return None
            found = assignments.get(shelf, number)
            incident = incidents.get(shelf, found.incident)
            if incident.state in life.OVER or found.state == "accepted":
                return None
            kind = _kind(shelf, incident)
            missing = [n for n in assignments.needs(shelf, incident.id) if n.id == found.need and n.filled < n.count]
            if found.need is not None and not missing:
                return None  # somebody filled it meanwhile
            again = bool(missing) and escalating.tries(shelf, number) < kind.automatic.next_best
            return incident, kind, found.need if again else None

        for _ in range(AGAIN):
            found = await asyncio.to_thread(look)
            if found is None:
                return
            incident, kind, need = found
            pick = None
            if need is not None:
                proposal = await self._propose(tenant, shelf, incident, kind, {need})
                pick = next(iter(proposal.picks), None)
            if await asyncio.to_thread(_go_on, shelf, number, why, Pick(pick.chosen.unit, need) if pick else None):
                return

    async def _propose(
        self, tenant: str, shelf: Shelf, incident: Incident, kind: IncidentType, needs: set[int]
    ) -> Proposal:
        room = self.room
        assert room is not None, "the follower is told its room when it is made"
        allowed = frozenset(kind.automatic.agencies or incident.agencies)
        known = [u for u in await asyncio.to_thread(units.every, shelf) if u.agency in allowed]
        live = room.live(tenant, known)

        def work_out() -> Proposal:
            now = self._clock()
            able = dispatching.candidates(shelf, {u.id for u in known}, live, now)
            where = dispatching.city(shelf, room.roads, tenant, now)
            return dispatching.work_out(shelf, [incident], able, where, BY, needs.__contains__)

        return await asyncio.to_thread(work_out)

    def _settle(self, shelf: Shelf, incident_id: str) -> None:
        if shelf.rows("SELECT 1 FROM escalation WHERE incident = ? AND state = 'person' LIMIT 1", incident_id):
            with shelf.work(BY) as work:
                escalating.settle(work, incidents.get(work, incident_id))


def _begins(item: News) -> bool:
    """Whether a plan may fit from here on that did not before."""
    if item.what == "incident.reported":
        return True
    return item.what == "incident.changed" and bool({"type", "place"} & set(item.detail.get("fields", ())))


def _kind(shelf: Shelf, incident: Incident) -> IncidentType:
    return things.get(shelf, IncidentType, incident.type)


def _untouched(shelf: Shelf, need: Need) -> bool:
    """Whether a plan asked for it and nobody was ever sent: what a person gave back is not sent again by itself."""
    taken = shelf.rows("SELECT 1 FROM assignment WHERE need = ? LIMIT 1", need.id)
    return bool(need.plan) and need.filled < need.count and not taken


def _assign(shelf: Shelf, incident_id: str, picks: Sequence[Pick], how: str) -> bool:
    """Whether it is settled: False where somebody else was faster with a unit, and it is worked out anew."""
    try:
        with shelf.work(BY) as work:
            assignments.assign(work, incident_id, picks, "alert" if how == "alert" else "reserve")
            journal.note(work, incident_id, "sent-by-itself", units=[p.unit for p in picks], how=how)
            work.run("UPDATE alarm_level SET automatic_us = ? WHERE incident = ?", work.now, incident_id)
    except Conflict as error:
        log.info("sent_again", incident=incident_id, detail=error.detail)
        return False
    except (BadRequestData, ResourceNotFound) as error:
        log.warning("not_sent", incident=incident_id, detail=error.detail)
    return True


def _go_on(shelf: Shelf, assignment_id: int, why: str, pick: Pick | None) -> bool:
    """The next best unit, or a person; False: that unit was taken in the very moment."""

    def do(work: Work) -> None:
        found = assignments.get(work, assignment_id)
        if escalating.get(work, assignment_id) is not None:
            return
        if pick is None:
            escalating.to_person(work, assignment_id, why)
            return
        made = assignments.assign(work, found.incident, [pick])
        escalating.sent(work, assignment_id, why, pick.unit)
        journal.note(
            work, found.incident, "next-best", unit=pick.unit, name=units.get(work, pick.unit).name,
            instead_of=units.get(work, found.unit).name, why=why, assignment=made[0].id,
        )  # fmt: skip

    try:
        with shelf.work(BY) as work:
            do(work)
    except (Conflict, BadRequestData) as error:
        log.info("next_best_taken", assignment=assignment_id, detail=error.detail)
        return False
    return True
