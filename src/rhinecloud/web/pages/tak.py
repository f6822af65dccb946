"""*TAK servers*: links over which units, incidents and drawings go out and come in as Cursor on Target."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from rhinecloud.base.errors import BadRequestData, Conflict, ResourceNotFound
from rhinecloud.operations import IncidentType, cot
from rhinecloud.web.language import N_, words
from rhinecloud.web.refusals import told
from rhinecloud.web.rendering import Pages
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.visits import AnyRequest, Frame, Visit, Visits

from .forms import Form

ACTION: Final = "operations.manage"
ROOT: Final = "/deliveries/tak"
STATES: Final = {"connected": N_("connected"), "waiting": N_("not connected"), "off": N_("switched off")}
_TICKS: Final = ("tls", "sends", "takes", "exercise", "enabled")


class LinkRow(msgspec.Struct, kw_only=True):
    link: cot.Link
    agency: str
    standing: cot.Standing
    state: str


class TakPage(msgspec.Struct, kw_only=True):
    frame: Frame
    tab: str
    may_manage: bool
    rows: list[LinkRow]
    refused: list[cot.Refusal]
    agencies: dict[str, str]
    types: dict[str, str]
    editing: str
    typed: dict[str, str]
    error: str
    said: str


class TakScreens:
    """The handlers."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits) -> None:
        self._rooms, self._pages, self._visits = rooms, pages, visits

    async def show(self, request: AnyRequest) -> Response[Any]:
        """All links; `?edit=` has one in the form."""
        visit = await self._visit(request)
        said = words(visit.language)("Saved.") if request.query_params.get("done") else ""
        return await self._page(visit, editing=request.query_params.get("edit", ""), said=said)

    async def save(self, request: AnyRequest, data: Form) -> Response[Any]:
        """A new link, or another version of one."""
        visit = await self._visit(request)
        try:
            await asyncio.to_thread(self._desk(visit).save, _link(data))
        except (BadRequestData, Conflict) as refused:
            return await self._page(visit, editing=data.get("editing", ""), typed=data, error=refused.detail)
        await self._record(visit, "cot.save", data.get("id", ""))
        return Redirect(f"{ROOT}?done=1", status_code=303)

    async def remove(self, request: AnyRequest, link_id: FromPath[str], data: Form) -> Response[Any]:
        """Ends a link for good."""
        visit = await self._visit(request)
        await asyncio.to_thread(self._desk(visit).remove, link_id)
        await self._record(visit, "cot.remove", link_id)
        return Redirect(f"{ROOT}?done=1", status_code=303)

    async def _visit(self, request: AnyRequest) -> Visit:
        visit = await self._visits.allowed(request, ACTION)
        if self._rooms.cot is None or self._rooms.operations is None:
            raise ResourceNotFound("This installation has no links to TAK servers")
        return visit

    def _desk(self, visit: Visit) -> cot.CotDesk:
        return cot.CotDesk(self._rooms.operations.seat(visit.tenant, visit.principal))

    async def _record(self, visit: Visit, action: str, link: str) -> None:
        await self._rooms.access.record(visit.principal, action, link, tenant=visit.tenant)

    async def _page(
        self,
        visit: Visit,
        *,
        editing: str = "",
        typed: Mapping[str, str] | None = None,
        error: str = "",
        said: str = "",
    ) -> Response[Any]:
        page = await asyncio.to_thread(self._gather, visit, editing, typed)
        page.error, page.said = told(error, visit.language) if error else "", said
        return self._pages.render("pages/tak.html", page, status=400 if error else 200)

    def _gather(self, visit: Visit, editing: str, typed: Mapping[str, str] | None) -> TakPage:
        language, say, desk = visit.language, words(visit.language), self._desk(visit)
        agencies = {a.name: a.title for a in self._rooms.access.tenants.agencies(visit.tenant)}
        links = desk.links()
        known = next((link for link in links if link.id == editing), None)
        kinds = self._rooms.operations.desk(visit.tenant, visit.principal).things(IncidentType)
        return TakPage(
            frame=self._visits.frame(visit, "deliveries", "TAK servers"),
            tab="tak",
            may_manage=True,
            rows=[self._row(visit, link, agencies, say) for link in links],
            refused=desk.refused(50),
            agencies={"": say("all agencies")} | agencies,
            types={k.id: k.title[language] for k in kinds.values()},
            editing=known.id if known else "",
            typed=dict(typed) if typed is not None else _typed(known),
            error="",
            said="",
        )

    def _row(self, visit: Visit, link: cot.Link, agencies: Mapping[str, str], say: Any) -> LinkRow:
        standing = self._rooms.cot.standing(visit.tenant, link.id)
        return LinkRow(
            link=link,
            agency=agencies.get(link.agency, link.agency) or say("all agencies"),
            standing=standing,
            state=say(STATES[standing.state]),
        )


def _typed(link: cot.Link | None) -> dict[str, str]:
    if link is None:
        return {"port": "8089", "tls": "1", "sends": "1", "takes": "1", "enabled": "1", "incident_type": "other"}
    plain = {
        name: str(getattr(link, name)) for name in ("id", "title", "host", "port", "agency", "incident_type", "version")
    }
    return plain | {name: "1" for name in _TICKS if getattr(link, name)}


def _link(data: Mapping[str, str]) -> cot.Link:
    port, version = data.get("port", ""), data.get("version", "1")
    if not port.isdecimal() or not 0 < int(port[:6]) < 65536 or not version.isdecimal():
        raise BadRequestData("A port is a number from 1 to 65535")
    title = data.get("title", "").strip()[:120]
    made = data.get("editing", "") or re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    return cot.Link(
        id=made,
        title=title,
        host=data.get("host", "").strip()[:253],
        port=int(port),
        agency=data.get("agency", ""),
        ca=data.get("ca", "").strip()[:20_000],
        certificate=data.get("certificate", "").strip()[:20_000],
        incident_type=data.get("incident_type", "other"),
        version=int(version[:9]),
        **{name: data.get(name) == "1" for name in _TICKS},
    )


def routes(rooms: Rooms, pages: Pages, visits: Visits) -> list[Any]:
    page = TakScreens(rooms, pages, visits)
    return [
        get(ROOT)(page.show),
        post(ROOT, status_code=200)(page.save),
        post(f"{ROOT}/{{link_id:str}}/remove", status_code=200)(page.remove),
    ]
