"""The everyday of a demo city: small incidents that come and go, worked by a control room that is not there.

It goes through the same desk as people do, as a principal of its own, and lets go of what a person has touched. Some
incidents it only reports: they wait for people. So a demo shows a board that lives, and units that are bound.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from rhinecloud.access import Principal, system
from rhinecloud.base import telemetry
from rhinecloud.base.clock import SECOND, Clock
from rhinecloud.base.errors import Conflict, RhineError
from rhinecloud.operations import incidents
from rhinecloud.operations.assignments import Pick
from rhinecloud.operations.declare import Everyday, Incident, News, Place
from rhinecloud.operations.desk import Desk
from rhinecloud.operations.incidents import Report
from rhinecloud.operations.proposing import Proposal
from rhinecloud.operations.tables import Shelf, Work

SOURCE: Final = "demo:everyday"
WORKED: Final = 5
"""At most so many are worked at a time …"""
LEFT: Final = 2
"""… and so many wait for people, for as long as:"""
LEFT_S: Final = 3 * 3600.0
EVERY_S: Final = 210.0
"""Between two reports, on average."""
LOOK_S: Final = 5.0
TRIES: Final = 3

log = telemetry.logger("operations")


class Room(Protocol):
    """What is asked of `Operations`."""

    def desk(self, tenant: str, principal: Principal) -> Desk: ...
    async def propose(self, tenant: str, principal: Principal, incident_ids: Sequence[str]) -> Proposal: ...


class Routine:
    """A follower: by the clock it reports and assigns, and ends what is done.

    Args:
        chance: (what, number) → 0 to 1.
    """

    name = "everyday"

    def __init__(
        self,
        room: Room,
        tenant: str,
        days: Sequence[Everyday],
        *,
        chance: Callable[[str, int], float],
        clock: Clock,
    ) -> None:
        self._room, self._tenant, self._days = room, tenant, tuple(days)
        self._chance, self._clock = chance, clock
        self._me = system("everyday")
        self._looked = 0.0
        self._next_us = 0
        self._tried: dict[str, int] = {}

    async def follow(self, tenant: str, shelf: Shelf, news: Sequence[News]) -> None:
        """By the clock alone."""

    async def tick(self, tenant: str, shelf: Shelf) -> None:
        if tenant != self._tenant or not self._days or time.monotonic() - self._looked < LOOK_S:
            return
        self._looked = time.monotonic()
        desk = self._room.desk(tenant, self._me)
        going = await asyncio.to_thread(self._going, shelf)
        for incident in going:
            try:
                await self._go_on(desk, shelf, incident)
            except Conflict:  # somebody was faster: it is looked at again
                continue
            except RhineError as error:
                log.info("everyday_stumbled", tenant=tenant, incident=incident.number, detail=error.detail)
        if self._clock() >= self._next_us:
            await asyncio.to_thread(self._report, desk, going)

    # ── what goes on ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _going(self, shelf: Shelf) -> list[Incident]:
        """Its own incidents that nobody else has touched."""
        ids = shelf.rows("SELECT id FROM incident WHERE is_over = 0 ORDER BY reported_us")
        found = [incidents.get(shelf, name) for (name,) in ids]
        mine = [i for i in found if i.source == SOURCE]
        return [i for i in mine if not _touched(shelf, i)]

    async def _go_on(self, desk: Desk, shelf: Shelf, incident: Incident) -> None:
        day = self._of(incident)
        age_s = (self._clock() - incident.reported_us) / SECOND
        if day is None or day.for_people:
            if age_s > LEFT_S:
                await asyncio.to_thread(desk.move, incident.id, "cancel", incident.version, reason="hat sich erledigt")
            return
        if incident.state == "reported":
            await asyncio.to_thread(self._triage, desk, incident, day)
        elif incident.state in ("triaged", "assigned", "under-way") and age_s > 5:
            await self._send(desk, shelf, incident)
        elif incident.state in ("on-scene", "contained"):
            open_ = [a for a in await asyncio.to_thread(desk.assignments, incident.id) if a.closed_us is None]
            if not open_:
                await asyncio.to_thread(desk.move, incident.id, "resolve", incident.version)
        elif incident.state == "resolved":
            await asyncio.to_thread(desk.move, incident.id, "close", incident.version)

    @staticmethod
    def _triage(desk: Desk, incident: Incident, day: Everyday) -> None:
        desk.move(incident.id, "triage", incident.version)
        if not desk.needs(incident.id):
            for capability, count in day.needs:
                desk.ask(incident.id, capability, count)

    async def _send(self, desk: Desk, shelf: Shelf, incident: Incident) -> None:
        """Alerts the best units for what is not filled; after some tries it is left to people."""
        missing = [n for n in await asyncio.to_thread(desk.needs, incident.id) if n.filled < n.count]
        served = {a.need for a in await asyncio.to_thread(desk.assignments, incident.id) if a.state == "released"}
        if not [n for n in missing if n.id not in served]:
            return
        tried = self._tried.get(incident.id, 0)
        if tried >= TRIES:
            return
        self._tried[incident.id] = tried + 1
        made = await self._room.propose(self._tenant, self._me, [incident.id])
        picks = [Pick(p.chosen.unit, p.need) for p in made.picks if p.need not in served]
        if picks:
            await asyncio.to_thread(desk.assign, incident.id, picks)

    # ── what is reported ─────────────────────────────────────────────────────────────────────────────────────────────

    def _report(self, desk: Desk, going: Sequence[Incident]) -> None:
        number = self._clock() // SECOND
        first = self._next_us == 0
        self._next_us = self._clock() + round(EVERY_S * (0.4 + 1.2 * self._chance("next", number)) * SECOND)
        titles = {i.title for i in going}
        waiting = sum(1 for i in going if (d := self._of(i)) is not None and d.for_people)
        for n in range((WORKED - 1 if first else 1) + (LEFT if first else 0)):
            able = [
                d
                for d in self._days
                if d.title not in titles and (waiting < LEFT if d.for_people else len(titles) - waiting < WORKED)
            ]
            if not able:
                return
            day = able[int(self._chance(f"which/{n}", number) * len(able))]
            place = day.places[int(self._chance(f"where/{n}", number) * len(day.places))]
            desk.report(
                Report(
                    type=day.type,
                    title=day.title,
                    text=day.text,
                    severity=day.severity,
                    urgency=day.urgency,
                    place=Place(location=place[1], address=place[0]),
                    agencies=day.agencies,
                    source=SOURCE,
                )
            )
            titles.add(day.title)
            waiting += day.for_people

    def _of(self, incident: Incident) -> Everyday | None:
        return next((d for d in self._days if d.title == incident.title), None)


def _touched(asked: Work | Shelf, incident: Incident) -> bool:
    """Whether a person has done anything to it."""
    rows = asked.rows(
        "SELECT who FROM incident_change WHERE incident = ? UNION SELECT who FROM incident_step WHERE incident = ?"
        " UNION SELECT made_by FROM assignment WHERE incident = ? UNION SELECT answered_by FROM assignment"
        " WHERE incident = ?",
        *(incident.id,) * 4,
    )
    return any(who.startswith("person:") for (who,) in rows)
