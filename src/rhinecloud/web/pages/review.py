"""*Review*: how long things took over a stretch of time, where they took long, and which findings are still open."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from rhinecloud.base.clock import SECOND
from rhinecloud.base.errors import BadRequestData, Conflict
from rhinecloud.operations import Asked, Desk, IncidentType, review
from rhinecloud.web.incident_tabs import address as incident_address
from rhinecloud.web.language import N_, words
from rhinecloud.web.refusals import told
from rhinecloud.web.rendering import Pages
from rhinecloud.web.review_rows import STATES, FigureRow, FindingRow, figure_row, finding_row
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.visits import AnyRequest, Frame, Visit, Visits

from .forms import Form, address, is_part
from .incident_review import change_finding

SPANS: Final = {"7": N_("7 days"), "30": N_("30 days"), "90": N_("90 days"), "365": N_("one year")}
GROUPS: Final = {"type": N_("by kind"), "district": N_("by district"), "hour": N_("by hour of the day")}
UNREVIEWED: Final = 20


class Waiting(msgspec.Struct, kw_only=True):
    """An incident that is closed and not reviewed."""

    number: str
    title: str
    path: str
    reported_us: int


class ReviewsPage(msgspec.Struct, kw_only=True):
    frame: Frame
    rows: list[FigureRow]
    interval: str
    interval_name: str
    by: str
    grouped: list[FigureRow]
    findings: list[FindingRow]
    only_open: bool
    waiting: list[Waiting]
    spans: dict[str, str]
    span: str
    types: dict[str, str]
    type: str
    groups: dict[str, str]
    intervals: dict[str, str]
    states: dict[str, str]
    exercise: bool
    excluded: bool
    since_us: int
    all_findings: str  # address with or without those that are done
    may_manage: bool
    error: str


class Reviews:
    """The handlers."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits) -> None:
        self._rooms, self._pages, self._visits = rooms, pages, visits

    async def show(self, request: AnyRequest) -> Response[Any]:
        """The page; htmx asks for the figures alone."""
        visit, desk = await self._desk(request)
        return await self._page(request, visit, desk)

    async def change(self, request: AnyRequest, finding_id: FromPath[int], data: Form) -> Response[Any]:
        """Another state, owner or date for a finding."""
        visit, desk = await self._desk(request)
        self._visits.demand(visit, "incidents.manage")
        mine = review.ReviewDesk(desk.seat)
        try:
            await asyncio.to_thread(change_finding, mine, finding_id, data, self._rooms.settings.timezone)
        except (BadRequestData, Conflict) as refused:
            return await self._page(request, visit, desk, error=refused.detail)
        return Redirect("/review#findings", status_code=303)

    async def _desk(self, request: AnyRequest) -> tuple[Visit, Desk]:
        visit = await self._visits.in_centre(request, "incidents.read")
        return visit, await asyncio.to_thread(self._rooms.operations.desk, visit.tenant, visit.principal)

    async def _page(self, request: AnyRequest, visit: Visit, desk: Desk, *, error: str = "") -> Response[Any]:
        page = await asyncio.to_thread(self._gather, request, visit, desk)
        page.error = told(error, visit.language) if error else ""
        template = "parts/review_figures.html" if is_part(request) else "pages/review.html"
        return self._pages.render(template, page, status=400 if error else 200)

    def _gather(self, request: AnyRequest, visit: Visit, desk: Desk) -> ReviewsPage:
        query, language, say = request.query_params, visit.language, words(visit.language)
        mine, now = review.ReviewDesk(desk.seat), self._rooms.clock()
        kinds = desk.things(IncidentType)
        asked, span = _asked(query, kinds, now, self._rooms.settings.timezone)
        interval = query.get("interval", "") if query.get("interval", "") in review.INTERVALS else "reach"
        by = query.get("by", "") if query.get("by", "") in GROUPS else "type"
        only_open = query.get("findings", "") != "all"
        return ReviewsPage(
            frame=self._visits.frame(visit, "review", "Review"),
            rows=[figure_row(f, language) for f in mine.figures(asked)],
            interval=interval,
            interval_name=review.INTERVALS[interval].label[language],
            by=by,
            grouped=_grouped(mine.grouped(asked, interval, by), by, kinds, language),
            findings=[
                finding_row(f, mine.number_of(f.incident), language, now) for f in mine.findings(only_open=only_open)
            ],
            only_open=only_open,
            waiting=[
                Waiting(
                    number=i.number, title=i.title, path=incident_address(i.id, "/review"), reported_us=i.reported_us
                )
                for i in desk.incidents(Asked(states=("closed",), exercise=asked.exercise, limit=UNREVIEWED))
            ],
            spans={k: say(v) for k, v in SPANS.items()},
            span=span,
            types={"": say("all kinds")} | {k.id: k.title[language] for k in kinds.values()},
            type=asked.types[0] if asked.types else "",
            groups={k: say(v) for k, v in GROUPS.items()},
            intervals={i.id: i.label[language] for i in review.INTERVALS.values()},
            states={k: say(v) for k, v in STATES.items()},
            exercise=asked.exercise,
            excluded=asked.excluded,
            since_us=asked.since_us,
            all_findings=address(request, findings="all" if only_open else ""),
            may_manage=self._visits.may(visit, "incidents.manage"),
            error="",
        )


def _asked(
    query: Mapping[str, str], kinds: Mapping[str, IncidentType], now: int, zone: str
) -> tuple[review.AskedFigures, str]:
    span = query.get("span", "") if query.get("span", "") in SPANS else "30"
    today = datetime.fromtimestamp(now / SECOND, ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    since = int((today - timedelta(days=int(span))).timestamp()) * SECOND
    kind = query.get("type", "")
    asked = review.AskedFigures(
        since_us=since,
        until_us=now + SECOND,
        types=(kind,) if kind in kinds else (),
        exercise=query.get("exercise", "") == "1",
        excluded=query.get("excluded", "") == "1",
    )
    return asked, span


def _grouped(found: list[review.Grouped], by: str, kinds: Mapping[str, IncidentType], language: str) -> list[FigureRow]:
    longest = max((g.figures.p90_s or 0 for g in found), default=0)
    say = words(language)

    def named(group: str) -> str:
        if by == "type":
            return kinds[group].title[language] if group in kinds else group
        if by == "hour":
            return f"{int(group):02d}–{(int(group) + 1) % 24:02d}"
        return group or say("no district")

    return [figure_row(g.figures, language, name=named(g.group), longest=longest) for g in found]


def routes(rooms: Rooms, pages: Pages, visits: Visits) -> list[Any]:
    page = Reviews(rooms, pages, visits)
    return [get("/review")(page.show), post("/review/findings/{finding_id:int}", status_code=200)(page.change)]
