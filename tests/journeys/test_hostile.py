"""No door answers 5xx, breaks down or swells, whatever comes in.

RHINECLOUD_HOSTILE says how many requests are sent, and a quarter as many device messages (4,000 where nothing is said;
a million must hold).
"""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

from . import hostile
from .conftest import LiveCity

COUNT = int(os.environ.get("RHINECLOUD_HOSTILE", "4000"))
SEED = int(os.environ.get("RHINECLOUD_SEED", "1"))
GROWTH_MB = 60


def memory_mb(city: LiveCity) -> float:
    pid = json.loads((city.data / "rhinecloud.lock").read_text())["pid"]
    line = next(x for x in Path(f"/proc/{pid}/status").read_text().splitlines() if x.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def attack(city: LiveCity, count: int, seed: int) -> hostile.Tally:
    port = int(city.url.rpartition(":")[2])
    return asyncio.run(hostile.run("127.0.0.1", port, count, seed=seed))


def test_no_request_breaks_an_open_city(open_city: LiveCity) -> None:
    attack(open_city, max(2000, COUNT // 10), SEED + 1)  # what is loaded once, is loaded
    before = memory_mb(open_city)
    tally = attack(open_city, COUNT, SEED)
    assert not tally.bad, tally.bad[:5]
    assert sum(tally.statuses.values()) >= 0.99 * tally.sent, tally
    assert memory_mb(open_city) - before < GROWTH_MB


def test_no_request_breaks_a_closed_city_nor_gets_in(live_city: LiveCity) -> None:
    tally = attack(live_city, COUNT // 2, SEED + 2)
    assert not tally.bad, tally.bad[:5]
    assert live_city.get("/ngsi-ld/v1/types")["typeList"] == []  # nothing was written without a sign-in


def test_every_device_message_is_read_or_lies_in_quarantine(live_city: LiveCity) -> None:
    secret = live_city.command("device", "add", "hostile", "--type", "WeatherObserved")
    hostile.attack_mqtt("127.0.0.1", live_city.mqtt_port, "hostile", secret, max(500, COUNT // 40), SEED + 1)
    before = memory_mb(live_city)
    hostile.attack_mqtt("127.0.0.1", live_city.mqtt_port, "hostile", secret, COUNT // 4, SEED)
    live_city.publish("hostile", secret, "city/hostile/up", b'{"temperature": 7.25}')
    entity = "/ngsi-ld/v1/entities/urn:ngsi-ld:WeatherObserved:hostile"
    live_city.until(
        lambda: (live_city.get(entity) or {}).get("temperature", {}).get("value") == 7.25, "the good message"
    )
    assert memory_mb(live_city) - before < GROWTH_MB
