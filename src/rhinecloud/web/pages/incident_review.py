"""*Review of an incident*: its times against their targets, what else is worth a look, findings, and the replay."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from rhinecloud.base.clock import SECOND, iso
from rhinecloud.base.errors import BadRequestData, Conflict, Refused
from rhinecloud.operations import review
from rhinecloud.web.incident_tabs import PATH, Head, Heads, Opened, address
from rhinecloud.web.incident_words import STATES
from rhinecloud.web.language import N_, words
from rhinecloud.web.refusals import told
from rhinecloud.web.rendering import Pages
from rhinecloud.web.review_rows import STATES as FINDING_STATES
from rhinecloud.web.review_rows import FindingRow, IntervalRow, finding_row, interval_row, lasting
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.visits import AnyRequest, Frame, Visits

from .forms import Form

TEXTS: Final = ("expected", "happened", "why", "change", "owner")
DONE: Final = {
    "added": N_("The finding is kept; it is followed until it is done."),
    "changed": N_("The finding is changed."),
    "reviewed": N_("The incident is reviewed."),
}


class Stamp(msgspec.Struct, kw_only=True):
    """When a state was first reached."""

    state: str
    at_us: int
    after: str  # since the one before
    machine: str  # the city at that moment


class GapRow(msgspec.Struct, kw_only=True):
    start_us: int
    end_us: int
    lasted: str


class ReviewPage(msgspec.Struct, kw_only=True):
    frame: Frame
    head: Head
    stamps: list[Stamp]
    rows: list[IntervalRow]
    missing: int
    story: review.Story
    gaps: list[GapRow]
    findings: list[FindingRow]
    states: dict[str, str]
    may_close: bool  # the review can be ended
    over: bool
    typed: dict[str, str]
    error: str
    said: str


class ReviewScreens:
    """The handlers."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits) -> None:
        self._rooms, self._pages, self._visits = rooms, pages, visits
        self._heads = Heads(rooms, visits)

    async def show(self, request: AnyRequest, incident_id: FromPath[str]) -> Response[Any]:
        """The page."""
        opened = await self._heads.open(request, incident_id, "review")
        said = words(opened.visit.language)(DONE.get(request.query_params.get("done", ""), ""))
        return await self._page(opened, said=said)

    async def add(self, request: AnyRequest, incident_id: FromPath[str], data: Form) -> Response[Any]:
        """A new finding."""
        opened = await self._heads.open(request, incident_id, "review", "incidents.manage")
        try:
            fields: dict[str, Any] = {n: data.get(n, "") for n in TEXTS}
            fields["due_us"] = due_of(data.get("due", ""), self._rooms.settings.timezone)
            desk = review.ReviewDesk(opened.desk.seat)
            await asyncio.to_thread(lambda: desk.add_finding(opened.incident.id, **fields))
        except (BadRequestData, Conflict) as refused:
            return await self._page(opened, data, error=refused.detail)
        return _back(opened, "added")

    async def change(
        self, request: AnyRequest, incident_id: FromPath[str], finding_id: FromPath[int], data: Form
    ) -> Response[Any]:
        """Another state, owner or date for a finding."""
        opened = await self._heads.open(request, incident_id, "review", "incidents.manage")
        try:
            desk = review.ReviewDesk(opened.desk.seat)
            await asyncio.to_thread(change_finding, desk, finding_id, data, self._rooms.settings.timezone)
        except (BadRequestData, Conflict) as refused:
            return await self._page(opened, error=refused.detail)
        return _back(opened, "changed")

    async def close(self, request: AnyRequest, incident_id: FromPath[str], data: Form) -> Response[Any]:
        """The review is done: the incident is reviewed."""
        opened = await self._heads.open(request, incident_id, "review", "incidents.manage")
        version = data.get("version", "")
        try:
            if not version.isdecimal() or len(version) > 9:
                raise BadRequestData("Say which version of the incident was seen")
            await asyncio.to_thread(opened.desk.move, opened.incident.id, "review", int(version))
        except Refused as refused:
            return await self._page(opened, error=refused.detail)
        return _back(opened, "reviewed")

    async def _page(
        self, opened: Opened, data: Mapping[str, str] | None = None, *, error: str = "", said: str = ""
    ) -> Response[Any]:
        page = await asyncio.to_thread(self._gather, opened)
        page.head = await self._heads.head(opened)
        page.typed = dict(data or {})
        page.error, page.said = told(error, opened.visit.language) if error else "", said
        return self._pages.render("pages/incident_review.html", page, status=400 if error else 200)

    def _gather(self, opened: Opened) -> Any:
        language, incident, desk = opened.visit.language, opened.incident, review.ReviewDesk(opened.desk.seat)
        say, now = words(language), self._rooms.clock()
        names = {u.id: u.name for u in opened.desk.units()}
        measured = desk.measured(incident.id)
        story = desk.story(incident.id)
        return ReviewPage(
            frame=self._heads.frame(opened),
            head=msgspec.UNSET,  # type: ignore[arg-type]  # made in the loop
            stamps=_stamps(incident.times, say),
            rows=[interval_row(m, names, language) for m in measured],
            missing=sum(m.seconds is None for m in measured),
            story=story,
            gaps=[
                GapRow(start_us=g.start_us, end_us=g.end_us, lasted=lasting((g.end_us - g.start_us) / SECOND))
                for g in story.gaps
            ],
            findings=[finding_row(f, incident.number, language, now) for f in desk.findings(incident.id)],
            states={k: say(v) for k, v in FINDING_STATES.items()},
            may_close=incident.state == "closed" and self._visits.may(opened.visit, "incidents.manage"),
            over=incident.state in ("closed", "reviewed"),
            typed={},
            error="",
            said="",
        )


