"""*One warning*: written, looked at by a second person as the public will see it, published, updated, lifted."""

from __future__ import annotations

import asyncio
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response
from litestar.params import FromPath
from litestar.response import Redirect

from rhinecloud.base.errors import BadRequestData, Conflict, RhineError
from rhinecloud.operations import warnings
from rhinecloud.web.island import ISLAND_TEXTS, Island
from rhinecloud.web.language import N_, Words, words
from rhinecloud.web.rendering import Pages
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.visits import AnyRequest, Visit, Visits
from rhinecloud.web.warning_form import Typed, draft_of, typed_of
from rhinecloud.web.warning_page import (
    ExposureView,
    FaultView,
    LookPage,
    WarningPage,
    channels,
    choices,
    conflicts,
    decision,
    error_text,
    exposure_view,
    fault_views,
    form_of,
    handover_view,
    levels,
    phones,
    step_view,
)
from rhinecloud.web.warning_rows import chain_row, message_view
from rhinecloud.web.warning_words import (
    KINDS,
    OUTCOMES,
)

from .forms import Form
from .public_warnings import Showing, public_page
from .warnings_of import desk_of, tabs_of

DONE: Final = {
    "saved": N_("The draft is kept."),
    "submitted": N_("Submitted. Somebody else has to approve it now; you cannot do that yourself."),
    "approved": N_("Approved. It is not public yet."),
    "published": N_("Published. It is public now."),
    "sent-back": N_("Sent back to who wrote it, with your reason."),
    "handed-over": N_("The hand-over is recorded."),
    "template": N_("Kept as a template."),
}


