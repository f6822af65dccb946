"""A rule tried against the past: what it would have raised in the last day, week or month, before it is switched on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec
from litestar import Response
from litestar.params import FromPath
from litestar.response import Redirect

from rhinecloud.base.clock import DAY, SECOND, iso
from rhinecloud.base.errors import BadRequestData, ResourceNotFound
from rhinecloud.web.catalogue import Catalogue
from rhinecloud.web.jobs import Job, Jobs, Report
from rhinecloud.web.language import N_, words
from rhinecloud.web.rendering import Pages
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.rule_form import empty
from rhinecloud.web.rule_reading import read
from rhinecloud.web.sentence import STATE, plain, reading
from rhinecloud.web.visits import AnyRequest, Frame, Visit, Visits

from .forms import Form, is_part

HOUR: Final = 3600 * SECOND
SPANS: Final = {"day": DAY, "week": 7 * DAY, "month": 30 * DAY}
SPAN_NAMES: Final = {"day": N_("the last day"), "week": N_("the last week"), "month": N_("the last month")}
ROWS: Final = 20
"""Things on the timeline, those with the most alerts first; the table below has all alerts that are shown."""
ALERTS: Final = 100
WIDE: Final = 1000
"""Units of the timeline's drawing from its start to its end."""


class Asked(msgspec.Struct, kw_only=True):
    """What was asked, kept with the job."""

    title: str
    sentence: str
    span: str
    start_us: int
    end_us: int


class Bar(msgspec.Struct, kw_only=True):
    """One alert on the timeline."""

    x: float
    width: float
    state: int
    title: str


class Line(msgspec.Struct, kw_only=True):
    """One thing on the timeline."""

    name: str
    alerts: int
    bars: list[Bar]


class Tick(msgspec.Struct, kw_only=True):
    x: float
    us: int


class Raised(msgspec.Struct, kw_only=True):
    """One alert that would have been raised."""

    name: str
    entity: str
    started_us: int
    raised_us: int
    cleared_us: int | None
    value: str
    at: str  # RFC 3339, for the situation at that moment


class TrialPage(msgspec.Struct, kw_only=True):
    frame: Frame
    job: Job
    asked: Asked
    percent: int
    lines: list[Line]
    more_lines: int
    ticks: list[Tick]
    alerts: list[Raised]
    total: int
    complete: bool
    matched: int
    entities: int
    observations: int
    seconds: float
    daily: bool  # ticks are days


class RefusedPage(msgspec.Struct, kw_only=True):
    frame: Frame
    why: str


