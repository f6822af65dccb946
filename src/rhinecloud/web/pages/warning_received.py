"""*From others*: CAP messages that came in, those that were refused and why, and the feeds they come from."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Final

import msgspec
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath
from litestar.response import Redirect

from rhinecloud.base.errors import BadRequestData, RhineError
from rhinecloud.operations import IncidentType, warnings
from rhinecloud.web.language import N_, words
from rhinecloud.web.rendering import Pages
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.visits import AnyRequest, Frame, Visit, Visits
from rhinecloud.web.warning_rows import MessageView, ReceivedRow, message_view, received_row
from rhinecloud.web.warning_words import REASONS

from .forms import PAGE, Form, Pager, is_part, page_number, pager
from .warnings_of import desk_of, tabs_of

Upload = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)]
LONGEST: Final = 34_000_000
DONE: Final = {
    "seen": N_("Marked as seen."),
    "closed": N_("Closed with your reason."),
    "taken": N_("It could be read now and was taken in."),
    "still": N_("It is still refused, for the same reason."),
    "feed": N_("The feed is kept, and asked at once."),
    "removed": N_("The feed is not asked any more. What it told is kept."),
    "asked": N_("The feed was asked."),
}


class TakenRow(msgspec.Struct, kw_only=True):
    name: str
    outcome: str
    headline: str
    detail: str
    path: str


class ReceivedPage(msgspec.Struct, kw_only=True):
    frame: Frame
    tabs: list[Any]
    rows: list[ReceivedRow]
    pager: Pager
    search: str
    here: str
    source: str
    sources: list[str]
    state: str
    may_receive: bool
    taken: list[TakenRow]
    said: str
    error: str


class OnePage(msgspec.Struct, kw_only=True):
    frame: Frame
    tabs: list[Any]
    row: ReceivedRow
    view: MessageView
    seal: str
    seal_by: str
    hints: list[str]
    parameters: list[tuple[str, str]]
    geocodes: list[str]
    references: list[str]
    received_us: int
    seen_by: str
    incidents: list[tuple[str, str]]
    types: dict[str, str]
    may_compose: bool
    may_manage: bool
    raw: str
    size: int
    said: str
    error: str


class RefusedRow(msgspec.Struct, kw_only=True):
    id: int
    name: str
    source: str
    reason: str
    detail: str
    times: int
    last_us: int
    size: int
    closed_by: str
    outcome: str


class RefusedPage(msgspec.Struct, kw_only=True):
    frame: Frame
    tabs: list[Any]
    rows: list[RefusedRow]
    pager: Pager
    closed: bool
    may_receive: bool
    said: str
    error: str


class FeedRow(msgspec.Struct, kw_only=True):
    id: str
    title: str
    url: str
    active: bool
    interval_s: float
    answered_us: int
    failures: int
    error: str
    taken: int
    refused: int
    version: int


class FeedsPage(msgspec.Struct, kw_only=True):
    frame: Frame
    tabs: list[Any]
    rows: list[FeedRow]
    typed: dict[str, str]
    error: str
    said: str
    may_manage: bool


class ReceivedScreens:
    """The handlers."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits) -> None:
        self._rooms, self._pages, self._visits = rooms, pages, visits

    async def every(self, request: AnyRequest) -> Response[Any]:
        visit, desk = await desk_of(self._rooms, self._visits, request)
        return await self._list(request, visit, desk)

    async def _list(
        self, request: AnyRequest, visit: Visit, desk: Any, taken: Any = (), error: str = ""
    ) -> Response[Any]:
        say, now, query = words(visit.language), self._rooms.clock(), request.query_params
        here, state = query.get("here", "yes"), query.get("state", "")
        wanted = warnings.Wanted(
            here=True if here == "yes" else None,
            in_force=True if state == "in-force" else None,
            unseen=state == "unseen",
            text=query.get("q", "")[:200],
            source=query.get("source", "")[:200],
            limit=PAGE,
            offset=page_number(request) * PAGE,
        )
        found, total = await asyncio.to_thread(desk.received, wanted)
        page = ReceivedPage(
            frame=self._visits.frame(visit, "warning-desk", "Warnings of others"),
            tabs=tabs_of(say, "received"),
            rows=[received_row(r, say, now) for r in found],
            pager=pager(request, len(found), total),
            search=wanted.text,
            here=here,
            source=wanted.source,
            sources=await asyncio.to_thread(desk.sources),
            state=state,
            may_receive=self._visits.may(visit, "warnings.receive"),
            taken=[_taken(t, say) for t in taken],
            said=say(DONE.get(query.get("done", ""), "")),
            error=error,
        )
        part = is_part(request) and request.method == "GET"
        template = "parts/received_table.html" if part else "pages/warnings_received.html"
        return self._pages.render(template, page, status=400 if error else 200, headers={"Vary": "HX-Request"})

    async def upload(self, request: AnyRequest, data: Upload) -> Response[Any]:
        """A file, or text that was pasted."""
        visit, desk = await desk_of(self._rooms, self._visits, request, "warnings.receive")
        file = data.get("file")
        name, content = "text", str(data.get("text", "")).strip().encode()
        if isinstance(file, UploadFile) and file.filename:
            name, content = file.filename[:200], await file.read()
        if not content:
            return await self._list(
                request, visit, desk, error=words(visit.language)(N_("Choose a file or paste a message."))
            )
        source = f"hand:{visit.principal.name}"[:200]
        taken = await asyncio.to_thread(desk.take, name, content, source)
        return await self._list(request, visit, desk, taken=taken)

    async def show(self, request: AnyRequest, number: FromPath[int]) -> Response[Any]:
        visit, desk = await desk_of(self._rooms, self._visits, request)
        return await self._one(visit, desk, number, said=request.query_params.get("done", ""))

    async def raw(self, request: AnyRequest, number: FromPath[int]) -> Response[Any]:
        """The bytes as they came, to be kept and not shown."""
        _, desk = await desk_of(self._rooms, self._visits, request)
        _, data = await asyncio.to_thread(desk.one_received, number)
        return _download(data, f"cap-{number}")

    async def seen(self, request: AnyRequest, number: FromPath[int]) -> Response[Any]:
        _, desk = await desk_of(self._rooms, self._visits, request, "warnings.compose")
        await asyncio.to_thread(desk.seen, number)
        return Redirect(f"/warning-desk/received/{number}?done=seen", status_code=303)

    async def incident(self, request: AnyRequest, number: FromPath[int], data: Form) -> Response[Any]:
        visit, desk = await desk_of(self._rooms, self._visits, request, "incidents.manage")
        try:
            made = await asyncio.to_thread(desk.open_incident, number, data.get("type", "")[:80])
        except RhineError as error:
            return await self._one(visit, desk, number, error=error.detail)
        await self._rooms.access.record(visit.principal, "incident.report", made.number, tenant=visit.tenant)
        return Redirect(f"/incidents/{made.number}", status_code=303)

    async def _one(self, visit: Visit, desk: Any, number: int, *, said: str = "", error: str = "") -> Response[Any]:
        say = words(visit.language)
        found, data = await asyncio.to_thread(desk.one_received, number)
        message = found.kept.message
        info = message.info(visit.language)
        may_manage = self._visits.may(visit, "incidents.manage")
        page = OnePage(
            frame=self._visits.frame(visit, "warning-desk", found.headline),
            tabs=tabs_of(say, "received"),
            row=received_row(found, say, self._rooms.clock()),
            view=message_view(message, say),
            seal=found.kept.seal.state,
            seal_by=found.kept.seal.by,
            hints=[f.text for f in found.kept.hints],
            parameters=[(p.name, p.value) for p in info.parameters][:60] if info else [],
            geocodes=[f"{g.name} {g.value}"[:120] for a in message.areas() for g in a.geocodes][:60],
            references=[str(r) for r in message.referred()],
            received_us=found.received_us,
            seen_by=found.seen_by,
            incidents=await self._incidents(visit, found.incidents),
            types=await self._types(visit) if may_manage else {},
            may_compose=self._visits.may(visit, "warnings.compose"),
            may_manage=may_manage,
            raw=data[:20_000].decode("utf-8", "replace"),
            size=len(data),
            said=say(DONE.get(said, "")),
            error=error,
        )
        return self._pages.render("pages/warning_received.html", page, status=400 if error else 200)

    async def _incidents(self, visit: Visit, ids: tuple[str, ...]) -> list[tuple[str, str]]:
        made = []
        for incident in ids:
            try:
                centre = self._rooms.operations.desk(visit.tenant, visit.principal)
                found = await asyncio.to_thread(centre.incident, incident)
            except RhineError:
                continue
            made.append((f"/incidents/{found.number}", f"{found.number} {found.title}"))
        return made

    async def _types(self, visit: Visit) -> dict[str, str]:
        centre = self._rooms.operations.desk(visit.tenant, visit.principal)
        types = await asyncio.to_thread(centre.things, IncidentType)
        return {t.id: t.title[visit.language] for t in types.values()}

    # ── what was refused ─────────────────────────────────────────────────────────────────────────────────────────────

    async def refused(self, request: AnyRequest) -> Response[Any]:
        visit, desk = await desk_of(self._rooms, self._visits, request)
        return await self._refused(request, visit, desk)

    async def _refused(self, request: AnyRequest, visit: Visit, desk: Any, error: str = "") -> Response[Any]:
        say, closed = words(visit.language), request.query_params.get("closed") == "yes"
        found, total = await asyncio.to_thread(
            desk.refused, closed=closed, limit=PAGE, offset=page_number(request) * PAGE
        )
        page = RefusedPage(
            frame=self._visits.frame(visit, "warning-desk", "Refused messages"),
            tabs=tabs_of(say, "refused"),
            rows=[
                RefusedRow(
                    id=r.id,
                    name=r.name,
                    source=r.source,
                    reason=say(REASONS.get(r.reason, r.reason)),
                    detail=r.detail,
                    times=r.times,
                    last_us=r.last_us,
                    size=r.size,
                    closed_by=r.closed_by,
                    outcome=r.outcome,
                )
                for r in found
            ],
            pager=pager(request, len(found), total),
            closed=closed,
            may_receive=self._visits.may(visit, "warnings.receive"),
            said=say(DONE.get(request.query_params.get("done", ""), "")),
            error=error,
        )
        return self._pages.render("pages/warnings_refused.html", page, status=400 if error else 200)

    async def refused_raw(self, request: AnyRequest, number: FromPath[int]) -> Response[Any]:
        _, desk = await desk_of(self._rooms, self._visits, request)
        _, data = await asyncio.to_thread(desk.one_refused, number)
        return _download(data, f"refused-{number}")

    async def retry(self, request: AnyRequest, number: FromPath[int]) -> Response[Any]:
        _, desk = await desk_of(self._rooms, self._visits, request, "warnings.receive")
        made = await asyncio.to_thread(desk.retry, number)
        fine = bool(made) and all(t.outcome != "refused" for t in made)
        return Redirect(f"/warning-desk/refused?done={'taken' if fine else 'still'}", status_code=303)

    async def close(self, request: AnyRequest, number: FromPath[int], data: Form) -> Response[Any]:
        visit, desk = await desk_of(self._rooms, self._visits, request, "warnings.receive")
        try:
            await asyncio.to_thread(desk.close_refused, number, data.get("outcome", ""))
        except RhineError as error:
            return await self._refused(request, visit, desk, error.detail)
        return Redirect("/warning-desk/refused?done=closed", status_code=303)

    # ── feeds ────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def feeds(self, request: AnyRequest) -> Response[Any]:
        visit, desk = await desk_of(self._rooms, self._visits, request)
        return await self._feeds(visit, desk, said=request.query_params.get("done", ""))

    async def _feeds(
        self, visit: Visit, desk: Any, typed: dict[str, str] | None = None, error: str = "", said: str = ""
    ) -> Response[Any]:
        say = words(visit.language)
        page = FeedsPage(
            frame=self._visits.frame(visit, "warning-desk", "Feeds of warnings"),
            tabs=tabs_of(say, "feeds"),
            rows=[
                FeedRow(
                    id=s.feed.id,
                    title=s.feed.title or s.feed.id,
                    url=s.feed.url,
                    active=s.feed.active,
                    interval_s=s.feed.interval_s,
                    answered_us=s.answered_us,
                    failures=s.failures,
                    error=s.error,
                    taken=s.taken,
                    refused=s.refused,
                    version=s.feed.version,
                )
                for s in await asyncio.to_thread(desk.feeds)
            ],
            typed=typed or {},
            error=error,
            said=say(DONE.get(said, "")),
            may_manage=self._visits.may(visit, "operations.manage"),
        )
        return self._pages.render("pages/warning_feeds.html", page, status=400 if error else 200)

    async def save_feed(self, request: AnyRequest, data: Form) -> Response[Any]:
        visit, desk = await desk_of(self._rooms, self._visits, request, "operations.manage")
        try:
            interval = data.get("interval_s", "60").strip()
            if not interval.isdecimal():
                raise BadRequestData("The interval is a number of seconds")
            feed = warnings.CapFeed(
                id=data.get("id", "").strip()[:80],
                title=data.get("title", "").strip()[:200],
                url=data.get("url", "").strip()[:2000],
                interval_s=float(interval[:8]),
                active=data.get("active", "yes") == "yes",
                version=int(data.get("version", "0") or 0),
            )
            await asyncio.to_thread(desk.save_feed, feed)
        except (RhineError, ValueError) as error:
            return await self._feeds(visit, desk, data, str(error))
        return Redirect("/warning-desk/feeds?done=feed", status_code=303)

    async def remove_feed(self, request: AnyRequest, data: Form) -> Response[Any]:
        visit, desk = await desk_of(self._rooms, self._visits, request, "operations.manage")
        try:
            await asyncio.to_thread(desk.remove_feed, data.get("id", "")[:80])
        except RhineError as error:
            return await self._feeds(visit, desk, {}, error.detail)
        return Redirect("/warning-desk/feeds?done=removed", status_code=303)

    async def ask_feed(self, request: AnyRequest, data: Form) -> Response[Any]:
        visit, _ = await desk_of(self._rooms, self._visits, request, "operations.manage")
        await self._rooms.warnings.ask_feed(visit.tenant, data.get("id", "")[:80])
        return Redirect("/warning-desk/feeds?done=asked", status_code=303)

    def routes(self) -> list[Any]:
        one = "/warning-desk/received/{number:int}"
        bad = "/warning-desk/refused/{number:int}"
        return [
            get("/warning-desk/received")(self.every),
            post("/warning-desk/received", request_max_body_size=LONGEST)(self.upload),
            get(one)(self.show),
            get(f"{one}/raw")(self.raw),
            post(f"{one}/seen")(self.seen),
            post(f"{one}/incident")(self.incident),
            get("/warning-desk/refused")(self.refused),
            get(f"{bad}/raw")(self.refused_raw),
            post(f"{bad}/retry")(self.retry),
            post(f"{bad}/close")(self.close),
            get("/warning-desk/feeds")(self.feeds),
            post("/warning-desk/feeds")(self.save_feed),
            post("/warning-desk/feeds/remove")(self.remove_feed),
            post("/warning-desk/feeds/ask")(self.ask_feed),
        ]


def _taken(taken: warnings.Taken, say: Any) -> TakenRow:
    detail = f"{say(REASONS.get(taken.reason, taken.reason))}: {taken.detail}" if taken.reason else ""
    path = f"/warning-desk/received/{taken.id}" if taken.outcome != "refused" else "/warning-desk/refused"
    return TakenRow(name=taken.name, outcome=taken.outcome, headline=taken.headline, detail=detail, path=path)


def _download(data: bytes, name: str) -> Response[bytes]:
    kind = "zip" if data[:2] == b"PK" else "json" if data.lstrip()[:1] in (b"{", b"[") else "xml"
    return Response(
        data,
        media_type="application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="{name}.{kind}"', "Cache-Control": "no-store"},
    )
