"""*Messages of an incident*: taken in, distributed by the message officer, seen by the functions that they are for."""

from __future__ import annotations

import asyncio
from typing import Any, Final
from urllib.parse import quote

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import File, Redirect

from rhinecloud.base.errors import Refused, ResourceNotFound
from rhinecloud.operations import collaboration, planning
from rhinecloud.web.incident_tabs import PATH, Head, Heads, Opened, address
from rhinecloud.web.language import N_, words
from rhinecloud.web.refusals import told
from rhinecloud.web.rendering import Pages
from rhinecloud.web.room_parts import (
    LARGEST_FORM,
    MEANS,
    PRIORITIES,
    MessageRow,
    form_of,
    message_row,
    moment_of,
    new_key,
    readers_of,
    several,
)
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.visits import AnyRequest, Frame, Visits

from .forms import Form

SHOWN: Final = 50
DONE: Final = {
    "taken": N_("The message is kept. It waits to be distributed."),
    "distributed": N_("The message is distributed."),
    "seen": N_("It is noted that you have seen it."),
}


class FunctionChoice(msgspec.Struct, kw_only=True):
    """A function of a staff that a message may be given to."""

    id: str
    code: str
    title: str
    holder: str  # who has it now; "": nobody
    usual: bool  # ticked beforehand


class MessagesPage(msgspec.Struct, kw_only=True):
    frame: Frame
    head: Head
    said: str
    waiting: list[MessageRow]
    messages: list[MessageRow]
    older: str
    newest: bool
    to: str  # function whose messages are shown; "": all
    mine: list[str]
    functions: list[FunctionChoice]  # of the operations staff
    crisis: list[FunctionChoice]
    officer: str  # name of the message officer; "": nobody
    may_distribute: bool
    priorities: dict[str, str]
    means: dict[str, str]
    agencies: list[tuple[str, str]]
    endings: str
    most_files: int
    most_mb: int
    key: str
    wrong: dict[str, str]
    typed: dict[str, str]


