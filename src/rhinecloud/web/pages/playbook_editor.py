"""*Playbooks*, writing one: a form of steps, each with its owner, its time, what it hangs on and what it does."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

import msgspec
from litestar import Response
from litestar.params import FromPath
from litestar.response import Redirect

from rhinecloud.base.errors import RhineError
from rhinecloud.operations import Action, playing
from rhinecloud.web.incident_tabs import Heads
from rhinecloud.web.incident_words import STATES
from rhinecloud.web.language import N_, words
from rhinecloud.web.playbook_form import Errors, Fields, acted, conditions, fields, numbered, read
from rhinecloud.web.playbook_view import DUE_FROM, EVIDENCE, Speaker
from rhinecloud.web.refusals import told
from rhinecloud.web.rendering import Pages
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.visits import AnyRequest, Frame, Visit, Visits

from .forms import Form
from .playbook_runs import speaking

TIMES: Final = {"min": N_("minutes"), "h": N_("hours"), "d": N_("days")}
STARTS: Final = {"offer": N_("offer it to a person"), "start": N_("report an incident and begin")}


class ArgumentField(msgspec.Struct, kw_only=True):
    name: str
    label: str
    value: str
    number: bool


class StepForm(msgspec.Struct, kw_only=True):
    """One step's fields."""

    n: int
    typed: Fields
    wrong: Errors
    arguments: list[ArgumentField]
    open: bool


class TriggerForm(msgspec.Struct, kw_only=True):
    n: int
    typed: Fields
    wrong: Errors


class EditPage(msgspec.Struct, kw_only=True):
    frame: Frame
    id: str
    title: str
    version: int
    typed: Fields
    wrong: Errors
    steps: list[StepForm]
    triggers: list[TriggerForm]
    types: dict[str, str]
    rules: dict[str, str]
    owners: dict[str, str]
    conditions: dict[str, str]
    actions: dict[str, str]
    evidences: dict[str, str]
    times: dict[str, str]
    due_froms: dict[str, str]
    starts: dict[str, str]
    from_pack: bool


class PlaybookEditor:
    """The handlers."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits) -> None:
        self._rooms, self._pages, self._visits = rooms, pages, visits
        self._heads = Heads(rooms, visits)

    async def _visit(self, request: AnyRequest) -> tuple[Visit, playing.PlaybookDesk]:
        visit = await self._visits.allowed(request, "operations.manage")
        desk = await asyncio.to_thread(self._rooms.operations.playbook_desk, visit.tenant, visit.principal)
        return visit, desk

    async def new(self, request: AnyRequest) -> Response[Any]:
        """An empty one, with one step."""
        visit, desk = await self._visit(request)
        return await self._page(visit, desk, acted({"version": "0"}, "add"))

    async def edit(self, request: AnyRequest, playbook_id: FromPath[str]) -> Response[Any]:
        """One that there is, in its newest version."""
        visit, desk = await self._visit(request)
        given = await asyncio.to_thread(desk.get, playbook_id)
        return await self._page(visit, desk, fields(given), from_pack=given.who.startswith("pack:"))

    async def sketch(self, request: AnyRequest, data: Form) -> Response[Any]:
        """The form after one of its buttons; nothing is saved."""
        visit, desk = await self._visit(request)
        return await self._page(visit, desk, acted(dict(data), data.get("act", "")))

    async def save(self, request: AnyRequest, data: Form) -> Response[Any]:
        """Keeps it as its next version; a form that is wrong comes back."""
        visit, desk = await self._visit(request)
        if data.get("act", "save") != "save":  # without script, its other buttons send the form here
            return await self._page(visit, desk, acted(dict(data), data["act"]))
        given, wrong = read(dict(data), desk.actions)
        if given is None:
            return await self._page(visit, desk, dict(data), wrong=wrong, status=400)
        try:
            saved = await asyncio.to_thread(desk.save, given)
        except RhineError as error:
            said = {"form": told(error.detail, visit.language)}
            return await self._page(visit, desk, dict(data), wrong=said, status=error.status)
        await self._rooms.access.record(
            visit.principal, "playbook.save", saved.id, tenant=visit.tenant, version=saved.version
        )
        return Redirect(f"/playbooks/{quote(saved.id, safe='')}?done=saved", status_code=303)

    async def _page(
        self,
        visit: Visit,
        desk: playing.PlaybookDesk,
        typed: Fields,
        *,
        wrong: Errors | None = None,
        status: int = 200,
        from_pack: bool = False,
    ) -> Response[Any]:
        page = await asyncio.to_thread(self._made, visit, desk, typed, wrong or {}, from_pack)
        return self._pages.render("pages/playbook_edit.html", page, status=status)

    def _made(
        self, visit: Visit, desk: playing.PlaybookDesk, typed: Fields, wrong: Errors, from_pack: bool
    ) -> EditPage:
        language, say = visit.language, words(visit.language)
        speaker = speaking(self._rooms, self._heads, visit, desk)
        title = typed.get(f"title_{language}") or typed.get("title_de") or say(N_("New playbook"))
        steps = numbered(typed, "s")
        return EditPage(
            frame=self._visits.frame(visit, "playbooks", title),
            id=typed.get("id", ""),
            title=title,
            version=int(typed["version"]) if typed.get("version", "").isdecimal() else 0,
            typed=typed,
            wrong={name: say(text) for name, text in wrong.items()},
            steps=[_step_form(n, row, wrong, desk.actions, language, say) for n, row in enumerate(steps)],
            triggers=[
                TriggerForm(n=n, typed=row, wrong=_own(f"t{n}.", wrong, say))
                for n, row in enumerate(numbered(typed, "t"))
            ],
            types=dict(speaker.types),
            rules={
                r.id: r.title[language]
                for r in sorted(self._rooms.insight.rules(visit.tenant), key=lambda r: r.title[language])
            },
            owners=self._heads.agencies(visit),
            conditions=_conditions(speaker),
            actions={
                name: a.title[language] or name
                for name, a in sorted(desk.actions.items(), key=lambda item: item[1].title[language])
            },
            evidences={name: say(text) for name, text in EVIDENCE.items()},
            times={unit: say(text) for unit, text in TIMES.items()},
            due_froms={
                name: say(text)
                for name, text in (
                    *DUE_FROM.items(),
                    *((s, STATES[s]) for s in ("triaged", "assigned", "on-scene", "contained", "resolved")),
                )
            },
            starts={name: say(text) for name, text in STARTS.items()},
            from_pack=from_pack,
        )


def _step_form(n: int, row: Fields, wrong: Errors, actions: Mapping[str, Action], language: str, say: Any) -> StepForm:
    action = actions.get(row.get("action", ""))
    mine = _own(f"s{n}.", wrong, say)
    return StepForm(
        n=n,
        typed=row,
        wrong=mine,
        arguments=[
            ArgumentField(
                name=a.name,
                label=a.label[language],
                value=row.get(f"arg.{a.name}", a.default),
                number=a.kind == "number",
            )
            for a in (action.arguments if action else ())
        ],
        open=bool(row.get("open")) or bool(mine),
    )


def _own(beginning: str, wrong: Errors, say: Any) -> Errors:
    return {name.removeprefix(beginning): say(text) for name, text in wrong.items() if name.startswith(beginning)}


def _conditions(speaker: Speaker) -> dict[str, str]:
    return {name: speaker.condition(when) for name, when in conditions(speaker.types).items()}
