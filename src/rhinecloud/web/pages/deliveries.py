"""*Deliveries*: what was told to whom on which way and what became of it; what failed is sent again; answers by mail.

The page `/answer/<code>` is for who was told by mail and has no account: its address cannot be guessed.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from rhinecloud.base.errors import BadRequestData, Conflict, ResourceNotFound
from rhinecloud.operations import telling
from rhinecloud.web.language import N_, words
from rhinecloud.web.rendering import Pages
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.unit_rows import ABOUT
from rhinecloud.web.visits import AnyRequest, Frame, Visit, Visits

from .forms import PAGE, Form, address, is_part

CHANNELS: Final = {"web": N_("own page"), "mqtt": "MQTT", "webhook": "Webhook", "email": N_("e-mail")}
CHANNEL_ICONS: Final = {"web": "earth", "mqtt": "radio", "webhook": "plug", "email": "mail-check"}
STATES: Final = {
    "waiting": N_("waiting"),
    "sent": N_("sent"),
    "received": N_("received"),
    "read": N_("read"),
    "accepted": N_("accepted"),
    "declined": N_("declined"),
    "failed": N_("failed"),
    "stopped": N_("not sent"),
}
STATE_ICONS: Final = {
    "waiting": "clock",
    "sent": "send",
    "received": "inbox",
    "read": "eye",
    "accepted": "check-check",
    "declined": "ban",
    "failed": "circle-alert",
    "stopped": "minus",
}
COLOURS: Final = {"failed": 4, "declined": 3, "waiting": 2, "accepted": 0}
OUTCOMES: Final = {"ok": N_("sent"), "failed": N_("failed"), "unknown": N_("nobody knows"), "": N_("on its way")}
MARKS: Final = {
    "received": N_("It has arrived"),
    "read": N_("It was read"),
    "accepted": N_("It is accepted"),
    "declined": N_("It is declined"),
}
SHOWN: Final = 200


class DeliveryRow(msgspec.Struct, kw_only=True):
    id: str
    about: str
    subject: str
    recipient: str
    channel: str
    channel_icon: str
    address: str
    state: str
    state_word: str
    state_icon: str
    colour: int
    at_us: int
    marks: list[tuple[str, str, int]]  # icon, word, when
    doubts: int
    reason: str
    exercise: bool
    again: bool


class HeldRow(msgspec.Struct, kw_only=True):
    name: str
    failures: int
    until_us: int
    waiting: int


class DeliveriesPage(msgspec.Struct, kw_only=True):
    frame: Frame
    tab: str
    rows: list[DeliveryRow]
    counts: list[tuple[str, str, str, int]]  # state, word, icon, how many of the last day
    held: list[HeldRow]
    search: str
    state: str
    states: dict[str, str]
    channel: str
    channels: dict[str, str]
    about: str
    abouts: dict[str, str]
    incident: str  # number; "": of all
    older: str
    newest: str
    filtered: bool
    may_act: bool
    may_manage: bool


class AttemptRow(msgspec.Struct, kw_only=True):
    number: int
    begun_us: int
    outcome: str
    good: bool
    detail: str


class DeliveryPage(msgspec.Struct, kw_only=True):
    frame: Frame
    row: DeliveryRow
    body: str
    data: str
    files: list[str]
    incident: str
    number: str
    priority: str
    made_by: str
    wanted: str
    attempts: list[AttemptRow]
    next_us: int | None
    others: list[DeliveryRow]
    can_mark: dict[str, str]
    may_act: bool
    error: str


class AnswerPage(msgspec.Struct, kw_only=True):
    frame: Frame
    subject: str
    body: str
    exercise: bool
    at_us: int
    wanted: str
    state: str
    state_word: str
    over: bool  # nothing more to answer
    error: str


class Deliveries:
    """The handlers."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits) -> None:
        self._rooms, self._pages, self._visits = rooms, pages, visits

    async def list(self, request: AnyRequest) -> Response[Any]:
        """What was told, the newest first."""
        visit = await self._visits.in_centre(request, "incidents.read")
        page = await asyncio.to_thread(self._list, request, visit)
        return self._pages.render("parts/delivery_table.html" if is_part(request) else "pages/deliveries.html", page)

    async def show(self, request: AnyRequest, delivery_id: FromPath[str]) -> Response[Any]:
        """One delivery: what was said, its marks and its attempts."""
        visit = await self._visits.in_centre(request, "incidents.read")
        page = await asyncio.to_thread(self._one, visit, delivery_id)
        return self._pages.render("pages/delivery.html", page)

    async def again(self, request: AnyRequest, delivery_id: FromPath[str]) -> Response[Any]:
        """Sends one that failed again."""
        visit = await self._visits.allowed(request, "incidents.manage")
        try:
            await asyncio.to_thread(lambda: self._desk(visit).again(delivery_id))
        except Conflict as error:
            page = await asyncio.to_thread(self._one, visit, delivery_id, error.detail)
            return self._pages.render("pages/delivery.html", page, status=409)
        await self._rooms.access.record(visit.principal, "delivery.again", delivery_id, tenant=visit.tenant)
        return Redirect(f"/deliveries/{delivery_id}", status_code=303)

    async def mark(self, request: AnyRequest, delivery_id: FromPath[str], data: Form) -> Response[Any]:
        """Somebody says on the telephone what became of it."""
        visit = await self._visits.allowed(request, "incidents.manage")
        what: Any = data.get("mark", "")
        reason = data.get("reason", "")[:500]
        if what not in MARKS:
            raise BadRequestData("There is no such mark")
        try:
            await asyncio.to_thread(lambda: self._desk(visit).mark(delivery_id, what, reason))
        except (Conflict, BadRequestData) as error:
            page = await asyncio.to_thread(self._one, visit, delivery_id, error.detail)
            return self._pages.render("pages/delivery.html", page, status=error.status)
        await self._rooms.access.record(visit.principal, f"delivery.{what}", delivery_id, tenant=visit.tenant)
        return Redirect(f"/deliveries/{delivery_id}", status_code=303)

    # ── who was told by mail ─────────────────────────────────────────────────────────────────────────────────────────

    async def asked(self, request: AnyRequest, code: FromPath[str]) -> Response[Any]:
        """What somebody is asked to answer. Looking at it marks nothing: programs that check mails look, too."""
        visit = await self._visits.of(request)
        page = await asyncio.to_thread(self._asked, visit, code)
        return self._pages.render("pages/answer.html", page, headers={"X-Robots-Tag": "noindex"})

    async def answered(self, request: AnyRequest, code: FromPath[str], data: Form) -> Response[Any]:
        """The answer: read, accepted, declined with a reason."""
        visit = await self._visits.of(request)
        what, reason = data.get("mark", ""), data.get("reason", "")[:500]
        if what not in ("read", "accepted", "declined"):
            raise BadRequestData("There is no such answer")
        try:
            await asyncio.to_thread(self._answer, code, what, reason)
        except (Conflict, BadRequestData) as error:
            page = await asyncio.to_thread(self._asked, visit, code, error.detail)
            return self._pages.render("pages/answer.html", page, status=error.status)
        return Redirect(f"/answer/{code}", status_code=303)

    def _answer(self, code: str, what: Any, reason: str) -> None:
        desk, found = self._by_code(code)
        desk.answer(found, what, reason)

    def _asked(self, visit: Visit, code: str, error: str = "") -> AnswerPage:
        desk, found = self._by_code(code)
        message = desk.message(found)
        said, say = telling.text_of(message, visit.language), words(visit.language)
        return AnswerPage(
            frame=self._visits.frame(visit, "answer", said.subject),
            subject=said.subject,
            body=said.body,
            exercise=message.exercise,
            at_us=message.made_us,
            wanted=message.given.wanted,
            state=found.state,
            state_word=say(STATES[found.state]),
            over=message.ended_us is not None or found.answered_us is not None,
            error=error,
        )

    def _by_code(self, code: str) -> tuple[telling.CodeDesk, telling.Delivery]:
        """The message is in one of the tenants; which one, its code does not say."""
        folder = self._rooms.settings.data / "tenants"
        for tenant in self._rooms.presents.names() if self._rooms.operations is not None else ():
            if telling.there(folder / tenant):
                desk = telling.CodeDesk(self._rooms.operations.seat(tenant, self._rooms.access.anonymous()))
                found = desk.of_code(code)
                if found is not None:
                    return desk, found
        raise ResourceNotFound("There is no message at this address")

    # ── pages ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _desk(self, visit: Visit) -> telling.TellingDesk:
        return telling.TellingDesk(self._rooms.operations.seat(visit.tenant, visit.principal))

    def _list(self, request: AnyRequest, visit: Visit) -> DeliveriesPage:
        query, desk, say = request.query_params, self._desk(visit), words(visit.language)
        state, channel, about = query.get("state", ""), query.get("channel", ""), query.get("about", "")
        before = query.get("before", "")
        number, incident = query.get("incident", "")[:60], ""
        if number:
            incident = desk.seat.incident(number).id
        found = desk.search(
            telling.AskedDeliveries(
                text=query.get("q", "")[:100].strip(),
                states=(state,) if state in STATES else (),
                channel=channel if channel in CHANNELS else "",
                about=about if about in ABOUT else "",
                incident=incident,
                before=int(before) if before.isascii() and before.isdecimal() and len(before) < 16 else 0,
                limit=PAGE + 1,
            )
        )
        counts, names = desk.counts(), desk.names(visit.language)
        return DeliveriesPage(
            frame=self._visits.frame(visit, "deliveries", "Deliveries"),
            tab="list",
            rows=[self._row(line.delivery, line.message, visit.language, names) for line in found[:PAGE]],
            counts=[(s, say(w), STATE_ICONS[s], counts.get(s, 0)) for s, w in STATES.items()],
            held=[
                HeldRow(name=h.name.partition(":")[2] or say(CHANNELS["email"]), **_without_name(h))
                for h in desk.held()
            ],
            search=query.get("q", "")[:100],
            state=state,
            states={s: say(w) for s, w in STATES.items()},
            channel=channel,
            channels={c: say(w) for c, w in CHANNELS.items()},
            about=about,
            abouts={a: say(w) for a, w in ABOUT.items()},
            incident=number,
            older=address(request, before=str(found[PAGE - 1].num)) if len(found) > PAGE else "",
            newest=address(request, before="") if before else "",
            filtered=any(query.get(k) for k in ("q", "state", "channel", "about", "incident")),
            may_act=self._visits.may(visit, "incidents.manage"),
            may_manage=self._visits.may(visit, "operations.manage"),
        )

    def _one(self, visit: Visit, delivery_id: str, error: str = "") -> DeliveryPage:
        desk, say = self._desk(visit), words(visit.language)
        found, message, attempts = desk.delivery(delivery_id)
        given = message.given
        said = telling.text_of(message, visit.language) if given.text else telling.Text("")
        names = desk.names(visit.language)
        others = [d for d in desk.siblings(message) if d.id != found.id][:SHOWN]
        able = found.answered_us is None and message.ended_us is None
        marks = {m: w for m, w in MARKS.items() if able and getattr(found, _column(m)) is None}
        number = desk.seat.incident(given.incident).number if given.incident else ""
        return DeliveryPage(
            frame=self._visits.frame(visit, "deliveries", "Delivery"),
            row=self._row(found, message, visit.language, names),
            body=said.body,
            data=msgspec.json.format(msgspec.json.encode(given.data), indent=2).decode() if given.data else "",
            files=[f.name for f in given.attachments],
            incident=given.incident,
            number=number,
            priority=say(PRIORITIES[given.priority]),
            made_by=message.made_by,
            wanted=say(STATES[given.wanted]) if given.wanted else "",
            attempts=[
                AttemptRow(
                    number=a.number,
                    begun_us=a.begun_us,
                    outcome=say(OUTCOMES[a.outcome]),
                    good=a.outcome == "ok",
                    detail=a.detail,
                )
                for a in attempts
            ],
            next_us=found.next_us,
            others=[self._row(d, message, visit.language, names) for d in others],
            can_mark={m: say(w) for m, w in marks.items()},
            may_act=self._visits.may(visit, "incidents.manage"),
            error=error,
        )

    def _row(
        self, found: telling.Delivery, message: telling.Message, language: str, names: dict[str, str]
    ) -> DeliveryRow:
        say, given = words(language), message.given
        marks = [
            (STATE_ICONS[name], say(STATES[name]), at)
            for name, at in (
                ("sent", found.sent_us),
                ("received", found.received_us),
                ("read", found.read_us),
                (found.state if found.answered_us else "accepted", found.answered_us),
            )
            if at
        ]
        return DeliveryRow(
            id=found.id,
            about=say(ABOUT.get(given.about, ABOUT["message"])),
            subject=telling.text_of(message, language).subject if given.text else given.subject,
            recipient=names.get(found.recipient) or found.recipient.partition(":")[2],
            channel=say(CHANNELS[found.channel]),
            channel_icon=CHANNEL_ICONS[found.channel],
            address=found.address if found.channel != "web" else "",
            state=found.state,
            state_word=say(STATES[found.state]),
            state_icon=STATE_ICONS[found.state],
            colour=COLOURS.get(found.state, 0),
            at_us=message.made_us,
            marks=marks,
            doubts=found.doubts,
            reason=found.reason,
            exercise=message.exercise,
            again=found.state in ("failed", "stopped") and found.channel != "web" and message.ended_us is None,
        )


PRIORITIES: Final = {"routine": N_("routine"), "immediate": N_("at once"), "flash": N_("flash")}


def _without_name(held: telling.Held) -> dict[str, Any]:
    return {"failures": held.failures, "until_us": held.until_us, "waiting": held.waiting}


def _column(mark: str) -> str:
    return "answered_us" if mark in ("accepted", "declined") else f"{mark}_us"


def routes(rooms: Rooms, pages: Pages, visits: Visits) -> list[Any]:
    page = Deliveries(rooms, pages, visits)
    return [
        get("/deliveries")(page.list),
        get("/deliveries/{delivery_id:str}")(page.show),
        post("/deliveries/{delivery_id:str}/again")(page.again),
        post("/deliveries/{delivery_id:str}/mark")(page.mark),
        get("/answer/{code:str}")(page.asked),
        post("/answer/{code:str}")(page.answered),
    ]
