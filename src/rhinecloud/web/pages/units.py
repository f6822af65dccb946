"""*Units*: who stands how, by agency, with a clock since their last status; who waits to speak; one unit's card."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import msgspec
from litestar import Response, get
from litestar.params import FromPath
from markupsafe import Markup

from rhinecloud.base.errors import ResourceNotFound
from rhinecloud.operations import BoardDesk, Desk, Tile, UnitKind
from rhinecloud.web.island import ISLAND_TEXTS, Island
from rhinecloud.web.language import N_, words
from rhinecloud.web.live import Live
from rhinecloud.web.live_boards import Boards
from rhinecloud.web.rendering import Pages
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.strips import MEANS, TileRow, tile_row
from rhinecloud.web.visits import AnyRequest, Frame, Visit, Visits

from .incidents import Group, unit_groups

REPORTS: Final = 12
SETTINGS: Final = "/command/settings"
SOURCES: Final = {
    "hand": N_("by hand"),
    "radio": N_("by radio"),
    "gps": N_("by position"),
    "undo": N_("taken back"),
    "seed": N_("set up"),
}


class UnitsPage(msgspec.Struct, kw_only=True):
    frame: Frame
    island: Island
    mark: str  # of the live line
    units: list[Group]
    speech: Markup
    speaking: int
    total: int
    means: dict[str, str]
    legend: list[tuple[str, str, str]]  # digit, words, what it means
    settings: str  # where units are set up; ""
    may_dispatch: bool


class PastStatus(msgspec.Struct, kw_only=True):
    digit: str
    word: str
    at_us: int
    source: str
    unusual: bool
    late: bool


class CardPage(msgspec.Struct, kw_only=True):
    frame: Frame
    tile: TileRow
    since_us: int
    statuses: list[tuple[str, str, str]]
    crew: int
    entity: str
    position_us: int | None
    at_station: bool
    reports: list[PastStatus]
    may_dispatch: bool


class UnitsScreen:
    """The handlers."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits, live: Live, boards: Boards) -> None:
        self._rooms, self._pages, self._visits = rooms, pages, visits
        self._live, self._boards = live, boards

    async def show(self, request: AnyRequest) -> Response[Any]:
        """The board."""
        visit = await self._visits.in_centre(request, "incidents.read")
        mark = (await self._live.channel(visit.tenant)).mark
        page = await asyncio.to_thread(self._board, visit, mark)
        return self._pages.render("pages/units.html", page)

    async def card(self, request: AnyRequest, unit_id: FromPath[str]) -> Response[Any]:
        """One unit: what it is, its status to change, what it reported."""
        visit = await self._visits.in_centre(request, "incidents.read")
        page = await asyncio.to_thread(self._card, visit, unit_id)
        return self._pages.render("parts/unit_card.html", page)

    def _board(self, visit: Visit, mark: str) -> UnitsPage:
        say, language = words(visit.language), visit.language
        desk: Desk = self._rooms.operations.desk(visit.tenant, visit.principal)
        board = BoardDesk(self._rooms.operations.seat(visit.tenant, visit.principal))
        groups, waiting = unit_groups(self._boards, visit, board, desk)
        kinds = {u.kind for u in desk.units()}
        return UnitsPage(
            frame=self._visits.frame(visit, "units", "Units"),
            island=Island(
                language=language,
                timezone=self._rooms.settings.timezone,
                words=say.some(ISLAND_TEXTS),
                csrf=visit.csrf,
            ),
            mark=mark,
            units=groups,
            speech=waiting[0],
            speaking=waiting[1],
            total=sum(g.count for g in groups),
            means={k: say(v) for k, v in MEANS.items()},
            legend=legend([k for k in desk.things(UnitKind).values() if k.id in kinds], language),
            settings=SETTINGS if self._visits.may(visit, "operations.manage") else "",
            may_dispatch=self._visits.may(visit, "units.dispatch"),
        )

    def _card(self, visit: Visit, unit_id: str) -> CardPage:
        say, language = words(visit.language), visit.language
        desk: Desk = self._rooms.operations.desk(visit.tenant, visit.principal)
        board = BoardDesk(self._rooms.operations.seat(visit.tenant, visit.principal))
        found = board.tiles([desk.unit(unit_id).id])
        if not found:
            raise ResourceNotFound(f"Unit {unit_id[:40]} does not exist")
        tile: Tile = found[0]
        unit, kind = tile.unit, tile.kind
        labels = {s.digit: s.label[language] for s in kind.statuses} if kind else {}
        reports = [
            PastStatus(
                digit=r.digit or "–",
                word=labels.get(r.digit, ""),
                at_us=r.at_us,
                source=say(SOURCES.get(r.source, r.source)),
                unusual=r.unusual,
                late=r.late,
            )
            for r in desk.reports(unit.id, limit=REPORTS)
        ]
        live = self._rooms.operations.live(visit.tenant, [unit]).get(unit.id)
        return CardPage(
            frame=self._visits.frame(visit, "units", "Units"),
            tile=tile_row(tile, self._boards.agencies(visit.tenant), language),
            since_us=unit.status_us,
            statuses=legend([kind], language) if kind else [],
            crew=unit.crew,
            entity=unit.entity,
            position_us=live[1] if live else unit.position_us,
            at_station=unit.station is not None,
            reports=reports,
            may_dispatch=self._visits.may(visit, "units.dispatch"),
        )


def legend(kinds: list[UnitKind], language: str) -> list[tuple[str, str, str]]:
    """What the digits mean; where kinds differ, each meaning once."""
    found: dict[str, dict[str, str]] = {}
    for kind in kinds:
        for status in kind.statuses:
            found.setdefault(status.digit, {}).setdefault(status.label[language], status.means)
    order = sorted(found, key=lambda digit: (digit == "0", digit))
    return [(digit, " / ".join(found[digit]), next(iter(found[digit].values()))) for digit in order]


def routes(rooms: Rooms, pages: Pages, visits: Visits, live: Live, boards: Boards) -> list[Any]:
    screen = UnitsScreen(rooms, pages, visits, live, boards)
    return [get("/units")(screen.show), get("/units/{unit_id:str}/card")(screen.card)]
