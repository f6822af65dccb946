"""The demo city: registers the simulated devices like any others, keeps the child that plays them, and takes wishes.

Everything that is wished for is written into the child's file, so that it is still so after a restart.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from rhinecloud.base.clock import SECOND, Clock, now_us
from rhinecloud.base.errors import InvalidRequest, RhineError
from rhinecloud.base.telemetry import logger

from .events import KINDS, Event
from .pack import Pack, Thing
from .simulation import Fill, Played, Simulation, Told, fleet, read_told, write_told
from .world import World

FILE: Final = "simulation.json"
LONGEST_S: Final = 10 * 366 * 86_400.0
_KEPT: Final = 200

log = logger("kit")

if TYPE_CHECKING:
    from rhinecloud.connect import Device


class Devices(Protocol):
    """`connect.Registry`, as far as it is needed here."""

    def find(self, tenant: str, device_id: str) -> Device | None: ...
    def add_many(self, tenant: str, devices: Iterable[Device]) -> dict[str, str]: ...
    def rotate(self, tenant: str, device_id: str, *, grace_s: float = ...) -> str: ...


class Demo:
    """One simulated city in one tenant.

    Args:
        folder: DATA/secrets, where the child's file is kept.
        registry: where its devices are registered.
        packs_on: the packs that are on in the tenant.
        token: (the one it had, or "") → a token that may bring the past in; the same one while it is good.
        only: which things are played; None: all.
        opens: whether it begins with what opens a demo (`events.opening`).
    """

    def __init__(
        self,
        folder: Path,
        *,
        tenant: str,
        registry: Devices,
        packs_on: Callable[[], Sequence[Pack]],
        token: Callable[[str], str],
        clock: Clock = now_us,
        only: Callable[[Thing], bool] | None = None,
        opens: bool = True,
    ) -> None:
        self._only, self._opens = only, opens
        self._file = folder / FILE
        self._tenant, self._registry, self._packs_on, self._token = tenant, registry, packs_on, token
        self._clock = clock
        self._simulation = Simulation(self._file)
        self._one = asyncio.Lock()
        self._starting: asyncio.Task[None] | None = None
        self._told: Told | None = None

    async def start(self, *, host: str, mqtt_port: int, url: str, days: int = 3) -> None:
        """Returns at once; devices are registered and the child is started behind it.

        Args:
            host, mqtt_port: where devices send to. url: where HTTP is answered.
            days: how far its past reaches back from its first start.
        """
        self._starting = asyncio.create_task(self._start(host, mqtt_port, url, days))

    async def _start(self, host: str, port: int, url: str, days: int) -> None:
        try:
            async with self._one:
                await asyncio.to_thread(self._prepare, host, port, url, days)
                await self._simulation.start()
        except RhineError:
            log.exception("demo_does_not_start")

    async def stop(self) -> None:
        if self._starting:
            self._starting.cancel()
            await asyncio.wait([self._starting])
        await self._simulation.stop()

    async def switched(self) -> None:
        """Packs were switched on or off: their devices come and go."""
        async with self._one:
            if self._told is not None:
                await asyncio.to_thread(self._enrol, self._told)
                await self._write(self._told)

    def _prepare(self, host: str, port: int, url: str, days: int) -> None:
        try:
            told = read_told(self._file)
        except InvalidRequest:  # the first start
            told = Told(
                host=host, port=port, tenant=self._tenant, began_s=self._clock() // SECOND if self._opens else 0.0
            )
        told.host, told.port, told.tenant, told.url, told.days = host, port, self._tenant, url, days
        told.token = self._token(told.token) if url else ""
        self._enrol(told)
        write_told(self._file, told)
        self._told = told

    def _enrol(self, told: Told) -> None:
        """Registers the devices of the packs that are on; the secrets of an earlier start are still good."""
        packs = self._packs_on()
        told.packs = [pack.id for pack in packs]
        things: dict[str, Thing] = {}
        wanted = self._only
        for thing in (t for t in fleet(packs, World(told.seed)) if wanted is None or wanted(t)):
            things.setdefault(thing.through or thing.device, thing)
        there = {name for name in things if self._registry.find(self._tenant, name) is not None}
        fresh = [_device(name, thing) for name, thing in things.items() if name not in there]
        told.devices |= self._registry.add_many(self._tenant, fresh) if fresh else {}
        for name in there - told.devices.keys():  # the file was lost
            told.devices[name] = self._registry.rotate(self._tenant, name, grace_s=0)
        told.devices = {name: secret for name, secret in told.devices.items() if wanted is None or name in things}

    async def _write(self, told: Told) -> None:
        await asyncio.to_thread(write_told, self._file, told)
        self._simulation.read_again()

    async def ready(self) -> None:
        """Returns once its devices are registered and its child is started."""
        if self._starting is not None:
            await asyncio.wait([self._starting])

    # What can be wished for.

    def _playing(self) -> Told:
        if self._told is None:
            raise InvalidRequest("The simulator is just being started; ask again in a second")
        return self._told

    async def begin(self, happening: Event) -> Event:
        """Lets an event happen. Those that are long over are forgotten."""
        async with self._one:
            told = self._playing()
            now = self.model_time()
            kept = [event for event in told.events if event.start_s + event.lasts_s > now - LONGEST_S]
            told.events = [*kept, happening][-_KEPT:]
            await self._write(told)
        return happening

    async def end(self, kind: str = "") -> int:
        """Ends the events of a kind ("" : all) that were started by somebody and go on or are to come; how many."""
        async with self._one:
            told, now = self._playing(), self.model_time()
            ending = [e for e in told.events if e.kind == (kind or e.kind) and e.start_s + e.lasts_s > now]
            told.events = [event for event in told.events if event not in ending]
            await self._write(told)
        return len(ending)

    async def hasten(self, speed: float) -> None:
        """Lets the city live `speed` times as fast as the clock from now on; 1 brings it back to the clock."""
        if not 0.01 <= speed <= 10_000:
            raise InvalidRequest(f"A city cannot live {speed:g} times as fast; 0.01 to 10000 are possible")
        async with self._one:
            told = self._playing()
            told.model_s = 0.0 if speed == 1 else self.model_time()
            told.speed, told.sped_s = speed, self._clock() / SECOND
            await self._write(told)

    async def fill(self, seconds: float, step_s: float) -> Fill:
        """Lets the past be filled in, as far back as asked for."""
        if not 3600 <= seconds <= LONGEST_S or not 60 <= step_s <= 86_400:
            raise InvalidRequest("The past is filled in for an hour to ten years, by steps of a minute to a day")
        now = self._clock() / SECOND
        wanted = Fill(now - seconds, now, step_s)
        async with self._one:
            told = self._playing()
            told.fills = [wanted]
            await self._write(told)
        return wanted

    def model_time(self) -> float:
        """The instant that the simulated city lives in."""
        now = self._clock() / SECOND
        return now if self._told is None else self._told.model_time(now)

    @property
    def speed(self) -> float:
        """How much faster than the clock it lives."""
        return 1.0 if self._told is None else self._told.speed

    @property
    def played(self) -> Played:
        """How the child said last that it is doing."""
        return self._simulation.played

    def state(self) -> dict[str, Any]:
        """For people: what is played, how far the past is filled in, and what goes on."""
        told = self._playing()
        now = self.model_time()
        going = [e for e in told.events if e.start_s + e.lasts_s > now]
        return {
            "devices": self.played.devices,
            "connected": self.played.connected,
            "messages": self.played.messages,
            "filled": self.played.filled,
            "speed": told.speed,
            "model_s": now,
            "packs": told.packs or [],
            "events": going,
            "kinds": KINDS,
        }


def _device(name: str, thing: Thing) -> Device:
    from rhinecloud.connect import Device  # the child imports this room too, and needs nothing of that one

    lon, lat = thing.location
    place = {"type": "Point", "coordinates": [lon, lat]}
    if thing.through:
        return Device(
            id=name, name=f"Gateway {thing.name.partition(',')[0]}", entity_type="Device", location=place, note="Demo"
        )
    return Device(
        id=name,
        name=thing.name,
        entity_id=thing.entity,
        entity_type=thing.type,
        location=None if thing.crew else place,  # who drives about says where
        interval_s=thing.interval_s,
        note="Demo",
    )