class WarningScreens:
    """The handlers of one warning."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits) -> None:
        self._rooms, self._pages, self._visits = rooms, pages, visits
        self._zone = ZoneInfo(rooms.settings.timezone)

    async def show(self, request: AnyRequest, number: FromPath[str]) -> Response[Any]:
        visit, desk = await desk_of(self._rooms, self._visits, request)
        return await self._page(visit, desk, number, said=request.query_params.get("done", ""))

    async def public(self, request: AnyRequest, number: FromPath[str]) -> Response[Any]:
        """As the public sees it, or would."""
        visit, desk = await desk_of(self._rooms, self._visits, request)
        chain = await asyncio.to_thread(desk.chain, number)
        message = await asyncio.to_thread(desk.message, chain, self._rooms.clock())
        newest = chain.newest
        if message is None and newest is not None and newest.cap is not None:
            message = warnings.read(newest.cap)
        tenants = await asyncio.to_thread(self._rooms.access.tenants.list)
        title = {t.name: t.title for t in tenants}.get(visit.tenant, visit.tenant)
        how = Showing(title=title, language=visit.language, preview=True, now_us=self._rooms.clock())
        page = public_page(message, chain, how)
        return self._pages.render("pages/public_warning.html", page)

    async def save(self, request: AnyRequest, number: FromPath[str], data: Form) -> Response[Any]:
        visit, desk = await desk_of(self._rooms, self._visits, request, "warnings.compose")
        typed = typed_of(data)
        try:
            await asyncio.to_thread(desk.save, number, typed.version, draft_of(typed, self._zone))
        except Conflict as error:
            return await self._page(visit, desk, number, typed=typed, error=error)
        except BadRequestData as error:
            return await self._page(visit, desk, number, typed=typed, error=error)
        if data.get("then") == "submit":
            return await self._submit(visit, desk, number, typed)
        return _to(number, "saved")

    async def _submit(self, visit: Visit, desk: Any, number: str, typed: Typed) -> Response[Any]:
        chain = await asyncio.to_thread(desk.chain, number)
        try:
            await asyncio.to_thread(desk.submit, number, chain.open.version if chain.open else 0)
        except RhineError as error:
            kept = msgspec.structs.replace(typed, version=chain.open.version if chain.open else 0)
            return await self._page(visit, desk, number, typed=kept, error=error)
        return _to(number, "submitted")

    async def look(self, request: AnyRequest, number: FromPath[str], data: Form) -> Response[Any]:
        """What is missing in what is typed, and who lies in the area; nothing is kept."""
        visit, desk = await desk_of(self._rooms, self._visits, request, "warnings.compose")
        say, now = words(visit.language), self._rooms.clock()
        chain = await asyncio.to_thread(desk.chain, number)
        faults, exposure, lengths = list[FaultView](), None, list[tuple[str, int]]()
        try:
            draft = draft_of(typed_of(data), self._zone)
            faults = fault_views(await asyncio.to_thread(desk.faults, chain, now, draft), say)
            exposure = await self._exposure(visit, draft.area)
            lengths = phones(await asyncio.to_thread(desk.message, _with(chain, draft), now))
        except BadRequestData as error:
            faults = [FaultView(where="", text=error.detail, error=True)]
        page = LookPage(
            frame=self._visits.frame(visit, "warning-desk", "Warnings"),
            faults=faults,
            exposure=exposure,
            phones=lengths,
            longest=warnings.LONGEST,
        )
        return self._pages.render("parts/warning_look.html", page)

    async def submit(self, request: AnyRequest, number: FromPath[str], data: Form) -> Response[Any]:
        return await self._do(request, number, "warnings.compose", "submit", "submitted", _int(data.get("version")))

    async def edit(self, request: AnyRequest, number: FromPath[str], data: Form) -> Response[Any]:
        """Takes what was submitted back to a draft; an approval is void then."""
        return await self._do(request, number, "warnings.compose", "take_back", "", _int(data.get("version")))

    async def template(self, request: AnyRequest, number: FromPath[str], data: Form) -> Response[Any]:
        """Keeps these words as a template."""
        title = data.get("title", "")[:120]
        return await self._do(request, number, "operations.manage", "keep_as_template", "template", title)

    async def approve(self, request: AnyRequest, number: FromPath[str], data: Form) -> Response[Any]:
        """Approves the bytes that were shown; `then` publishes them at once."""
        visit, desk = await desk_of(self._rooms, self._visits, request, "warnings.publish")
        try:
            await asyncio.to_thread(desk.approve, number, data.get("digest", "")[:64], data.get("note", "")[:500])
            if data.get("then") == "publish":
                await asyncio.to_thread(desk.publish, number)
        except RhineError as error:
            return await self._page(visit, desk, number, error=error)
        return _to(number, "published" if data.get("then") == "publish" else "approved")

    async def send_back(self, request: AnyRequest, number: FromPath[str], data: Form) -> Response[Any]:
        values = (data.get("digest", "")[:64], data.get("note", "")[:2000])
        return await self._do(request, number, "warnings.publish", "send_back", "sent-back", *values)

    async def publish(self, request: AnyRequest, number: FromPath[str]) -> Response[Any]:
        return await self._do(request, number, "warnings.publish", "publish", "published")

    async def follow(self, request: AnyRequest, number: FromPath[str], data: Form) -> Response[Any]:
        return await self._do(request, number, "warnings.compose", "follow", "", data.get("kind", "update")[:20])

    async def drop(self, request: AnyRequest, number: FromPath[str], data: Form) -> Response[Any]:
        visit, desk = await desk_of(self._rooms, self._visits, request, "warnings.compose")
        try:
            made = await asyncio.to_thread(desk.drop, number, _int(data.get("version")), data.get("reason", "")[:500])
        except RhineError as error:
            return await self._page(visit, desk, number, error=error)
        where = "/warning-desk?done=dropped" if made.state == "dropped" else f"/warning-desk/{made.number}"
        return Redirect(where, status_code=303)

    async def hand_over(self, request: AnyRequest, number: FromPath[str], data: Form) -> Response[Any]:
        outcome = data.get("outcome", "handed-over")
        given = warnings.Handover(
            id=0,
            message=0,
            system="mowas",
            at_us=0,
            who="",
            name="",
            receiver=data.get("receiver", "")[:200],
            outcome=outcome if outcome in OUTCOMES else "handed-over",  # type: ignore[arg-type]
            reference=data.get("reference", "")[:200],
            note=data.get("note", "")[:2000],
            fields={},
        )
        return await self._do(request, number, "warnings.compose", "hand_over", "handed-over", given)

    async def _do(
        self, request: AnyRequest, number: str, action: str, what: str, done: str, *values: Any
    ) -> Response[Any]:
        visit, desk = await desk_of(self._rooms, self._visits, request, action)
        try:
            await asyncio.to_thread(getattr(desk, what), number, *values)
        except RhineError as error:
            return await self._page(visit, desk, number, error=error)
        return _to(number, done)

    # ── the page ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _page(
        self,
        visit: Visit,
        desk: Any,
        number: str,
        *,
        typed: Typed | None = None,
        said: str = "",
        error: RhineError | None = None,
    ) -> Response[Any]:
        say, now = words(visit.language), self._rooms.clock()
        chain = await asyncio.to_thread(desk.chain, number)
        opened, newest = chain.open, chain.newest
        may_compose = self._visits.may(visit, "warnings.compose")
        mode = "shown" if opened is None else "review" if opened.state == "submitted" else "edit"
        if mode == "edit" and not may_compose:
            mode = "shown"
        message = await asyncio.to_thread(desk.message, chain, now)
        if message is None and newest is not None and newest.cap is not None:
            message = warnings.read(newest.cap)
        faults = fault_views(await asyncio.to_thread(desk.faults, chain, now), say) if mode == "edit" else []
        draft = opened.draft if opened else newest.draft if newest else warnings.Draft()
        fresh = typed_of(form_of(draft, self._zone, opened.version if opened else 0))
        drill = chain.status != "Actual"
        fields = warnings.fields(warnings.read(newest.cap)) if newest and newest.cap and not drill else []
        page = WarningPage(
            frame=self._visits.frame(visit, "warning-desk", chain.title or "New warning"),
            island=self._island(visit, say),
            tabs=tabs_of(say, "own"),
            chain=chain_row(chain, say),
            mode=mode,
            typed=(typed or fresh) if mode == "edit" else None,
            version=opened.version if opened else 0,
            kind=opened.draft.kind if opened else "",
            kind_word=say(KINDS[opened.draft.kind]) if opened else "",
            view=message_view(message, say) if message else None,
            decision=decision(chain, visit.principal.source),
            faults=faults,
            exposure=await self._exposure(visit, draft.area),
            phones=phones(message),
            longest=warnings.LONGEST,
            levels=levels(say, visit.language),
            steps=[step_view(m, chain, say) for m in chain.messages],
            handovers=[handover_view(h, say) for h in await asyncio.to_thread(desk.handovers, chain)],
            fields=[(f.label[visit.language], f.value) for f in fields],
            incident=await self._incident(visit, chain.incident),
            channels=channels(await asyncio.to_thread(desk.profile), drill, say),
            public=f"/warnings/{chain.number}" if newest and not drill else "",
            choices=choices(say),
            may_compose=may_compose,
            may_publish=self._visits.may(visit, "warnings.publish"),
            may_manage=self._visits.may(visit, "operations.manage"),
            said=say(DONE.get(said, "")),
            error=error_text(error, say),
            conflict=conflicts(error, typed, self._zone) if isinstance(error, Conflict) else [],
        )
        return self._pages.render("pages/warning.html", page, status=error.status if error else 200)

    def _island(self, visit: Visit, say: Words) -> Island:
        settings = self._rooms.settings
        return Island(
            language=visit.language,
            timezone=settings.timezone,
            words=say.some(ISLAND_TEXTS),
            map_style=settings.map_style,
            pmtiles="/web/map.pmtiles" if settings.map_pmtiles else "",
            csrf=visit.csrf,
        )

    async def _exposure(self, visit: Visit, area: dict[str, Any] | None) -> ExposureView | None:
        if area is None:
            return None
        try:
            found = await self._rooms.warnings.exposure(visit.tenant, visit.principal, area)
        except BadRequestData as error:
            return ExposureView(
                km2=0,
                people=None,
                source="",
                zones=[],
                schools=0,
                hospitals=0,
                groups=[],
                cut=False,
                error=error.detail,
            )
        names = {k.name: k.plural[visit.language] for k in self._rooms.model.types.values() if k.plural}
        return exposure_view(found, names)

    async def _incident(self, visit: Visit, incident: str) -> tuple[str, str] | None:
        if not incident:
            return None
        try:
            desk = self._rooms.operations.desk(visit.tenant, visit.principal)
            found = await asyncio.to_thread(desk.incident, incident)
        except RhineError:
            return None
        return f"/incidents/{found.number}/warnings", f"{found.number} {found.title}"


def _to(number: str, done: str) -> Redirect:
    return Redirect(f"/warning-desk/{number}" + (f"?done={done}" if done else ""), status_code=303)


def _int(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 9 else 0


def _with(chain: warnings.Chain, draft: warnings.Draft) -> warnings.Chain:
    messages = tuple(
        msgspec.structs.replace(m, draft=msgspec.structs.replace(draft, kind=m.draft.kind), cap=None)
        if chain.open is m
        else m
        for m in chain.messages
    )
    return msgspec.structs.replace(chain, messages=messages)
