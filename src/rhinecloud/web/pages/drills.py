"""*Drills*: the scenarios there are, the one that is played with its control, and what came of those that were."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import msgspec
from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.params import FromPath
from litestar.response import Redirect

from rhinecloud.base.declare import Label
from rhinecloud.base.errors import Conflict, InvalidRequest, Refused, ResourceNotFound
from rhinecloud.operations import Scenario, drills
from rhinecloud.web.incident_tabs import Heads, address
from rhinecloud.web.incident_words import STATES
from rhinecloud.web.language import N_, words
from rhinecloud.web.playbook_view import STEP_WORDS
from rhinecloud.web.refusals import told
from rhinecloud.web.rendering import Pages
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.visits import TENANT, AnyRequest, Frame, Visit, Visits

from .forms import Form, is_part

KINDS: Final = {
    "incident": (N_("call"), "phone"),
    "message": (N_("message"), "inbox"),
    "happening": (N_("simulator"), "waves"),
    "breakdown": (N_("breakdown"), "truck"),
    "cue": (N_("cue"), "megaphone"),
}
INJECT_STATES: Final = {
    "waiting": N_("to come"),
    "done": N_("played"),
    "skipped": N_("left out"),
    "failed": N_("failed"),
}
REACHED: Final = ("triaged", "assigned", "under-way", "on-scene", "contained", "resolved", "closed")


class ScenarioCard(msgspec.Struct, kw_only=True):
    id: str
    title: str
    text: str
    minutes: float
    pace: float
    injects: int
    goals: list[str]


class InjectRow(msgspec.Struct, kw_only=True):
    id: str
    minute: float
    kind: str
    icon: str
    title: str
    text: str
    sender: str
    expected: str
    state: str
    state_word: str
    due_us: int
    done_us: int | None
    href: str  # of the incident that came of it
    trouble: str


class DrillRow(msgspec.Struct, kw_only=True):
    id: int
    title: str
    scenario: str
    started_us: int
    ended_us: int | None
    minute: float
    minutes: float


class DrillsPage(msgspec.Struct, kw_only=True):
    frame: Frame
    ground: bool  # nothing in this tenant is real
    scenarios: list[ScenarioCard]
    rows: list[DrillRow]
    going: DrillRow | None
    may_lead: bool
    may_enter: bool
    said: str
    wrong: str


class DrillPage(msgspec.Struct, kw_only=True):
    frame: Frame
    row: DrillRow
    text: str
    goals: list[str]
    paused: bool
    over: bool
    injects: list[InjectRow]
    next_us: int  # when the next one comes; 0: none does
    incidents: list[IncidentRow]
    steps: list[StepRow]
    decisions: list[tuple[str, int, str, str]]
    states: list[str]
    done: int
    late: int
    skipped: int
    entries: int
    may_lead: bool
    wrong: str


class IncidentRow(msgspec.Struct, kw_only=True):
    """An incident of the drill: after how many minutes of its own it reached which state."""

    href: str
    number: str
    title: str
    state: str
    reached: list[float | None]
    units: int
    declined: int


class StepRow(msgspec.Struct, kw_only=True):
    incident: str
    title: str
    owner: str
    word: str
    state: str
    opened_us: int | None
    took_min: float | None
    due_min: float | None
    late: bool
    note: str


class Drills:
    """The handlers."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits, *, https: bool) -> None:
        self._rooms, self._pages, self._visits, self._https = rooms, pages, visits, https
        self._heads = Heads(rooms, visits)

    async def _visit(self, request: AnyRequest) -> tuple[Visit, drills.DrillDesk]:
        visit = await self._visits.allowed(request, "incidents.read")
        if self._rooms.operations is None or self._rooms.ground is None:
            raise ResourceNotFound("This installation has no drills")
        seat = await asyncio.to_thread(self._rooms.operations.seat, visit.tenant, visit.principal)
        return visit, drills.DrillDesk(seat)

    # ── the list ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def show(self, request: AnyRequest) -> Response[Any]:
        """What can be played, and what was."""
        visit, desk = await self._visit(request)
        return await self._list(visit, desk)

    async def _list(self, visit: Visit, desk: drills.DrillDesk, *, wrong: str = "", status: int = 200) -> Response[Any]:
        ground = self._rooms.ground
        found = await asyncio.to_thread(self._rows, visit, desk)
        page = DrillsPage(
            frame=self._visits.frame(visit, "drills", "Drills"),
            ground=ground.is_ground(visit.tenant),
            scenarios=[_card(s, visit.language) for s in ground.scenarios(visit.tenant).values()],
            rows=[r for r in found if r.ended_us is not None],
            going=next((r for r in found if r.ended_us is None), None),
            may_lead=await asyncio.to_thread(desk.leads),
            may_enter=ground.is_ground(visit.tenant) or self._may_enter(visit),
            said="",
            wrong=wrong,
        )
        return self._pages.render("pages/drills.html", page, status=status)

    def _may_enter(self, visit: Visit) -> bool:
        ground = self._rooms.ground.of(visit.tenant)
        try:
            self._rooms.access.allow(visit.principal, "incidents.read", ground)
        except Refused:
            return False
        return bool(ground)

    def _rows(self, visit: Visit, desk: drills.DrillDesk) -> list[DrillRow]:
        """Drills of this tenant's ground, also seen from the real one; blocking."""
        ground = self._rooms.ground.of(visit.tenant)
        if not ground:
            return []
        if ground != visit.tenant:
            if not self._may_enter(visit):
                return []
            desk = drills.DrillDesk(self._rooms.operations.seat(ground, visit.principal))
        now = self._rooms.clock()
        return [_row(d, now, visit.language) for d in desk.every()]

    async def start(self, request: AnyRequest, data: Form) -> Response[Any]:
        """Begins a drill on its ground, and goes there."""
        visit, desk = await self._visit(request)
        try:
            drill = await self._rooms.ground.begin(
                visit.tenant, visit.principal, data.get("scenario", ""), data.get("title", "")[:200]
            )
        except (Conflict, InvalidRequest, ResourceNotFound) as error:
            wrong = told(error.detail, visit.language)
            return await self._list(visit, desk, wrong=wrong, status=error.status)
        await self._rooms.access.record(visit.principal, "drill.start", str(drill.id), tenant=visit.tenant)
        return self._to_ground(visit, f"/drills/{drill.id}")

    async def enter(self, request: AnyRequest) -> Response[Any]:
        """Goes to the ground; from there back to the real city."""
        visit, _ = await self._visit(request)
        ground = self._rooms.ground
        if ground.is_ground(visit.tenant):
            return self._choosing(visit.tenant.removesuffix("-drill"), "/drills")
        return self._to_ground(visit, "/drills")

    def _to_ground(self, visit: Visit, path: str) -> Response[Any]:
        return self._choosing(self._rooms.ground.of(visit.tenant), path)

    def _choosing(self, tenant: str, path: str) -> Response[Any]:
        cookie = Cookie(key=TENANT, value=tenant, httponly=True, secure=self._https, samesite="lax", path="/")
        return Redirect(path, status_code=303, cookies=[cookie])

    # ── one drill ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def one(self, request: AnyRequest, drill_id: FromPath[int]) -> Response[Any]:
        """Its control for those who lead it, its state for all, and what came of it."""
        visit, desk = await self._visit(request)
        return await self._page(request, visit, desk, drill_id)

    async def act(self, request: AnyRequest, drill_id: FromPath[int], data: Form) -> Response[Any]:
        """What the control does: now, skip, pause, resume, end."""
        visit, desk = await self._visit(request)
        act, inject = data.get("act", ""), data.get("inject", "")
        try:
            if act == "end":
                await self._rooms.ground.end(visit.tenant, visit.principal, drill_id)
            elif act in ("now", "skip"):
                await asyncio.to_thread(desk.hasten if act == "now" else desk.skip, drill_id, inject)
            elif act in ("pause", "resume"):
                await asyncio.to_thread(desk.pause if act == "pause" else desk.resume, drill_id)
        except Conflict as error:
            return await self._page(request, visit, desk, drill_id, wrong=told(error.detail, visit.language))
        return Redirect(f"/drills/{drill_id}", status_code=303)

    async def _page(
        self, request: AnyRequest, visit: Visit, desk: drills.DrillDesk, drill_id: int, *, wrong: str = ""
    ) -> Response[Any]:
        page = await asyncio.to_thread(self._made, visit, desk, drill_id, wrong)
        part = is_part(request) and request.query_params.get("part") == "1"
        template = "parts/drill.html" if part else "pages/drill.html"
        return self._pages.render(template, page, status=409 if wrong else 200, headers={"Vary": "HX-Request"})

    def _made(self, visit: Visit, desk: drills.DrillDesk, drill_id: int, wrong: str) -> DrillPage:
        language, say, now = visit.language, words(visit.language), self._rooms.clock()
        drill = desk.get(drill_id)
        came, leads = desk.assess(drill_id), desk.leads()
        agencies = self._heads.agencies(visit)
        ids = {i.number: i.id for i in came.incidents}
        steps = [
            StepRow(
                incident=s.incident,
                title=s.title[language],
                owner=agencies.get(s.owner, s.owner),
                word=say(STEP_WORDS[s.state]),
                state=s.state,
                opened_us=s.opened_us,
                took_min=_minutes(s.opened_us, s.ended_us),
                due_min=_minutes(s.opened_us, s.due_us),
                late=s.late,
                note=s.note,
            )
            for s in sorted(came.steps, key=lambda s: s.opened_us or 2**62)
        ]
        waiting = [p.due_us for p in drill.injects if p.state == "waiting"]
        return DrillPage(
            frame=self._visits.frame(visit, "drills", drill.title),
            row=_row(drill, now, language),
            text=drill.scenario.text[language],
            goals=[g[language] for g in drill.scenario.goals],
            paused=drill.paused_us is not None,
            over=drill.ended_us is not None,
            # What is to come is for the control alone; after the end all may read it.
            injects=[_inject(p, drill, language) for p in drill.injects] if leads or drill.ended_us else [],
            next_us=min(waiting) if waiting and leads and drill.paused_us is None else 0,
            incidents=[
                IncidentRow(
                    href=address(i.id) if i.number in ids else "",
                    number=i.number,
                    title=i.title,
                    state=say(STATES[i.state]),
                    reached=[_minutes(i.times.get("reported"), i.times.get(s)) for s in REACHED],
                    units=i.units,
                    declined=i.declined,
                )
                for i in came.incidents
            ],
            steps=steps,
            decisions=[*came.decisions],
            states=[say(STATES[s]) for s in REACHED],
            done=sum(s.state == "done" for s in steps),
            late=sum(s.late for s in steps),
            skipped=sum(s.state == "skipped" for s in steps),
            entries=came.entries,
            may_lead=leads,
            wrong=wrong,
        )


