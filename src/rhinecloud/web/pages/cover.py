"""*Cover*: of each part of the city and each capability, who is nearest now and who comes next."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import msgspec
from litestar import Response, get

from rhinecloud.operations import Unit, planning
from rhinecloud.web.language import N_, words
from rhinecloud.web.rendering import Pages
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.visits import AnyRequest, Frame, Visits

from .registers import ROOT, Registers, Tab, tabs

MOST: Final = 10


class CoverCell(msgspec.Struct, kw_only=True):
    grade: int  # 0 two or more in time, 1 one, 2 one just too late, 3 late, 4 nobody
    minutes: float | None
    unit: str
    second: str
    second_minutes: float | None
    within: int


class CoverRow(msgspec.Struct, kw_only=True):
    name: str
    address: str
    weight: float
    cells: list[CoverCell]


class CoverPage(msgspec.Struct, kw_only=True):
    frame: Frame
    tabs: list[Tab]
    capabilities: list[str]
    all: dict[str, int]  # capability → units that have it
    chosen: list[str]
    rows: list[CoverRow]
    poor: int  # cells with nobody in time
    ready: int
    by_road: bool
    target_min: float
    looked_us: int


class CoverScreen:
    """The handler of the page."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits) -> None:
        self._rooms, self._pages, self._visits = rooms, pages, visits
        self._registers = Registers(rooms, pages, visits)

    async def show(self, request: AnyRequest) -> Response[Any]:
        """The table; `?can:HLF=1` chooses columns."""
        visit = await self._registers.visit(request)
        seen, say = await asyncio.to_thread(self._registers.seen, visit), words(visit.language)
        there = planning.capabilities((await asyncio.to_thread(seen.every, Unit)).values())
        plans = (await asyncio.to_thread(seen.every, planning.AlarmPlan)).values()
        wished = [k.partition(":")[2] for k in request.query_params if k.startswith("can:")]
        first = dict.fromkeys(n.capability for p in plans for n in p.needs if n.level == 1)
        chosen = [c for c in wished if c in there] or [c for c in first if c in there][:MOST]
        chosen = chosen or sorted(there, key=lambda c: -there[c])[:MOST]
        found = await self._rooms.operations.cover(visit.tenant, visit.principal, chosen[:MOST])
        rows = [
            CoverRow(
                name=zone.name,
                address=f"{ROOT}/zones/of/{zone.id}",
                weight=zone.weight,
                cells=[_cell(cell, found.target_min) for cell in cells],
            )
            for zone, cells in zip(found.zones, found.cells, strict=True)
        ]
        if request.query_params.get("sort") != "name":
            rows.sort(key=lambda r: (-sum(c.grade for c in r.cells), r.name))
        page = CoverPage(
            frame=self._visits.frame(visit, "planning", N_("Cover")),
            tabs=tabs("coverage", say),
            capabilities=list(found.capabilities),
            all=there,
            chosen=chosen,
            rows=rows,
            poor=sum(c.grade >= 2 for r in rows for c in r.cells),
            ready=found.ready,
            by_road=found.by_road,
            target_min=found.target_min,
            looked_us=self._rooms.clock(),
        )
        return self._pages.render("pages/cover.html", page)


def _cell(cell: planning.Nearest, target_min: float) -> CoverCell:
    if cell.minutes is None:
        grade = 4
    elif cell.within >= 2:
        grade = 0
    elif cell.within == 1:
        grade = 1
    else:
        grade = 2 if cell.minutes <= target_min * 1.5 else 3
    return CoverCell(
        grade=grade,
        minutes=cell.minutes,
        unit=cell.unit,
        second=cell.second,
        second_minutes=cell.second_minutes,
        within=cell.within,
    )


def routes(rooms: Rooms, pages: Pages, visits: Visits) -> list[Any]:
    return [get(f"{ROOT}/coverage")(CoverScreen(rooms, pages, visits).show)]
