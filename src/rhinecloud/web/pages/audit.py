"""*Audit*: what was done, by whom, and that nobody altered the record of it."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from typing import Any, Final

import msgspec
from litestar import Response, get
from litestar.response import Stream

from rhinecloud.base.clock import iso
from rhinecloud.base.errors import Refused
from rhinecloud.web.language import N_, words
from rhinecloud.web.rendering import Pages
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.visits import AnyRequest, Frame, Visit, Visits

from .forms import address

RECORDS: Final = 100
EXPORTED: Final = 1_000
"""Records of one piece of an export."""
FAMILIES: Final = ("alert.", "device.", "mapping.", "pack.", "person.", "quarantine.", "rule.", "tenant.", "token.")
"""Beginnings of actions that the filter offers."""
COLUMNS: Final = ("sequence", "at", "tenant", "actor", "name", "action", "subject", "outcome", "detail", "hash")


class AuditRow(msgspec.Struct, kw_only=True):
    sequence: int
    at_us: int
    who: str
    action: str
    subject: str
    tenant: str
    outcome: str
    detail: str


class AuditPage(msgspec.Struct, kw_only=True):
    frame: Frame
    tab: str
    rows: list[AuditRow]
    search: str
    action: str
    actions: list[str]
    older: str  # address; ""
    newest: str
    export: str
    verdict: str  # what verifying found; "": it was not asked for
    intact: bool
    head: str


class AuditScreens:
    """The handlers."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits) -> None:
        self._access, self._pages, self._visits = rooms.access, pages, visits

    async def audit(self, request: AnyRequest) -> Response[Any]:
        """What was done, the newest first; `?verify=1` checks the whole chain."""
        visit = await self._visits.allowed(request, "audit.read")
        query, say = request.query_params, words(visit.language)
        search, action = query.get("q", "")[:100].strip(), query.get("action", "")[:60].strip()
        before = int(query["before"]) if query.get("before", "").isdecimal() and len(query["before"]) < 16 else 0
        rows = await asyncio.to_thread(self._records, visit, action, search, before)
        verdict, intact, head = "", True, ""
        if query.get("verify") == "1":
            found = await asyncio.to_thread(self._access.trail.verify)
            intact, head = not found.breaks, found.head
            verdict = (
                say(N_("All %(num)s records are as they were written.")) % {"num": found.records}
                if intact
                else "; ".join(f"{b.sequence}: {b.reason}" for b in found.breaks[:20])
            )
        page = AuditPage(
            frame=self._visits.frame(visit, "administration", "Audit"),
            tab="audit",
            rows=rows[:RECORDS],
            search=search,
            action=action,
            actions=list(FAMILIES),
            older=address(request, before=str(rows[RECORDS - 1].sequence)) if len(rows) > RECORDS else "",
            newest=address(request, before="") if before else "",
            export=f"/administration/audit/export?action={action}",
            verdict=verdict,
            intact=intact,
            head=head,
        )  # fmt: skip
        return self._pages.render("pages/audit.html", page)

    async def export(self, request: AnyRequest) -> Stream:
        """The records as CSV, the newest first."""
        visit = await self._visits.allowed(request, "audit.read")
        action = request.query_params.get("action", "")[:60]

        async def lines() -> AsyncIterator[bytes]:
            buffer, before = io.StringIO(), 0
            writer = csv.writer(buffer)
            writer.writerow(COLUMNS)
            while True:
                records = await asyncio.to_thread(self._some, visit, action, before)
                for r in records:
                    safe = ["'" + t if t[:1] in "=+-@" else t for t in (r.tenant, r.actor, r.name, r.action, r.subject)]
                    writer.writerow([r.sequence, iso(r.at_us), *safe, r.outcome, r.detail, r.hash])
                yield buffer.getvalue().encode()
                buffer.seek(0)
                buffer.truncate()
                if len(records) < EXPORTED:
                    return
                before = records[-1].sequence

        await self._access.record(visit.principal, "audit.export", action or "all", tenant=visit.tenant)
        headers = {"Content-Disposition": 'attachment; filename="audit.csv"', "Cache-Control": "no-store"}
        return Stream(lines(), media_type="text/csv; charset=utf-8", headers=headers)

    def _some(self, visit: Visit, action: str, before: int) -> list[Any]:
        found: list[Any] = self._access.trail.records(
            tenant=self._tenant(visit), action=action, before=before, limit=EXPORTED
        )
        return found

    def _tenant(self, visit: Visit) -> str | None:
        """Whose records a visit may read: who administers one tenant reads that one's."""
        return None if self._everywhere(visit) else visit.tenant

    def _everywhere(self, visit: Visit) -> bool:
        try:
            self._access.allow(visit.principal, "audit.read", "")
        except Refused:
            return False
        return True

    def _records(self, visit: Visit, action: str, search: str, before: int) -> list[AuditRow]:
        wanted = search.casefold()
        found: list[AuditRow] = []
        while len(found) <= RECORDS:
            records = self._access.trail.records(
                tenant=self._tenant(visit), action=action, before=before, limit=EXPORTED if wanted else RECORDS + 1
            )
            for r in records:
                before = r.sequence
                text = f"{r.name} {r.actor} {r.action} {r.subject} {r.detail}"
                if wanted in text.casefold():
                    found.append(
                        AuditRow(
                            sequence=r.sequence,
                            at_us=r.at_us,
                            who=r.name or r.actor,
                            action=r.action,
                            subject=r.subject,
                            tenant=r.tenant,
                            outcome=r.outcome,
                            detail="" if r.detail == "{}" else r.detail,
                        )
                    )
            if not wanted or len(records) < EXPORTED or before < 2:
                break
        return found[: RECORDS + 1]


def routes(rooms: Rooms, pages: Pages, visits: Visits) -> list[Any]:
    page = AuditScreens(rooms, pages, visits)
    return [get("/administration/audit")(page.audit), get("/administration/audit/export")(page.export)]
