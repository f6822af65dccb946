"""*Handover of an incident* at shift change: what is open, given and signed by one, taken and signed by another."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from rhinecloud.base.errors import Refused
from rhinecloud.operations import collaboration, planning
from rhinecloud.web.incident_tabs import PATH, Head, Heads, Opened, address
from rhinecloud.web.language import N_, words
from rhinecloud.web.log_words import HANDOVER, code
from rhinecloud.web.refusals import told
from rhinecloud.web.rendering import Pages
from rhinecloud.web.room_parts import new_key
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.visits import AnyRequest, Frame, Visits

from .forms import Form

DONE: Final = {
    "given": N_("You have handed over and signed. Somebody else has to take it."),
    "taken": N_("You have taken over and signed."),
    "withdrawn": N_("The handover is withdrawn."),
}


class OpenRow(msgspec.Struct, kw_only=True):
    """Something that is not done: its words stand where it belongs."""

    icon: str
    text: str
    href: str


class HandoverRow(msgspec.Struct, kw_only=True):
    number: int
    seq: int
    state: str
    state_word: str
    text: str
    function: str
    name: str
    given_us: int
    taker_name: str
    taken_us: int | None
    remark: str
    open: list[OpenRow]  # as it was then
    mine: bool  # the visitor gave it
    erased: bool


class HandoverPage(msgspec.Struct, kw_only=True):
    frame: Frame
    head: Head
    said: str
    rows: list[HandoverRow]
    now: list[OpenRow]  # what is open now
    keeps: bool  # the visitor keeps the log
    functions: list[str]  # codes of those that the visitor has
    key: str
    wrong: dict[str, str]
    typed: dict[str, str]


class IncidentHandover:
    """The handlers."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits) -> None:
        self._pages = pages
        self._heads = Heads(rooms, visits)

    async def show(self, request: AnyRequest, incident_id: FromPath[str]) -> Response[Any]:
        """What is open, and all handovers so far; `?part=1` these alone."""
        opened = await self._heads.open(request, incident_id, "handover")
        await self._heads.note_reading(opened)
        query = request.query_params
        page = await self._page(opened, said=DONE.get(query.get("done", ""), ""))
        template = "parts/incident_handovers.html" if query.get("part") else "pages/incident_handover.html"
        return self._pages.render(template, page)

    async def give(self, request: AnyRequest, incident_id: FromPath[str], data: Form) -> Response[Any]:
        """Hands over, and signs."""
        opened = await self._heads.open(request, incident_id, "handover", "incidents.manage")

        def act() -> None:
            collaboration.RoomDesk(opened.desk.seat).hand_over(
                opened.incident.id, data.get("text", ""), data.get("function", "")[:80], key=data.get("key", "")
            )

        return await self._act(opened, act, "given", data)

    async def take(
        self, request: AnyRequest, incident_id: FromPath[str], number: FromPath[int], data: Form
    ) -> Response[Any]:
        """Takes it, and signs."""
        opened = await self._heads.open(request, incident_id, "handover", "incidents.manage")
        desk, remark = collaboration.RoomDesk(opened.desk.seat), data.get("remark", "")
        return await self._act(opened, lambda: desk.take_over(opened.incident.id, number, remark), "taken", {})

    async def withdraw(self, request: AnyRequest, incident_id: FromPath[str], number: FromPath[int]) -> Response[Any]:
        """Who gave it takes it back."""
        opened = await self._heads.open(request, incident_id, "handover", "incidents.manage")
        desk = collaboration.RoomDesk(opened.desk.seat)
        return await self._act(opened, lambda: desk.withdraw_handover(opened.incident.id, number), "withdrawn", {})

    async def _act(self, opened: Opened, act: Any, done: str, fields: dict[str, str]) -> Response[Any]:
        try:
            await asyncio.to_thread(act)
        except Refused as refusal:
            page = await self._page(opened, wrong=told(refusal.detail, opened.visit.language), typed=fields)
            return self._pages.render("pages/incident_handover.html", page, status=refusal.status)
        return Redirect(address(opened.incident.id, f"/handover?done={done}"), status_code=303)

    async def _page(self, opened: Opened, **more: Any) -> HandoverPage:
        head = await self._heads.head(opened)
        return await asyncio.to_thread(self._made, opened, head, more)

    def _made(self, opened: Opened, head: Head, more: dict[str, Any]) -> HandoverPage:
        visit, incident = opened.visit, opened.incident
        desk, say, me = collaboration.RoomDesk(opened.desk.seat), words(visit.language), visit.principal.source
        shown = self._words(opened)
        keeper = opened.desk.keeper(incident.id)
        holders = planning.DutyDesk(opened.desk.seat).holders(incident.id)
        wrong = more.get("wrong", "")
        return HandoverPage(
            frame=self._heads.frame(opened),
            head=head,
            said=say(more.get("said", "")),
            rows=[
                HandoverRow(
                    number=h.number,
                    seq=h.seq,
                    state=h.state,
                    state_word=say(HANDOVER[h.state]),
                    text=h.text,
                    function=h.function,
                    name=h.name,
                    given_us=h.given_us,
                    taker_name=h.taker_name,
                    taken_us=h.taken_us,
                    remark=h.remark,
                    open=_open_rows(h.open, shown, incident.id, say),
                    mine=h.giver == me,
                    erased=h.erased,
                )
                for h in desk.handovers(incident.id)
            ],
            now=_open_rows(desk.open_points(incident.id), shown, incident.id, say),
            keeps=keeper is not None and keeper.who == me,
            functions=[code(h.function) for h in holders if h.person == me],
            key=new_key(),
            wrong={"form": wrong} if wrong else {},
            typed=more.get("typed", {}),
        )

    @staticmethod
    def _words(opened: Opened) -> dict[str, dict[int, str]]:
        """What tasks, requests and messages say, as far as the visitor may read them."""
        desk, incident = collaboration.RoomDesk(opened.desk.seat), opened.incident.id
        return {
            "tasks": {t.number: t.text for t in desk.tasks(incident)},
            "requests": {r.number: r.text for r in desk.requests(incident)},
            "messages": {m.number: m.text for m in desk.messages(incident, limit=1000)},
        }


