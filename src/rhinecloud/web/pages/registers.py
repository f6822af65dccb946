"""*Planning*: the registers of the command centre as tables, forms and files; each change a version that stays."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from rhinecloud.base.errors import Conflict, ResourceNotFound, RhineError
from rhinecloud.operations import Agency, planning
from rhinecloud.web.island import ISLAND_TEXTS, Island
from rhinecloud.web.language import N_, words
from rhinecloud.web.planning_words import told
from rhinecloud.web.registers.fields import Typed, Wrong, spread
from rhinecloud.web.registers.register import Cell, Register, Seen
from rhinecloud.web.registers.sheets import write
from rhinecloud.web.registers.shelf import BY_KEY, REGISTERS
from rhinecloud.web.registers.views import FieldView, VersionRow, field_view, version_rows
from rhinecloud.web.rendering import Pages
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.visits import AnyRequest, Frame, Visit, Visits

from .forms import PAGE, Form, Heading, Pager, headings, is_part, page_number, pager

ROOT: Final = "/command/settings"
DONE: Final = {
    "saved": N_("Saved. The version before is kept below."),
    "made": N_("Saved."),
    "restored": N_("The older version counts again."),
    "gone": N_("Taken away. It can be restored from its versions."),
    "imported": N_("The file is taken in; every change is a version of its own."),
    "areas": N_("The districts are taken over."),
}


class Tab(msgspec.Struct, kw_only=True):
    path: str
    icon: str
    label: str
    current: bool
    first: bool = False  # of its group


class Row(msgspec.Struct, kw_only=True):
    id: str
    address: str
    cells: list[Cell]
    off: bool


class RegisterPage(msgspec.Struct, kw_only=True):
    frame: Frame
    tabs: list[Tab]
    key: str
    path: str
    icon: str
    title: str
    lead: str
    new: str
    nothing: str
    rows: list[Row]
    columns: list[Heading]
    numbers: list[bool]
    pager: Pager
    all: int
    search: str
    may_manage: bool
    may_share: bool  # may change what all agencies share
    said: str
    districts: bool  # offers to take over the districts of the map


class RegisterForm(msgspec.Struct, kw_only=True):
    frame: Frame
    island: Island
    tabs: list[Tab]
    key: str
    path: str
    list_title: str
    title: str
    id: str  # "": a new one
    version: int
    fields: list[FieldView]
    suggestions: dict[str, list[str]]
    map: str  # "", "point" or "border"
    wrong: str  # of the form as a whole
    conflict: str
    versions: list[VersionRow]
    may_manage: bool
    may_take_away: bool
    gone: bool  # it was taken away
    default: bool  # it is one that everybody has to begin with
    side: str  # a part to draw beside the form
    said: str


class Registers:
    """The handlers that all registers share."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits) -> None:
        self._rooms, self._pages, self._visits = rooms, pages, visits

    # ── the list ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def list(self, request: AnyRequest, key: FromPath[str]) -> Response[Any]:
        """The table; htmx asks for it alone."""
        visit, register = await self.visit(request), register_of(key)
        page = await asyncio.to_thread(self._list, request, visit, register)
        template = "parts/register_table.html" if is_part(request) else "pages/register.html"
        return self._pages.render(template, page, headers={"Vary": "HX-Request"})

    def _list(self, request: AnyRequest, visit: Visit, register: Register) -> RegisterPage:
        seen, say, query = self.seen(visit), words(visit.language), request.query_params
        things = register.shown(seen.every(register.kind), seen)
        every = [(thing, register.cells(thing, seen)) for thing in things]
        search = query.get("q", "")[:200].strip()
        found = [(t, c) for t, c in every if _matches(c, search)]
        sort, _, way = query.get("sort", "").partition(".")
        if sort in {c.key for c in register.columns}:
            found.sort(key=lambda pair: pair[1][sort].order, reverse=way == "down")
        else:
            sort = ""
        first = page_number(request) * PAGE
        shown = found[first : first + PAGE]
        return RegisterPage(
            frame=self._visits.frame(visit, "planning", register.title),
            tabs=tabs(register.key, say),
            key=register.key,
            path=register.path,
            icon=register.icon,
            title=say(register.title),
            lead=say(register.lead),
            new=say(register.one),
            nothing=say(register.nothing),
            rows=[
                Row(
                    id=thing.id,
                    address=address_of(register, thing.id),
                    cells=[cells[c.key] for c in register.columns],
                    off=bool(getattr(thing, "retired", False)) or not getattr(thing, "in_force", True),
                )
                for thing, cells in shown
            ],
            columns=headings(request, [(c.key, c.label) for c in register.columns], sort, way, say),
            numbers=[c.number for c in register.columns],
            pager=pager(request, len(shown), len(found)),
            all=len(every),
            search=search,
            may_manage=self._visits.may(visit, "operations.manage"),
            may_share=seen.desk.seat.agencies("operations.manage") is None,
            said=say(DONE.get(query.get("done", ""), "")),
            districts=register.key in ("areas", "zones"),
        )

    async def export(self, request: AnyRequest, key: FromPath[str]) -> Response[bytes]:
        """All of it as CSV."""
        visit, register = await self.visit(request), register_of(key)

        def make() -> str:
            return write(register, list(self.seen(visit).every(register.kind).values()))

        text = await asyncio.to_thread(make)
        await self.record(visit, f"{register.key}.export", visit.tenant)
        return Response(
            text.encode(),
            media_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{visit.tenant}-{register.key}.csv"'},
        )

    # ── one ──────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def new(self, request: AnyRequest, key: FromPath[str]) -> Response[Any]:
        """An empty form, or with `?like=` one that begins as another."""
        visit, register = await self.visit(request, "operations.manage"), register_of(key)

        def begin() -> Typed:
            seen = self.seen(visit)
            like = seen.every(register.kind).get(request.query_params.get("like", ""))
            return register.typed(like) | {"id": ""} if like is not None else register.empty(seen)

        return await self._form(visit, register, "", await asyncio.to_thread(begin))

    async def one(self, request: AnyRequest, key: FromPath[str], thing_id: FromPath[str]) -> Response[Any]:
        """The form of one, with its versions."""
        visit, register = await self.visit(request), register_of(key)
        said = DONE.get(request.query_params.get("done", ""), "")
        return await self._form(visit, register, thing_id, None, said=said)

    async def save(self, request: AnyRequest, key: FromPath[str], data: Form) -> Response[Any]:
        """Keeps it as a new version; a form that is wrong comes back as it was typed."""
        visit, register = await self.visit(request, "operations.manage"), register_of(key)
        typed, thing_id = spread(data, register.fields), data.get("thing", "")
        if thing_id:
            typed["id"] = thing_id

        def keep() -> tuple[Any, Wrong]:
            seen = self.seen(visit)
            before = seen.every(register.kind).get(typed.get("id", ""))
            if not thing_id and before is not None and data.get("version", "0") == "0":
                return None, {"id": N_("There is one with this identifier already.")}
            thing, wrong = register.read(typed, seen, before)
            if thing is None:
                return None, wrong
            if thing_id and data.get("version", "").isdecimal():
                thing = msgspec.structs.replace(thing, version=int(data["version"]))
            return seen.desk.save(thing), {}

        try:
            saved, wrong = await asyncio.to_thread(keep)
        except Conflict as error:
            return await self._form(visit, register, thing_id, typed, conflict=error.detail, status=409)
        except RhineError as error:
            return await self._form(visit, register, thing_id, typed, wrong={"": error.detail}, status=error.status)
        if saved is None:
            return await self._form(visit, register, thing_id, typed, wrong=wrong, status=400)
        await self.make_known(visit, [saved])
        await self.record(visit, f"{register.key}.save", saved.id, version=saved.version)
        done = "saved" if thing_id else "made"
        return Redirect(f"{address_of(register, saved.id)}?done={done}", status_code=303)

    async def take_away(
        self, request: AnyRequest, key: FromPath[str], thing_id: FromPath[str], data: Form
    ) -> Response[Any]:
        """Takes it away; what it was stays in its versions."""
        visit, register = await self.visit(request, "operations.manage"), register_of(key)
        version = int(data["version"]) if data.get("version", "").isdecimal() else 0
        await asyncio.to_thread(lambda: self.seen(visit).desk.take_away(register.kind, thing_id, version))
        await self.record(visit, f"{register.key}.take-away", thing_id)
        return Redirect(f"{address_of(register, thing_id)}?done=gone", status_code=303)

    async def restore(
        self, request: AnyRequest, key: FromPath[str], thing_id: FromPath[str], data: Form
    ) -> Response[Any]:
        """An older version counts again, as a new one."""
        visit, register = await self.visit(request, "operations.manage"), register_of(key)
        wished = int(data["version"]) if data.get("version", "").isdecimal() else 0
        saved = await asyncio.to_thread(lambda: self.seen(visit).desk.restore(register.kind, thing_id, wished))
        await self.record(visit, f"{register.key}.restore", thing_id, restored=wished, version=saved.version)
        return Redirect(f"{address_of(register, thing_id)}?done=restored", status_code=303)

    # ── parts ────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def visit(self, request: AnyRequest, action: str = "incidents.read") -> Visit:
        return await self._visits.in_centre(request, action)

    def seen(self, visit: Visit) -> Seen:
        """Blocking."""
        seat = self._rooms.operations.seat(visit.tenant, visit.principal)
        return Seen(desk=planning.DeclaringDesk(seat), language=visit.language)

    async def record(self, visit: Visit, action: str, subject: str, **detail: Any) -> None:
        await self._rooms.access.record(visit.principal, action, subject, tenant=visit.tenant, **detail)

    async def make_known(self, visit: Visit, saved: Sequence[Any]) -> None:
        """An agency that is new here is one in which people can have roles from now on."""

        def add() -> None:
            tenants = self._rooms.access.tenants
            known = {a.name for a in tenants.agencies(visit.tenant)}
            for agency in saved:
                if isinstance(agency, Agency) and agency.id not in known:
                    tenants.add_agency(visit.principal, visit.tenant, agency.id, agency.title[visit.language])

        await asyncio.to_thread(add)

    async def _form(
        self,
        visit: Visit,
        register: Register,
        thing_id: str,
        typed: Typed | None,
        *,
        wrong: Wrong | None = None,
        conflict: str = "",
        said: str = "",
        status: int = 200,
    ) -> Response[Any]:
        page = await asyncio.to_thread(self._page, visit, register, thing_id, typed, wrong or {}, conflict, said)
        return self._pages.render("pages/register_form.html", page, status=status)

    def _page(
        self,
        visit: Visit,
        register: Register,
        thing_id: str,
        typed: Typed | None,
        wrong: Wrong,
        conflict: str,
        said: str,
    ) -> RegisterForm:
        seen, say = self.seen(visit), words(visit.language)
        thing = seen.every(register.kind).get(thing_id) if thing_id else None
        kept = seen.desk.versions(register.kind, thing_id) if thing_id else []
        if thing_id and thing is None and not kept:
            raise ResourceNotFound(f"There is no {planning.name_of(register.kind)} {thing_id[:64]!r}")
        last = thing if thing is not None else next((was for _, was in kept if was is not None), None)
        now = register.typed(last) if last is not None else {}
        shown = typed if typed is not None else now
        options, suggestions = register.options(seen), register.suggestions(seen)
        others = now if conflict else None
        manages = self._visits.may(visit, "operations.manage")
        theirs = manages and (seen.desk.may_change(last) if last is not None else True)
        title = say(register.one) if last is None else _title(last, visit.language)
        return RegisterForm(
            frame=self._visits.frame(visit, "planning", title),
            island=island(self._rooms, visit),
            tabs=tabs(register.key, say),
            key=register.key,
            path=register.path,
            list_title=say(register.title),
            title=title,
            id=thing_id,
            version=getattr(thing, "version", 0),
            fields=[field_view(f, shown, wrong, others, options, say) for f in register.fields],
            suggestions={k: list(v) for k, v in suggestions.items()},
            map=register.maps,
            wrong=told(wrong.get("", ""), visit.language),
            conflict=told(conflict, visit.language),
            versions=version_rows(register, kept, thing, say),
            may_manage=theirs,
            may_take_away=theirs and thing is not None and bool(kept) and not getattr(thing, "retired", False),
            gone=bool(thing_id) and thing is None,
            default=thing is not None and not kept,
            side="parts/plan_try.html" if register.key == "plans" else "",
            said=say(said),
        )


