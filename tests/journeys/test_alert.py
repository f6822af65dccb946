"""From a sensor's byte to an alert: on the backbone, as an entity, and still there after kill -9."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from rhinecloud.app import City
from rhinecloud.base.clock import now_us
from rhinecloud.base.declare import Label
from rhinecloud.base.settings import Settings
from rhinecloud.connect import Device
from rhinecloud.insight import News, Rule
from rhinecloud.insight.rules import Rules
from rhinecloud.insight.tables import shelf_of
from tests.running import launch, wait

from .conftest import LiveCity, run_city

pytestmark = pytest.mark.skipif(not shutil.which("mosquitto_pub"), reason="mosquitto_pub is not installed")
GAUGE = "urn:ngsi-ld:WaterObserved:pier"
RULE = Rule(
    id="own.pier",
    title=Label("Pegel am Steg", "Level at the pier"),
    text=Label("{name}: {value} {unit}", "{name}: {value} {unit}"),
    type="WaterObserved",
    q=f'id=="{GAUGE}";height>8.5',
    until_q="height<8.2",
    severity="major",
)


def publish(port: int, secret: str, height: float) -> None:
    words = ("mosquitto_pub", "-h", "127.0.0.1", "-p", str(port), "-u", "city/pier", "-P", secret, "-i", "pier")
    message = ("-q", "1", "-t", "city/pier/up", "-m", f'{{"height": {height}}}')
    subprocess.run([*words, *message], check=True, timeout=20)


async def test_a_reading_over_mqtt_raises_an_alert_on_the_backbone(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data", port=0, mqtt_port=0, demo=False)
    heard: list[News] = []
    async with AsyncExitStack() as stack:
        city = City(settings)
        await city.start(stack)
        device = Device(id="pier", entity_type="WaterObserved", entity_id=GAUGE)
        secret = await asyncio.to_thread(city.connect.registry.add, "city", device)

        async def hear(_subject: str, data: bytes) -> None:
            heard.append(msgspec.json.decode(data, type=News))

        await city.backbone.subscribe("alerts.city", hear)
        city.insight.save_rule("city", RULE, "person:anna")
        for height, what in ((8.4, []), (8.6, ["raised"]), (8.3, ["raised"]), (8.1, ["raised", "cleared"])):
            await asyncio.to_thread(publish, city.mqtt_port, secret, height)
            for _ in range(300):
                if [n.what for n in heard] == what and _height(city) == height:
                    break
                await asyncio.sleep(0.02)
            assert [n.what for n in heard] == what, height
        [evidence] = [e for e in heard[0].alert.evidence if e.attr.endswith("height")]
        assert evidence.value == 8.6 and evidence.source == "device:pier" and evidence.raw
        assert (await city.backbone.replay(*_place(evidence.raw))).data == b'{"height": 8.6}'


def _height(city: City) -> Any:
    entity = city.presents.open("city").get(GAUGE) or {"attrs": {}}
    return next((i["value"] for a, [i] in entity["attrs"].items() if a.endswith("/height")), None)


def _place(raw: str) -> tuple[str, int]:
    stream, _, sequence = raw.rpartition("/")
    return stream, int(sequence)


def alert(city: LiveCity) -> dict[str, Any] | None:
    """The alert as other systems see it."""
    found = city.get("/ngsi-ld/v1/entities", type="Alert", q=f'alertSource=="{GAUGE}"', format="simplified")
    return found[0] if found else None


@contextmanager
def killed_city(data: Path) -> Iterator[LiveCity]:
    """A city that ends without having been asked."""
    log = data.with_suffix(".log")
    process = launch(data, "--empty", "--open", log=log, env=os.environ | {"NO_COLOR": "1"})
    try:
        note = wait(process, data, log)
        url = note["url"].replace("localhost", "127.0.0.1")
        with httpx.Client(base_url=url, timeout=30, trust_env=False) as client:
            yield LiveCity(data, url, note["mqtt_port"], client)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def test_kill_9_between_raise_and_clear_keeps_the_alert(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with run_city(data, "--empty", "--open") as city:
        secret = city.command("device", "add", "pier", "--type", "WaterObserved", "--entity", GAUGE).split()[-1]
    shelf = shelf_of(data / "tenants" / "city")
    Rules(shelf, (), now_us()).save(RULE, "person:anna", now_us())
    shelf.close()
    with killed_city(data) as city:
        publish(city.mqtt_port, secret, 8.7)
        first = city.until(lambda: alert(city), "the alert")
        assert first["alertState"] == "raised" and first["severity"] == "high"
    with run_city(data, "--empty", "--open") as city:
        again = city.until(lambda: alert(city), "the alert after the kill")
        assert (again["id"], again["alertState"]) == (first["id"], "raised")
        publish(city.mqtt_port, secret, 8.3)
        city.until(lambda: city.get(f"/ngsi-ld/v1/entities/{GAUGE}")["height"]["value"] == 8.3, "the next value")
        assert alert(city) == again, "until_q is not yet true"
        publish(city.mqtt_port, secret, 8.0)
        city.until(lambda: (alert(city) or {}).get("alertState") == "cleared", "that it is over")
