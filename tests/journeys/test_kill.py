"""kill -9 at random under load: nothing acknowledged is lost, nothing with a time of its own is doubled.

RHINECLOUD_KILLS kills of our process, of the NATS child and of both each (3 unless told; a hundred must hold).
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import random
import signal
import socket
import statistics
import subprocess
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from rhinecloud.base.clock import iso, parse_us
from rhinecloud.base.declare import Model
from rhinecloud.base.settings import Settings
from rhinecloud.connect import Device, Registry, Tables
from rhinecloud.context import Presents
from rhinecloud.history import Histories
from tests.running import launch

KILLS = int(os.environ.get("RHINECLOUD_KILLS", "3"))
MQTT_DEVICES, PUSHERS, WRITERS = 6, 2, 2
BASE_US = parse_us("2026-11-01T00:00:00Z")
ATTR = "level"
WINDOW = 16


class Source:
    """Something that observes 0, 1, 2, … each a millisecond later, and remembers what was acknowledged."""

    def __init__(self, name: str, secret: str = "") -> None:
        self.name, self.secret = name, secret
        self.entity = f"urn:ngsi-ld:Probe:{name}"
        self.next = 0
        self.acknowledged: set[int] = set()
        self.unsure: dict[int, None] = {}  # sent, not acknowledged: sent again, in the same order

    def take(self) -> int:
        number, self.next = self.next, self.next + 1
        self.unsure[number] = None
        return number

    def done(self, number: int) -> None:
        self.unsure.pop(number, None)
        self.acknowledged.add(number)

    def reading(self, number: int) -> bytes:
        return json.dumps({ATTR: number, "observedAt": iso(BASE_US + number * 1000)}).encode()


class City:
    """`rhinecloud up` as a process of its own, on ports that stay the same."""

    def __init__(self, data: Path) -> None:
        self.data, self.port, self.mqtt_port = data, _free_port(), _free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.log = data.with_suffix(".log")

    @property
    def nats_pid(self) -> int:
        return int((self.data / "nats" / "nats.pid").read_text())

    async def start(self) -> float:
        """Seconds until HTTP answers and a device is let in."""
        begun = time.perf_counter()
        env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}  # a city starts compiled
        ports = {"port": self.port, "mqtt_port": self.mqtt_port}
        self.process = launch(self.data, "--empty", "--open", log=self.log, env=env, **ports)
        await self.serves()
        return time.perf_counter() - begun

    async def serves(self) -> None:
        for _ in range(2000):
            assert self.process and self.process.poll() is None, self.log.read_text()[-3000:]
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, ValueError):
                if (await request(self.port, "GET", "/health"))[0] == 200 and await mqtt_answers(self.mqtt_port):
                    return
            await asyncio.sleep(0.01)
        raise AssertionError(f"the city does not serve: {self.log.read_text()[-3000:]}")

    def kill(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait()

    async def stop(self) -> None:
        assert self.process
        self.process.terminate()
        await asyncio.to_thread(self.process.wait, 30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def request(port: int, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
    """One HTTP request on a connection of its own."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        lines = [f"{method} {path} HTTP/1.1", "Host: x", "Connection: close", f"Content-Length: {len(body)}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        answer = await asyncio.wait_for(reader.read(), 10)
    finally:
        writer.close()
    head, _, rest = answer.partition(b"\r\n\r\n")
    if not head:
        raise ConnectionError("no answer")
    return int(head.split()[1]), rest


def packet(kind: int, body: bytes) -> bytes:
    """An MQTT packet of less than 16 kB. Source: MQTT 3.1.1, 2.2."""
    low, high = len(body) % 128, len(body) // 128
    return bytes([kind]) + (bytes([low | 0x80, high]) if high else bytes([low])) + body


def text(value: str) -> bytes:
    return len(value).to_bytes(2, "big") + value.encode()


