"""*Planning*: its first page. How many there are of what, and what a planner should look at."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import msgspec
from litestar import Response, get

from rhinecloud.operations import planning
from rhinecloud.web.language import N_, words
from rhinecloud.web.registers.shelf import REGISTERS
from rhinecloud.web.rendering import Pages
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.visits import AnyRequest, Frame, Visit, Visits

from .registers import ROOT, Registers, Tab, tabs

FINDINGS: Final = {
    "no-plan": N_("No alarm plan asks for anything for these keywords"),
    "nobody-has": N_("Plans ask for what no unit in service has"),
    "too-few": N_("Plans ask for more units than there are"),
    "alone": N_("These plans only add, and there is none that they add to"),
    "no-place": N_("Nobody knows where these units are: no station, no entity"),
    "no-capability": N_("These units can do nothing that a plan could ask for"),
    "no-responsible": N_("These agencies are asked about nothing by themselves"),
    "gap": N_("In the next seven days nobody is on these posts at times"),
    "unused-area": N_("These areas are named, and are not there any more"),
    "no-zones": N_("No zones of cover: what is left bare counts for nothing"),
    "shut": N_("These crossings are shut"),
    "closed": N_("These streets are closed"),
    "no-roads": N_("No streets are loaded: travel times are estimates by the crow's flight"),
}
MOST: Final = 8


class Tile(msgspec.Struct, kw_only=True):
    path: str
    icon: str
    title: str
    count: int
    sub: str


class FindingRow(msgspec.Struct, kw_only=True):
    state: int
    text: str
    names: list[str]
    more: int
    path: str


class PlanningPage(msgspec.Struct, kw_only=True):
    frame: Frame
    tabs: list[Tab]
    tiles: list[Tile]
    findings: list[FindingRow]
    looked_us: int


class Planning:
    """The handler of the first page."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits) -> None:
        self._rooms, self._pages, self._visits = rooms, pages, visits
        self._registers = Registers(rooms, pages, visits)

    async def show(self, request: AnyRequest) -> Response[Any]:
        """Counts and findings."""
        visit = await self._registers.visit(request)
        return self._pages.render("pages/planning.html", await asyncio.to_thread(self._page, visit))

    def _page(self, visit: Visit) -> PlanningPage:
        seen, say, now = self._registers.seen(visit), words(visit.language), self._rooms.clock()
        roads = self._rooms.operations.roads.streets(visit.tenant) is not None
        found = planning.find(seen.desk.seat, visit.language, now, roads=roads)
        return PlanningPage(
            frame=self._visits.frame(visit, "planning", N_("Planning")),
            tabs=tabs("", say),
            tiles=[
                Tile(
                    path=r.path,
                    icon=r.icon,
                    title=say(r.title),
                    count=sum(not getattr(t, "retired", False) for t in seen.every(r.kind).values()),
                    sub=say(r.lead),
                )
                for r in REGISTERS
            ],
            findings=[
                FindingRow(
                    state=f.state,
                    text=say(FINDINGS[f.what]),
                    names=list(f.names[:MOST]),
                    more=max(0, len(f.names) - MOST),
                    path=f"{ROOT}/{f.register}",
                )
                for f in found
            ],
            looked_us=now,
        )


def routes(rooms: Rooms, pages: Pages, visits: Visits) -> list[Any]:
    return [get(ROOT)(Planning(rooms, pages, visits).show)]
