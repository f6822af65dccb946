"""*The room of an incident*: what is the case at a glance, what waits for somebody, and what may be done next."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from rhinecloud.base.errors import ResourceNotFound
from rhinecloud.operations import UnitKind, collaboration, planning
from rhinecloud.web.incident_tabs import PATH, TABS, Head, Heads, Opened, address
from rhinecloud.web.incident_words import STATES
from rhinecloud.web.language import N_, Words, words
from rhinecloud.web.log_words import REQUEST, code
from rhinecloud.web.rendering import Pages
from rhinecloud.web.room_parts import EntryRow, MessageRow, entry_row, message_row, new_key
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.things import name_of
from rhinecloud.web.visits import AnyRequest, Frame, Visits

from .forms import Form
from .incident_steps import IncidentSteps, StepChoice, step_choices

SHOWN: Final = 12
"""Entries of the log in the room; all of them have a tab of their own."""
PARTS: Final = ("now", "log", "decisions")
DONE: Final = {
    "moved": N_("Done. It stands in the log."),
    "written": N_("The entry is kept."),
    "changed": N_("The change is kept."),
    "both": N_("Your change is kept; somebody changed something else of it meanwhile, and that is kept too."),
    "merged": N_("Merged. This is the incident that goes on."),
    "parent": N_("The change is kept."),
    "split": N_("Split. This is the first part."),
}


class DecisionRow(msgspec.Struct, kw_only=True):
    number: int
    seq: int
    text: str
    reasons: str
    name: str
    function: str
    made_us: int
    erased: bool
    readers: list[str]


class TaskLine(msgspec.Struct, kw_only=True):
    """Something that waits, in one line."""

    icon: str
    text: str
    sub: str
    href: str
    late: bool
    due_us: int | None
    state: str


class UnitLine(msgspec.Struct, kw_only=True):
    name: str
    digit: str
    status: str  # in words
    section: str
    since_us: int
    unusual: bool


class IncidentPage(msgspec.Struct, kw_only=True):
    frame: Frame
    head: Head
    said: str
    text: str
    reported_by: str
    picture: bool  # the common picture is drawn in the room
    things: list[tuple[str, str]]  # (id, name) of what is affected
    parent: tuple[str, str] | None  # (address, number) of the major incident
    children: list[tuple[str, str, str]]  # (address, number and title, state)
    other: tuple[str, str] | None  # the incident that it is a duplicate of, or was merged into
    likely: list[tuple[str, str]]  # (address, number and title) of incidents that may be the same
    steps: list[StepChoice]
    decisions: list[DecisionRow]
    entries: list[EntryRow]
    messages: list[MessageRow]  # not distributed yet
    tasks: list[TaskLine]
    requests: list[TaskLine]
    units: list[UnitLine]
    keeper: str  # who keeps the log; "": nobody
    is_keeper: bool  # the visitor does
    key: str
    staff: list[tuple[str, str]]  # (function, name)
    wrong: dict[str, str]
    typed: dict[str, str]


class IncidentScreens:
    """The handlers of the room itself."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits) -> None:
        self._rooms, self._pages, self._visits = rooms, pages, visits
        self._heads = Heads(rooms, visits)

    async def show(self, request: AnyRequest, incident_id: FromPath[str]) -> Response[Any]:
        """The page; `?part=` one of its parts alone."""
        opened = await self._heads.open(request, incident_id)
        query = request.query_params
        await self._heads.note_reading(opened)
        page = await self.page(opened, said=DONE.get(query.get("done", ""), ""))
        part = query.get("part", "")
        template = f"parts/incident_{part}.html" if part in PARTS else "pages/incident.html"
        return self._pages.render(template, page)

    async def head(self, request: AnyRequest, incident_id: FromPath[str]) -> Response[Any]:
        """What stands above a tab, alone."""
        tab = request.query_params.get("tab", "")
        opened = await self._heads.open(request, incident_id, tab if tab in {t.key for t in TABS} else "room")
        page = HeadPart(frame=self._heads.frame(opened), head=await self._heads.head(opened))
        return self._pages.render("parts/incident_head_now.html", page)

    async def tell_here(self, request: AnyRequest, incident_id: FromPath[str], data: Form) -> Response[Any]:
        """Somebody looks at it."""
        opened = await self._heads.open(request, incident_id)
        desk = collaboration.RoomDesk(opened.desk.seat)
        where, presence = data.get("tab", "")[:40], self._rooms.operations.presence
        await asyncio.to_thread(desk.be_here, presence, opened.incident.id, where)
        return Response(b"", status_code=204)

    async def here(self, request: AnyRequest, incident_id: FromPath[str]) -> Response[Any]:
        """Who looks at it, as JSON."""
        opened = await self._heads.open(request, incident_id)
        titles = await asyncio.to_thread(self._heads.agencies, opened.visit)
        return Response(self._heads.here(opened, titles), headers={"Cache-Control": "no-store"})

    async def page(self, opened: Opened, *, said: str = "", **more: Any) -> IncidentPage:
        head = await self._heads.head(opened)
        return await asyncio.to_thread(self._page, opened, head, said, more)

    def _page(self, opened: Opened, head: Head, said: str, more: dict[str, Any]) -> IncidentPage:
        visit, desk, incident = opened.visit, opened.desk, opened.incident
        language, say, now = visit.language, words(visit.language), self._rooms.clock()
        room, titles = collaboration.RoomDesk(desk.seat), self._heads.agencies(visit)
        duty = planning.DutyDesk(desk.seat)
        holders = duty.holders(incident.id)
        mine = [h.function for h in holders if h.person == visit.principal.source]
        keeper = desk.keeper(incident.id)
        present = self._rooms.presents.open(visit.tenant)
        things = [e for e in dict.fromkeys((incident.place.entity, *incident.entities)) if e]
        return IncidentPage(
            frame=self._heads.frame(opened),
            head=head,
            said=say(said),
            text=incident.text,
            reported_by=self._source(opened),
            picture=self._visits.navigation.has(f"{PATH}/picture/data"),
            things=[(i, name_of(e) if (e := present.get(i)) else i) for i in things],
            parent=self._link(opened, incident.parent),
            children=[
                (address(c.id), f"{c.number} {c.title}", say(STATES[c.state])) for c in room.children(incident.id)
            ],
            other=self._link(opened, incident.other),
            likely=[(address(x.id), f"{x.number} {x.title}") for x in self._likely(opened)],
            steps=step_choices(opened) if head.may_manage else [],
            decisions=[decision_row(d, titles) for d in room.decisions(incident.id, pinned=True)],
            entries=[entry_row(e, language, titles) for e in desk.latest_log(incident.id, limit=SHOWN)],
            messages=[
                message_row(m, language, titles, now=now, mine=mine, held=[h.function for h in holders])
                for m in room.messages(incident.id, box="new", limit=6)
            ],
            tasks=[_task_line(t, titles, now) for t in room.tasks(incident.id, only_open=True)[:8]],
            requests=[_request_line(r, titles, now, say) for r in room.requests(incident.id, only_open=True)[:8]],
            units=unit_lines(opened),
            keeper=keeper.name or keeper.who if keeper else "",
            is_keeper=keeper is not None and keeper.who == visit.principal.source,
            key=new_key(),
            staff=[(code(h.function), h.name) for h in holders],
            wrong=more.get("wrong", {}),
            typed=more.get("typed", {}),
        )

    def _likely(self, opened: Opened) -> list[Any]:
        if opened.incident.state not in ("reported", "triaged"):
            return []
        return [x.incident for x in opened.desk.duplicates(opened.incident.id)[:3]]

    def _link(self, opened: Opened, incident_id: str) -> tuple[str, str] | None:
        """An incident that is named; one that they may not see is only said to be there."""
        if not incident_id:
            return None
        try:
            found = opened.desk.incident(incident_id)
        except ResourceNotFound:
            return "", words(opened.visit.language)(N_("another incident"))
        return address(found.id), f"{found.number} {found.title}"

    def _source(self, opened: Opened) -> str:
        say, source = words(opened.visit.language), opened.incident.source
        kind = source.partition(":")[0]
        return say(
            {
                "alert": N_("from an alert of the city"),
                "cap": N_("from a warning of others"),
                "warning": N_("from a warning of others"),
                "person": N_("written here"),
                "token": N_("from another system"),
                "incident": N_("from another incident"),
                "system": N_("from the city itself"),
                "telephone": N_("by telephone"),
                "citizen": N_("from a citizen"),
            }.get(kind, "")
        )


