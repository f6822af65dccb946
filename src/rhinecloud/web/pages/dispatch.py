"""*Units of an incident*: what it needs, who could go and why, who was alerted and how far the alarm has come."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from rhinecloud.base.errors import BadRequestData, Conflict, Refused
from rhinecloud.operations import BoardDesk, Desk, IncidentType, Need, Pick, Proposal, Unit, UnitKind, planning
from rhinecloud.web.dispatch_rows import (
    GapRow,
    NeedRow,
    Pair,
    SentRow,
    gap_rows,
    need_rows,
    pairs,
    sent_row,
)
from rhinecloud.web.dispatch_words import told
from rhinecloud.web.incident_tabs import PATH, Head, Heads, Opened, address, kept
from rhinecloud.web.language import N_, words
from rhinecloud.web.rendering import Pages
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.visits import AnyRequest, Frame, Visit, Visits

from .forms import Form

TAB: Final = "dispatch"
PARTS: Final = {"sent": "parts/dispatch_sent.html", "proposal": "parts/dispatch_proposal.html"}
DONE: Final = {
    "alert": N_("Alerted. The marks beside each unit show how far the alarm has come."),
    "reserve": N_("Reserved. The unit knows nothing of it yet."),
    "need": N_("The need is noted."),
    "gone": N_("The need is withdrawn."),
    "withdrawn": N_("Called back."),
    "answered": N_("The answer is noted."),
    "level": N_("The level is raised."),
}


class Level(msgspec.Struct, kw_only=True):
    """How far the alarm plan is used."""

    now: int  # 0: no plan is in use
    plans: list[str]


class DispatchPage(msgspec.Struct, kw_only=True):
    frame: Frame
    head: Head
    said: str
    wrong: str
    typed: dict[str, str]
    needs: list[NeedRow]
    open: int  # places that nobody fills
    pairs: list[Pair]
    gaps: list[GapRow]
    excluded: list[tuple[str, str]]
    warnings: list[str]
    made_us: int
    seconds: float
    sent: list[SentRow]
    past: list[SentRow]
    capabilities: list[str]
    units: list[tuple[str, str]]  # (id, call sign and status) of all that may be sent
    sections: dict[str, str]
    level: Level | None
    may_dispatch: bool
    may_manage: bool
    has_place: bool


class DispatchScreens:
    """The handlers."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits) -> None:
        self._rooms, self._pages, self._visits = rooms, pages, visits
        self._heads = Heads(rooms, visits)

    async def show(self, request: AnyRequest, incident_id: FromPath[str]) -> Response[Any]:
        """The page; `?part=` one of its parts alone."""
        opened = await self._heads.open(request, incident_id, TAB)
        part = request.query_params.get("part", "")
        page = await self._page(
            opened, said=DONE.get(request.query_params.get("done", ""), ""), proposing=part != "sent"
        )
        return self._pages.render(PARTS.get(part, "pages/dispatch.html"), page)

    async def send(self, request: AnyRequest, incident_id: FromPath[str], data: Form) -> Response[Any]:
        """Alerts or reserves: all that is ticked, one place of the proposal, or a unit that was named."""

        def act(desk: Desk) -> str:
            how, picks = _picks(dict(data))
            if not picks:
                raise BadRequestData("Choose at least one unit")
            desk.assign(incident_id, picks, how, deviation=data.get("deviation", "")[:500])
            return how

        return await self._act(request, incident_id, data, "units.dispatch", act)

    async def ask(self, request: AnyRequest, incident_id: FromPath[str], data: Form) -> Response[Any]:
        """Notes a need."""

        def act(desk: Desk) -> str:
            count = data.get("count", "1").strip()
            within = data.get("within", "").strip().replace(",", ".")
            if not count.isdecimal() or (within and not within.replace(".", "", 1).isdecimal()):
                raise BadRequestData("A need names a capability and a count from 1 to 1000")
            desk.ask(
                incident_id,
                data.get("capability", "").strip()[:80],
                int(count[:6]),
                section=data.get("section", ""),
                within_s=float(within) * 60 if within else 0.0,
            )
            return "need"

        return await self._act(request, incident_id, data, "incidents.manage", act)

    async def drop(
        self, request: AnyRequest, incident_id: FromPath[str], need: FromPath[int], data: Form
    ) -> Response[Any]:
        """Withdraws a need; the units that fill it stay."""

        def act(desk: Desk) -> str:
            BoardDesk(desk.seat).withdraw_need(incident_id, need)
            return "gone"

        return await self._act(request, incident_id, data, "incidents.manage", act)

    async def follow(
        self, request: AnyRequest, incident_id: FromPath[str], number: FromPath[int], data: Form
    ) -> Response[Any]:
        """What becomes of an assignment: alert who is reserved, call back, note an answer that came by radio."""

        def act(desk: Desk) -> str:
            if number not in {a.id for a in desk.assignments(incident_id)}:
                raise BadRequestData("This assignment is of another incident")
            what, reason = data.get("do", ""), data.get("reason", "").strip()[:500]
            if what == "alert":
                desk.alert_unit(number)
            elif what in ("accept", "decline"):
                desk.answer(number, what == "accept", reason)
                return "answered"
            else:
                desk.withdraw(number, reason)
                return "withdrawn"
            return "alert"

        return await self._act(request, incident_id, data, "units.dispatch", act)

    async def level(self, request: AnyRequest, incident_id: FromPath[str], data: Form) -> Response[Any]:
        """Raises the level of the alarm plan by one: its needs come on top."""
        timezone = self._rooms.settings.timezone

        def act(desk: Desk) -> str:
            plans = planning.PlanDesk(desk.seat, timezone)
            plans.raise_level(incident_id, (plans.level(incident_id) or 0) + 1, data.get("reason", "")[:500])
            return "level"

        return await self._act(request, incident_id, data, "incidents.manage", act)

    async def _act(
        self, request: AnyRequest, incident_id: str, data: Form, action: str, act: Callable[[Desk], str]
    ) -> Response[Any]:
        """Does it and goes back to the page; a refusal shows there, with what was typed and what is the case now."""
        opened = await self._heads.open(request, incident_id, TAB, action)
        try:
            done = await asyncio.to_thread(act, opened.desk)
        except Refused as refusal:
            page = await self._page(
                opened, wrong=told(refusal.detail, opened.visit.language), typed=kept(data), proposing=True
            )
            status = 409 if isinstance(refusal, Conflict) else refusal.status
            return self._pages.render("pages/dispatch.html", page, status=status)
        return Redirect(f"{address(opened.incident.id, '/dispatch')}?done={done}", status_code=303)

    async def _page(
        self,
        opened: Opened,
        *,
        said: str = "",
        wrong: str = "",
        typed: dict[str, str] | None = None,
        proposing: bool,
    ) -> DispatchPage:
        visit = opened.visit
        may_dispatch = self._visits.may(visit, "units.dispatch")
        needs = await asyncio.to_thread(opened.desk.needs, opened.incident.id)
        missing = sum(max(0, n.count - n.filled) for n in needs)
        made: Proposal | None = None
        head = await self._heads.head(opened)
        if proposing and missing and may_dispatch and not head.over:
            made = await self._rooms.operations.propose(visit.tenant, visit.principal, [opened.incident.id])
        rest = await asyncio.to_thread(self._rest, opened, needs)
        agencies = await asyncio.to_thread(self._heads.agencies, visit)
        language = visit.language
        say = words(language)
        sections = {s.id: s.title for s in opened.incident.sections}
        return DispatchPage(
            frame=self._heads.frame(opened),
            head=head,
            said=say(said),
            wrong=wrong,
            typed=typed or {},
            needs=need_rows(needs, sections, agencies, language),
            open=missing,
            pairs=pairs(made, needs, sections, language) if made else [],
            gaps=gap_rows(made, language) if made else [],
            excluded=[(e.name, told(e.reason, language)) for e in made.excluded] if made else [],
            warnings=[told(w, language) for w in made.warnings] if made else [],
            made_us=self._rooms.clock(),
            seconds=made.seconds if made else 0,
            sections=sections,
            may_dispatch=may_dispatch and not head.over,
            may_manage=head.may_manage and not head.over,
            has_place=opened.incident.place.location is not None,
            **rest,
        )

    def _rest(self, opened: Opened, needs: list[Need]) -> dict[str, Any]:
        """What is read of units and assignments. Blocking."""
        desk, visit, language = opened.desk, opened.visit, opened.visit.language
        kinds, known = desk.things(UnitKind), {u.id: u for u in desk.units()}
        incident_type = desk.things(IncidentType).get(opened.incident.type)
        accept_s = incident_type.accept_s if incident_type else 120.0
        sections = {s.id: s.title for s in opened.incident.sections}
        rows = []
        for held in desk.assignments(opened.incident.id):
            unit = known.get(held.unit)
            kind = kinds.get(unit.kind) if unit else None
            rows.append(sent_row(held, unit, kind, sections, accept_s, language))
        return {
            "sent": [r for r in rows if not r.over],
            "past": [r for r in rows if r.over][::-1],
            "capabilities": sorted({c for u in known.values() for c in u.capabilities} | {n.capability for n in needs}),
            "units": [(u.id, _unit_label(u, kinds, language)) for u in known.values()],
            "level": self._level(opened, visit),
        }

    def _level(self, opened: Opened, visit: Visit) -> Level | None:
        """None: no alarm plan fits."""
        plans = planning.PlanDesk(opened.desk.seat, self._rooms.settings.timezone)
        fits = [f for f in plans.fits(opened.incident.id, self._rooms.clock()) if f.chosen]
        if not fits:
            return None
        return Level(now=plans.level(opened.incident.id), plans=[f.plan.title[visit.language] for f in fits])


