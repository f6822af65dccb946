"""*The two staffs of an incident*: called together, their functions taken and given up, with those who link them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from rhinecloud.base.errors import Refused
from rhinecloud.operations import planning
from rhinecloud.web.incident_tabs import PATH, Head, Heads, Opened, address, kept
from rhinecloud.web.language import N_, words
from rhinecloud.web.planning_words import told
from rhinecloud.web.rendering import Pages
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.visits import AnyRequest, Frame, Visits

from .forms import Form, is_part

TAB: Final = "staff"
DONE: Final = {
    "convened": N_("The staff is called together. It stands in the log."),
    "dismissed": N_("The staff is dismissed. It stands in the log."),
    "taken": N_("The function is taken. It stands in the log."),
    "left": N_("The function is given up. It stands in the log."),
}


class HolderRow(msgspec.Struct, kw_only=True):
    id: int
    name: str
    agency: str
    reach: str
    since_us: int
    me: bool


class FunctionRow(msgspec.Struct, kw_only=True):
    id: str
    code: str
    title: str
    text: str
    many: bool
    holders: list[HolderRow]


class StaffBox(msgspec.Struct, kw_only=True):
    key: str
    title: str
    together: bool
    since_us: int | None
    reason: str
    functions: list[FunctionRow]
    open: int  # functions that nobody has


class PastRow(msgspec.Struct, kw_only=True):
    code: str
    name: str
    since_us: int
    until_us: int


class StaffPage(msgspec.Struct, kw_only=True):
    frame: Frame
    head: Head
    staffs: list[StaffBox]
    past: list[PastRow]
    agencies: dict[str, str]
    on_duty: list[str]
    may_manage: bool
    said: str
    wrong: str
    typed: dict[str, str]


class StaffScreens:
    """The handlers of the tab."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits) -> None:
        self._rooms, self._pages = rooms, pages
        self._heads = Heads(rooms, visits)

    async def show(self, request: AnyRequest, incident_id: FromPath[str]) -> Response[Any]:
        """Both staffs."""
        opened = await self._heads.open(request, incident_id, TAB)
        await self._heads.note_reading(opened)
        if is_part(request):
            return await self._page(opened, template="parts/staffs.html")
        return await self._page(opened, said=DONE.get(request.query_params.get("done", ""), ""))

    async def convene(self, request: AnyRequest, incident_id: FromPath[str], data: Form) -> Response[Any]:
        """Calls a staff together, or dismisses it."""
        staff, reason = data.get("staff", ""), data.get("reason", "")[:1000]
        together = data.get("together") == "1"

        def act(desk: planning.DutyDesk) -> str:
            if together:
                desk.convene(incident_id, staff, reason)  # type: ignore[arg-type]
                return "convened"
            desk.dismiss(incident_id, staff, reason)  # type: ignore[arg-type]
            return "dismissed"

        return await self._act(request, incident_id, data, act)

    async def take(self, request: AnyRequest, incident_id: FromPath[str], data: Form) -> Response[Any]:
        """Somebody takes a function: whoever is here, or whoever is named."""
        if not data.get("me") and not data.get("name", "").strip():
            opened = await self._heads.open(request, incident_id, TAB, "incidents.manage")
            return await self._page(opened, wrong=N_("Please say who takes it."), typed=kept(data), status=400)

        def act(desk: planning.DutyDesk) -> str:
            desk.take(
                incident_id,
                data.get("function", "")[:64],
                name="" if data.get("me") else data["name"][:100],
                agency=data.get("agency", "")[:64],
                reach=data.get("reach", "")[:200],
            )
            return "taken"

        return await self._act(request, incident_id, data, act)

    async def give_up(
        self, request: AnyRequest, incident_id: FromPath[str], holder_id: FromPath[int], data: Form
    ) -> Response[Any]:
        """A function is given up."""

        def act(desk: planning.DutyDesk) -> str:
            desk.give_up(holder_id)
            return "left"

        return await self._act(request, incident_id, data, act)

    async def _act(
        self, request: AnyRequest, incident_id: str, data: Form, act: Callable[[planning.DutyDesk], str]
    ) -> Response[Any]:
        opened = await self._heads.open(request, incident_id, TAB, "incidents.manage")
        try:
            done = await asyncio.to_thread(act, planning.DutyDesk(opened.desk.seat))
        except Refused as refusal:
            return await self._page(opened, wrong=refusal.detail, typed=kept(data), status=refusal.status)
        return Redirect(f"{address(opened.incident.id, '/staff')}?done={done}", status_code=303)

    async def _page(
        self,
        opened: Opened,
        *,
        said: str = "",
        wrong: str = "",
        typed: dict[str, str] | None = None,
        status: int = 200,
        template: str = "pages/staff.html",
    ) -> Response[Any]:
        head = await self._heads.head(opened)
        page = await asyncio.to_thread(self._read, opened, head, said, wrong, typed or {})
        return self._pages.render(template, page, status=status, headers={"Vary": "HX-Request"})

    def _read(self, opened: Opened, head: Head, said: str, wrong: str, typed: dict[str, str]) -> StaffPage:
        visit, say = opened.visit, words(opened.visit.language)
        desk, incident = planning.DutyDesk(opened.desk.seat), opened.incident
        holders, together = desk.holders(incident.id), desk.convened(incident.id)
        titles = self._heads.agencies(visit)
        functions = desk.functions()
        codes = {f.id: f.code for f in functions}
        boxes = []
        for key, label in planning.STAFFS.items():
            called = next((c for c in together if c.staff == key), None)
            rows = [
                FunctionRow(
                    id=f.id,
                    code=f.code,
                    title=f.title[visit.language],
                    text=f.text[visit.language],
                    many=f.many,
                    holders=[self._holder(h, titles, visit.principal.source) for h in holders if h.function == f.id],
                )
                for f in functions
                if f.staff == key
            ]
            boxes.append(
                StaffBox(
                    key=key,
                    title=label[visit.language],
                    together=called is not None,
                    since_us=called.since_us if called else None,
                    reason=called.reason if called else "",
                    functions=rows,
                    open=sum(not r.holders and not r.many for r in rows),
                )
            )
        past = [h for h in desk.holders(incident.id, past=True) if h.until_us is not None]
        return StaffPage(
            frame=self._heads.frame(opened),
            head=head,
            staffs=boxes,
            past=[
                PastRow(
                    code=codes.get(h.function, h.function), name=h.name, since_us=h.since_us, until_us=h.until_us or 0
                )
                for h in past[::-1][:40]
            ],
            agencies={a: titles.get(a, a) for a in incident.agencies},
            on_duty=sorted({d.name for d in desk.now(self._rooms.clock())}),
            may_manage=head.may_manage and not head.over,
            said=say(said),
            wrong=told(wrong, visit.language),
            typed=typed,
        )

    @staticmethod
    def _holder(holder: planning.Holder, titles: dict[str, str], me: str) -> HolderRow:
        return HolderRow(
            id=holder.id,
            name=holder.name,
            agency=titles.get(holder.agency, holder.agency),
            reach=holder.reach,
            since_us=holder.since_us,
            me=holder.person == me,
        )


def routes(rooms: Rooms, pages: Pages, visits: Visits) -> list[Any]:
    page = StaffScreens(rooms, pages, visits)
    at = f"{PATH}/staff"
    return [
        get(at)(page.show),
        post(f"{at}/convene")(page.convene),
        post(f"{at}/take")(page.take),
        post(f"{at}/{{holder_id:int}}/give-up")(page.give_up),
    ]
