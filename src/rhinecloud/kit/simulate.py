"""The child process `rhinecloud simulate`: plays every simulated device over real MQTT, one connection a device, QoS 1.

At its first start it sends the last 24 hours too, a value every 15 minutes, each with its own `observedAt`; after a
pause it sends what the pause swallowed, as a device with a memory does. A lost connection is tried again with
growing pauses. It ends when its standard input ends, that is, when the city that started it is gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zlib import crc32

from gmqtt import Client
from gmqtt.mqtt.constants import MQTTv311

from rhinecloud.base.clock import SECOND, iso, now_us
from rhinecloud.base.errors import InvalidRequest
from rhinecloud.base.telemetry import logger

from .pack import Thing
from .simulation import fleet
from .world import World

PAST_S = 86_400
PAST_STEP_S = 900
_LONGEST_PAUSE_S = 30.0
_GOODBYE_S = 2.0

log = logger("kit")


def payload(thing: Thing, at_s: float, *, fixed: bool = False) -> dict[str, Any]:
    """What the device sends of the instant `at_s`."""
    told = {"observedAt": iso(round(at_s) * SECOND), **thing.measure(at_s)}
    if fixed:
        lon, lat = thing.location
        told |= {"name": thing.name, "location": {"type": "Point", "coordinates": [lon, lat]}, **thing.fixed}
    return told


def past(since_s: float, until_s: float) -> Iterator[float]:
    """The instants of the past that are sent again: on the quarter-hour, at most a day back, `until_s` excluded."""
    first = max(since_s, until_s - PAST_S)
    step = int(first // PAST_STEP_S + 1) * PAST_STEP_S
    while step < until_s:
        yield float(step)
        step += PAST_STEP_S


class Device:
    """One simulated device: a connection of its own, which it opens again as long as it takes."""

    def __init__(self, thing: Thing, told: dict[str, Any], memory: dict[str, float], clock: Callable[[], int]) -> None:
        self.thing = thing
        self._told = told
        self._memory = memory  # device → instant of its last message, s
        self._clock = clock
        self._topic = f"{told['tenant']}/{thing.device}"
        self._lost = asyncio.Event()

    async def play(self) -> None:
        """Runs until cancelled."""
        pause = 0.5
        while True:
            client = self._client()
            try:
                await client.connect(self._told["host"], self._told["port"], keepalive=60, version=MQTTv311)
                pause = 0.5
                await self._session(client)
            except Exception as error:  # gmqtt raises plain ones of its own beside the socket's; all mean: try again
                log.info("not_connected", device=self.thing.device, error=repr(error), again_in_s=pause)
            finally:
                with contextlib.suppress(Exception):
                    await client.disconnect()
            await asyncio.sleep(pause + crc32(self.thing.device.encode()) % 1000 / 1000 * pause)
            pause = min(pause * 2, _LONGEST_PAUSE_S)

    def _client(self) -> Client:
        name = f"{self._told['tenant']}/{self.thing.device}"
        client = Client(name.replace("/", "-"))
        client.set_auth_credentials(name, self._told["devices"][self.thing.device])
        client.set_config({"reconnect_retries": 0})
        self._lost.clear()
        client.on_disconnect = lambda *_: self._lost.set()
        client.on_message = self._on_command
        return client

    async def _session(self, client: Client) -> None:
        client.subscribe(f"{self._topic}/command", qos=1)
        self._send(client, self._now(), fixed=True)
        for number, at in enumerate(past(self._memory.get(self.thing.device, 0.0), self._now())):
            self._send(client, at)
            if number % 8 == 7:  # sixty devices do this at once: leave the city room to breathe
                await asyncio.sleep(0.05)
        offset = crc32(self.thing.device.encode()) % 1000 / 1000 * self.thing.interval_s
        while not self._lost.is_set():
            now = self._now()
            self._memory[self.thing.device] = now
            rest = self.thing.interval_s - (now - offset) % self.thing.interval_s
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._lost.wait(), rest)
                return
            self._send(client, self._now())

    def _send(self, client: Client, at_s: float, *, fixed: bool = False) -> None:
        client.publish(f"{self._topic}/up", json.dumps(payload(self.thing, at_s, fixed=fixed)), qos=1)

    async def _on_command(self, client: Client, topic: str, body: bytes, *_: object) -> int:
        """Answers a command; "report" also sends a value at once. The id tells the city which command it was."""
        try:
            asked = json.loads(body)
            number, name = asked["id"], asked.get("name", "")
        except (ValueError, KeyError, TypeError):
            return 0
        if name == "report":
            self._send(client, self._now())
        known = name in ("report", "ping")
        answer = {"id": number, "status": "confirmed" if known else "failed"}
        if not known:
            answer["detail"] = f"{self.thing.device} knows the commands report and ping"
        client.publish(f"{topic}/ack", json.dumps(answer), qos=1)
        return 0

    def _now(self) -> float:
        return self._clock() / SECOND


async def run(credentials: Path, clock: Callable[[], int] = now_us) -> None:
    """Plays the fleet until SIGTERM, SIGINT or the end of standard input."""
    told = read_credentials(credentials)
    _end_with_parent()
    memory_file = credentials.with_suffix(".memory")
    memory = _remembered(memory_file)
    done = asyncio.Event()
    loop = asyncio.get_running_loop()
    # Seventy clients that lose one broker have a lot to say; what matters we log ourselves, once a device and attempt.
    logging.getLogger("gmqtt").setLevel(logging.CRITICAL)
    loop.set_exception_handler(lambda _, context: log.debug("client_library", **context))
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, done.set)
    if not sys.stdin.isatty():
        with contextlib.suppress(PermissionError):  # /dev/null and files cannot be waited for, and never end
            loop.add_reader(sys.stdin.fileno(), done.set)
    devices = [Device(t, told, memory, clock) for t in fleet(world=World(told["seed"])) if t.device in told["devices"]]
    tasks = [asyncio.create_task(device.play()) for device in devices]
    try:
        while not done.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(done.wait(), 20)
            memory_file.write_text(json.dumps(memory))
    finally:
        for task in tasks:
            task.cancel()
        left = (await asyncio.wait(tasks, timeout=_GOODBYE_S))[1] if tasks else set()
        if left:  # the client library waits for a broker that is gone; nobody else waits for us
            os._exit(0)


def read_credentials(path: Path) -> dict[str, Any]:
    """The file that `write_credentials` wrote.

    Raises:
        InvalidRequest: there is no such file, or it is another kind of file.
    """
    try:
        told: dict[str, Any] = json.loads(path.read_text("utf-8"))
        if not {"host", "port", "tenant", "seed", "devices"} <= told.keys():
            raise ValueError("host, port, tenant, seed and devices are expected")
    except (OSError, ValueError, AttributeError) as error:
        raise InvalidRequest(f"{path} is no file of simulator credentials: {error}") from error
    return told


def _end_with_parent() -> None:
    """On Linux the kernel ends us with the city, however busy we are; elsewhere the end of standard input does."""
    if sys.platform == "linux":
        import ctypes

        set_death_signal = 1  # PR_SET_PDEATHSIG, prctl(2)
        ctypes.CDLL(None, use_errno=True).prctl(set_death_signal, signal.SIGKILL)


def _remembered(path: Path) -> dict[str, float]:
    try:
        return {str(k): float(v) for k, v in json.loads(path.read_text("utf-8")).items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}  # the first start, or a torn file: the last day is sent again, which changes nothing
