"""*Tasks, requests and decisions of an incident*: who does what until when, who asked whom, what was decided."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from rhinecloud.base.errors import BadRequestData, Refused
from rhinecloud.operations import collaboration, planning
from rhinecloud.web.incident_tabs import PATH, Head, Heads, Opened, address
from rhinecloud.web.language import N_, words
from rhinecloud.web.log_words import REQUEST, TASK
from rhinecloud.web.refusals import told
from rhinecloud.web.rendering import Pages
from rhinecloud.web.room_parts import DUE, due_of, new_key, readers_of
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.visits import AnyRequest, Frame, Visits

from .forms import Form
from .incident import DecisionRow, decision_row, owner_title

DONE: Final = {
    "task": N_("The task is given."),
    "ended": N_("The task is ended."),
    "request": N_("The request is out."),
    "step": N_("The answer is kept."),
    "decision": N_("The decision is kept, with its reasons."),
    "pin": N_("Done."),
}
STEP_WORDS: Final = {
    "offered": N_("Offer"),
    "accepted": N_("Accept"),
    "arrived": N_("It has arrived"),
    "declined": N_("Decline"),
    "withdrawn": N_("Withdraw"),
}


class TaskRow(msgspec.Struct, kw_only=True):
    number: int
    seq: int
    text: str
    owner: str
    state: str
    state_word: str
    due_us: int | None
    late: bool
    made_us: int
    ended_us: int | None
    ended_by: str
    note: str
    version: int
    erased: bool
    readers: list[str]


class RequestRow(msgspec.Struct, kw_only=True):
    number: int
    seq: int
    text: str
    asking: str
    asked: str
    state: str
    state_word: str
    due_us: int | None
    late: bool
    open: bool
    version: int
    erased: bool
    readers: list[str]
    steps: list[tuple[str, str, int, str]]  # (state in words, name, at_us, text)
    may: list[tuple[str, str]]  # steps that the visitor may take: (state, word)


class TasksPage(msgspec.Struct, kw_only=True):
    frame: Frame
    head: Head
    said: str
    tasks: list[TaskRow]
    requests: list[RequestRow]
    decisions: list[DecisionRow]
    replaced: dict[int, int]  # number of a decision → of the one that took its place
    pinned: list[int]
    owners: list[tuple[str, str]]  # (value, title)
    agencies: list[tuple[str, str]]  # who takes part
    everybody: list[tuple[str, str]]  # all agencies that may be asked
    mine: list[tuple[str, str]]  # agencies for which the visitor may ask
    due: dict[str, str]
    functions: list[str]
    key: str
    wrong: dict[str, str]
    typed: dict[str, str]


class IncidentTasks:
    """The handlers."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits) -> None:
        self._rooms, self._pages = rooms, pages
        self._heads = Heads(rooms, visits)

    async def show(self, request: AnyRequest, incident_id: FromPath[str]) -> Response[Any]:
        """All three; `?part=1` the lists alone."""
        opened = await self._heads.open(request, incident_id, "tasks")
        await self._heads.note_reading(opened)
        query = request.query_params
        page = await self._page(opened, said=DONE.get(query.get("done", ""), ""))
        return self._pages.render(
            "parts/incident_work.html" if query.get("part") else "pages/incident_tasks.html", page
        )

    async def add_task(self, request: AnyRequest, incident_id: FromPath[str], data: Form) -> Response[Any]:
        """Somebody is to do something."""
        opened = await self._open(request, incident_id)

        def act() -> None:
            self._desk(opened).add_task(
                opened.incident.id,
                data.get("text", ""),
                data.get("other", "").strip() or data.get("owner", ""),
                due_us=due_of(data, self._rooms.clock()),
                readers=readers_of(data, opened.incident.agencies),
                key=data.get("key", ""),
            )

        return await self._act(opened, act, "task", data)

    async def end_task(
        self, request: AnyRequest, incident_id: FromPath[str], number: FromPath[int], data: Form
    ) -> Response[Any]:
        """It is done, or not to be done any more."""
        opened = await self._open(request, incident_id)
        state: Any = data.get("state", "")

        def act() -> None:
            self._desk(opened).end_task(opened.incident.id, number, state, data.get("note", ""), version=_version(data))

        return await self._act(opened, act, "ended", {})

    async def ask(self, request: AnyRequest, incident_id: FromPath[str], data: Form) -> Response[Any]:
        """One agency asks another."""
        opened = await self._open(request, incident_id)
        titles = await asyncio.to_thread(self._heads.agencies, opened.visit)

        def act() -> None:
            asked = data.get("asked", "")
            if asked not in titles:
                raise BadRequestData("A request goes to another agency; say to which")
            self._desk(opened).request(
                opened.incident.id,
                asked,
                data.get("text", ""),
                asking_agency=data.get("asking"),
                due_us=due_of(data, self._rooms.clock()),
                private=bool(data.get("private")),
                key=data.get("key", ""),
            )

        return await self._act(opened, act, "request", data)

    async def answer(
        self, request: AnyRequest, incident_id: FromPath[str], number: FromPath[int], data: Form
    ) -> Response[Any]:
        """A step of a request."""
        opened = await self._open(request, incident_id)
        state: Any = data.get("state", "")

        def act() -> None:
            self._desk(opened).answer_request(
                opened.incident.id, number, state, data.get("text", ""), version=_version(data)
            )

        return await self._act(opened, act, "step", {})

    async def decide(self, request: AnyRequest, incident_id: FromPath[str], data: Form) -> Response[Any]:
        """A decision, with its reasons."""
        opened = await self._open(request, incident_id)
        replaces = data.get("replaces", "")

        def act() -> None:
            self._desk(opened).decide(
                opened.incident.id,
                data.get("text", ""),
                data.get("reasons", ""),
                function=data.get("function", "")[:40],
                readers=readers_of(data, opened.incident.agencies),
                replaces=int(replaces) if replaces.isdecimal() and len(replaces) < 9 else 0,
                key=data.get("key", ""),
            )

        return await self._act(opened, act, "decision", data)

    async def pin(
        self, request: AnyRequest, incident_id: FromPath[str], number: FromPath[int], data: Form
    ) -> Response[Any]:
        """Whether a decision stands above the room."""
        opened = await self._open(request, incident_id)
        pinned = data.get("pinned") == "1"
        return await self._act(opened, lambda: self._desk(opened).pin(opened.incident.id, number, pinned), "pin", {})

    async def _open(self, request: AnyRequest, incident_id: str) -> Opened:
        return await self._heads.open(request, incident_id, "tasks", "incidents.manage")

    @staticmethod
    def _desk(opened: Opened) -> collaboration.RoomDesk:
        return collaboration.RoomDesk(opened.desk.seat)

    async def _act(self, opened: Opened, act: Any, done: str, fields: dict[str, str]) -> Response[Any]:
        try:
            await asyncio.to_thread(act)
        except Refused as refusal:
            wrong = {done: told(refusal.detail, opened.visit.language)}
            page = await self._page(opened, wrong=wrong, typed=fields)
            return self._pages.render("pages/incident_tasks.html", page, status=refusal.status)
        return Redirect(address(opened.incident.id, f"/tasks?done={done}"), status_code=303)

    async def _page(self, opened: Opened, **more: Any) -> TasksPage:
        head = await self._heads.head(opened)
        return await asyncio.to_thread(self._made, opened, head, more)

    def _made(self, opened: Opened, head: Head, more: dict[str, Any]) -> TasksPage:
        visit, incident, now = opened.visit, opened.incident, self._rooms.clock()
        language, say, titles = visit.language, words(visit.language), self._heads.agencies(visit)
        desk, duty = self._desk(opened), planning.DutyDesk(opened.desk.seat)
        holders, functions = duty.holders(incident.id), duty.functions()
        may = opened.desk.seat.agencies("incidents.manage")
        decisions = desk.decisions(incident.id)
        owners = [(f"agency:{a}", titles.get(a, a)) for a in incident.agencies]
        owners += [(f"function:{f.id}", f"{f.code} {f.title[language]}") for f in functions if f.staff == "command"]
        asking = [(a, t) for a, t in titles.items() if may is None or a in may]
        city = [("", say(N_("the city")))] if may is None else []
        return TasksPage(
            frame=self._heads.frame(opened),
            head=head,
            said=say(more.get("said", "")),
            tasks=[_task(t, titles, now, say) for t in desk.tasks(incident.id)],
            requests=[
                _request(r, titles, may if head.may_manage else frozenset(), now, say)
                for r in desk.requests(incident.id)
            ],
            decisions=[decision_row(d, titles) for d in decisions],
            replaced={d.number: d.replaced_by for d in decisions if d.replaced_by},
            pinned=[d.number for d in decisions if d.pinned],
            owners=owners,
            agencies=[(a, titles.get(a, a)) for a in incident.agencies],
            everybody=sorted(titles.items(), key=lambda x: x[1]),
            mine=city + sorted(asking, key=lambda x: x[1]),
            due={k: say(v) for k, v in DUE.items()},
            functions=[h.function for h in holders if h.person == visit.principal.source],
            key=new_key(),
            wrong=more.get("wrong", {}),
            typed=more.get("typed", {}),
        )