class IncidentMessages:
    """The handlers."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits) -> None:
        self._rooms, self._pages = rooms, pages
        self._heads = Heads(rooms, visits)

    async def show(self, request: AnyRequest, incident_id: FromPath[str]) -> Response[Any]:
        """What waits to be distributed, and all others; `?part=` one of the two alone."""
        opened = await self._heads.open(request, incident_id, "messages")
        await self._heads.note_reading(opened)
        query = dict(request.query_params)
        page = await self._page(opened, query, said=DONE.get(query.get("done", ""), ""))
        parts = {"waiting": "parts/messages_waiting.html", "all": "parts/messages_all.html"}
        return self._pages.render(parts.get(query.get("part", ""), "pages/incident_messages.html"), page)

    async def take(self, request: AnyRequest, incident_id: FromPath[str]) -> Response[Any]:
        """A message comes in, or goes out."""
        opened = await self._heads.open(request, incident_id, "messages", "incidents.manage")
        fields, files = await form_of(request)

        def act() -> None:
            zone, now = self._rooms.settings.timezone, self._rooms.clock()
            draft = msgspec.convert(
                {
                    "text": fields.get("text", ""),
                    "sender": fields.get("sender", ""),
                    "to": fields.get("to", ""),
                    "direction": "out" if fields.get("direction") == "out" else "in",
                    "priority": fields.get("priority") if fields.get("priority") in PRIORITIES else "routine",
                    "why": fields.get("why", ""),
                    "means": fields.get("means") if fields.get("means") in MEANS else "system",
                    "at_us": moment_of(fields.get("at", ""), zone, now),
                    "readers": readers_of(fields, opened.incident.agencies),
                },
                collaboration.Draft,
            )
            desk = collaboration.RoomDesk(opened.desk.seat)
            desk.take_message(opened.incident.id, draft, files, key=fields.get("key", ""))

        return await self._act(opened, act, "taken", fields)

    async def distribute(
        self, request: AnyRequest, incident_id: FromPath[str], message_id: FromPath[int], data: Form
    ) -> Response[Any]:
        """Gives a message to functions; to none, where it is for the log alone."""
        opened = await self._heads.open(request, incident_id, "messages", "incidents.manage")
        functions = {f: data[f"to.{f}"] == "action" for f in several(data, "to.")}

        def act() -> None:
            desk = collaboration.RoomDesk(opened.desk.seat)
            self._of(opened, desk.message(message_id))
            desk.distribute(message_id, functions, data.get("remark", ""))

        return await self._act(opened, act, "distributed", {})

    async def see(
        self, request: AnyRequest, incident_id: FromPath[str], message_id: FromPath[int], data: Form
    ) -> Response[Any]:
        """Whoever has a function has read it."""
        opened = await self._heads.open(request, incident_id, "messages", "incidents.manage")

        def act() -> None:
            desk = collaboration.RoomDesk(opened.desk.seat)
            self._of(opened, desk.message(message_id))
            desk.see(message_id, data.get("function", ""))

        return await self._act(opened, act, "seen", {}, f"#message-{message_id}")

    async def file(
        self, request: AnyRequest, incident_id: FromPath[str], seq: FromPath[int], sha256: FromPath[str]
    ) -> File:
        """A file beside an entry. It is handed out to be kept; `?show=1` draws a picture in the page."""
        opened = await self._heads.open(request, incident_id)
        desk, visit = collaboration.RoomDesk(opened.desk.seat), opened.visit
        found, content = await asyncio.to_thread(desk.file, opened.incident.id, seq, sha256)
        content.close()
        kind = collaboration.FILE_KINDS[found.type]
        drawn = bool(request.query_params.get("show")) and kind.shown
        if not drawn:
            subject = f"{opened.incident.number}/{seq}/{sha256[:12]}"
            await self._rooms.access.record(visit.principal, "file.read", subject, tenant=visit.tenant)
        way = "inline" if drawn else "attachment"
        return File(
            path=content.name,
            filename=None,
            media_type=kind.type,
            headers={
                "Content-Disposition": f"{way}; filename*=UTF-8''{quote(found.name, safe='')}",
                "Content-Security-Policy": "sandbox; default-src 'none'; img-src 'self'; style-src 'unsafe-inline'",
                "Cache-Control": "private, no-store",
            },
        )

    def _of(self, opened: Opened, message: collaboration.Message) -> None:
        if message.incident != opened.incident.id:
            raise ResourceNotFound(f"Message {message.id} does not exist")

    async def _act(
        self, opened: Opened, act: Any, done: str, fields: dict[str, str], anchor: str = ""
    ) -> Response[Any]:
        try:
            await asyncio.to_thread(act)
        except Refused as refusal:
            page = await self._page(opened, {}, wrong=told(refusal.detail, opened.visit.language), typed=fields)
            return self._pages.render("pages/incident_messages.html", page, status=refusal.status)
        return Redirect(address(opened.incident.id, f"/messages?done={done}{anchor}"), status_code=303)

    async def _page(self, opened: Opened, query: dict[str, str], **more: Any) -> MessagesPage:
        head = await self._heads.head(opened)
        return await asyncio.to_thread(self._made, opened, head, query, more)

    def _made(self, opened: Opened, head: Head, query: dict[str, str], more: dict[str, Any]) -> MessagesPage:
        visit, incident, now = opened.visit, opened.incident, self._rooms.clock()
        language, say, titles = visit.language, words(visit.language), self._heads.agencies(visit)
        desk, duty = collaboration.RoomDesk(opened.desk.seat), planning.DutyDesk(opened.desk.seat)
        holders = duty.holders(incident.id)
        me = visit.principal.source
        mine, held = [h.function for h in holders if h.person == me], [h.function for h in holders if h.person]
        functions = duty.functions()
        text, to = query.get("before", ""), query.get("to", "")
        to = to if to in {f.id for f in functions} else ""
        before = int(text) if text.isdecimal() and len(text) < 10 else 2**53
        found = desk.messages(incident.id, function=to, before=before, limit=SHOWN)
        officer = desk.officer(incident.id)

        def row(message: collaboration.Message) -> MessageRow:
            return message_row(message, language, titles, now=now, mine=mine, held=held)

        wrong = more.get("wrong", "")
        return MessagesPage(
            frame=self._heads.frame(opened),
            head=head,
            said=say(more.get("said", "")),
            waiting=[row(m) for m in desk.messages(incident.id, box="new", limit=200)],
            messages=[row(m) for m in found],
            older=address(incident.id, f"/messages?before={found[-1].number}&to={to}") if len(found) == SHOWN else "",
            newest=before == 2**53,
            to=to,
            mine=mine,
            functions=_choices([f for f in functions if f.staff == "command"], holders, language),
            crisis=_choices([f for f in functions if f.staff == "crisis"], holders, language),
            officer=officer[1] if officer else "",
            may_distribute=head.may_manage
            and (
                officer is None or not officer[0] or officer[0] == me or bool({"command.lds", "command.el"} & set(mine))
            ),
            priorities={p: say(t) for p, t in PRIORITIES.items()},
            means={m: say(t) for m, t in MEANS.items()},
            agencies=[(a, titles.get(a, a)) for a in incident.agencies],
            endings=",".join(collaboration.ENDINGS),
            most_files=collaboration.MOST,
            most_mb=collaboration.LARGEST // 1024**2,
            key=new_key(),
            wrong={"form": wrong} if wrong else {},
            typed=more.get("typed", {}),
        )


def _choices(functions: list[Any], holders: list[Any], language: str) -> list[FunctionChoice]:
    """In their order; the situation's copy (red) always goes to S2, and the message officer gets none."""
    return [
        FunctionChoice(
            id=f.id,
            code=f.code,
            title=f.title[language],
            holder=", ".join(h.name for h in holders if h.function == f.id),
            usual=f.id == "command.s2",
        )
        for f in sorted(functions, key=lambda f: f.order)
        if f.id != collaboration.SICHTER
    ]


def routes(rooms: Rooms, pages: Pages, visits: Visits) -> list[Any]:
    page = IncidentMessages(rooms, pages, visits)
    one = PATH + "/messages/{message_id:int}"
    return [
        get(f"{PATH}/messages")(page.show),
        post(f"{PATH}/messages", request_max_body_size=LARGEST_FORM)(page.take),
        post(f"{one}/distribute")(page.distribute),
        post(f"{one}/seen")(page.see),
        get(PATH + "/files/{seq:int}/{sha256:str}")(page.file),
    ]