class Trials:
    """The handlers of trials."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits, jobs: Jobs) -> None:
        self._rooms, self._pages, self._visits, self._jobs = rooms, pages, visits, jobs
        self._catalogue = Catalogue(rooms)

    async def start(self, request: AnyRequest, data: Form) -> Response[Any]:
        """Starts a trial of the rule that the form says, saved or not."""
        visit = await self._visit(request)
        typed = empty(None) | data
        sort = self._catalogue.sort(typed["type"], visit.language)
        rule, wrong = read(typed | {"title_en": typed["title_en"] or "?"}, sort, self._rooms.model)
        if rule is None:
            why = words(visit.language)(next(iter(wrong.values())))
            if not is_part(request):
                raise BadRequestData(why)
            # htmx shows only answers that succeed; the trial's place says what is missing in the sentence.
            page = RefusedPage(frame=self._visits.frame(visit, "rules", "A trial of a rule"), why=why)
            return self._pages.render("parts/trial_refused.html", page)
        span = data.get("span", "week") if data.get("span") in SPANS else "week"
        end = self._rooms.clock()
        asked = Asked(
            title=rule.title[visit.language],
            sentence=plain(reading(typed, sort, visit.language)),
            span=words(visit.language)(SPAN_NAMES[span]),
            start_us=end - SPANS[span],
            end_us=end,
        )

        async def work(report: Report) -> Any:
            return await self._rooms.insight.try_rule(
                visit.tenant, rule, asked.start_us, asked.end_us, progress=_reporter(report)
            )

        job = self._jobs.start(visit.principal.id, visit.tenant, asked, work)
        if is_part(request):
            return self._page(visit, job, part=True)
        return Redirect(f"/rules/try/{job.id}", status_code=303)

    async def show(self, request: AnyRequest, job_id: FromPath[str]) -> Response[Any]:
        """How far it is, or what came out; htmx asks for the part again until it is over."""
        visit = await self._visit(request)
        job = self._jobs.get(visit.principal.id, visit.tenant, job_id)
        return self._page(visit, job, part=is_part(request))

    async def cancel(self, request: AnyRequest, job_id: FromPath[str]) -> Response[Any]:
        """Ends it."""
        visit = await self._visit(request)
        job = await self._jobs.cancel(visit.principal.id, visit.tenant, job_id)
        if is_part(request):
            return self._page(visit, job, part=True)
        return Redirect(f"/rules/try/{job.id}", status_code=303)

    async def _visit(self, request: AnyRequest) -> Visit:
        visit = await self._visits.of(request)
        self._visits.demand(visit, "rules.read")
        self._visits.demand(visit, "history.read")
        if self._rooms.insight is None:
            raise ResourceNotFound("This installation watches for nothing")
        return visit

    def _page(self, visit: Visit, job: Job, *, part: bool) -> Response[Any]:
        asked: Asked = job.what
        trial = job.result
        alerts = trial.alerts if trial is not None else []
        lines = _lines(alerts, asked)
        page = TrialPage(
            frame=self._visits.frame(visit, "rules", "A trial of a rule"),
            job=job,
            asked=asked,
            percent=int(job.share * 100),
            lines=lines[:ROWS],
            more_lines=max(0, len(lines) - ROWS),
            ticks=_ticks(asked),
            alerts=[_raised(a) for a in sorted(alerts, key=lambda a: -a.started_us)[:ALERTS]],
            total=len(alerts),
            complete=trial.complete if trial is not None else True,
            matched=trial.matched if trial is not None else 0,
            entities=trial.entities if trial is not None else 0,
            observations=trial.observations if trial is not None else 0,
            seconds=trial.seconds if trial is not None else 0.0,
            daily=asked.end_us - asked.start_us > DAY,
        )
        return self._pages.render(
            "parts/trial.html" if part else "pages/trial.html", page, headers={"Vary": "HX-Request"}
        )


def _reporter(report: Report) -> Callable[..., None]:
    """Insight says how far it is as a share, or as (done, all)."""

    def progress(done: float, whole: float = 1.0) -> None:
        report(done / whole if whole else 0.0)

    return progress


def _lines(alerts: list[Any], asked: Asked) -> list[Line]:
    span = asked.end_us - asked.start_us
    by_thing: dict[str, list[Any]] = {}
    for alert in alerts:
        by_thing.setdefault(alert.entity, []).append(alert)
    lines = []
    for several in by_thing.values():
        bars = []
        for alert in several:
            start = max(alert.started_us, asked.start_us)
            end = min(alert.cleared_us or asked.end_us, asked.end_us)
            x = (start - asked.start_us) / span * WIDE
            wide = max((end - start) / span * WIDE, 3.0)
            bars.append(
                Bar(x=round(min(x, WIDE - wide), 1), width=round(wide, 1), state=STATE[alert.severity], title="")
            )
        lines.append(Line(name=several[0].entity_name or several[0].entity, alerts=len(several), bars=bars))
    return sorted(lines, key=lambda line: (-line.alerts, line.name))


def _ticks(asked: Asked) -> list[Tick]:
    span = asked.end_us - asked.start_us
    step = {DAY: 4 * HOUR, 7 * DAY: DAY}.get(span, 5 * DAY)
    first = asked.start_us - asked.start_us % step + step
    return [Tick(x=round((us - asked.start_us) / span * WIDE, 1), us=us) for us in range(first, asked.end_us, step)]


def _raised(alert: Any) -> Raised:
    seen = alert.peak or (alert.evidence[0] if alert.evidence else None)
    return Raised(
        name=alert.entity_name or alert.entity,
        entity=alert.entity,
        started_us=alert.started_us,
        raised_us=alert.raised_us,
        cleared_us=alert.cleared_us,
        value="" if seen is None or seen.value is None else f"{seen.value} {seen.unit}".strip(),
        at=iso(alert.started_us),
    )
