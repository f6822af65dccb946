"""Plays simulated devices over MQTT: one connection a device, QoS 1, and one beat for all of them.

Devices send in their own rhythm, but on the beat: what falls on the same beat arrives together and is one commit for
the city instead of many. Bays are looked at every few beats and speak when something has changed; a gateway tells of
all of its bays in one message.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final
from zlib import crc32

import msgspec
from gmqtt import Client
from gmqtt.mqtt.constants import MQTTv311

from rhinecloud.base.clock import SECOND, iso
from rhinecloud.base.telemetry import logger

from .crew import Order
from .faults import Faults
from .orders import Book
from .pack import Thing
from .simulation import Told

BEAT_S: Final = 2.0
LOOK_S: Final = 10.0
"""How often things that speak on change are looked at."""
KEPT: Final = 200
"""Readings that a device keeps while it is not heard."""
_AT_ONCE: Final = 16
"""Connections opened at the same time."""
_ALIVE_S: Final = 600
_LONGEST_PAUSE_S: Final = 30.0

log = logger("kit")


def reading(thing: Thing, at_s: float, values: dict[str, Any], *, fixed: bool = False) -> dict[str, Any]:
    """A reading as the device sends it: flat JSON, or an entity where a gateway sends for several things."""
    observed = iso(round(at_s) * SECOND)
    lon, lat = thing.location
    place = {"type": "Point", "coordinates": [lon, lat]}
    if not thing.through:
        told = {"observedAt": observed, **values}
        return {"name": thing.name, "location": place, **thing.fixed} | told if fixed else told
    told = {"id": thing.entity, "type": thing.type}
    given = values | ({"name": thing.name, **thing.fixed} if fixed else {})
    told |= {name: {"type": "Property", "value": value, "observedAt": observed} for name, value in given.items()}
    if fixed:
        told["location"] = {"type": "GeoProperty", "value": place, "observedAt": observed}
    return told


class Station:
    """One device: its connection, and the things that it sends for.

    Args:
        book: where the orders of its crew are noted.
    """

    def __init__(
        self, device: str, things: list[Thing], told: Told, faults: Faults, now: Callable[[], float], book: Book
    ) -> None:
        self.device, self.things, self.told, self.faults = device, things, told, faults
        self._now, self._book = now, book
        self._topic = f"{told.tenant}/{device}"
        self._lost = asyncio.Event()
        self._client: Client | None = None
        self._before: dict[str, tuple[dict[str, Any], float]] = {}  # entity → values last sent, and when all were
        self._kept: list[dict[str, Any]] = []
        self._introduced = False
        self._answering: set[asyncio.Task[None]] = set()
        self.messages = 0

    @property
    def connected(self) -> bool:
        return self._client is not None

    async def play(self, opening: asyncio.Semaphore) -> None:
        """Keeps a connection until cancelled, opening it again as long as it takes."""
        pause = 0.5
        while True:
            client = self._made()
            try:
                async with opening:
                    await client.connect(self.told.host, self.told.port, keepalive=_ALIVE_S, version=MQTTv311)
                client.subscribe(f"{self._topic}/command", qos=1)
                self._client, self._introduced, pause = client, False, 0.5
                self.send(self._now(), self.things)
                await self._lost.wait()
            except Exception as error:  # gmqtt raises plain ones of its own beside the socket's; all mean: try again
                log.info("not_connected", device=self.device, error=repr(error), again_in_s=pause)
            finally:
                self._client = None
                with contextlib.suppress(Exception):
                    await client.disconnect()
            await asyncio.sleep(pause + crc32(self.device.encode()) % 1000 / 1000 * pause)
            pause = min(pause * 2, _LONGEST_PAUSE_S)

    def _made(self) -> Client:
        client = Client(self._topic.replace("/", "-"))
        client.set_auth_credentials(self._topic, self.told.devices[self.device])
        client.set_config({"reconnect_retries": 0})
        self._lost.clear()
        client.on_disconnect = lambda *_: self._lost.set()
        client.on_message = self._on_command
        return client

    def send(self, now_s: float, things: Iterable[Thing], *, asked: bool = False) -> None:
        """Sends what the things have to say; those that speak on change only where something has."""
        if self._client is None:
            return
        first = not self._introduced
        if self.things[0].crew is not None:
            self._send_crew(now_s, self.things[0], first or asked)
            return
        at_s = self.told.model_time(now_s)
        if self.faults.silent(self.device, at_s, self.things[0].location):
            return
        made = []
        for thing in things:
            values = thing.measure(self.faults.frozen(self.device, at_s))
            if thing.on_change and not (first or asked):
                before, sent_s = self._before.get(thing.entity, ({}, 0.0))
                if values == before and now_s - sent_s < thing.interval_s:
                    continue
            self._before[thing.entity] = values, now_s
            if first:
                made.append(reading(thing, now_s, values, fixed=True))
                continue
            said = self.faults.say(self.device, at_s, values, next(iter(values), ""))
            told = reading(thing, now_s + said.at_s - at_s, said.values)
            if said.kept:
                self._kept = [*self._kept[1 - KEPT :], told]
            else:
                made.append(told)
        if made and self._kept and not first:
            made = [*self._kept, *made]
            self._kept = []
        if made:
            self._introduced = True
            body = made[0] if len(made) == 1 else made
            self._client.publish(f"{self._topic}/up", msgspec.json.encode(body), qos=1)
            self.messages += 1

    def _send_crew(self, now_s: float, thing: Thing, whole: bool) -> None:
        """What changed about a unit, each with when it did. People live by the clock, however fast the city lives."""
        assert thing.crew is not None and self._client is not None
        acting = thing.crew.act(self._book.of(self.device), now_s)
        before, repeated_s = self._before.get(thing.entity, ({}, 0.0))
        by_time: dict[float, dict[str, Any]] = {}
        for name, value in acting.values.items():
            if whole or before.get(name) != value:
                by_time.setdefault(acting.since.get(name, now_s), {})[name] = value
        if whole or now_s - repeated_s >= thing.interval_s:
            # Also what holds for hours is said again and again: who hears nothing takes the unit for silent.
            repeated_s = now_s
            standing = {name: acting.values[name] for name in ("location", *acting.since)}
            by_time[now_s] = by_time.get(now_s, {}) | standing
        if not by_time:
            return
        made = [reading(thing, at_s, values) for at_s, values in sorted(by_time.items())]
        if whole:
            made[-1] = {"name": thing.name, **thing.fixed} | made[-1]
        self._before[thing.entity] = acting.values, repeated_s
        self._introduced = True
        self._client.publish(f"{self._topic}/up", msgspec.json.encode(made[0] if len(made) == 1 else made), qos=1)
        self.messages += 1

    async def _told_crew(self, client: Client, topic: str, number: str, name: str, params: Any) -> None:
        """An order to people: they are given time to look at it, and answer when they have."""
        thing = self.things[0]
        assert thing.crew is not None
        before = self._book.of(self.device)
        if any(order.id == number for order in before):
            return  # it was sent again; the answer to the first is on its way
        params = params if isinstance(params, dict) else {}
        order = Order(id=number, name=name, params=params, at_s=self._now())
        replies = thing.crew.reply(before, order)
        self._book.note(self.device, order)
        for reply in replies:
            await asyncio.sleep(max(0.0, order.at_s + reply.after_s - self._now()))
            told = {"id": number, "status": reply.status, "detail": reply.detail, "result": reply.result}
            client.publish(f"{topic}/ack", msgspec.json.encode(told), qos=1)
            self.send(self._now(), self.things, asked=name == "report")

    async def _on_command(self, client: Client, topic: str, body: bytes, *_: object) -> int:
        """Answers a command; "report" also sends a value at once. The id tells the city which command it was."""
        try:
            asked = msgspec.json.decode(body)
            number, name = asked["id"], asked.get("name", "")
        except (msgspec.DecodeError, KeyError, TypeError, AttributeError):
            return 0
        if self.things[0].crew is not None:
            task = asyncio.create_task(self._told_crew(client, topic, number, name, asked.get("params")))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)
            return 0
        if name == "report":
            self.send(self._now(), self.things, asked=True)
        if self.faults.silent(self.device, self.told.model_time(self._now()), self.things[0].location):
            return 0
        known = name in ("report", "ping")
        answer = {"id": number, "status": "confirmed" if known else "failed"}
        if not known:
            answer["detail"] = f"{self.device} knows the commands report and ping"
        client.publish(f"{topic}/ack", msgspec.json.encode(answer), qos=1)
        return 0


def _every(thing: Thing) -> int:
    """How many beats lie between two looks at a thing; people are looked at on each."""
    if thing.crew is not None:
        return 1
    return max(1, round((LOOK_S if thing.on_change else thing.interval_s) / BEAT_S))


class Player:
    """All devices of a city, and the beat.

    Args:
        orders: the file in which orders to crews are kept; None: they are forgotten at the end.
    """

    def __init__(self, now: Callable[[], float], orders: Path | None = None) -> None:
        self._now, self._book = now, Book(orders, now)
        self.stations: dict[str, Station] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._opening = asyncio.Semaphore(_AT_ONCE)
        self._due: dict[int, list[tuple[Station, list[Thing]]]] = {}  # beat → who sends what

    def set(self, things: Iterable[Thing], told: Told, faults: Faults) -> None:
        """Plays these things from now on; devices that are there keep their connection, others come and go."""
        by_device: dict[str, list[Thing]] = {}
        for thing in things:
            by_device.setdefault(thing.through or thing.device, []).append(thing)
        for device in self.stations.keys() - by_device.keys():
            self._tasks.pop(device).cancel()
            del self.stations[device]
        for device, its in by_device.items():
            if device not in told.devices:
                continue
            station = self.stations.get(device)
            if station is None:
                station = self.stations[device] = Station(device, its, told, faults, self._now, self._book)
                self._tasks[device] = asyncio.create_task(station.play(self._opening))
            station.things, station.told, station.faults = its, told, faults
        self._due.clear()
        beat = int(self._now() // BEAT_S)
        for station in self.stations.values():
            self._plan(station, beat)

    def _plan(self, station: Station, beat: int) -> None:
        rhythms: dict[int, list[Thing]] = {}
        for thing in station.things:
            every = _every(thing)
            rhythms.setdefault(every, []).append(thing)
        for every, its in rhythms.items():
            offset = crc32(station.device.encode()) % every
            self._due.setdefault(beat + 1 + (offset - beat - 1) % every, []).append((station, its))

    async def run(self) -> None:
        """Beats until cancelled."""
        beat = int(self._now() // BEAT_S)
        while True:
            await asyncio.sleep(max(0.0, (beat + 1) * BEAT_S - self._now()))
            now = int(self._now() // BEAT_S)
            for late in [due for due in self._due if due <= now]:  # after a pause of the machine, all at once
                for station, its in self._due.pop(late):
                    if self.stations.get(station.device) is station:
                        station.send(now * BEAT_S, its)
                        every = _every(its[0])
                        self._due.setdefault(late + every * ((now - late) // every + 1), []).append((station, its))
            beat = now

    async def stop(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks.values(), timeout=2)

    @property
    def connected(self) -> int:
        return sum(station.connected for station in self.stations.values())

    @property
    def messages(self) -> int:
        return sum(station.messages for station in self.stations.values())
