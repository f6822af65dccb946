"""*The common picture* of an incident: its map, on which all that take part draw, and the moments it has gone through.

The page is a frame; the island `<incident-picture>` fills it from `…/picture/data` and follows the news. A drawing is
changed against the version that was seen: who comes second is shown what stands there now.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from rhinecloud.base.clock import iso
from rhinecloud.base.errors import BadRequestData, Conflict
from rhinecloud.operations import Section, picture, signs
from rhinecloud.web.incident_tabs import PATH, Head, Heads, Opened
from rhinecloud.web.language import words
from rhinecloud.web.picture_data import PictureData
from rhinecloud.web.rendering import Pages
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.visits import AnyRequest, Frame, Visits

from .data import moment
from .forms import Form

_NO_STORE: Final = {"Cache-Control": "no-store"}
_KEPT: Final = {"Cache-Control": "public, max-age=86400"}


class Choosable(msgspec.Struct, kw_only=True):
    """A kind of drawing or a sign, as it is offered."""

    key: str
    label: str
    group: str = ""


class Choice(msgspec.Struct, kw_only=True):
    """An entry of the menu: a kind of drawing in one of its shapes."""

    key: str
    label: str
    shape: str
    how: str  # the shape in a word; "" where there is one alone
    sign: str


class Options(msgspec.Struct, kw_only=True):
    """What the island is told beside the data."""

    kinds: list[Choosable]
    sections: tuple[Section, ...]
    began: int  # ms


class PicturePage(msgspec.Struct, kw_only=True):
    frame: Frame
    head: Head
    choices: list[Choice]
    options: Options
    past: bool  # the time machine is there too

    @property
    def options_json(self) -> str:
        """For a data block in the page; `<` cannot end it."""
        return msgspec.json.encode(self.options).decode().replace("<", "\\u003c")


class Version(msgspec.Struct, kw_only=True):
    """One version of a drawing, for its history."""

    version: int
    ms: int
    name: str
    label: str
    removed: bool


class PictureScreens:
    """The handlers of the picture."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits) -> None:
        self._rooms, self._pages, self._visits = rooms, pages, visits
        self._heads = Heads(rooms, visits)
        self._data = PictureData(rooms, self._heads)

    async def show(self, request: AnyRequest, incident_id: FromPath[str]) -> Response[Any]:
        """The page."""
        opened = await self._heads.open(request, incident_id, "picture")
        head, settings = await self._heads.head(opened), self._rooms.settings
        head.island = msgspec.structs.replace(
            head.island,
            map_style=settings.map_style,
            pmtiles="/web/map.pmtiles" if settings.map_pmtiles else "",
        )
        language = opened.visit.language
        page = PicturePage(
            frame=self._heads.frame(opened),
            head=head,
            choices=_choices(language),
            options=Options(
                kinds=[Choosable(key=k.id, label=k.label[language]) for k in picture.KINDS.values()],
                sections=opened.incident.sections,
                began=opened.incident.reported_us // 1000,
            ),
            past=self._rooms.histories is not None,
        )
        return self._pages.render("pages/picture.html", page)

    async def data(self, request: AnyRequest, incident_id: FromPath[str]) -> Response[Any]:
        """What stands on it, as JSON; `?at=` at a moment of the past."""
        opened = await self._heads.open(request, incident_id, "picture")
        at = request.query_params.get("at", "")
        return Response(await self._data.picture(opened, moment(at) if at else None), headers=_NO_STORE)

    async def draw(self, request: AnyRequest, incident_id: FromPath[str], data: Form) -> Response[Any]:
        """A new drawing."""
        opened = await self._heads.open(request, incident_id, "picture", "incidents.manage")
        given = picture.Draft(
            kind=data.get("kind", ""),
            geometry=_geometry(data.get("geometry", "")),
            label=data.get("label", ""),
            text=data.get("text", ""),
            sign=data.get("sign", ""),
            section=data.get("section", ""),
            planned=data.get("planned") == "1",
            shared=data.get("shared", "1") == "1",
        )
        return await self._done(opened, lambda: self._data.desk(opened).draw(opened.incident.id, given))

    async def change(
        self, request: AnyRequest, incident_id: FromPath[str], drawing_id: FromPath[str], data: Form
    ) -> Response[Any]:
        """Another place, name or shape for a drawing; takes it away, or brings it back."""
        opened = await self._heads.open(request, incident_id, "picture", "incidents.manage")
        desk, version = self._data.desk(opened), _number(data.get("version", ""))
        what = data.get("do", "change")
        if what == "remove":
            return await self._done(opened, lambda: desk.remove(drawing_id, version))
        if what == "restore":
            like = _number(data.get("like", ""))
            return await self._done(opened, lambda: desk.restore(drawing_id, version, like))
        fields: dict[str, Any] = {n: data[n] for n in ("label", "text", "sign", "section", "kind") if n in data}
        fields |= {n: data[n] == "1" for n in ("planned", "shared") if n in data}
        if "geometry" in data:
            fields["geometry"] = _geometry(data["geometry"])
        return await self._done(opened, lambda: desk.change(drawing_id, version, fields))

    async def versions(
        self, request: AnyRequest, incident_id: FromPath[str], drawing_id: FromPath[str]
    ) -> Response[Any]:
        """What a drawing was, the newest first."""
        opened = await self._heads.open(request, incident_id, "picture")
        found = await asyncio.to_thread(self._data.desk(opened).versions, drawing_id)
        rows = [
            Version(version=v.version, ms=v.at_us // 1000, name=v.name or v.by, label=v.label, removed=v.removed)
            for v in reversed(found)
        ]
        return Response(rows, headers=_NO_STORE)

    async def signs(self, request: AnyRequest) -> Response[Any]:
        """The palette of tactical signs in the language of the visit."""
        visit = await self._visits.allowed(request, "incidents.read")
        found = [
            Choosable(key=n.key, label=n.label[visit.language], group=signs.GROUPS[n.group][visit.language])
            for n in signs.CATALOGUE.values()
        ]
        return Response(found, headers=_NO_STORE)

    async def sign(self, request: AnyRequest, key: FromPath[str]) -> Response[Any]:
        """One sign as an image."""
        language = "de" if request.query_params.get("lang") == "de" else "en"
        drawn = signs.svg(key[:80], language, planned=request.query_params.get("planned") == "1")
        return Response(drawn.encode(), media_type="image/svg+xml", headers=_KEPT)

    async def _done(self, opened: Opened, act: Callable[[], picture.Drawing]) -> Response[Any]:
        """What came of it, as JSON; a conflict with what stands there now."""
        try:
            made = await asyncio.to_thread(act)
        except Conflict as conflict:
            now = conflict.extra.get("now")
            return Response({"detail": conflict.detail, "now": now}, status_code=409, headers=_NO_STORE)
        except BadRequestData as refused:
            return Response({"detail": refused.detail}, status_code=400, headers=_NO_STORE)
        return Response({"id": made.id, "version": made.version, "at": iso(made.at_us)}, headers=_NO_STORE)


def _choices(language: str) -> list[Choice]:
    say = words(language)
    how = {"Point": say("point"), "LineString": say("line"), "Polygon": say("area")}
    return [
        Choice(
            key=kind.id,
            label=kind.label[language],
            shape=shape,
            how=how[shape] if len(kind.shapes) > 1 else "",
            sign="fire-engine" if kind.id == "sign" else kind.sign if shape == "Point" else "",
        )
        for kind in picture.KINDS.values()
        for shape in kind.shapes
    ]


def _geometry(text: str) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(text[:200_000])
    except msgspec.DecodeError as error:
        raise BadRequestData("The shape cannot be read") from error
    if not isinstance(found, dict):
        raise BadRequestData("The shape cannot be read")
    return found


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > 9:
        raise BadRequestData("Say which version of the drawing was seen")
    return int(text)


def routes(rooms: Rooms, pages: Pages, visits: Visits) -> list[Any]:
    page = PictureScreens(rooms, pages, visits)
    return [
        get(f"{PATH}/picture")(page.show),
        get(f"{PATH}/picture/data")(page.data),
        post(f"{PATH}/picture/drawings", status_code=200)(page.draw),
        post(f"{PATH}/picture/drawings/{{drawing_id:str}}", status_code=200)(page.change),
        get(f"{PATH}/picture/drawings/{{drawing_id:str}}")(page.versions),
        get("/web/signs")(page.signs),
        get("/web/signs/{key:str}")(page.sign),
    ]
