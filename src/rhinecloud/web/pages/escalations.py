"""*Without an answer*: alarms that were declined or not answered, and wait for somebody who sees to it."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from rhinecloud.base.errors import Conflict
from rhinecloud.operations import planning
from rhinecloud.web.language import N_, words
from rhinecloud.web.planning_words import told
from rhinecloud.web.rendering import Pages
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.visits import AnyRequest, Frame, Visit, Visits

from .forms import is_part

PATH: Final = "/command/escalations"
WHY: Final = {"declined": N_("declined"), "expired": N_("did not answer")}


class WaitingRow(msgspec.Struct, kw_only=True):
    assignment: int
    unit: str
    why: str
    reason: str
    capability: str
    incident: str  # address of its dispatch
    number: str
    title: str
    exercise: bool
    since_us: int
    told: str
    next_us: int | None


class EscalationsPage(msgspec.Struct, kw_only=True):
    frame: Frame
    rows: list[WaitingRow]
    said: str
    wrong: str
    may_manage: bool


class Escalations:
    """The handlers of the page."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits) -> None:
        self._rooms, self._pages, self._visits = rooms, pages, visits

    async def show(self, request: AnyRequest) -> Response[Any]:
        """What waits, the oldest first."""
        visit = await self._visits.in_centre(request, "incidents.read")
        said = N_("It is yours now; nobody else is told of it any more.") if request.query_params.get("done") else ""
        page = await asyncio.to_thread(self._page, visit, said, "")
        template = "parts/escalation_list.html" if is_part(request) else "pages/escalations.html"
        return self._pages.render(template, page, headers={"Vary": "HX-Request"})

    async def count(self, request: AnyRequest) -> Response[Any]:
        """How many wait: for the mark on the boards."""
        visit = await self._visits.in_centre(request, "incidents.read")
        waiting = await asyncio.to_thread(lambda: self._plans(visit).waiting())
        return Response({"count": len(waiting)}, media_type="application/json", headers={"Cache-Control": "no-store"})

    async def take(self, request: AnyRequest, assignment_id: FromPath[int]) -> Response[Any]:
        """Somebody sees to it; then on to the incident's units."""
        visit = await self._visits.in_centre(request, "incidents.manage")
        try:
            found = await asyncio.to_thread(lambda: self._plans(visit).take(assignment_id))
        except Conflict as conflict:
            page = await asyncio.to_thread(self._page, visit, "", conflict.detail)
            return self._pages.render("pages/escalations.html", page, status=409)
        return Redirect(f"/incidents/{found.incident}/dispatch", status_code=303)

    def _plans(self, visit: Visit) -> planning.PlanDesk:
        seat = self._rooms.operations.seat(visit.tenant, visit.principal)
        return planning.PlanDesk(seat, self._rooms.settings.timezone)

    def _page(self, visit: Visit, said: str, wrong: str) -> EscalationsPage:
        say, desk = words(visit.language), self._rooms.operations.desk(visit.tenant, visit.principal)
        names = {u.id: u.name for u in desk.units()}
        rows = []
        for each in self._plans(visit).waiting():
            incident = desk.incident(each.incident)
            need = next((n for n in desk.needs(incident.id) if n.id == each.need), None)
            rows.append(
                WaitingRow(
                    assignment=each.assignment,
                    unit=names.get(each.unit, each.unit),
                    why=say(WHY.get(each.why, each.why)),
                    reason=each.body,
                    capability=need.capability if need else "",
                    incident=f"/incidents/{incident.id}/dispatch",
                    number=incident.number,
                    title=incident.title,
                    exercise=incident.exercise,
                    since_us=each.made_us,
                    told=each.told,
                    next_us=each.due_us,
                )
            )
        return EscalationsPage(
            frame=self._visits.frame(visit, "incidents", N_("Without an answer")),
            rows=rows,
            said=say(said),
            wrong=told(wrong, visit.language),
            may_manage=self._visits.may(visit, "incidents.manage"),
        )


def routes(rooms: Rooms, pages: Pages, visits: Visits) -> list[Any]:
    page = Escalations(rooms, pages, visits)
    return [
        get(PATH)(page.show),
        get("/web/escalations")(page.count),
        post(f"{PATH}/{{assignment_id:int}}/take")(page.take),
    ]
