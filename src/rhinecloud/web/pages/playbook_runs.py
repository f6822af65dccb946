"""*Playbooks* of an incident: what is to be done, by whom, until when, and how one knows that it is done."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from rhinecloud.base.errors import BadRequestData, Refused
from rhinecloud.operations import IncidentType, PlaybookVersion, Run, playing
from rhinecloud.web.incident_tabs import PATH, Head, Heads, Opened, address
from rhinecloud.web.language import N_, words
from rhinecloud.web.playbook_view import RunView, Speaker, changed, run_view
from rhinecloud.web.refusals import told
from rhinecloud.web.rendering import Pages
from rhinecloud.web.room_parts import LARGEST_FORM, form_of
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.visits import AnyRequest, Frame, Visit, Visits

from .forms import Form, is_part

DONE: Final = {
    "begun": N_("The playbook runs."),
    "step": N_("Noted, and in the log."),
    "acting": N_("The action is being done."),
    "ended": N_("The playbook is ended."),
    "adopted": N_("What is not done yet follows the new version."),
    "undone": N_("Noted as taken back."),
}


class RunsPage(msgspec.Struct, kw_only=True):
    frame: Frame
    head: Head
    runs: list[RunView]
    over: list[RunView]  # those that ended
    able: dict[str, str]  # playbooks that can be begun
    may_manage: bool
    only_mine: bool
    has_agency: bool
    said: str
    wrong: str
    typed: dict[str, str]


class PlaybookRuns:
    """The handlers."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits) -> None:
        self._rooms, self._pages, self._visits = rooms, pages, visits
        self._heads = Heads(rooms, visits)

    async def show(self, request: AnyRequest, incident_id: FromPath[str]) -> Response[Any]:
        """The tab; htmx asks for the runs alone."""
        opened = await self._heads.open(request, incident_id, "playbooks")
        said = DONE.get(request.query_params.get("done", ""), "")
        return await self._page(request, opened, said=said)

    async def start(self, request: AnyRequest, incident_id: FromPath[str], data: Form) -> Response[Any]:
        """Begins a playbook by hand."""
        return await self._do(
            request, incident_id, data, lambda desk, i: desk.start(i, data.get("playbook", "")), "begun"
        )

    async def step(self, request: AnyRequest, incident_id: FromPath[str], run_id: FromPath[str]) -> Response[Any]:
        """A step is done or skipped, with what it asks for."""
        data, files = await form_of(request)
        skip = data.get("act") == "skip"

        def do(desk: playing.PlaybookDesk, _: str) -> Run:
            return desk.end_step(
                run_id,
                data.get("step", ""),
                note=data.get("reason" if skip else "note", "")[:4_000],
                evidence=data.get("evidence", "")[:1_000],
                skip=skip,
                given=files,
            )

        return await self._do(request, incident_id, data, do, "step", anchor=data.get("step", ""))

    async def act(
        self, request: AnyRequest, incident_id: FromPath[str], run_id: FromPath[str], data: Form
    ) -> Response[Any]:
        """A person lets the action of a step be done."""
        step = data.get("step", "")
        return await self._do(request, incident_id, data, lambda desk, _: desk.act(run_id, step), "acting", anchor=step)

    async def undone(
        self, request: AnyRequest, incident_id: FromPath[str], run_id: FromPath[str], data: Form
    ) -> Response[Any]:
        """What was done is taken back."""
        step, note = data.get("step", ""), data.get("note", "")[:2_000]
        return await self._do(
            request, incident_id, data, lambda desk, _: desk.undone(run_id, step, note), "undone", anchor=step
        )

    async def end(
        self, request: AnyRequest, incident_id: FromPath[str], run_id: FromPath[str], data: Form
    ) -> Response[Any]:
        """Ends a run in which not all is done."""
        reason = data.get("reason", "")[:2_000]
        return await self._do(request, incident_id, data, lambda desk, _: desk.end(run_id, reason), "ended")

    async def adopt(
        self, request: AnyRequest, incident_id: FromPath[str], run_id: FromPath[str], data: Form
    ) -> Response[Any]:
        """Takes a newer version for what is not done yet."""
        version = int(data["version"]) if data.get("version", "").isdecimal() else 0
        return await self._do(request, incident_id, data, lambda desk, _: desk.adopt(run_id, version), "adopted")

    async def _do(
        self,
        request: AnyRequest,
        incident_id: str,
        data: dict[str, str],
        do: Callable[[playing.PlaybookDesk, str], Run],
        done: str,
        *,
        anchor: str = "",
    ) -> Response[Any]:
        opened = await self._heads.open(request, incident_id, "playbooks")
        try:
            await asyncio.to_thread(lambda: do(self._desk(opened), opened.incident.id))
        except (Refused, BadRequestData) as error:
            wrong = told(error.detail, opened.visit.language)
            return await self._page(request, opened, wrong=wrong, typed=data, status=error.status)
        to = f"{address(opened.incident.id, '/playbooks')}?done={done}"
        return Redirect(to + (f"#step-{quote(anchor)}" if anchor else ""), status_code=303)

    def _desk(self, opened: Opened) -> playing.PlaybookDesk:
        desk: playing.PlaybookDesk = self._rooms.operations.playbook_desk(opened.visit.tenant, opened.visit.principal)
        return desk

    async def _page(
        self,
        request: AnyRequest,
        opened: Opened,
        *,
        said: str = "",
        wrong: str = "",
        typed: dict[str, str] | None = None,
        status: int = 200,
    ) -> Response[Any]:
        say = words(opened.visit.language)
        only_mine = request.query_params.get("mine") == "1"
        head = await self._heads.head(opened)
        runs, able = await asyncio.to_thread(self._runs, opened, only_mine)
        page = RunsPage(
            frame=self._heads.frame(opened),
            head=head,
            runs=[r for r in runs if r.ended_us is None],
            over=[r for r in runs if r.ended_us is not None],
            able=able,
            may_manage=head.may_manage and not head.over,
            only_mine=only_mine,
            has_agency=bool(opened.desk.by.agency),
            said=say(said),
            wrong=wrong,
            typed=typed or {},
        )
        part = is_part(request) and request.query_params.get("part") == "1"
        template = "parts/playbook_runs.html" if part else "pages/playbook_runs.html"
        return self._pages.render(template, page, status=status, headers={"Vary": "HX-Request"})

    def _runs(self, opened: Opened, only_mine: bool) -> tuple[list[RunView], dict[str, str]]:
        """Blocking."""
        visit, desk = opened.visit, self._desk(opened)
        known = {p.id: p for p in desk.every()}
        found = desk.runs(opened.incident.id)
        acting = desk.acting()
        speaker = speaking(self._rooms, self._heads, visit, desk)
        made = []
        for run in sorted(found, key=lambda r: (r.ended_us is not None, -r.started_us)):
            given = known.get(run.playbook) or desk.get(run.playbook, run.version)
            made.append(
                run_view(
                    run,
                    given,
                    opened.incident,
                    speaker,
                    acting=frozenset(step for r, step in acting if r == run.id),
                    newest=given.version,
                    changes=self._changes(desk, run, given, visit.language),
                    only_mine=only_mine,
                )
            )
        going = {r.playbook for r in found if r.ended_us is None}
        able = {p.id: p.title[visit.language] for p in known.values() if p.id not in going}
        return made, dict(sorted(able.items(), key=lambda item: item[1].casefold()))

    @staticmethod
    def _changes(
        desk: playing.PlaybookDesk, run: Run, newest: PlaybookVersion, language: str
    ) -> list[tuple[str, str, str]]:
        if run.ended_us is not None or newest.version <= run.version:
            return []
        found = desk.difference(run.id)
        return [
            *(("added", s.title[language], "") for s in found.added),
            *(("changed", after.title[language], changed(before, after, language)) for before, after in found.changed),
            *(("removed", s.title[language], "") for s in found.removed),
        ]