def _open_rows(
    points: collaboration.OpenPoints, shown: dict[str, dict[int, str]], incident: str, say: Any
) -> list[OpenRow]:
    kinds = (
        ("messages", "inbox", N_("Message %(num)s to be distributed"), "/messages"),
        ("requests", "share-2", N_("Request %(num)s"), "/tasks#request-"),
        ("tasks", "list-checks", N_("Task %(num)s"), "/tasks#task-"),
    )
    rows = []
    for kind, icon, label, where in kinds:
        for number in getattr(points, kind):
            said = shown[kind].get(number)
            if said is not None:
                href = address(incident, where + (str(number) if where.endswith("-") else ""))
                rows.append(OpenRow(icon=icon, text=f"{say(label) % {'num': number}}: {said[:160]}", href=href))
    if points.steps:
        text = say(N_("Open steps of playbooks: %(num)s")) % {"num": points.steps}
        rows.append(OpenRow(icon="book-open-check", text=text, href=address(incident, "/playbooks")))
    if points.units:
        text = say(N_("Units at work: %(names)s")) % {"names": ", ".join(points.units)}
        rows.append(OpenRow(icon="truck", text=text, href=address(incident, "/sections")))
    return rows


def routes(rooms: Rooms, pages: Pages, visits: Visits) -> list[Any]:
    page = IncidentHandover(rooms, pages, visits)
    one = PATH + "/handover/{number:int}"
    return [
        get(f"{PATH}/handover")(page.show),
        post(f"{PATH}/handover")(page.give),
        post(f"{one}/take")(page.take),
        post(f"{one}/withdraw")(page.withdraw),
    ]
