"""*One warning*: written, looked at by a second person as the public will see it, published, updated, lifted."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response
from litestar.params import FromPath
from litestar.response import Redirect

from rhinecloud.base.clock import SECOND
from rhinecloud.base.errors import BadRequestData, Conflict, RhineError
from rhinecloud.operations import warnings
from rhinecloud.web.districts import districts
from rhinecloud.web.island import ISLAND_TEXTS, Island
from rhinecloud.web.language import N_, Words, words
from rhinecloud.web.rendering import Pages
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.visits import AnyRequest, Frame, Visit, Visits
from rhinecloud.web.warning_form import Typed, draft_of, typed_of
from rhinecloud.web.warning_rows import ChainRow, MessageView, chain_row, message_view
from rhinecloud.web.warning_words import (
    CATEGORY,
    CERTAINTY,
    FAULTS,
    KINDS,
    MESSAGES,
    OUTCOMES,
    RESPONSE,
    SEVERITY,
    URGENCY,
)

from .forms import Form
from .public_warnings import public_page
from .warnings_of import desk_of, tabs_of

DONE: Final = {
    "saved": N_("The draft is kept."),
    "submitted": N_("Submitted. Somebody else has to approve it now; you cannot do that yourself."),
    "approved": N_("Approved. It is not public yet."),
    "published": N_("Published. It is public now."),
    "sent-back": N_("Sent back to who wrote it, with your reason."),
    "handed-over": N_("The hand-over is recorded."),
}


class LevelView(msgspec.Struct, kw_only=True):
    """What a severity means in the app and on the phone."""

    severity: str
    number: int
    app: str
    phone: str


class FaultView(msgspec.Struct, kw_only=True):
    where: str
    text: str
    error: bool


class LookView(msgspec.Struct, kw_only=True):
    name: str
    approves: bool
    at_us: int
    note: str
    valid: bool  # it is of the bytes as they are


class StepView(msgspec.Struct, kw_only=True):
    """A message of the chain."""

    place: int
    kind: str
    state: str
    state_word: str
    by: str
    second: str
    at_us: int | None
    cap: str  # address of its XML; ""
    digest: str


class HandoverView(msgspec.Struct, kw_only=True):
    receiver: str
    outcome: str
    reference: str
    note: str
    name: str
    at_us: int


class ExposureView(msgspec.Struct, kw_only=True):
    """Who and what lies in an area."""

    km2: float
    people: int | None
    source: str
    zones: list[tuple[str, int, int]]  # name, share in per cent, people
    schools: int
    hospitals: int
    groups: list[tuple[str, str, int, list[str]]]  # kind, name of the type, count, first names
    cut: bool
    error: str = ""


class LookPage(msgspec.Struct, kw_only=True):
    """The part beside the form: what is missing, and who lies in the area."""

    frame: Frame
    faults: list[FaultView]
    exposure: ExposureView | None
    phones: list[tuple[str, int]]  # language, characters
    longest: int


class WarningPage(msgspec.Struct, kw_only=True):
    frame: Frame
    island: Island
    tabs: list[Any]
    chain: ChainRow
    mode: str  # "edit", "review", "shown"
    typed: Typed | None
    version: int
    kind: str  # of the open message
    kind_word: str
    view: MessageView | None  # what is open, or what counts
    digest: str
    submitted_by: str
    submitted_us: int | None
    approval: LookView | None
    looks: list[LookView]
    mine: bool  # who looks wrote or submitted it
    faults: list[FaultView]
    exposure: ExposureView | None
    phones: list[tuple[str, int]]
    longest: int
    levels: list[LevelView]
    steps: list[StepView]
    handovers: list[HandoverView]
    fields: list[tuple[str, str]]  # label, value: for the state's system
    incident: tuple[str, str] | None  # address, title
    channels: list[str]
    public: str  # its public address; "" while there is none
    categories: dict[str, str]
    responses: dict[str, str]
    urgencies: dict[str, str]
    severities: dict[str, str]
    certainties: dict[str, str]
    languages: dict[str, str]
    boroughs: list[str]
    quarters: list[str]
    outcomes: dict[str, str]
    may_compose: bool
    may_publish: bool
    said: str
    error: str
    conflict: list[tuple[str, str, str]]  # field, mine, theirs


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
        title = {t.name: t.title for t in self._rooms.access.tenants.list()}.get(visit.tenant, visit.tenant)
        page = public_page(
            message, chain, title=title, language=visit.language, preview=True, now_us=self._rooms.clock()
        )
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
        faults, exposure, phones = [], None, list[tuple[str, int]]()
        try:
            draft = draft_of(typed_of(data), self._zone)
            faults = _faults(await asyncio.to_thread(desk.faults, chain, now, draft), say)
            exposure = await self._exposure(visit, draft.area)
            phones = _phones(await asyncio.to_thread(desk.message, _with(chain, draft), now))
        except BadRequestData as error:
            faults = [FaultView(where="", text=error.detail, error=True)]
        page = LookPage(
            frame=self._visits.frame(visit, "warning-desk", "Warnings"),
            faults=faults,
            exposure=exposure,
            phones=phones,
            longest=warnings.LONGEST,
        )
        return self._pages.render("parts/warning_look.html", page)

    async def submit(self, request: AnyRequest, number: FromPath[str], data: Form) -> Response[Any]:
        return await self._do(request, number, "warnings.compose", "submit", "submitted", _int(data.get("version")))

    async def edit(self, request: AnyRequest, number: FromPath[str], data: Form) -> Response[Any]:
        """Takes what was submitted back to a draft; an approval is void then."""
        return await self._do(request, number, "warnings.compose", "take_back", "", _int(data.get("version")))

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
        faults = _faults(await asyncio.to_thread(desk.faults, chain, now), say) if mode == "edit" else []
        draft = opened.draft if opened else newest.draft if newest else warnings.Draft()
        fresh = typed_of(_form_of(draft, self._zone, opened.version if opened else 0))
        drill = chain.status != "Actual"
        fields = warnings.fields(warnings.read(newest.cap)) if newest and newest.cap and not drill else []
        page = WarningPage(
            frame=self._visits.frame(visit, "warning-desk", chain.title or "New warning"),
            island=Island(
                language=visit.language,
                timezone=self._rooms.settings.timezone,
                words=say.some(ISLAND_TEXTS),
                map_style=self._rooms.settings.map_style,
                pmtiles="/map.pmtiles" if self._rooms.settings.map_pmtiles else "",
                csrf=visit.csrf,
            ),
            tabs=tabs_of(visit, say, "own"),
            chain=chain_row(chain, say),
            mode=mode,
            typed=(typed or fresh) if mode == "edit" else None,
            version=opened.version if opened else 0,
            kind=opened.draft.kind if opened else "",
            kind_word=say(KINDS[opened.draft.kind]) if opened else "",
            view=message_view(message, say) if message else None,
            digest=(opened.digest or "") if opened else (newest.digest or "") if newest else "",
            submitted_by=(opened.submitted_name or "") if opened else "",
            submitted_us=opened.submitted_us if opened else None,
            approval=_look(opened.approved, opened) if opened and opened.approved else None,
            looks=[_look(x, opened) for x in opened.looks] if opened else [],
            mine=opened is not None and visit.principal.source in (opened.submitted_by, opened.saved_by),
            faults=faults,
            exposure=await self._exposure(visit, draft.area),
            phones=_phones(message),
            longest=warnings.LONGEST,
            levels=_levels(say, visit.language),
            steps=[_step(m, chain, say) for m in chain.messages],
            handovers=[
                HandoverView(
                    receiver=h.receiver,
                    outcome=say(OUTCOMES.get(h.outcome, h.outcome)),
                    reference=h.reference,
                    note=h.note,
                    name=h.name,
                    at_us=h.at_us,
                )
                for h in await asyncio.to_thread(desk.handovers, chain)
            ],
            fields=[(f.label[visit.language], f.value) for f in fields],
            incident=await self._incident(visit, chain.incident),
            channels=_channels(await asyncio.to_thread(desk.profile), drill, say),
            public=f"/warnings/{chain.number}" if newest and not drill else "",
            categories={k: say(v) for k, v in CATEGORY.items()},
            responses={k: say(v) for k, v in RESPONSE.items()},
            urgencies={k: say(v) for k, v in URGENCY.items()},
            severities={k: say(v) for k, v in SEVERITY.items()},
            certainties={k: say(v) for k, v in CERTAINTY.items()},
            languages=warnings.LANGUAGES,
            boroughs=[d.name for d in districts().values() if d.layer == "borough"],
            quarters=[d.name for d in districts().values() if d.layer == "quarter"],
            outcomes={k: say(v) for k, v in OUTCOMES.items()},
            may_compose=may_compose,
            may_publish=self._visits.may(visit, "warnings.publish"),
            said=say(DONE.get(said, "")),
            error=_error(error, say),
            conflict=_conflict(error, typed, self._zone) if isinstance(error, Conflict) else [],
        )
        return self._pages.render("pages/warning.html", page, status=error.status if error else 200)

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
        return ExposureView(
            km2=found.km2,
            people=found.people,
            source=found.source,
            zones=[(z.name, round(z.share * 100), z.people) for z in found.zones],
            schools=sum(g.count for g in found.groups if g.kind == "school"),
            hospitals=sum(g.count for g in found.groups if g.kind == "hospital"),
            groups=[(g.kind, names.get(g.type, g.type), g.count, [t.name for t in g.things]) for g in found.groups],
            cut=found.cut,
        )

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


def _form_of(draft: warnings.Draft, zone: ZoneInfo, version: int) -> dict[str, str]:
    """A draft as the form has it."""
    form = {
        "version": str(version),
        "template": draft.template,
        "category": " ".join(draft.category),
        "response": " ".join(draft.response),
        "urgency": draft.urgency,
        "severity": draft.severity,
        "certainty": draft.certainty,
        "event_code": draft.event_code,
        "onset": _local(draft.onset_us, zone),
        "expires": _local(draft.expires_us, zone),
        "note": draft.note,
        "contact": draft.contact,
        "web": draft.web,
        "geometry": msgspec.json.encode(draft.area).decode() if draft.area else "",
        "languages": " ".join(w.language for w in draft.texts),
    }
    for words_ in draft.texts:
        for name in ("event", "headline", "description", "instruction", "area"):
            form[f"{name}.{words_.language}"] = getattr(words_, name)
    return form


def _local(us: int | None, zone: ZoneInfo) -> str:
    return f"{datetime.fromtimestamp(us / SECOND, zone):%Y-%m-%dT%H:%M}" if us else ""


def _faults(found: list[warnings.Fault], say: Words) -> list[FaultView]:
    made = [
        FaultView(
            where=f.where if f.where in warnings.LANGUAGES else "",
            text=say(FAULTS[f.rule]) if f.rule in FAULTS else f.text,
            error=f.level == "error",
        )
        for f in found
    ]
    return list({(f.where, f.text): f for f in made}.values())


def _phones(message: warnings.Message | None) -> list[tuple[str, int]]:
    return [(i.language, len(warnings.phone(i))) for i in message.infos] if message else []


def _levels(say: Words, language: str) -> list[LevelView]:
    return [
        LevelView(severity=say(SEVERITY[s]), number=n, app=row.app[language], phone=row.phone[language])
        for s in ("Extreme", "Severe", "Minor")
        for n, row in [(warnings.level_of(s), warnings.TABLE[warnings.level_of(s)])]
    ]


def _look(look: warnings.Look, opened: warnings.Prepared) -> LookView:
    return LookView(
        name=look.name or look.who,
        approves=look.approves,
        at_us=look.at_us,
        note=look.note,
        valid=look.digest == opened.digest,
    )


def _step(message: warnings.Prepared, chain: warnings.Chain, say: Words) -> StepView:
    approval = message.approved
    return StepView(
        place=message.place,
        kind=say(KINDS[message.draft.kind]),
        state=message.state,
        state_word=say(MESSAGES[message.state]),
        by=message.submitted_name or message.saved_name,
        second=approval.name if approval else "",
        at_us=message.published_us or message.submitted_us or message.saved_us,
        cap=f"/warnings/{chain.number}/{message.place}.xml"
        if message.state == "published" and chain.status == "Actual"
        else "",
        digest=message.digest or "",
    )


def _channels(profile: warnings.Profile, drill: bool, say: Words) -> list[str]:
    """Where it goes when it is published."""
    if drill:
        return [say(N_("Nowhere in public: it is shown to those who work here alone")), *profile.drill_recipients]
    return [
        say(N_("Public page, Atom feed, GeoJSON and signed CAP")),
        *(
            say(N_("Subscribers of the list “%s” (e-mail, webhook, MQTT)")).replace("%s", r.partition(":")[2])
            for r in profile.recipients
        ),
    ]


def _error(error: RhineError | None, say: Words) -> str:
    if error is None:
        return ""
    if isinstance(error, warnings.NotReady):
        return say(N_("It cannot be submitted yet; what is missing stands beside the form."))
    return say(error.detail)


def _conflict(error: Conflict, typed: Typed | None, zone: ZoneInfo) -> list[tuple[str, str, str]]:
    """Fields that somebody else changed meanwhile: both values."""
    if typed is None or "draft" not in error.extra:
        return []
    theirs = _form_of(msgspec.convert(error.extra["draft"], warnings.Draft), zone, 0)
    mine = typed.form
    keys = [k for k in dict.fromkeys((*theirs, *mine)) if k not in ("version", "geometry", "then", "_csrf_token")]
    found = [(k, mine.get(k, ""), theirs.get(k, "")) for k in keys]
    return [(k, a, b) for k, a, b in found if a.replace("\r\n", "\n").strip() != b.strip()]