def _minutes(start_us: int | None, end_us: int | None) -> float | None:
    return None if start_us is None or end_us is None else round((end_us - start_us) / 60_000_000, 1)


def _card(scenario: Scenario, language: str) -> ScenarioCard:
    return ScenarioCard(
        id=scenario.id,
        title=scenario.title[language],
        text=scenario.text[language],
        minutes=scenario.minutes,
        pace=scenario.pace,
        injects=len(scenario.injects),
        goals=[g[language] for g in scenario.goals],
    )


def _row(drill: drills.Drill, now: int, language: str) -> DrillRow:
    return DrillRow(
        id=drill.id,
        title=drill.title,
        scenario=drill.scenario.title[language],
        started_us=drill.started_us,
        ended_us=drill.ended_us,
        minute=drill.minute(now),
        minutes=drill.scenario.minutes,
    )


def _inject(played: drills.Played, drill: drills.Drill, language: str) -> InjectRow:
    say, given = words(language), played.inject
    kind, icon = KINDS[given.kind]

    def said(label: Label) -> str:
        return label[language]

    done = played.state == "done"
    return InjectRow(
        id=given.id,
        minute=(played.due_us - drill.started_us - drill.held_us) / 60_000_000,
        kind=say(kind),
        icon=icon,
        title=said(given.title),
        text=said(given.text),
        sender=said(given.sender),
        expected=said(given.expected),
        state=played.state,
        state_word=say(INJECT_STATES[played.state]),
        due_us=played.due_us,
        done_us=played.done_us,
        href=address(played.result) if done and played.result else "",
        trouble=played.result if played.state == "failed" else "",
    )


def routes(rooms: Rooms, pages: Pages, visits: Visits, *, https: bool) -> list[Any]:
    page = Drills(rooms, pages, visits, https=https)
    one = "/drills/{drill_id:int}"
    return [
        get("/drills")(page.show),
        post("/drills")(page.start),
        post("/drills/enter")(page.enter),
        get(one)(page.one),
        post(one)(page.act),
    ]
