"""*Quality*: how good each source was, and the quarantine: what could not be read, why, and its replay."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from rhinecloud.base.clock import DAY, SECOND
from rhinecloud.base.errors import ResourceNotFound, Unavailable
from rhinecloud.web.language import N_, words
from rhinecloud.web.rendering import Pages
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.visits import AnyRequest, Frame, Visit, Visits

from .evidence import Raw, readable
from .forms import PAGE, Form, Pager, is_part, page_number, pager
from .letters import LetterRow, Letters
from .letters import routes as letter_routes

DAYS: Final = 14
"""Days of the heat cells."""
MEASURES: Final = {
    "worst": N_("the worst of the four"),
    "completeness": N_("Complete"),
    "timeliness": N_("Punctual"),
    "validity": N_("Valid"),
    "plausibility": N_("Plausible"),
}
SOURCES: Final = 200
"""Sources that are shown, the worst first."""
HEAT: Final = 60
"""Sources with heat cells."""


class SourceRow(msgspec.Struct, kw_only=True):
    name: str
    device: str  # its id, "" where the source is another one
    observations: int
    shares: list[float | None]  # completeness, timeliness, validity, plausibility; 0 to 1
    duplicate: int

    @property
    def worst(self) -> float:
        return min((s for s in self.shares if s is not None), default=1.0)


class HeatRow(msgspec.Struct, kw_only=True):
    """One source over the days: a share a day, None where nothing was expected or heard."""

    name: str
    device: str
    cells: list[float | None]


class QuarantineRow(msgspec.Struct, kw_only=True):
    id: int
    device: str
    subject: str
    reason: str
    detail: str
    size: int
    stored_us: int
    attempts: int


class QualityPage(msgspec.Struct, kw_only=True):
    frame: Frame
    days: int  # the figures' stretch of time
    sources: list[SourceRow]
    more: int  # sources that are not shown
    measure: str  # of the heat cells
    measures: dict[str, str]
    heat: list[HeatRow]
    heat_days: list[int]  # beginnings of the days, µs
    letters: list[LetterRow]
    may_letters: bool
    rows: list[QuarantineRow]
    pager: Pager
    search: str
    reason: str
    reasons: dict[str, int]  # reason → messages
    messages: int  # in quarantine, in all
    size: int  # their bytes
    evicted: int  # gone unread since it was full
    may_replay: bool
    said: str


class MessagePage(msgspec.Struct, kw_only=True):
    frame: Frame
    row: QuarantineRow
    raw: Raw
    may_replay: bool
    mapping: str  # address of the editor that mends it; "": nothing there to mend
    said: str


class QualityScreens:
    """The handlers of quality and quarantine."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits, letters: Letters) -> None:
        self._rooms, self._connect = rooms, rooms.connect
        self._pages, self._visits = pages, visits
        self._letters = letters

    async def show(self, request: AnyRequest) -> Response[Any]:
        """Sources and quarantine; htmx asks for the quarantine's table alone."""
        visit = await self._visit(request, "quality.read")
        query = request.query_params
        search, reason = query.get("q", "")[:200], query.get("reason", "")[:100]
        quarantine = self._connect.quarantine
        summary = await asyncio.to_thread(quarantine.summary, visit.tenant)
        found = await asyncio.to_thread(
            lambda: quarantine.list(
                visit.tenant, search=search, reason=reason, offset=page_number(request) * PAGE, limit=PAGE
            )
        )
        measure = query.get("measure", "") if query.get("measure") in MEASURES else "worst"
        sources = await asyncio.to_thread(self._sources, visit.tenant)
        heat, heat_days = ([], []) if is_part(request) else await asyncio.to_thread(self._heat, visit.tenant, measure)
        page = QualityPage(
            frame=self._visits.frame(visit, "quality", "Quality"),
            days=7,
            sources=sources[:SOURCES],
            more=max(0, len(sources) - SOURCES),
            measure=measure,
            measures={m: words(visit.language)(text) for m, text in MEASURES.items()},
            heat=heat,
            heat_days=heat_days,
            letters=[] if is_part(request) else await self._letters.newest(visit),
            may_letters=self._visits.may(visit, "subscriptions.manage"),
            rows=[_row(item) for item in found.items],
            pager=pager(request, len(found.items), found.total),
            search=search,
            reason=reason,
            reasons=summary.reasons,
            messages=summary.messages,
            size=summary.bytes,
            evicted=summary.evicted,
            may_replay=self._may_replay(visit),
            said=_said(query, visit.language),
        )
        template = "parts/quarantine_table.html" if is_part(request) else "pages/quality.html"
        return self._pages.render(template, page, headers={"Vary": "HX-Request"})

    async def message(self, request: AnyRequest, item: FromPath[int]) -> Response[Any]:
        """One message with its bytes and the reason."""
        visit = await self._visit(request, "quality.read")
        found = await asyncio.to_thread(self._connect.quarantine.get, visit.tenant, item)
        page = MessagePage(
            frame=self._visits.frame(visit, "quality", "A message in quarantine"),
            row=_row(found),
            raw=readable(found.subject, found.stored_us, found.data),
            may_replay=self._may_replay(visit),
            mapping=self._editor(visit, found),
            said=words(visit.language)("It still cannot be read.") if request.query_params.get("still") else "",
        )
        return self._pages.render("pages/message.html", page)

    async def replay(self, request: AnyRequest, data: Form) -> Response[Any]:
        """Reads one message, or all of a reason, again with the mappings of now."""
        visit = await self._visit(request, "quality.manage")
        if self._connect.replay is None:
            raise Unavailable("Replaying is not available in this installation")
        item, reason = data.get("id", ""), data.get("reason", "")
        if item.isdecimal():
            ids = [int(item)]
        else:
            found = await asyncio.to_thread(
                lambda: self._connect.quarantine.list(visit.tenant, reason=reason, newest_first=False, limit=5_000)
            )
            ids = [one.id for one in found.items]
        done = await self._connect.replay(visit.tenant, ids)
        detail = {"reason": reason, "messages": len(ids), "read": done.read}
        await self._rooms.access.record(
            visit.principal, "quarantine.replay", item or reason or "all", tenant=visit.tenant, **detail
        )
        if item.isdecimal() and done.still:
            return Redirect(f"/quality/quarantine/{item}?still=1", status_code=303)
        return Redirect(f"/quality?read={done.read}&still={done.still}#quarantine", status_code=303)

    async def discard(self, request: AnyRequest, data: Form) -> Response[Any]:
        """Deletes one message unread."""
        visit = await self._visit(request, "quality.manage")
        item = data.get("id", "")
        if not item.isdecimal():
            raise ResourceNotFound("There is no such message")
        await asyncio.to_thread(lambda: self._connect.quarantine.discard(visit.tenant, ids=[int(item)]))
        await self._rooms.access.record(visit.principal, "quarantine.discard", item, tenant=visit.tenant)
        return Redirect("/quality#quarantine", status_code=303)

    async def _visit(self, request: AnyRequest, action: str) -> Visit:
        visit = await self._visits.of(request)
        self._visits.demand(visit, action)
        if self._connect.quarantine is None:
            raise ResourceNotFound("This installation keeps no quarantine")
        return visit

    def _editor(self, visit: Visit, item: Any) -> str:
        """Where what reads this message is written: its device's mapping."""
        known = (
            self._connect.registry.find(visit.tenant, item.device) if self._connect.registry and item.device else None
        )
        if known is None or self._connect.documents is None or not self._visits.may(visit, "quality.manage"):
            return ""
        return f"/devices/{quote(known.id)}/mapping?message={item.id}"

    def _may_replay(self, visit: Visit) -> bool:
        return self._connect.replay is not None and self._visits.may(visit, "quality.manage")

    def _sources(self, tenant: str) -> list[SourceRow]:
        if self._connect.figures is None:
            return []
        now = self._rooms.clock()
        rows = [
            SourceRow(
                name=device.name or device.id if device else f.source,
                device=device.id if device else "",
                observations=f.observations,
                shares=[f.completeness, f.timeliness, f.validity, f.plausibility],
                duplicate=f.duplicate,
            )
            for f in self._connect.figures.sources(tenant, since_us=now - 7 * DAY)
            for device in [self._device(tenant, f.source)]
        ]
        return sorted(rows, key=lambda r: (r.worst, r.name))

    def _heat(self, tenant: str, measure: str) -> tuple[list[HeatRow], list[int]]:
        """Each source's share on each of the last days, the source with the worst cell first."""
        if self._connect.figures is None:
            return [], []
        now = self._rooms.clock()
        today = day_start(now, self._rooms.settings.timezone)
        starts = [today - n * DAY for n in range(DAYS - 1, -1, -1)]
        shares: dict[str, list[float | None]] = {}
        for at, start in enumerate(starts):
            for f in self._connect.figures.sources(tenant, since_us=start, until_us=min(start + DAY, now)):
                shares.setdefault(f.source, [None] * DAYS)[at] = share_of(f, measure)
        rows = []
        for source, cells in shares.items():
            device = self._device(tenant, source)
            name = (device.name or device.id) if device else source
            rows.append(HeatRow(name=name, device=device.id if device else "", cells=cells))
        rows.sort(key=lambda r: (min((c for c in r.cells if c is not None), default=1.0), r.name))
        return rows[:HEAT], starts

    def _device(self, tenant: str, source: str) -> Any:
        """The registered device that a source is, else None."""
        kind, _, name = source.partition(":")
        return self._connect.registry.find(tenant, name) if kind == "device" and self._connect.registry else None


