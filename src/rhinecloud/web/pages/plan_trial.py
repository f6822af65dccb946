"""*Try the plans*: an incident that there is not, and who would go to it this minute. Nothing of it is kept."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import msgspec
from litestar import Response, get

from rhinecloud.operations import Incident, IncidentType, Need, Place, planning
from rhinecloud.web.island import Island
from rhinecloud.web.language import N_, words
from rhinecloud.web.planning_words import told
from rhinecloud.web.registers.fields import Reading
from rhinecloud.web.registers.plans import DAYS
from rhinecloud.web.registers.views import FieldView
from rhinecloud.web.rendering import Pages
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.sentence import SEVERITY
from rhinecloud.web.visits import AnyRequest, Frame, Visit, Visits

from .registers import ROOT, Registers, Tab, island, tabs

REASONS: Final = {
    "keyword": N_("another keyword"),
    "area": N_("another area"),
    "hours": N_("other hours"),
    "not-in-force": N_("not in force"),
    "less-exact": N_("another plan says more about it"),
    "alone": N_("it only adds, and there is nothing to add to"),
}


class Went(msgspec.Struct, kw_only=True):
    """A unit that would go."""

    capability: str
    instead: bool
    unit: str
    minutes: float
    km: float
    estimated: bool
    age_s: float | None
    second: str
    slower_min: float | None
    crosses: list[str]
    bare: list[str]


class LevelRow(msgspec.Struct, kw_only=True):
    level: int
    asks: list[str]
    wanted: bool


class TrialPage(msgspec.Struct, kw_only=True):
    frame: Frame
    island: Island
    tabs: list[Tab]
    types: dict[str, str]
    severities: dict[str, str]
    days: dict[str, str]
    typed: dict[str, str]
    wrong: dict[str, str]
    place: FieldView
    asked: bool  # something was tried
    chosen: list[tuple[str, str, str]]  # (address, title, "" or how it counts)
    others: list[tuple[str, str, str]]  # (address, title, why not)
    levels: list[LevelRow]
    went: list[Went]
    gaps: list[tuple[str, int, str]]  # (capability, how many, why)
    excluded: int
    warnings: list[str]
    seconds: float


class PlanTrial:
    """The handler of the trial."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits) -> None:
        self._rooms, self._pages, self._visits = rooms, pages, visits
        self._registers = Registers(rooms, pages, visits)

    async def show(self, request: AnyRequest) -> Response[Any]:
        """The form, and with `?type=` what comes of it."""
        visit = await self._registers.visit(request)
        now = self._rooms.clock()
        desk = planning.PlanDesk(
            self._rooms.operations.seat(visit.tenant, visit.principal), self._rooms.settings.timezone
        )
        weekday, minute = desk.moment(now)
        given = {k: v[:100] for k, v in request.query_params.items()}
        typed = {"day": str(weekday), "time": f"{minute // 60:02d}:{minute % 60:02d}", "level": "1"} | given
        page = await asyncio.to_thread(self._form, visit, typed)
        if typed.get("type"):
            await self._try(visit, desk, typed, page)
        return self._pages.render("pages/plan_trial.html", page, status=400 if page.wrong else 200)

    def _form(self, visit: Visit, typed: dict[str, str]) -> TrialPage:
        say = words(visit.language)
        seen = self._registers.seen(visit)
        return TrialPage(
            frame=self._visits.frame(visit, "planning", N_("Try the plans")),
            island=island(self._rooms, visit),
            tabs=tabs("plans", say),
            types=seen.titles(IncidentType),
            severities={"": say(N_("as the keyword says"))} | {k: say(v) for k, v in SEVERITY.items()},
            days={d: say(w) for d, w in DAYS.items()},
            typed=typed,
            wrong={},
            place=FieldView(
                name="place", label=say(N_("Place")), kind="point", hint="", unit="", required=False, fixed=False,
                wide=True, width="", value="", lon=typed.get("place_lon", ""), lat=typed.get("place_lat", ""),
            ),
            asked=False,
            chosen=[],
            others=[],
            levels=[],
            went=[],
            gaps=[],
            excluded=0,
            warnings=[],
            seconds=0.0,
        )  # fmt: skip

    async def _try(self, visit: Visit, desk: planning.PlanDesk, typed: dict[str, str], page: TrialPage) -> None:
        form, say = Reading(typed), words(visit.language)
        kind_id = form.one_of("type", page.types)
        place, minute = form.point("place"), form.minute("time")
        day, level = form.whole("day", low=0, high=6, default=0), form.whole("level", low=1, high=9, default=1)
        severity = form.one_of("severity", page.severities)
        if form.wrong:
            page.wrong = {name: say(text) for name, text in form.wrong.items()}
            page.place.wrong = page.wrong.get("place_lon", "") or page.wrong.get("place_lat", "")
            return
        page.asked = True
        kind = (await asyncio.to_thread(self._registers.seen(visit).every, IncidentType))[kind_id]
        fits = await asyncio.to_thread(desk.try_out, kind_id, place, (day, minute))
        rows = planning.asked(fits, planning.LEVELS)
        self._plans(page, fits, visit)
        for n in sorted({need.level for _, need in rows}):
            asks = [f"{r.count} {r.capability}" for _, r in rows if r.level == n]
            page.levels.append(LevelRow(level=n, asks=asks, wanted=n <= level))
        needs = [
            Need(
                id=n, incident="trial", capability=r.capability, count=r.count, within_s=r.within_s,
                instead=r.instead, agency=r.agency, level=r.level,
            )
            for n, (_, r) in enumerate(planning.asked(fits, level))
        ]  # fmt: skip
        if not needs or place is None:
            return
        incident = Incident(
            id="trial", number="", type=kind_id, title="", place=Place(location=place),
            severity=severity or kind.severity,  # type: ignore[arg-type]
        )  # fmt: skip
        made = await self._rooms.operations.rehearse(visit.tenant, visit.principal, incident, needs)
        page.seconds, page.excluded = made.seconds, len(made.excluded)
        page.warnings = [told(w, visit.language) for w in made.warnings]
        page.went = [_went(p, needs[p.need]) for p in made.picks]
        page.gaps = [(g.capability, g.missing, told(g.reason, visit.language)) for g in made.gaps]

    def _plans(self, page: TrialPage, fits: list[planning.Fit], visit: Visit) -> None:
        say = words(visit.language)
        for fit in fits:
            address, title = f"{ROOT}/plans/of/{fit.plan.id}", fit.plan.title[visit.language]
            if fit.chosen:
                page.chosen.append((address, title, say(N_("adds to it")) if fit.reason == "adds" else ""))
            else:
                page.others.append((address, title, say(REASONS[fit.reason])))


def _went(pick: Any, need: Need) -> Went:
    chosen = pick.chosen
    return Went(
        capability=chosen.capability,
        instead=chosen.capability != need.capability,
        unit=chosen.name,
        minutes=chosen.minutes,
        km=chosen.metres / 1000,
        estimated=chosen.estimated,
        age_s=chosen.age_s,
        second=pick.runner_up.name if pick.runner_up else "",
        slower_min=pick.slower_min,
        crosses=[crossing for _, crossing in chosen.crosses],
        bare=[f"{b.name} ({b.unit} {b.minutes:g} min)" if b.minutes is not None else b.name for b in pick.bare],
    )


def routes(rooms: Rooms, pages: Pages, visits: Visits) -> list[Any]:
    return [get(f"{ROOT}/try")(PlanTrial(rooms, pages, visits).show)]
