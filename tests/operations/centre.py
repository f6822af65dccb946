"""What the tests of operations share: a command centre with real rooms beneath it, and people of several agencies."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from rhinecloud.access import Grant, Principal, system
from rhinecloud.access.policy import Policy, agencies
from rhinecloud.base.declare import Label, Model
from rhinecloud.base.settings import Settings
from rhinecloud.context import Presents, Vocabularies
from rhinecloud.history import Histories
from rhinecloud.insight import TYPES, Insight
from rhinecloud.operations import ENTITIES, Action, Desk, News, Operations, Unit
from rhinecloud.operations.tables import Shelf

MODEL = Model([*TYPES, *ENTITIES])
RUHRORT = (6.7279, 51.4554)
HOMBERG = (6.6950, 51.4500)


class Rights:
    """As `Access` answers, without its database."""

    def __init__(self) -> None:
        self._policy = Policy()

    def allow(self, principal: Principal, action: str, tenant: str) -> None:
        self._policy.allow(principal, action, tenant)

    def agencies(self, principal: Principal, action: str, tenant: str) -> frozenset[str] | None:
        return agencies(principal, action, tenant)


def person(name: str, agency: str = "", role: str = "operator", tenant: str = "city") -> Principal:
    return Principal(
        kind="person", id=f"p_{name}", name=name.title(), agency=agency, grants=(Grant(role, tenant, agency),)
    )


ADMIN = system("test")


def shelf(folder: Path, clock: Callable[[], int]) -> Shelf:
    (folder / "city").mkdir(exist_ok=True)
    return Shelf(folder / "city", clock)


def desk(at: Shelf, who: Principal = ADMIN, **more: Any) -> Desk:
    def nothing(alert_id: str) -> Any:
        raise AssertionError(alert_id)

    return Desk(at, "city", who, Rights(), alert=more.pop("alert", nothing), **more)


def unit(name: str, *, agency: str = "fire", kind: str = "fire", **more: Any) -> Unit:
    given: dict[str, Any] = {"capabilities": ("HLF",), "station": RUHRORT} | more
    return Unit(id=name, name=name.upper(), kind=kind, agency=agency, **given)


def label(text: str) -> Label:
    return Label(de=text, en=text)


class Centre:
    """The room with a present and insight; what follows by itself is done by `settle`."""

    def __init__(self, folder: Path, clock: Callable[[], int], actions: dict[str, Action] | None = None) -> None:
        self.folder, self.clock, self.actions = folder, clock, actions
        self.told: list[tuple[str, bytes]] = []
        self.escalated: list[News] = []
        self.anchored: list[tuple[int, str]] = []

    async def __aenter__(self) -> Centre:
        tenants = self.folder / "tenants"
        self.presents = Presents(tenants, model=MODEL, clock=self.clock)
        await self.presents.start()
        if "city" not in self.presents.names():
            self.presents.create("city")
        settings, vocabularies = Settings(data=self.folder), Vocabularies(MODEL)
        self.histories = Histories(tenants, self.presents, settings, self.clock, model=MODEL)
        await self.histories.start()
        self.insight = Insight(tenants, self.presents, self.histories, vocabularies, MODEL, clock=self.clock)
        self.room = Operations(
            tenants,
            self.presents,
            vocabularies,
            Rights(),
            alerts=self.insight,
            publish=self._noting(lambda subject, data: self.told.append((subject, data))),
            escalate=self._noting(lambda _tenant, news: self.escalated.append(news)),
            anchor=self._noting(lambda _tenant, number, head: self.anchored.append((number, head))),
            actions=self.actions,
            clock=self.clock,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.room.stop()
        await self.insight.settled()
        await self.insight.stop()
        await self.histories.stop()
        await self.presents.stop()

    @staticmethod
    def _noting(note: Callable[..., object]) -> Callable[..., Awaitable[object]]:
        async def told(*what: Any) -> None:
            note(*what)

        return told

    def desk(self, who: Principal = ADMIN) -> Desk:
        return self.room.desk("city", who)

    async def settle(self) -> None:
        await self.room.tick("city")
