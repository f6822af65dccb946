"""*My unit*: the page of a crew, for a phone on the dashboard: its order and the answer, its status digits, messages.

The page asks for what is new and is answered when there is something (`/my-unit/now`), so that an order is on the
screen as fast as the room gives it, over any line. Everything works without a script, too, but for that.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Callable
from typing import Any, Final

import msgspec
from litestar import Response, get, post
from litestar.response import Redirect

from rhinecloud.base.errors import BadRequestData, Conflict, ResourceNotFound
from rhinecloud.operations import telling
from rhinecloud.web.island import ISLAND_TEXTS, Island
from rhinecloud.web.language import words
from rhinecloud.web.rendering import Pages
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.unit_rows import UnitFace, face
from rhinecloud.web.visits import AnyRequest, Frame, Visit, Visits

from .forms import Form

ACTION: Final = "units.answer"
WAIT_S: Final = 8.0
PATH: Final = "/my-unit"


class MyUnitPage(msgspec.Struct, kw_only=True):
    frame: Frame
    island: Island
    unit: UnitFace | None  # None: they have not said on which they are
    choices: dict[str, list[tuple[str, str]]]  # units by agency
    mark: str  # of what is shown
    error: str  # why the last answer was not taken; ""


class MyUnit:
    """The handlers."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits) -> None:
        self._rooms, self._pages, self._visits = rooms, pages, visits

    async def show(self, request: AnyRequest) -> Response[Any]:
        """The page; without a unit, the choice of one."""
        visit = await self._visits.in_centre(request, ACTION)
        change = request.query_params.get("change") == "1"
        page = await asyncio.to_thread(self._page, visit, change=change)
        await self._note(visit, page)
        return self._pages.render("pages/my_unit.html", page)

    async def now(self, request: AnyRequest) -> Response[Any]:
        """What is new since `?mark=`, as soon as there is something; 204 where nothing came for some seconds."""
        visit = await self._visits.in_centre(request, ACTION)
        known, loop = request.query_params.get("mark", ""), asyncio.get_running_loop()
        until = loop.time() + WAIT_S
        while True:
            coming = self._rooms.telling.next_news(visit.tenant)
            page = await asyncio.to_thread(self._page, visit)
            if page.mark != known:
                await self._note(visit, page)
                return self._pages.render("parts/my_unit.html", page)
            left_s = until - loop.time()
            if left_s <= 0 or self._rooms.telling.over:
                return Response(None, status_code=204, headers={"Cache-Control": "no-store"})
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(coming.wait(), left_s)
            if not self._visits.still(request, visit):
                return Response(None, status_code=401)

    async def board(self, request: AnyRequest, data: Form) -> Response[Any]:
        """They are on this unit now."""
        visit = await self._visits.in_centre(request, ACTION)
        unit = data.get("unit", "")
        if unit:
            await asyncio.to_thread(lambda: self._desk(visit).board(unit))
        else:
            await asyncio.to_thread(lambda: self._desk(visit).leave())
        return Redirect(PATH, status_code=303)

    async def seen(self, request: AnyRequest, data: Form) -> Response[Any]:
        """These messages are before somebody's eyes."""
        visit = await self._visits.in_centre(request, ACTION)
        ids = [i for i in data.get("ids", "").split(" ") if i][:20]
        await asyncio.to_thread(lambda: self._desk(visit).shown(ids, read=True))
        return Response(None, status_code=204)

    async def answer(self, request: AnyRequest, data: Form) -> Response[Any]:
        """The order is accepted, or declined with a reason."""
        number = data.get("assignment", "")
        if not number.isdecimal() or len(number) > 15:
            raise ResourceNotFound("There is no such order")
        reason = (data.get("other", "").strip() or data.get("reason", ""))[:500]
        accepts = data.get("answer") == "accept"
        return await self._act(request, lambda desk: desk.answer(int(number), accepts, reason))

    async def status(self, request: AnyRequest, data: Form) -> Response[Any]:
        """A status digit, or a wish to speak."""
        return await self._act(request, lambda desk: desk.report_status(data.get("status", "")[:3]))

    async def _act(self, request: AnyRequest, act: Callable[[telling.CrewDesk], object]) -> Response[Any]:
        visit = await self._visits.in_centre(request, ACTION)
        try:
            await asyncio.to_thread(lambda: act(self._desk(visit)))
        except (Conflict, BadRequestData) as error:
            page = await asyncio.to_thread(self._page, visit, error.detail)
            return self._pages.render("pages/my_unit.html", page, status=error.status)
        return Redirect(PATH, status_code=303)

    def _desk(self, visit: Visit) -> telling.CrewDesk:
        return telling.CrewDesk(self._rooms.operations.seat(visit.tenant, visit.principal))

    async def _note(self, visit: Visit, page: MyUnitPage) -> None:
        """What is on the screen has been received."""
        if page.unit is not None and page.unit.shown:
            shown = page.unit.shown
            await asyncio.to_thread(lambda: self._desk(visit).shown(shown))

    def _page(self, visit: Visit, error: str = "", *, change: bool = False) -> MyUnitPage:
        desk, say = self._desk(visit), words(visit.language)
        agencies = {agency: title[visit.language] for agency, title in desk.agencies().items()}
        aboard = None if change else desk.aboard()
        choices: dict[str, list[tuple[str, str]]] = {}
        for unit in desk.choices() if aboard is None else ():
            choices.setdefault(agencies.get(unit.agency, unit.agency), []).append((unit.id, unit.name))
        found: UnitFace | None = None
        if aboard is not None:
            agency = agencies.get(aboard.unit.agency, aboard.unit.agency)
            found = face(aboard, agency, self._rooms.clock(), visit.language)
        mark = hashlib.sha256(msgspec.json.encode(_lasting(found))).hexdigest()[:16]
        return MyUnitPage(
            frame=self._visits.frame(visit, "my-unit", "My unit"),
            island=Island(
                language=visit.language,
                timezone=self._rooms.settings.timezone,
                words=say.some(ISLAND_TEXTS),
                csrf=visit.csrf,
            ),
            unit=found,
            choices=choices,
            mark=mark,
            error=error,
        )


def _lasting(unit: UnitFace | None) -> UnitFace | None:
    """What makes a screen another one: not how much time is left, nor that it was looked at."""
    if unit is None:
        return None
    order = msgspec.structs.replace(unit.order, left_s=0, state="") if unit.order else None
    messages = [msgspec.structs.replace(m, fresh=False) for m in unit.messages]
    return msgspec.structs.replace(unit, order=order, messages=messages, shown=[])


def routes(rooms: Rooms, pages: Pages, visits: Visits) -> list[Any]:
    page = MyUnit(rooms, pages, visits)
    return [
        get(PATH)(page.show),
        get(f"{PATH}/now")(page.now),
        post(f"{PATH}/board")(page.board),
        post(f"{PATH}/seen")(page.seen),
        post(f"{PATH}/answer")(page.answer),
        post(f"{PATH}/status")(page.status),
    ]