def island(rooms: Rooms, visit: Visit) -> Island:
    """For pages with a map."""
    settings = rooms.settings
    return Island(
        language=visit.language,
        timezone=settings.timezone,
        words=words(visit.language).some(ISLAND_TEXTS),
        map_style=settings.map_style,
        pmtiles="/web/map.pmtiles" if settings.map_pmtiles else "",
        csrf=visit.csrf,
    )


OTHERS: Final = (
    ("", "layout-dashboard", N_("Overview"), 0),
    ("duty", "calendar-days", N_("Duty"), 3),
    ("coverage", "radar", N_("Cover"), 2),
    ("roads", "route", N_("Streets"), 2),
)


def tabs(current: str, say: Any) -> list[Tab]:
    """The parts of planning, in groups: what goes, where, who."""
    found = [(r.group, r.key, r.path, r.icon, r.title) for r in REGISTERS]
    found += [(group, key, f"{ROOT}/{key}" if key else ROOT, icon, label) for key, icon, label, group in OTHERS]
    found.sort(key=lambda f: f[0])
    made, before = [], None
    for group, key, path, icon, label in found:
        made.append(
            Tab(path=path, icon=icon, label=say(label), current=key == current, first=before not in (None, group))
        )
        before = group
    return made


def register_of(key: str) -> Register:
    found = BY_KEY.get(key)
    if found is None:
        raise ResourceNotFound(f"There is no register {key[:40]!r}")
    return found


def address_of(register: Register, thing_id: str) -> str:
    return f"{register.path}/of/{quote(thing_id, safe='')}"


def _matches(cells: dict[str, Cell], search: str) -> bool:
    text = " ".join(f"{c.text} {c.sub} {' '.join(c.tags)}" for c in cells.values()).casefold()
    return all(word in text for word in search.casefold().split())


def _title(thing: Any, language: str) -> str:
    title = getattr(thing, "title", None) or getattr(thing, "name", "") or thing.id
    return title if isinstance(title, str) else str(title[language]) or str(thing.id)


def routes(rooms: Rooms, pages: Pages, visits: Visits) -> list[Any]:
    page = Registers(rooms, pages, visits)
    at = f"{ROOT}/{{key:str}}"
    one = f"{at}/of/{{thing_id:str}}"
    return [
        get(at)(page.list),
        get(f"{at}/export.csv")(page.export),
        get(f"{at}/new")(page.new),
        post(f"{at}/save")(page.save),
        get(one)(page.one),
        post(f"{one}/take-away")(page.take_away),
        post(f"{one}/restore")(page.restore),
    ]
