"""*Warnings of an incident*: what was prepared and published for it, as a tab of its room."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from litestar import Response
from litestar.params import FromPath

from rhinecloud.base.errors import ResourceNotFound
from rhinecloud.web.incident_tabs import Head, Heads
from rhinecloud.web.language import words
from rhinecloud.web.rendering import Pages
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.visits import AnyRequest, Frame
from rhinecloud.web.warning_rows import ChainRow, chain_row


class IncidentWarningsPage(msgspec.Struct, kw_only=True):
    frame: Frame
    head: Head
    rows: list[ChainRow]
    may_compose: bool


class IncidentWarnings:
    """The handler."""

    def __init__(self, rooms: Rooms, pages: Pages, heads: Heads) -> None:
        self._rooms, self._pages, self._heads = rooms, pages, heads

    async def show(self, request: AnyRequest, incident_id: FromPath[str]) -> Response[Any]:
        opened = await self._heads.open(request, incident_id, "warnings")
        visit = opened.visit
        if self._rooms.warnings is None:
            raise ResourceNotFound("This installation has no warning desk")
        desk = self._rooms.warnings.desk(visit.tenant, visit.principal)
        chains = await asyncio.to_thread(desk.chains, incident=opened.incident.id)
        may = await asyncio.to_thread(_may, self._rooms, visit)
        page = IncidentWarningsPage(
            frame=self._heads.frame(opened),
            head=await self._heads.head(opened),
            rows=[chain_row(c, words(visit.language)) for c in chains],
            may_compose=may,
        )
        return self._pages.render("pages/incident_warnings.html", page)


def _may(rooms: Rooms, visit: Any) -> bool:
    found = rooms.access.agencies(visit.principal, "warnings.compose", visit.tenant)
    return found is None or bool(found)
