"""*Interface*: how programs use the city, and a place to try every operation of /openapi.json."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get

from rhinecloud.web.island import ISLAND_TEXTS, Island
from rhinecloud.web.language import words
from rhinecloud.web.rendering import Pages
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.visits import AnyRequest, Frame, Visits


class ApiPage(msgspec.Struct, kw_only=True):
    frame: Frame
    island: Island
    root: str  # how programs reach this city
    tenant: str  # the NGSILD-Tenant header's value; "" for the default


class Api:
    """The handler of the interface's page."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits) -> None:
        self._settings, self._pages, self._visits = rooms.settings, pages, visits

    async def show(self, request: AnyRequest) -> Response[Any]:
        """The page; the operations themselves are read from /openapi.json by its island."""
        visit = await self._visits.of(request)
        page = ApiPage(
            frame=self._visits.frame(visit, "api", "Interface"),
            island=Island(
                language=visit.language,
                timezone=self._settings.timezone,
                words=words(visit.language).some(ISLAND_TEXTS),
            ),
            root=self._settings.public_url.rstrip("/") or str(request.base_url).rstrip("/"),
            tenant="" if visit.tenant == self._settings.default_tenant else visit.tenant,
        )
        return self._pages.render("pages/api.html", page)


def routes(rooms: Rooms, pages: Pages, visits: Visits) -> list[Any]:
    return [get("/api")(Api(rooms, pages, visits).show)]
