"""The exercise control: brings in what is due, by the clock. It reports, writes and telephones as outsiders would."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Protocol

from rhinecloud.access import Principal, system
from rhinecloud.base.clock import Clock
from rhinecloud.base.errors import RhineError
from rhinecloud.operations import radio
from rhinecloud.operations.collaboration import Draft, RoomDesk
from rhinecloud.operations.declare import By, News, Place
from rhinecloud.operations.desk import Desk
from rhinecloud.operations.incidents import Report
from rhinecloud.operations.tables import Shelf

from . import book
from .declare import Drill, Happening, Inject

LOOK_S: Final = 1.0
CONTROL: Final = system("exercise-control")
BY: Final = By(CONTROL.source, "Übungsleitung")
Begin = Callable[[str, Happening], Awaitable[object]]
"""(tenant, what the simulator is to play)."""


class Room(Protocol):
    """What is asked of `Operations`."""

    def desk(self, tenant: str, principal: Principal) -> Desk: ...


class Control:
    """A follower; it does nothing but in tenants that are for drills."""

    name = "drills"

    def __init__(self, room: Room, begin: Begin, clock: Clock) -> None:
        self._room, self._begin, self._clock = room, begin, clock
        self._looked: dict[str, float] = {}
        self._ours: dict[str, bool] = {}

    async def follow(self, tenant: str, shelf: Shelf, news: Sequence[News]) -> None:
        """By the clock alone."""

    async def tick(self, tenant: str, shelf: Shelf) -> None:
        if time.monotonic() - self._looked.get(tenant, -LOOK_S) < LOOK_S:
            return
        self._looked[tenant] = time.monotonic()
        if not self._ours.get(tenant):
            self._ours[tenant] = await asyncio.to_thread(book.is_for_drills, shelf)
            return
        for drill, inject in await asyncio.to_thread(book.due, shelf, self._clock()):
            await self._bring(tenant, shelf, drill, inject)

    async def _bring(self, tenant: str, shelf: Shelf, drill: Drill, inject: Inject) -> None:
        desk = await asyncio.to_thread(self._room.desk, tenant, CONTROL)
        outcome: str | None
        try:
            if inject.kind == "happening" and inject.happening is not None:
                await self._begin(tenant, inject.happening)
                outcome = ""
            else:
                outcome = await asyncio.to_thread(self._do, desk, shelf, drill, inject)
        except RhineError as error:
            await asyncio.to_thread(self._note, shelf, drill, inject, "failed", error.detail)
            return
        if outcome is not None:
            await asyncio.to_thread(self._note, shelf, drill, inject, "done", outcome)

    @staticmethod
    def _note(shelf: Shelf, drill: Drill, inject: Inject, state: str, result: str) -> None:
        with shelf.work(BY) as work:
            book.played(work, drill.id, inject.id, state, result)

    def _do(self, desk: Desk, shelf: Shelf, drill: Drill, inject: Inject) -> str | None:
        """What came of it; None: its time has not come, since there is no incident yet. Done twice it is once."""
        mine = f"drill:{drill.id}/{inject.id}"
        if inject.kind == "incident":
            known = next((i for i in book.of_drill(shelf, drill) if i.source == mine), None)
            if known is None:
                known, _ = desk.report(_report(inject, mine))
            return known.id
        if inject.kind == "message":
            first = next(iter(book.of_drill(shelf, drill)), None)
            if first is None:
                return None
            draft = Draft(
                text=f"{inject.title.de}\n{inject.text.de}".strip(),
                sender=inject.sender.de or "Übungsleitung",
                priority=inject.priority,
                why="Übungseinspielung" if inject.priority == "flash" else "",
            )
            RoomDesk(desk.seat).take_message(first.id, draft, key=mine)
            return first.id
        if inject.kind == "breakdown":
            with shelf.work(BY) as work:
                radio.report(work, inject.unit, "6", source="drill", key=mine)
            return ""
        return ""  # a cue: the control plays it


def _report(inject: Inject, source: str) -> Report:
    address, position = inject.place or ("", None)
    return Report(
        type=inject.type,
        title=inject.title.de,
        text=inject.text.de,
        severity=inject.severity,
        place=Place(location=position, address=address),
        agencies=inject.agencies,
        exercise=True,
        source=source,
    )
