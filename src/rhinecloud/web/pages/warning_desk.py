"""*Warnings*: the desk where they are begun, those that are in force, and the addresses of all that is about them."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import msgspec
from litestar import Response, get, post
from litestar.response import Redirect

from rhinecloud.base.errors import RhineError
from rhinecloud.operations import warnings
from rhinecloud.web.incident_tabs import Heads
from rhinecloud.web.language import N_, words
from rhinecloud.web.rendering import Pages
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.visits import AnyRequest, Frame, Visit, Visits
from rhinecloud.web.warning_rows import ChainRow, ReceivedRow, chain_row, received_row
from rhinecloud.web.warning_words import SEVERITY

from .forms import Form, is_part
from .incident_warnings import IncidentWarnings
from .public_warnings import PublicWarnings
from .warning import WarningScreens
from .warning_received import ReceivedScreens
from .warning_settings import SettingScreens
from .warnings_of import desk_of, tabs_of

VIEWS: Final = {"open": N_("at work and in force"), "ended": N_("ended"), "all": N_("all")}
DONE: Final = {
    "dropped": N_("Given up. It is kept and can be read."),
}


class TemplateChoice(msgspec.Struct, kw_only=True):
    """A start to choose."""

    id: str
    title: str
    languages: str
    severity: str


class DeskPage(msgspec.Struct, kw_only=True):
    frame: Frame
    tabs: list[Any]
    approvals: list[ChainRow]  # submitted, that wait for a second person
    prepared: list[ChainRow]
    in_force: list[ChainRow]
    ended: list[ChainRow]
    view: str
    received: list[ReceivedRow]  # of others, in force here, the newest
    received_total: int
    templates: list[TemplateChoice]
    may_compose: bool
    may_publish: bool
    said: str


class NewPage(msgspec.Struct, kw_only=True):
    frame: Frame
    tabs: list[Any]
    templates: list[TemplateChoice]
    incident: str
    incident_title: str
    exercise: bool
    typed: dict[str, str]
    error: str


class DeskScreen:
    """The handlers of the desk."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits) -> None:
        self._rooms, self._pages, self._visits = rooms, pages, visits

    async def show(self, request: AnyRequest) -> Response[Any]:
        """What waits for whom, what is in force, what others warn of."""
        visit, desk = await desk_of(self._rooms, self._visits, request)
        say, now = words(visit.language), self._rooms.clock()
        view = request.query_params.get("view", "open")
        chains = await asyncio.to_thread(desk.chains, limit=200)
        rows = [chain_row(c, say) for c in chains]
        received, total = await asyncio.to_thread(desk.received, warnings.Wanted(here=True, in_force=True, limit=8))
        page = DeskPage(
            frame=self._visits.frame(visit, "warning-desk", "Warnings"),
            tabs=tabs_of(say, "own"),
            approvals=[r for r in rows if r.approval],
            prepared=[r for r in rows if r.state == "prepared" and not r.approval],
            in_force=[r for r in rows if r.state == "in-force" and not r.approval],
            ended=[r for r in rows if r.state in ("expired", "lifted", "dropped") and not r.approval]
            if view in ("ended", "all")
            else [r for r in rows if r.state in ("expired", "lifted")][:5],
            view=view if view in VIEWS else "open",
            received=[received_row(r, say, now) for r in received],
            received_total=total,
            templates=await self._templates(desk, visit),
            may_compose=self._visits.may(visit, "warnings.compose"),
            may_publish=self._visits.may(visit, "warnings.publish"),
            said=say(DONE.get(request.query_params.get("done", ""), "")),
        )
        template = "parts/warning_lists.html" if is_part(request) else "pages/warning_desk.html"
        return self._pages.render(template, page, headers={"Vary": "HX-Request"})

    async def new(self, request: AnyRequest) -> Response[Any]:
        """Chooses a start."""
        visit, desk = await desk_of(self._rooms, self._visits, request, "warnings.compose")
        return await self._new(visit, desk, request.query_params.get("incident", "")[:40], {})

    async def begin(self, request: AnyRequest, data: Form) -> Response[Any]:
        visit, desk = await desk_of(self._rooms, self._visits, request, "warnings.compose")
        incident, status = data.get("incident", "")[:40], data.get("status", "Actual")
        try:
            made = await asyncio.to_thread(desk.begin, data.get("template", "")[:60], incident=incident, status=status)
        except RhineError as error:
            return await self._new(visit, desk, incident, data, error.detail)
        return Redirect(f"/warning-desk/{made.number}", status_code=303)

    async def _new(
        self, visit: Visit, desk: Any, incident: str, typed: dict[str, str], error: str = ""
    ) -> Response[Any]:
        say = words(visit.language)
        found = None
        if incident:
            centre = self._rooms.operations.desk(visit.tenant, visit.principal)
            found = await asyncio.to_thread(centre.incident, incident)
        page = NewPage(
            frame=self._visits.frame(visit, "warning-desk", "New warning"),
            tabs=tabs_of(say, "own"),
            templates=await self._templates(desk, visit),
            incident=found.id if found else "",
            incident_title=f"{found.number} {found.title}" if found else "",
            exercise=found.exercise if found else False,
            typed=typed,
            error=error,
        )
        return self._pages.render("pages/warning_new.html", page, status=400 if error else 200)

    async def _templates(self, desk: Any, visit: Visit) -> list[TemplateChoice]:
        say = words(visit.language)
        return [
            TemplateChoice(
                id=t.id,
                title=t.title[visit.language],
                languages=", ".join(warnings.LANGUAGES.get(w.language, w.language) for w in t.draft.texts),
                severity=say(SEVERITY[t.draft.severity]),
            )
            for t in await asyncio.to_thread(desk.templates)
        ]


def routes(rooms: Rooms, pages: Pages, visits: Visits, heads: Heads | None = None) -> list[Any]:
    """All that is about warnings."""
    screen, one = DeskScreen(rooms, pages, visits), WarningScreens(rooms, pages, visits)
    others, settings = ReceivedScreens(rooms, pages, visits), SettingScreens(rooms, pages, visits)
    public = PublicWarnings(rooms, pages)
    within = IncidentWarnings(rooms, pages, heads or Heads(rooms, visits))
    root = "/warning-desk/{number:str}"
    return [
        get("/warning-desk")(screen.show),
        get("/warning-desk/new")(screen.new),
        post("/warning-desk/new")(screen.begin),
        *others.routes(),
        *settings.routes(),
        get(root)(one.show),
        get(f"{root}/public")(one.public),
        post(f"{root}/save")(one.save),
        post(f"{root}/look")(one.look),
        post(f"{root}/submit")(one.submit),
        post(f"{root}/edit")(one.edit),
        post(f"{root}/approve")(one.approve),
        post(f"{root}/send-back")(one.send_back),
        post(f"{root}/publish")(one.publish),
        post(f"{root}/follow")(one.follow),
        post(f"{root}/drop")(one.drop),
        post(f"{root}/template")(one.template),
        post(f"{root}/hand-over")(one.hand_over),
        get("/incidents/{incident_id:str}/warnings")(within.show),
        *public.routes(),
    ]
