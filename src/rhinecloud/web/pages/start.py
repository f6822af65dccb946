"""The public start: what of this city is open, in figures and on a map, without a script and on an old phone.

The map is a picture that is drawn here: the city's outline and water, and a dot for each open thing.
"""

from __future__ import annotations

from collections import Counter
from statistics import median
from typing import Any, Final

import msgspec
from litestar import Response

from rhinecloud.base.clock import SECOND
from rhinecloud.web.channel import shown
from rhinecloud.web.live import Live
from rhinecloud.web.public_map import Dot, attribution, drawing
from rhinecloud.web.pulse import silent
from rhinecloud.web.rendering import Pages
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.things import Kind, Row
from rhinecloud.web.visits import THEME, AnyRequest, Frame, Visit, Visits

from .public_warnings import PublicRow, public_row

EXAMPLES: Final = 4


class Example(msgspec.Struct, kw_only=True):
    """One thing with its figure."""

    name: str
    number: float | None
    text: str
    at_us: int | None
    href: str


class OpenType(msgspec.Struct, kw_only=True):
    """One type of which everybody may know."""

    name: str
    title: str
    icon: str
    count: int
    silent: int
    figure: str  # label of the main attribute
    unit: str
    decimals: int | None
    usual: float | None  # the median; None: it is no number
    lowest: float | None
    highest: float | None
    words: list[tuple[str, int]]  # where it is none: the commonest values, with how many have them
    newest_us: int | None
    examples: list[Example]
    tone: int  # colour of its dots on the map


class StartPage(msgspec.Struct, kw_only=True):
    frame: Frame
    warnings: list[PublicRow]  # in force, the gravest first
    types: list[OpenType]
    things: int
    map: str  # SVG
    sources: list[str]  # whose the map's geography is
    root: str  # address of this city
    now_us: int


class Start:
    """Renders the page; also what the overview's address shows to strangers."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits, live: Live) -> None:
        self._rooms, self._pages, self._visits, self._live = rooms, pages, visits, live

    async def show(self, request: AnyRequest, visit: Visit) -> Response[Any]:
        """The portal is light for who has not chosen."""
        if request.cookies.get(THEME) != "dark":
            visit.theme = "light"
        readable = self._rooms.access.readable_types(visit.principal, visit.tenant) or frozenset()
        hidden = self._live.unmapped(visit.tenant)
        now_us = self._rooms.clock()
        by_kind: dict[int, list[Row]] = {}
        if readable:
            board = await (await self._live.channel(visit.tenant)).board()
            kinds = board.kinds.list
            for row in board.rows.values():
                if shown(kinds[row.kind].iri, readable, hidden):
                    by_kind.setdefault(row.kind, []).append(row)
        else:
            kinds = []
        largest = sorted(by_kind.items(), key=lambda item: -len(item[1]))
        types = [
            _type(kinds[place], rows, tone % 6, now_us, visit.language) for tone, (place, rows) in enumerate(largest)
        ]
        dots = [
            Dot(row.lon, row.lat, tone % 6, row.state)
            for tone, (_, rows) in enumerate(largest)
            for row in rows
            if row.lon is not None and row.lat is not None
        ]
        page = StartPage(
            frame=self._visits.frame(visit, "overview", "Open data"),
            warnings=await self._warnings(visit),
            types=types,
            things=sum(t.count for t in types),
            map=drawing(dots) if dots else "",
            sources=attribution() if dots else [],
            root=self._rooms.settings.public_url.rstrip("/") or str(request.base_url).rstrip("/"),
            now_us=now_us,
        )
        return self._pages.render("pages/start.html", page)

    async def _warnings(self, visit: Visit) -> list[PublicRow]:
        room = self._rooms.warnings
        if room is None:
            return []
        board = room.board(visit.tenant) or await room.load(visit.tenant)
        return [public_row(shown, visit.language) for shown in board.in_force]


def _type(kind: Kind, rows: list[Row], tone: int, now_us: int, language: str) -> OpenType:
    numbers = [row.number for row in rows if row.number is not None]
    measured = sorted((row for row in rows if row.observed_ms is not None), key=lambda r: -(r.observed_ms or 0))
    notable = sorted(rows, key=lambda r: (-r.state, r.number is None, r.name))
    return OpenType(
        name=kind.name,
        title=kind.plural[language],
        icon=kind.icon,
        count=len(rows),
        silent=sum(silent(kind, row, now_us // 1000) for row in rows),
        figure=kind.figure[language],
        unit=kind.unit,
        decimals=kind.decimals,
        usual=median(numbers) if numbers else None,
        lowest=min(numbers, default=None),
        highest=max(numbers, default=None),
        words=[] if numbers else Counter(row.text for row in rows if row.text).most_common(3),
        newest_us=(measured[0].observed_ms or 0) * (SECOND // 1000) if measured else None,
        examples=[
            Example(
                name=row.name,
                number=row.number,
                text=row.text,
                at_us=row.observed_ms * (SECOND // 1000) if row.observed_ms is not None else None,
                href=f"/situation?select={row.id}",
            )
            for row in notable[:EXAMPLES]
        ],
        tone=tone,
    )
