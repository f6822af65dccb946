"""/parts: every part of the screens in all its states, for those who build them; needs the action settings.manage."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get

from rhinecloud.base.clock import SECOND
from rhinecloud.web.island import ISLAND_TEXTS, Island
from rhinecloud.web.language import words
from rhinecloud.web.rendering import Pages
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.visits import AnyRequest, Frame, Visits

from .forms import Pager


class PartsPage(msgspec.Struct, kw_only=True):
    frame: Frame
    island: Island
    ages: list[int]  # instants in µs: now, minutes, hours, days ago
    pager: Pager


class Parts:
    """The handler of the parts' page."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits) -> None:
        self._rooms, self._pages, self._visits = rooms, pages, visits

    async def show(self, request: AnyRequest) -> Response[Any]:
        """All parts."""
        visit = await self._visits.of(request)
        self._visits.demand(visit, "settings.manage")
        now = self._rooms.clock()
        page = PartsPage(
            frame=self._visits.frame(visit, "parts", "Parts"),
            island=Island(
                language=visit.language,
                timezone=self._rooms.settings.timezone,
                words=words(visit.language).some(ISLAND_TEXTS),
            ),
            ages=[now - s * SECOND for s in (1, 40, 300, 7_200, 200_000)],
            pager=Pager(first=51, last=100, total=1234, before="/parts", after="/parts"),
        )
        return self._pages.render("pages/parts.html", page)


def routes(rooms: Rooms, pages: Pages, visits: Visits) -> list[Any]:
    return [get("/parts")(Parts(rooms, pages, visits).show)]