def _stamps(times: Mapping[str, int], say: Any) -> list[Stamp]:
    made: list[Stamp] = []
    before: int | None = None
    for state, at_us in sorted(times.items(), key=lambda pair: pair[1]):
        after = lasting((at_us - before) / SECOND) if before is not None else ""
        made.append(Stamp(state=say(STATES[state]), at_us=at_us, after=after, machine=f"/situation?at={iso(at_us)}"))
        before = at_us
    return made


def due_of(text: str, zone: str) -> int:
    """The end of a day, "2026-12-01". Raises: BadRequestData."""
    try:
        day = date.fromisoformat(text.strip()[:10])
    except ValueError as error:
        raise BadRequestData("A finding says until when") from error
    return int(datetime.combine(day, time(23, 59), ZoneInfo(zone)).timestamp()) * SECOND


def change_finding(desk: review.ReviewDesk, finding_id: int, data: Mapping[str, str], zone: str) -> review.Finding:
    """What a form says of a finding; blocking."""
    fields: dict[str, Any] = {n: data[n] for n in (*TEXTS, "state", "note") if n in data}
    if "due" in data:
        fields["due_us"] = due_of(data["due"], zone)
    version = data.get("version", "")
    if not version.isdecimal() or len(version) > 9:
        raise BadRequestData("Say which version of the finding was seen")
    return desk.change_finding(finding_id, int(version), **fields)


def _back(opened: Opened, done: str) -> Redirect:
    return Redirect(f"{address(opened.incident.id, '/review')}?done={done}", status_code=303)


def routes(rooms: Rooms, pages: Pages, visits: Visits) -> list[Any]:
    page = ReviewScreens(rooms, pages, visits)
    return [
        get(f"{PATH}/review")(page.show),
        post(f"{PATH}/review/findings", status_code=200)(page.add),
        post(f"{PATH}/review/findings/{{finding_id:int}}", status_code=200)(page.change),
        post(f"{PATH}/review/done", status_code=200)(page.close),
    ]
