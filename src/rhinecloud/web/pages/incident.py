"""*The room of an incident*: what is the case at a glance, and what may be done with it next."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from rhinecloud.web.incident_tabs import PATH, Head, Heads
from rhinecloud.web.rendering import Pages
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.visits import AnyRequest, Frame, Visits

from .forms import Form


class IncidentPage(msgspec.Struct, kw_only=True):
    frame: Frame
    head: Head
    text: str


class IncidentScreens:
    """The handlers of the room itself."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits) -> None:
        self._rooms, self._pages = rooms, pages
        self._heads = Heads(rooms, visits)

    async def show(self, request: AnyRequest, incident_id: FromPath[str]) -> Response[Any]:
        """The page."""
        opened = await self._heads.open(request, incident_id)
        page = IncidentPage(
            frame=self._heads.frame(opened), head=await self._heads.head(opened), text=opened.incident.text
        )
        return self._pages.render("pages/incident.html", page)

    async def tell_here(self, request: AnyRequest, incident_id: FromPath[str], data: Form) -> Response[Any]:
        """Somebody looks at it."""
        opened = await self._heads.open(request, incident_id)
        visit = opened.visit
        self._rooms.operations.presence.here(
            visit.tenant,
            opened.incident.id,
            visit.principal.source,
            visit.session.title or visit.session.name if visit.session else visit.principal.name,
            opened.desk.by.agency,
            data.get("tab", "")[:40],
        )
        return Response(b"", status_code=204)

    async def here(self, request: AnyRequest, incident_id: FromPath[str]) -> Response[Any]:
        """Who looks at it, as JSON."""
        opened = await self._heads.open(request, incident_id)
        titles = await asyncio.to_thread(self._heads.agencies, opened.visit)
        return Response(self._heads.here(opened, titles), headers={"Cache-Control": "no-store"})


def routes(rooms: Rooms, pages: Pages, visits: Visits) -> list[Any]:
    page = IncidentScreens(rooms, pages, visits)
    return [
        get(PATH)(page.show),
        get(f"{PATH}/here")(page.here),
        post(f"{PATH}/here")(page.tell_here),
    ]