def speaking(rooms: Rooms, heads: Heads, visit: Visit, desk: playing.PlaybookDesk) -> Speaker:
    """Who says things of playbooks to this visit; blocking."""
    people = {f"person:{p.id}": p.title or p.name for p in rooms.access.people.list()}
    say = words(visit.language)
    kinds = rooms.operations.desk(visit.tenant, visit.principal).things(IncidentType)

    def name(source: str) -> str:
        return people.get(source) or (say(N_("by itself")) if source.startswith("system:") else source)

    return Speaker(
        visit.language,
        heads.agencies(visit),
        name,
        types={t.id: t.title[visit.language] for t in kinds.values()},
        actions=desk.actions,
        mine=desk.seat.agencies("incidents.manage"),
    )


def routes(rooms: Rooms, pages: Pages, visits: Visits) -> list[Any]:
    page = PlaybookRuns(rooms, pages, visits)
    tab, run = f"{PATH}/playbooks", f"{PATH}/playbooks/{{run_id:str}}"
    return [
        get(tab)(page.show),
        post(tab)(page.start),
        post(f"{run}/step", request_max_body_size=LARGEST_FORM)(page.step),
        post(f"{run}/act")(page.act),
        post(f"{run}/undone")(page.undone),
        post(f"{run}/end")(page.end),
        post(f"{run}/adopt")(page.adopt),
    ]
