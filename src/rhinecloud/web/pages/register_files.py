"""Registers from files: a CSV is shown thing by thing before any of it is kept; the districts of the map at a click."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath
from litestar.response import Redirect

from rhinecloud.base.errors import RhineError
from rhinecloud.operations import Zone, planning
from rhinecloud.web.districts import districts
from rhinecloud.web.language import N_, words
from rhinecloud.web.planning_words import told
from rhinecloud.web.registers.fields import names
from rhinecloud.web.registers.register import Register
from rhinecloud.web.registers.sheets import Line, Sheet, header, read
from rhinecloud.web.rendering import Pages
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.visits import AnyRequest, Frame, Visit, Visits

from .registers import ROOT, Registers, Tab, register_of, tabs

Upload = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)]
EXAMPLES: Final = Path(__file__).parents[1] / "registers/examples"
LARGEST: Final = 900_000
"""Bytes of a file: what a form may send."""
SHOWN: Final = 200
WHAT: Final = {"new": N_("new"), "changed": N_("changed"), "same": N_("as it is"), "wrong": N_("wrong")}


class ImportPage(msgspec.Struct, kw_only=True):
    frame: Frame
    tabs: list[Tab]
    key: str
    path: str
    list_title: str
    columns: list[tuple[str, str]]  # (name, what it is)
    text: str
    example: bool  # there is one of ours
    sheet: Sheet | None
    lines: list[Line]
    more: int  # lines that are not shown
    words: dict[str, str]
    wrong: str


class RegisterFiles:
    """The handlers for whole files."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits) -> None:
        self._pages, self._visits = pages, visits
        self._registers = Registers(rooms, pages, visits)

    async def begin(self, request: AnyRequest, key: FromPath[str]) -> Response[Any]:
        """Where a file is chosen or pasted; `?example=1` begins with one of ours, where there is one."""
        visit, register = await self._registers.visit(request, "operations.manage"), register_of(key)
        example = EXAMPLES / f"{register.key}.csv"
        wished = request.query_params.get("example") == "1" and example.exists()
        return self._page(visit, register, text=example.read_text("utf-8") if wished else "")

    async def look(self, request: AnyRequest, key: FromPath[str], data: Upload) -> Response[Any]:
        """What the file would change; nothing is kept yet."""
        visit, register = await self._registers.visit(request, "operations.manage"), register_of(key)
        file, text = data.get("file"), str(data.get("text", ""))
        if isinstance(file, UploadFile):
            body = await file.read(LARGEST + 1)
            if len(body) > LARGEST:
                return self._page(visit, register, wrong=N_("This file is too large."), status=413)
            if body:
                text = _decoded(body)
        if not text.strip():
            return self._page(visit, register, wrong=N_("Please choose a file, or paste its lines."), status=400)
        sheet = await asyncio.to_thread(lambda: read(register, text, self._registers.seen(visit)))
        return self._page(visit, register, text=text, sheet=sheet, status=200 if sheet.ready else 400)

    async def keep(self, request: AnyRequest, key: FromPath[str], data: Upload) -> Response[Any]:
        """Keeps all that is new or changed, or nothing."""
        visit, register = await self._registers.visit(request, "operations.manage"), register_of(key)
        text = str(data.get("text", ""))

        def take_in() -> tuple[Sheet, list[Any]]:
            seen = self._registers.seen(visit)
            sheet = read(register, text, seen)
            wanted = [line.thing for line in sheet.found if line.what in ("new", "changed")]
            return sheet, seen.desk.save_all(wanted) if sheet.ready else []

        try:
            sheet, saved = await asyncio.to_thread(take_in)
        except RhineError as error:
            return self._page(visit, register, text=text, wrong=error.detail, status=error.status)
        if not saved:
            return self._page(visit, register, text=text, sheet=sheet, status=400)
        await self._registers.make_known(visit, saved)
        await self._registers.record(
            visit,
            f"{register.key}.import",
            visit.tenant,
            new=sheet.count("new"),
            changed=sheet.count("changed"),
            ids=[thing.id for thing in saved][:500],
        )
        return Redirect(f"{register.path}?done=imported", status_code=303)

    async def districts(self, request: AnyRequest, key: FromPath[str]) -> Response[Any]:
        """Areas or zones from the districts of the shipped map; those that are there already stay as they are."""
        visit, register = await self._registers.visit(request, "operations.manage"), register_of(key)
        made = [_of_district(register, d) for d in districts().values() if key == "areas" or d.layer == "quarter"]

        def take_over() -> int:
            desk = self._registers.seen(visit).desk
            there = desk.every(register.kind)
            return len(desk.save_all([thing for thing in made if thing is not None and thing.id not in there]))

        count = await asyncio.to_thread(take_over)
        await self._registers.record(visit, f"{register.key}.districts", visit.tenant, count=count)
        return Redirect(f"{register.path}?done=areas", status_code=303)

    def _page(
        self,
        visit: Visit,
        register: Register,
        *,
        text: str = "",
        sheet: Sheet | None = None,
        wrong: str = "",
        status: int = 200,
    ) -> Response[Any]:
        say = words(visit.language)
        labels = {n: (f, n) for f in register.fields for n in names(f)}

        def what(name: str) -> str:
            field, _ = labels[name]
            inner = next((c for c in field.columns if name.endswith(f".{c.name}")), field)
            return " · ".join(say(t) for t in dict.fromkeys((inner.label, inner.hint)) if t)

        order = {"wrong": 0, "new": 1, "changed": 2, "same": 3}
        lines = sorted(sheet.found, key=lambda line: order[line.what]) if sheet else []
        for line in lines:
            line.wrong = {name: say(complaint) for name, complaint in line.wrong.items()}
        if sheet is not None:
            sheet.error = say(sheet.error)
        page = ImportPage(
            frame=self._visits.frame(visit, "planning", register.title),
            tabs=tabs(register.key, say),
            key=register.key,
            path=register.path,
            list_title=say(register.title),
            columns=[(name, what(name)) for name in header(register)],
            text=text,
            example=(EXAMPLES / f"{register.key}.csv").exists(),
            sheet=sheet,
            lines=lines[:SHOWN],
            more=max(0, len(lines) - SHOWN),
            words={k: say(v) for k, v in WHAT.items()},
            wrong=told(wrong, visit.language),
        )
        return self._pages.render("pages/register_import.html", page, status=status)


def _of_district(register: Register, district: Any) -> Any:
    import shapely

    shape = shapely.geometry.shape(district.geometry)
    name = re.sub(r"[^a-z0-9]+", "-", district.name.lower().translate(_PLAIN)).strip("-")
    name = f"{district.layer}-{name}"[:64]
    if register.kind is Zone:
        middle = shape.representative_point()
        return Zone(id=name, name=district.name, position=(round(middle.x, 5), round(middle.y, 5)))
    if not shape.is_valid:
        shape = shape.buffer(0)
    if not shape.area:
        return None
    return planning.Area(id=name, title=district.name, geometry=msgspec.json.decode(shapely.to_geojson(shape)))


_PLAIN: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


def _decoded(body: bytes) -> str:
    """UTF-8, else what German spreadsheets write."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("cp1252", errors="replace")


def routes(rooms: Rooms, pages: Pages, visits: Visits) -> list[Any]:
    page = RegisterFiles(rooms, pages, visits)
    at = f"{ROOT}/{{key:str}}"
    return [
        get(f"{at}/import")(page.begin),
        post(f"{at}/import")(page.look),
        post(f"{at}/import/keep")(page.keep),
        post(f"{at}/districts")(page.districts),
    ]