class HeadPart(msgspec.Struct, kw_only=True):
    frame: Frame
    head: Head


def decision_row(decision: collaboration.Decision, titles: Mapping[str, str]) -> DecisionRow:
    return DecisionRow(
        number=decision.number,
        seq=decision.seq,
        text=decision.text,
        reasons=decision.reasons,
        name=decision.name,
        function=code(decision.function) if decision.function else "",
        made_us=decision.made_us,
        erased=decision.erased,
        readers=[titles.get(r, r) for r in decision.readers],
    )


def _task_line(task: collaboration.Task, titles: Mapping[str, str], now: int) -> TaskLine:
    return TaskLine(
        icon="list-checks",
        text=task.text,
        sub=owner_title(task.owner, titles),
        href=address(task.incident, f"/tasks#task-{task.number}"),
        late=task.late or bool(task.due_us and task.due_us < now),
        due_us=task.due_us,
        state="",
    )


def _request_line(request: collaboration.Request, titles: Mapping[str, str], now: int, say: Words) -> TaskLine:
    asking = titles.get(request.asking, request.asking) or say(N_("the city"))
    return TaskLine(
        icon="share-2",
        text=request.text,
        sub=f"{asking} → {titles.get(request.asked, request.asked)}",
        href=address(request.incident, f"/tasks#request-{request.number}"),
        late=request.late or bool(request.due_us and request.due_us < now),
        due_us=request.due_us,
        state=say(REQUEST[request.state]),
    )