def share_of(figure: Any, measure: str) -> float | None:
    """One of the four measures of a source, or the worst of them."""
    if measure != "worst":
        found: float | None = getattr(figure, measure)
        return found
    return min((m for name in list(MEASURES)[1:] if (m := getattr(figure, name)) is not None), default=None)


def day_start(us: int, timezone: str) -> int:
    """µs at which the day of an instant begins in a time zone."""
    local = datetime.fromtimestamp(us / SECOND, ZoneInfo(timezone))
    return int(local.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()) * SECOND


def _row(item: Any) -> QuarantineRow:
    return QuarantineRow(
        id=item.id,
        device=item.device,
        subject=item.subject,
        reason=item.reason,
        detail=item.detail,
        size=item.size,
        stored_us=item.stored_us,
        attempts=item.attempts,
    )


def _said(query: Any, language: str) -> str:
    say, numbers = words(language), {k: query.get(k, "") for k in ("read", "still", "sent", "gone")}
    if any(v and not (v.isdecimal() and len(v) < 8) for v in numbers.values()):
        return ""
    if numbers["read"] and numbers["still"]:
        return say("%(read)s read and taken over, %(still)s still cannot be read.") % numbers
    if numbers["sent"]:
        told = say(N_("%(sent)s sent again. What fails again comes back here.")) % numbers
        lost = say(N_("%(gone)s have no subscription any more.")) % numbers
        return f"{told} {lost}" if numbers["gone"] not in ("", "0") else told
    return ""


def routes(rooms: Rooms, pages: Pages, visits: Visits) -> list[Any]:
    letters = Letters(rooms, visits)
    page = QualityScreens(rooms, pages, visits, letters)
    return [
        get("/quality")(page.show),
        get("/quality/quarantine/{item:int}")(page.message),
        post("/quality/replay")(page.replay),
        post("/quality/discard")(page.discard),
        *letter_routes(letters),
    ]
