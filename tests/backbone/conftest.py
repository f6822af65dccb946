"""A real NATS child and real MQTT clients."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest

from rhinecloud.backbone import MQTT, RAW, Backbone, MqttGrant, RawMessage
from rhinecloud.base.settings import Settings

SECRET = "s3cret"


class Site:
    """A backbone with two devices of the tenant "city", and what it has taken in."""

    def __init__(self, data: Path, **settings: Any) -> None:
        self.devices = {"city/gauge": SECRET, "city/lamp": SECRET, "gauge": SECRET, "netserver": SECRET}
        self.taken: list[RawMessage] = []
        self.settings = Settings(data=data, mqtt_port=0, **settings)
        self.backbone = Backbone(self.settings, authenticate=self.authenticate)
        for stream in (MQTT, RAW):
            self.backbone.consume(stream, self.take)

    def authenticate(self, user: str, secret: str, _client: str) -> MqttGrant | None:
        if self.devices.get(user) != secret:
            return None
        if user == "netserver":
            return MqttGrant(("application/#",), ("application/+/device/+/command/down",))
        own = user if "/" in user else f"city/{user}"
        return MqttGrant((f"{own}/#",), (f"{own}/command", f"{own}/command/#"))

    async def take(self, messages: list[RawMessage]) -> None:
        self.taken += messages

    async def has(self, count: int, patience_s: float = 30) -> list[RawMessage]:
        """What was taken in, when there are `count` messages; fails when there are not in time, or more."""
        await eventually(lambda: len(self.taken) >= count, patience_s)
        await asyncio.sleep(0.15)
        assert len(self.taken) == count, self.taken
        return self.taken


async def eventually(condition: Callable[[], Any], patience_s: float = 30) -> None:
    for _ in range(round(patience_s / 0.02)):
        if condition():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not come true in time")


class Device:
    """A paho client on a thread of its own; every call waits for the broker."""

    def __init__(self, site: Site, user: str = "city/gauge", secret: str = SECRET, **options: Any) -> None:
        self.client = paho.Client(paho.CallbackAPIVersion.VERSION2, **options)
        self.client.username_pw_set(user, secret)
        self.client.reconnect_delay_set(1, 1)
        self.port, self.code, self.heard = site.backbone.mqtt_port, -1, []
        self.lost = 0
        self.client.on_connect = self._on_connect
        self.client.on_disconnect = self._on_disconnect
        self.client.on_message = lambda _c, _u, m: self.heard.append((m.topic, m.payload, m.qos, m.retain))

    def _on_connect(self, _client: Any, _data: Any, _flags: Any, code: Any, _properties: Any) -> None:
        self.code = 0 if not code.is_failure else code.value

    def _on_disconnect(self, *_: Any) -> None:
        self.lost += 1

    async def connect(self) -> int:
        """The CONNACK's code."""
        await asyncio.to_thread(self.client.connect, "127.0.0.1", self.port)
        self.client.loop_start()
        await eventually(lambda: self.code >= 0)
        return self.code

    async def publish(self, topic: str, payload: bytes, qos: int = 1, retain: bool = False) -> bool:
        """Whether the broker acknowledged it."""
        sent = self.client.publish(topic, payload, qos, retain)
        await asyncio.to_thread(sent.wait_for_publish, 5)
        return sent.is_published()

    async def subscribe(self, pattern: str, qos: int = 1) -> int:
        """The granted QoS, or 128."""
        granted: list[int] = []
        self.client.on_subscribe = lambda _c, _u, _m, codes, _p: granted.append(codes[0].value)
        self.client.subscribe(pattern, qos)
        await eventually(lambda: granted)
        return granted[0]

    async def close(self) -> None:
        self.client.disconnect()
        await asyncio.to_thread(self.client.loop_stop)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    made = Site(tmp_path)
    await made.backbone.start()
    yield made
    await made.backbone.stop()


@pytest.fixture
async def device(site: Site) -> AsyncIterator[Callable[..., Any]]:
    """Makes connected devices: `await device("city/lamp")`."""
    made: list[Device] = []

    async def make(user: str = "city/gauge", secret: str = SECRET, **options: Any) -> Device:
        one = Device(site, user, secret, **options)
        made.append(one)
        await one.connect()
        return one

    yield make
    for one in made:
        await one.close()


async def mosquitto_pub(site: Site, *args: str, user: str = "city/gauge") -> int:
    command = ["mosquitto_pub", "-p", str(site.backbone.mqtt_port), "-u", user, "-P", SECRET, *args]
    process = await asyncio.create_subprocess_exec(*command, stderr=subprocess.DEVNULL)
    return await process.wait()