def unit_lines(opened: Opened) -> list[UnitLine]:
    """Units at work in an incident, by section and call sign."""
    desk, language = opened.desk, opened.visit.language
    known, kinds = {u.id: u for u in desk.units()}, desk.things(UnitKind)
    sections = {s.id: s.title for s in opened.incident.sections}
    made = []
    for assignment in desk.assignments(opened.incident.id):
        unit = known.get(assignment.unit)
        if assignment.closed_us is not None or unit is None:
            continue
        status = kinds[unit.kind].status(unit.status) if unit.kind in kinds else None
        made.append(
            UnitLine(
                name=unit.name,
                digit=unit.status,
                status=status.label[language] if status else "",
                section=sections.get(assignment.section, ""),
                since_us=unit.status_us,
                unusual=unit.unusual,
            )
        )
    return sorted(made, key=lambda u: (u.section, u.name))


def owner_title(owner: str, titles: Mapping[str, str]) -> str:
    """Who has a task, as people read it."""
    kind, _, name = owner.partition(":")
    if kind == "agency":
        return titles.get(name, name)
    return code(name) if kind == "function" else owner


def routes(rooms: Rooms, pages: Pages, visits: Visits) -> list[Any]:
    page = IncidentScreens(rooms, pages, visits)
    steps = IncidentSteps(rooms, pages, visits, page.page)
    return [
        get(PATH)(page.show),
        get(f"{PATH}/head")(page.head),
        get(f"{PATH}/here")(page.here),
        post(f"{PATH}/here")(page.tell_here),
        post(f"{PATH}/step")(steps.step),
        post(f"{PATH}/merge")(steps.merge),
        post(f"{PATH}/parent")(steps.parent),
        post(f"{PATH}/split")(steps.split),
        get(f"{PATH}/edit")(steps.edit),
        post(f"{PATH}/edit")(steps.save),
    ]
