"""The ground on which drills are played: a tenant for nothing else, with a simulated city of its own.

What a drill does to its rivers, fires and units happens there, through the same doors as everything; the real city, its
devices and its channels are other tenants', and cannot be reached from it. Whoever has a role in the real city has the
same one here.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

from rhinecloud.access import Grant, Principal
from rhinecloud.base.clock import Clock
from rhinecloud.base.errors import AlreadyExists, Conflict, InvalidRequest, NonexistentTenant, ResourceNotFound
from rhinecloud.base.telemetry import logger
from rhinecloud.operations import Happening, Scenario, drills

from .demo import Demo, Devices
from .events import HOUR, event
from .pack import Pack, Thing

SUFFIX: Final = "-drill"
ALWAYS: Final = frozenset(("EmergencyVehicle",))
"""Types of things that every drill has."""

log = logger("kit")


class Tenants(Protocol):
    """What is asked of `Access.tenants`."""

    def exists(self, name: str) -> bool: ...
    def add(self, by: Principal, name: str, title: str = ...) -> Any: ...
    def list(self) -> Iterable[Any]: ...
    def agencies(self, name: str | None = ...) -> Iterable[Any]: ...
    def add_agency(self, by: Principal, name: str, agency_name: str, title: str = ...) -> Any: ...


class People(Protocol):
    """What is asked of `Access.people`."""

    def list(self) -> Iterable[Any]: ...
    def set_roles(self, by: Principal, name: str, *, add: Iterable[Grant] = ...) -> Any: ...


class Access(Protocol):
    @property
    def tenants(self) -> Tenants: ...
    @property
    def people(self) -> People: ...


class Operations(Protocol):
    """What is asked of the command centre; `roads`: its streets, which a drill drives on too."""

    roads: Any

    def seat(self, tenant: str, principal: Principal) -> Any: ...


class Ground:
    """The drills of all tenants of an installation; each has one ground, on which one is played at a time.

    Args:
        folder: DATA/secrets, where the children's files are kept.
        packs_on: of a tenant.
        where: (host, port) of MQTT, once it is known.
        by: who makes tenants and gives roles in them.
    """

    def __init__(
        self,
        folder: Path,
        *,
        access: Access,
        operations: Operations,
        registry: Devices,
        packs_on: Callable[[str], Sequence[Pack]],
        where: Callable[[], tuple[str, int]],
        by: Principal,
        clock: Clock,
    ) -> None:
        self._folder, self._access, self._operations, self._registry = folder, access, operations, registry
        self._packs_on, self._where, self._by, self._clock = packs_on, where, by, clock
        self._playing: dict[str, Demo] = {}
        self._one = asyncio.Lock()

    async def start(self) -> None:
        """Plays on what was being played when the city stopped."""
        for tenant in [t.name for t in self._access.tenants.list() if t.name.endswith(SUFFIX)]:
            with contextlib.suppress(NonexistentTenant):
                drill = await asyncio.to_thread(self._desk(tenant, self._by).current)
                if drill is not None:
                    await self._play(tenant, drill.scenario)

    async def stop(self) -> None:
        for demo in self._playing.values():
            await demo.stop()
        self._playing.clear()

    # ── what there is ────────────────────────────────────────────────────────────────────────────────────────────────

    def scenarios(self, tenant: str) -> dict[str, Scenario]:
        """Of the packs that are on, by id."""
        return {s.id: s for pack in self._packs_on(real_of(tenant)) for s in pack.scenarios}

    def is_ground(self, tenant: str) -> bool:
        """Whether nothing in this tenant is real."""
        return tenant.endswith(SUFFIX)

    def of(self, tenant: str) -> str:
        """The ground of a tenant, "" where there is none yet."""
        name = ground_of(tenant)
        return name if self._access.tenants.exists(name) else ""

    def pace(self, tenant: str) -> float:
        """How much faster than the clock a tenant's simulated city lives."""
        demo = self._playing.get(tenant)
        return demo.speed if demo is not None else 1.0

    # ── a drill ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def begin(self, tenant: str, principal: Principal, scenario_id: str, title: str = "") -> drills.Drill:
        """Starts a drill on the ground of a tenant, which is made where there is none.

        Raises:
            Unauthorized, Forbidden. Conflict: one goes on. ResourceNotFound: there is no such scenario.
        """
        real = real_of(tenant)
        scenario = self.scenarios(real).get(scenario_id)
        if scenario is None:
            raise ResourceNotFound(f"There is no scenario {scenario_id[:60]}")
        await asyncio.to_thread(self._operations.seat(real, principal).may, drills.LEAD)
        async with self._one:
            ground = await asyncio.to_thread(self._furnish, real)
            desk = self._desk(ground, self._by)
            if await asyncio.to_thread(desk.current) is not None:
                raise Conflict("A drill goes on already")
            await self._end(ground)
            await self._play(ground, scenario, fresh=True)
            # Not in the name of who asked: their roles on the ground count for them only from the next sign-in on.
            return await asyncio.to_thread(desk.start, scenario, title)

    async def end(self, ground: str, principal: Principal, drill_id: int) -> None:
        """Raises: Unauthorized, Forbidden, Conflict."""
        await asyncio.to_thread(self._desk(ground, principal).end, drill_id)
        async with self._one:
            await self._end(ground)

    async def happen(self, ground: str, given: Happening) -> None:
        """Lets the simulated city of a ground play something, from now on."""
        demo = self._playing.get(ground)
        if demo is None:
            raise InvalidRequest("No simulated city is played here")
        await demo.begin(_event(given, demo.model_time()))

    def _desk(self, ground: str, principal: Principal) -> drills.DrillDesk:
        return drills.DrillDesk(self._operations.seat(ground, principal))

    def _furnish(self, real: str) -> str:
        """Blocking: the tenant, its agencies, its people's roles, what is declared, its units."""
        ground, tenants = ground_of(real), self._access.tenants
        if not tenants.exists(ground):
            title = next((t.title for t in tenants.list() if t.name == real), "") or real
            with contextlib.suppress(AlreadyExists):
                tenants.add(self._by, ground, f"ÜBUNG {title}")
        known = {agency.name for agency in tenants.agencies(ground)}
        for agency in tenants.agencies(real):
            if agency.name not in known:
                tenants.add_agency(self._by, ground, agency.name, agency.title)
        for person in self._access.people.list():
            here = {(g.role, g.agency) for g in person.grants if g.tenant == ground}
            there = {(g.role, g.agency) for g in person.grants if g.tenant == real}
            if new := [Grant(role, ground, agency) for role, agency in sorted(there - here)]:
                self._access.people.set_roles(self._by, person.name, add=new)
        shelf, mine = self._operations.seat(real, self._by).shelf, self._operations.seat(ground, self._by)
        with mine.shelf.work(mine.by) as work:
            drills.furnish(shelf, work)
        self._operations.roads.share(real, ground)
        return ground

    async def _play(self, ground: str, scenario: Scenario, *, fresh: bool = False) -> None:
        wanted = ALWAYS | set(scenario.types)
        folder = self._folder / ground
        if fresh:
            await asyncio.to_thread(_forget, folder)
        demo = Demo(
            folder,
            tenant=ground,
            registry=self._registry,
            packs_on=lambda: self._packs_on(real_of(ground)),
            token=lambda known: known,
            clock=self._clock,
            only=lambda thing: _is_wanted(thing, wanted),
            opens=False,
        )
        host, port = self._where()
        await demo.start(host=host, mqtt_port=port, url="")
        await demo.ready()
        self._playing[ground] = demo
        if fresh:
            now = demo.model_time()
            for happening in scenario.happenings:
                await demo.begin(_event(happening, now))
            if scenario.pace != 1:
                await demo.hasten(scenario.pace)
        log.info("drill_played", tenant=ground, scenario=scenario.id)

    async def _end(self, ground: str) -> None:
        demo = self._playing.pop(ground, None)
        if demo is not None:
            await demo.stop()


def ground_of(tenant: str) -> str:
    return tenant if tenant.endswith(SUFFIX) else f"{tenant}{SUFFIX}"


def real_of(tenant: str) -> str:
    return tenant.removesuffix(SUFFIX)


def _is_wanted(thing: Thing, wanted: set[str] | frozenset[str]) -> bool:
    return thing.type in wanted and not thing.through


def _event(given: Happening, now_s: float) -> Any:
    return event(
        given.kind,
        now_s + given.begins_h * HOUR,
        lasts_s=None if given.lasts_h is None else given.lasts_h * HOUR,
        strength=given.strength,
        place=given.place,
    )


def _forget(folder: Path) -> None:
    """The file of an earlier drill: a new one begins with a river as it usually is."""
    if folder.is_dir():
        for file in folder.iterdir():
            file.unlink()