def _picks(data: Mapping[str, str]) -> tuple[Literal["reserve", "alert"], list[Pick]]:
    """What a form of this page sends: `do` is how, perhaps with one place ("alert:12:hlf-3-1"); else what is ticked."""
    how, _, one = data.get("do", "").partition(":")
    if one:
        named = [one]
    elif data.get("unit", ""):
        named = [f"{data.get('need', '')}:{data['unit'][:80]}"]
    else:
        named = [name.removeprefix("pick.") for name in data if name.startswith("pick.")][:200]
    picks = []
    for text in named:
        need, _, unit = text.partition(":")
        picks.append(Pick(unit, int(need) if need.isdecimal() and len(need) < 10 else None))
    return ("reserve" if how == "reserve" else "alert"), picks


def _unit_label(unit: Unit, kinds: Mapping[str, UnitKind], language: str) -> str:
    status = kinds[unit.kind].status(unit.status) if unit.kind in kinds else None
    return f"{unit.name} · {unit.status or '–'}" + (f" {status.label[language]}" if status else "")


def routes(rooms: Rooms, pages: Pages, visits: Visits) -> list[Any]:
    page = DispatchScreens(rooms, pages, visits)
    root = f"{PATH}/dispatch"
    return [
        get(root)(page.show),
        post(f"{root}/send")(page.send),
        post(f"{root}/needs")(page.ask),
        post(f"{root}/needs/{{need:int}}/withdraw")(page.drop),
        post(f"{root}/level")(page.level),
        post(f"{root}/{{number:int}}")(page.follow),
    ]