def _task(task: collaboration.Task, titles: Any, now: int, say: Any) -> TaskRow:
    return TaskRow(
        number=task.number,
        seq=task.seq,
        text=task.text,
        owner=owner_title(task.owner, titles),
        state=task.state,
        state_word=say(TASK[task.state]),
        due_us=task.due_us,
        late=task.state == "open" and task.due_us is not None and task.due_us < now,
        made_us=task.made_us,
        ended_us=task.ended_us,
        ended_by=task.ended_by,
        note=task.note,
        version=task.version,
        erased=task.erased,
        readers=[titles.get(r, r) for r in task.readers],
    )


def _request(request: collaboration.Request, titles: Any, may: frozenset[str] | None, now: int, say: Any) -> RequestRow:
    able: list[tuple[str, str]] = [
        (state, say(STEP_WORDS[state]))
        for state, (before, whose) in collaboration.REQUEST_STEPS.items()
        if request.state in before and (may is None or (request.asked if whose == "asked" else request.asking) in may)
    ]
    return RequestRow(
        number=request.number,
        seq=request.seq,
        text=request.text,
        asking=titles.get(request.asking, request.asking) or say(N_("the city")),
        asked=titles.get(request.asked, request.asked),
        state=request.state,
        state_word=say(REQUEST[request.state]),
        due_us=request.due_us,
        late=request.late or bool(request.due_us and request.due_us < now),
        open=request.state in ("asked", "offered", "accepted"),
        version=request.version,
        erased=request.erased,
        readers=[titles.get(r, r) for r in request.readers],
        steps=[(say(REQUEST[s.state]), s.name, s.at_us, s.text) for s in request.steps],
        may=able,
    )


def _version(data: dict[str, str]) -> int:
    text = data.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 9 else 0


def routes(rooms: Rooms, pages: Pages, visits: Visits) -> list[Any]:
    page = IncidentTasks(rooms, pages, visits)
    return [
        get(f"{PATH}/tasks")(page.show),
        post(f"{PATH}/tasks")(page.add_task),
        post(PATH + "/tasks/{number:int}")(page.end_task),
        post(f"{PATH}/requests")(page.ask),
        post(PATH + "/requests/{number:int}")(page.answer),
        post(f"{PATH}/decisions")(page.decide),
        post(PATH + "/decisions/{number:int}/pin")(page.pin),
    ]
