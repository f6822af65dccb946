"""*Streets*: which extract travel times come from, and what is closed now."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from rhinecloud.base.errors import ResourceNotFound
from rhinecloud.operations import Barrier, planning
from rhinecloud.web.language import N_, words
from rhinecloud.web.rendering import Pages
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.visits import AnyRequest, Frame, Visit, Visits

from .forms import Form
from .registers import ROOT, Registers, Tab, tabs


class CrossingRow(msgspec.Struct, kw_only=True):
    barrier: str
    barrier_name: str
    version: int
    name: str
    is_open: bool


class ClosureRow(msgspec.Struct, kw_only=True):
    id: str
    title: str
    radius_m: float
    until_us: int | None
    holds: bool
    version: int


class StreetsPage(msgspec.Struct, kw_only=True):
    frame: Frame
    tabs: list[Tab]
    about: Any  # planning.About; None: no extract is loaded
    tenant: str
    crossings: list[CrossingRow]
    closures: list[ClosureRow]
    may_manage: bool
    said: str


class StreetsScreen:
    """The handlers of the page."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits) -> None:
        self._rooms, self._pages, self._visits = rooms, pages, visits
        self._registers = Registers(rooms, pages, visits)

    async def show(self, request: AnyRequest) -> Response[Any]:
        """What is loaded, and what is shut."""
        visit = await self._registers.visit(request)
        page = await asyncio.to_thread(self._page, visit)
        page.said = words(visit.language)(N_("It counts from now on.")) if request.query_params.get("done") else ""
        return self._pages.render("pages/streets.html", page)

    def _page(self, visit: Visit) -> StreetsPage:
        seen, say = self._registers.seen(visit), words(visit.language)
        streets = self._rooms.operations.roads.streets(visit.tenant)
        crossings = [
            CrossingRow(barrier=b.id, barrier_name=b.name, version=b.version, name=c.name, is_open=c.is_open)
            for b in seen.every(Barrier).values()
            for c in b.crossings
        ]
        now = self._rooms.clock()
        closures = [
            ClosureRow(
                id=c.id,
                title=c.title,
                radius_m=c.radius_m,
                until_us=c.until_us,
                holds=c.holds(now),
                version=c.version,
            )
            for c in seen.every(planning.Closure).values()
        ]
        return StreetsPage(
            frame=self._visits.frame(visit, "planning", N_("Streets")),
            tabs=tabs("roads", say),
            about=None if streets is None else streets.network.about,
            tenant=visit.tenant,
            crossings=crossings,
            closures=closures,
            may_manage=self._visits.may(visit, "operations.manage"),
            said="",
        )

    async def shut(self, request: AnyRequest, barrier_id: FromPath[str], data: Form) -> Response[Any]:
        """Shuts a crossing, or opens it again."""
        visit = await self._registers.visit(request, "operations.manage")
        name, is_open = data.get("crossing", ""), data.get("open") == "1"

        def change() -> Any:
            desk = self._registers.seen(visit).desk
            barrier = desk.get(Barrier, barrier_id)
            if all(c.name != name for c in barrier.crossings):
                raise ResourceNotFound(f"{barrier.name} has no crossing {name[:40]!r}")
            crossings = tuple(
                msgspec.structs.replace(c, is_open=is_open) if c.name == name else c for c in barrier.crossings
            )
            return desk.save(msgspec.structs.replace(barrier, crossings=crossings))

        saved = await asyncio.to_thread(change)
        what = "crossing.open" if is_open else "crossing.shut"
        await self._registers.record(visit, what, f"{barrier_id}: {name}", version=saved.version)
        return Redirect(f"{ROOT}/roads?done=1", status_code=303)


def routes(rooms: Rooms, pages: Pages, visits: Visits) -> list[Any]:
    page = StreetsScreen(rooms, pages, visits)
    return [get(f"{ROOT}/roads")(page.show), post(f"{ROOT}/roads/{{barrier_id:str}}")(page.shut)]
