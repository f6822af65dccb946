"""*The log of an incident* (Einsatztagebuch): read, written by its keeper, corrected, erased, verified, taken along."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Stream

from rhinecloud.base.errors import Refused
from rhinecloud.operations import collaboration, planning
from rhinecloud.web.incident_tabs import PATH, Head, Heads, Opened, address
from rhinecloud.web.language import N_, words
from rhinecloud.web.log_words import BY_HAND, KINDS
from rhinecloud.web.refusals import told
from rhinecloud.web.rendering import Pages
from rhinecloud.web.room_parts import (
    LARGEST_FORM,
    EntryRow,
    entry_row,
    form_of,
    moment_of,
    new_key,
    readers_of,
)
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.visits import AnyRequest, Frame, Visits

from .forms import Form

SHOWN: Final = 100
DONE: Final = {
    "written": N_("The entry is kept."),
    "corrected": N_("The correction is kept. The old entry stays."),
    "erased": N_("The content is erased. Number and hash of the entry stay."),
    "keeper": N_("You keep the log now."),
}


class LogPage(msgspec.Struct, kw_only=True):
    frame: Frame
    head: Head
    said: str
    entries: list[EntryRow]
    older: str  # address of the page before; ""
    newest: bool  # this is the first page
    kind: str
    kinds: dict[str, str]
    by_hand: dict[str, str]  # kinds that the keeper writes
    agency: str
    agencies: list[tuple[str, str]]  # who takes part
    keeper: str  # name; "": nobody
    keeper_who: str
    keeper_us: int | None
    is_keeper: bool
    may_erase: bool
    functions: list[str]  # codes of those that the visitor has
    endings: str
    most_files: int
    most_mb: int
    key: str
    wrong: dict[str, str]
    typed: dict[str, str]


class VerdictPage(msgspec.Struct, kw_only=True):
    frame: Frame
    head: Head
    entries: int
    erased: int
    chain: str
    breaks: list[tuple[int, str]]


class IncidentLog:
    """The handlers."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits) -> None:
        self._rooms, self._pages, self._visits = rooms, pages, visits
        self._heads = Heads(rooms, visits)

    async def show(self, request: AnyRequest, incident_id: FromPath[str]) -> Response[Any]:
        """The log, the newest first; `?part=1` its entries alone."""
        opened = await self._heads.open(request, incident_id, "log")
        await self._heads.note_reading(opened)
        query = request.query_params
        page = await self._page(opened, dict(query), said=DONE.get(query.get("done", ""), ""))
        return self._pages.render("parts/log_entries.html" if query.get("part") else "pages/incident_log.html", page)

    async def write(self, request: AnyRequest, incident_id: FromPath[str]) -> Response[Any]:
        """An entry by its keeper, with files."""
        opened = await self._heads.open(request, incident_id, "log", "incidents.manage")
        fields, files = await form_of(request)

        def act() -> None:
            zone, now = self._rooms.settings.timezone, self._rooms.clock()
            collaboration.RoomDesk(opened.desk.seat).write_log(
                opened.incident.id,
                fields.get("kind", ""),
                fields.get("text", ""),
                files,
                happened_us=moment_of(fields.get("at", ""), zone, now),
                function=fields.get("function", "")[:40],
                readers=readers_of(fields, opened.incident.agencies),
                key=fields.get("key", ""),
            )

        return await self._act(opened, act, "written", fields)

    async def take(self, request: AnyRequest, incident_id: FromPath[str], data: Form) -> Response[Any]:
        """Who asks keeps the log from now on."""
        opened = await self._heads.open(request, incident_id, "log", "incidents.manage")
        return await self._act(
            opened, lambda: opened.desk.take_log(opened.incident.id, data.get("expected", "")), "keeper", data
        )

    async def correct(
        self, request: AnyRequest, incident_id: FromPath[str], seq: FromPath[int], data: Form
    ) -> Response[Any]:
        """Another entry that says it right."""
        opened = await self._heads.open(request, incident_id, "log", "incidents.manage")
        text = data.get("text", "")
        return await self._act(
            opened, lambda: opened.desk.correct_log(opened.incident.id, seq, text), "corrected", data
        )

    async def erase(
        self, request: AnyRequest, incident_id: FromPath[str], seq: FromPath[int], data: Form
    ) -> Response[Any]:
        """Takes the content of an entry away for good."""
        opened = await self._heads.open(request, incident_id, "log", "log.erase")
        visit, reason = opened.visit, data.get("reason", "")
        answer = await self._act(opened, lambda: opened.desk.erase_log(opened.incident.id, seq, reason), "erased", data)
        if answer.status_code == 303:
            subject = f"{opened.incident.number}/{seq}"
            await self._rooms.access.record(visit.principal, "log.erase", subject, tenant=visit.tenant)
        return answer

    async def verify(self, request: AnyRequest, incident_id: FromPath[str]) -> Response[Any]:
        """Reads the whole log and says whether it is what was written."""
        opened = await self._heads.open(request, incident_id, "log")
        found = await asyncio.to_thread(opened.desk.verify_log, opened.incident.id)
        page = VerdictPage(
            frame=self._heads.frame(opened),
            head=await self._heads.head(opened),
            entries=found.entries,
            erased=found.erased,
            chain=found.head,
            breaks=[(b.seq, b.reason) for b in found.breaks],
        )
        return self._pages.render("pages/incident_verdict.html", page)

    async def export(self, request: AnyRequest, incident_id: FromPath[str]) -> Stream:
        """The log as lines of JSON, as far as the visitor may read it; to be checked without this program."""
        opened = await self._heads.open(request, incident_id, "log")
        visit, number = opened.visit, opened.incident.number
        await self._rooms.access.record(visit.principal, "log.export", number, tenant=visit.tenant)
        lines = await asyncio.to_thread(lambda: b"".join(opened.desk.export_log(opened.incident.id)))
        name = f"{'exercise-' if opened.incident.exercise else ''}log-{number}.jsonl"
        return Stream(
            iter([lines]),
            media_type="application/jsonl",
            headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
        )

    async def verifier(self, request: AnyRequest) -> Response[bytes]:
        """The stand-alone verifier: one file of Python."""
        await self._visits.allowed(request, "incidents.read")
        return Response(
            collaboration.verifier_source(),
            media_type="text/x-python",
            headers={"Content-Disposition": 'attachment; filename="verifier.py"'},
        )

    async def _act(self, opened: Opened, act: Any, done: str, fields: dict[str, str]) -> Response[Any]:
        try:
            await asyncio.to_thread(act)
        except Refused as refusal:
            page = await self._page(opened, {}, wrong=told(refusal.detail, opened.visit.language), typed=fields)
            return self._pages.render("pages/incident_log.html", page, status=refusal.status)
        where = f"?done={done}" if fields.get("back") == "room" else f"/log?done={done}"
        return Redirect(address(opened.incident.id, where), status_code=303)

    async def _page(self, opened: Opened, query: dict[str, str], **more: Any) -> LogPage:
        head = await self._heads.head(opened)
        return await asyncio.to_thread(self._made, opened, head, query, more)

    def _made(self, opened: Opened, head: Head, query: dict[str, str], more: dict[str, Any]) -> LogPage:
        visit, desk, incident = opened.visit, opened.desk, opened.incident
        language, say, titles = visit.language, words(visit.language), self._heads.agencies(visit)
        kind = query.get("kind", "") if query.get("kind", "") in (*KINDS, "hand") else ""
        agency = query.get("agency", "") if query.get("agency", "") in incident.agencies else ""
        kinds = (
            tuple(k for k in KINDS if k not in ("automatic", "keeper")) if kind == "hand" else (kind,) if kind else ()
        )
        text = query.get("before", "")
        before = int(text) if text.isdecimal() and len(text) < 10 else 2**53
        found = desk.latest_log(incident.id, before=before, limit=SHOWN, kinds=kinds, agency=agency)
        keeper = desk.keeper(incident.id)
        older = f"?before={found[-1].seq}&kind={kind}&agency={agency}" if len(found) == SHOWN else ""
        holders = planning.DutyDesk(desk.seat).holders(incident.id)
        wrong = more.get("wrong", "")
        return LogPage(
            frame=self._heads.frame(opened),
            head=head,
            said=say(more.get("said", "")),
            entries=[entry_row(e, language, titles) for e in found],
            older=address(incident.id, f"/log{older}") if older else "",
            newest=before == 2**53 and not kind and not agency,
            kind=kind,
            kinds={k: say(v) for k, v in KINDS.items()},
            by_hand={k: say(KINDS[k]) for k in ("note", *(k for k in BY_HAND if k != "note"))},
            agency=agency,
            agencies=[(a, titles.get(a, a)) for a in incident.agencies],
            keeper=(keeper.name or keeper.who) if keeper else "",
            keeper_who=keeper.who if keeper else "",
            keeper_us=keeper.since_us if keeper else None,
            is_keeper=keeper is not None and keeper.who == visit.principal.source,
            may_erase=self._visits.may(visit, "log.erase"),
            functions=[h.function for h in holders if h.person == visit.principal.source],
            endings=",".join(collaboration.ENDINGS),
            most_files=collaboration.MOST,
            most_mb=collaboration.LARGEST // 1024**2,
            key=new_key(),
            wrong={"form": wrong} if wrong else {},
            typed=more.get("typed", {}),
        )


def routes(rooms: Rooms, pages: Pages, visits: Visits) -> list[Any]:
    page = IncidentLog(rooms, pages, visits)
    return [
        get(f"{PATH}/log")(page.show),
        post(f"{PATH}/log", request_max_body_size=LARGEST_FORM)(page.write),
        post(f"{PATH}/log/take")(page.take),
        post(PATH + "/log/{seq:int}/correct")(page.correct),
        post(PATH + "/log/{seq:int}/erase")(page.erase),
        get(f"{PATH}/log/verify")(page.verify),
        get(f"{PATH}/log/export")(page.export),
        get("/log-verifier")(page.verifier),
    ]