def connect_packet(source: Source) -> bytes:
    body = text("MQTT") + b"\x04\xc2\x00\x3c" + text(source.name or "nobody") + text(f"city/{source.name}")
    return packet(0x10, body + text(source.secret))


async def mqtt_answers(port: int) -> bool:
    """Whether the door for devices decides: it refuses a stranger."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(connect_packet(Source("", "wrong")))
        return (await asyncio.wait_for(reader.readexactly(4), 5))[0] == 0x20
    finally:
        writer.close()


async def publish(city: City, source: Source) -> None:
    """An MQTT device with QoS 1; ends when its connection does."""
    reader, writer = await asyncio.open_connection("127.0.0.1", city.mqtt_port)
    try:
        writer.write(connect_packet(source))
        assert (await asyncio.wait_for(reader.readexactly(4), 5))[3] == 0
        numbers: dict[int, int] = {}  # packet identifier → observation
        ids = itertools.cycle(range(1, 60_000))
        again = list(source.unsure)
        while True:
            while len(numbers) < WINDOW:
                number, key = again.pop(0) if again else source.take(), next(ids)
                numbers[key] = number
                topic = text(f"city/{source.name}/up")
                writer.write(packet(0x32, topic + key.to_bytes(2, "big") + source.reading(number)))
            async with asyncio.timeout(5):  # wait_for of Python 3.11 may swallow that we are told to end
                answer = await reader.readexactly(4)
            assert answer[0] == 0x40
            source.done(numbers.pop(int.from_bytes(answer[2:], "big")))
            await asyncio.sleep(0.001)
    finally:
        writer.close()


async def push(city: City, source: Source) -> None:
    """A device that pushes by HTTP."""
    number = next(iter(source.unsure), None)
    number = source.take() if number is None else number
    status, body = await request(
        city.port,
        "POST",
        f"/push/{source.name}",
        source.reading(number),
        Content_Type="application/json",
        Authorization=f"Bearer {source.secret}",
    )
    assert 200 <= status < 300 or status == 503, (status, body)
    if status < 300:
        source.done(number)


async def write(city: City, source: Source) -> None:
    """A partner who writes entities by NGSI-LD."""
    number = next(iter(source.unsure), None)
    number = source.take() if number is None else number
    value = {"type": "Property", "value": number, "observedAt": iso(BASE_US + number * 1000)}
    status, body = await request(
        city.port,
        "POST",
        "/ngsi-ld/v1/entityOperations/upsert?options=update",
        json.dumps([{"id": source.entity, "type": "Probe", ATTR: value}]).encode(),
        Content_Type="application/json",
    )
    assert 200 <= status < 300 or status == 503, (status, body)
    if status < 300:
        source.done(number)


async def for_ever(step: Callable[[City, Source], Coroutine[Any, Any, None]], city: City, source: Source) -> None:
    while True:
        # A connection that breaks, or a door that is closed just now, is what this is about.
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, TimeoutError):
            await step(city, source)
            await asyncio.sleep(0.002)
            continue
        await asyncio.sleep(0.02)


async def last_is_seen(city: City, sources: list[Source]) -> None:
    """Everything that was acknowledged has been taken in: the last of each source can be read."""
    for source in sources:
        wanted = max(source.acknowledged)
        for _ in range(1500):
            status, body = await request(city.port, "GET", f"/ngsi-ld/v1/entities/{source.entity}?options=keyValues")
            if status == 200 and json.loads(body)[ATTR] >= wanted:
                break
            await asyncio.sleep(0.02)
        else:
            raise AssertionError(f"{source.name}: {wanted} was acknowledged and is not seen: {body!r}")


async def kill_for_real(city: City, what: str) -> float:
    """Kills, starts again what does not start itself, and says how long nobody was served."""
    if what == "nats":
        begun, old = time.perf_counter(), city.nats_pid
        os.kill(old, signal.SIGKILL)
        while city.nats_pid == old:
            await asyncio.sleep(0.002)
        await city.serves()
        return time.perf_counter() - begun
    if what == "both":
        with contextlib.suppress(ProcessLookupError):
            os.kill(city.nats_pid, signal.SIGKILL)
    city.kill()
    return await city.start()


def register(data: Path) -> list[Source]:
    """Adds the devices as the command line does: beside the running city."""
    tables = Tables(data / "tenants")
    registry = Registry(tables, model=Model([]))
    sources = []
    for n in range(MQTT_DEVICES + PUSHERS):
        kind = "mqtt" if n < MQTT_DEVICES else "http"
        device = Device(id=f"{kind}{n}", kind=kind, entity_type="Probe", entity_id=f"urn:ngsi-ld:Probe:{kind}{n}")  # type: ignore[arg-type]
        sources.append(Source(device.id, registry.add("city", device)))
    tables.close()
    return sources + [Source(f"writer{n}") for n in range(WRITERS)]


async def past_of(data: Path, sources: list[Source]) -> dict[str, list[tuple[int, float]]]:
    """(observed µs, value) of every row that the past holds, by source."""
    settings = Settings(data=data)
    presents = Presents(data / "tenants", model=Model([]))
    await presents.start()
    histories = Histories(data / "tenants", presents, settings)
    await histories.start()
    try:
        held = {}
        for source in sources:
            entity = presents.open("city").get(source.entity)
            assert entity is not None
            attr = next(iri for iri in entity["attrs"] if iri.endswith("/" + ATTR))
            series = await histories.open("city").series(source.entity, attr, limit=10_000_000)
            held[source.name] = list(zip(series.observed_us, series.number, strict=True))
        return held
    finally:
        await histories.stop()
        await presents.stop()


@pytest.mark.slow
@pytest.mark.timeout(60 + 20 * KILLS)
@pytest.mark.parametrize("what", ["us", "nats", "both"])
async def test_what_was_acknowledged_survives_every_kill_and_is_there_once(tmp_path: Path, what: str) -> None:
    city, chance = City(tmp_path / "data"), random.Random()
    await city.start()
    try:
        sources = register(city.data)
        steps = [publish] * MQTT_DEVICES + [push] * PUSHERS + [write] * WRITERS
        tasks = [asyncio.create_task(for_ever(step, city, s)) for step, s in zip(steps, sources, strict=True)]
        back_s = []
        for _ in range(KILLS):
            await asyncio.sleep(chance.uniform(0.1, 1.0))
            back_s.append(await kill_for_real(city, what))
        for _ in range(200):  # a busy machine may have had no time for some of them
            await asyncio.sleep(0.1)
            if all(len(s.acknowledged) > 10 for s in sources):
                break
        assert all(not t.done() for t in tasks), [t.exception() for t in tasks if t.done()]
        while running := [t for t in tasks if not t.done()]:
            for task in running:  # again, where the first was swallowed by a time-out that ended at that very moment
                task.cancel()
            await asyncio.wait(running, timeout=1)
        assert all(len(s.acknowledged) > 10 for s in sources), {s.name: len(s.acknowledged) for s in sources}
        await last_is_seen(city, sources)
    finally:
        await city.stop()
    held = await past_of(city.data, sources)
    for source in sources:
        times = [at for at, _ in held[source.name]]
        assert len(times) == len(set(times)), f"{source.name}: {len(times) - len(set(times))} observations are doubled"
        assert all(at == BASE_US + round(value) * 1000 for at, value in held[source.name])
        lost = source.acknowledged - {round(value) for _, value in held[source.name]}
        assert not lost, f"{source.name}: {len(lost)} of {len(source.acknowledged)} acknowledged observations are lost"
    total = sum(len(s.acknowledged) for s in sources)
    print(
        f"{KILLS} kills of {what}: {total} acknowledged, none lost, back in {statistics.median(back_s):.2f} s, ", end=""
    )
    print(f"at most {max(back_s):.2f} s")
