"""What a thousand rules cost an observation, and how soon an alert is on the operator's screen.

    python bench/rules.py [--rules 1000] [--rate 5000] [--seconds 15] [--no-city]

First in one process: processor time of `Insight.read` for each observation, in batches as commits have them, with the
rules laid out in ways that differ: limits on one attribute, rules named after one gauge each, rates of change, and
with one gauge in twenty raised. Then against a running city: devices send over MQTT QoS 1, each message two
observations; one of them is now and then over its gauge's limit, the other says when it was sent. The alert carries
that as its figure, and is timed where the browser's event stream hands it over.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import harness
from live import PER_MS, TURN_MS, age_ms, connect, register

from rhinecloud.base.clock import iso, now_us
from rhinecloud.base.declare import Label, Model
from rhinecloud.base.model import Changes, Op, Update
from rhinecloud.base.settings import Settings
from rhinecloud.context import Presents, Vocabularies
from rhinecloud.history import Histories
from rhinecloud.insight import TYPES, Change, Insight, Rule
from rhinecloud.kit import packs

MODEL = Model((*(kind for pack in packs() for kind in pack.types), *TYPES))
GAUGE, HEIGHT = MODEL.terms["WaterObserved"], MODEL.terms["height"]
TEXT = Label("{name}: {value} {unit} seit {since}", "{name}: {value} {unit} since {since}")
ENTITIES, BATCH = 1_000, 500
HIGH = 5
"""Messages in a row that are over the limit; what is over and under it again within one batch is told as over."""


def gauge(n: int) -> str:
    return f"urn:ngsi-ld:WaterObserved:live-{n}"


def rule(number: int, q: str, **members: Any) -> Rule:
    title = Label(f"Regel {number}", f"Rule {number}")
    return Rule(id=f"own.rule-{number}", title=title, text=TEXT, type="WaterObserved", q=q, **members)


def layouts(count: int) -> dict[str, list[Rule]]:
    """Rules by name of the layout. The values are 2.0 to 4.9."""
    return {
        "none": [],
        "limits": [rule(n, f"height>{5 + n / count * 8:.4f}") for n in range(count)],
        "named": [rule(n, f'id=="{gauge(n % ENTITIES)}";height>9.3') for n in range(count)],
        "changes": [
            rule(n, f'id=="{gauge(n % ENTITIES)}"', change=Change(attr="height", per_s=3600, above=5.0), attr="height")
            for n in range(count)
        ],
        "one in 20 raised": [
            rule(n, f'id=="{gauge(n % ENTITIES)}";height>9.3', until_q="height<1.5") for n in range(count)
        ],
    }


class Commits:
    """What the present writes, as it would come to insight."""

    def __init__(self, presents: Presents) -> None:
        self.present = presents.open("city")
        self.at = 0

    async def write(self, tick: int, *, high: int = 0) -> list[Changes]:
        """One observation of each gauge; of every `high`-th one, a high value."""
        at = iso(now_us() + tick * 1_000)
        updates = []
        for n in range(ENTITIES):
            value = 10.0 if high and n % high == 0 else 2.0 + (n * 7 + tick * 3) % 30 / 10
            attrs = {HEIGHT: [{"type": "Property", "value": value, "observedAt": at}]}
            updates.append(
                Update(op=Op.OBSERVE, id=gauge(n), entity={"type": [GAUGE], "attrs": attrs}, source="device:x")
            )
        for first in range(0, ENTITIES, BATCH):
            await self.present.write(updates[first : first + BATCH])
        commits = self.present.outbox(self.at)
        self.at = commits[-1].sequence
        return [commit.changes for commit in commits]


async def cost(rules: Sequence[Rule], *, high: int, rounds: int = 20) -> tuple[float, float]:
    """Processor time an observation in `Insight.read` alone: µs, and as a share of what writing it cost."""
    with tempfile.TemporaryDirectory() as folder:
        tenants = Path(folder) / "tenants"
        presents = Presents(tenants, model=MODEL)
        await presents.start()
        presents.create("city")
        histories = Histories(tenants, presents, Settings(data=Path(folder)), model=MODEL)
        insight = Insight(tenants, presents, histories, Vocabularies(MODEL), MODEL)
        here = insight._tenant("city")
        for given in rules:
            here.rules.save(given, "person:bench", now_us())
        commits = Commits(presents)
        for changes in await commits.write(0):
            await insight.read("city", changes)
        here.reload()
        for changes in await commits.write(1, high=high):
            await insight.read("city", changes)
        begun = time.process_time()
        told = [changes for tick in range(2, rounds + 2) for changes in await commits.write(tick)]
        written = time.process_time() - begun
        begun = time.process_time()
        for changes in told:
            await insight.read("city", changes)
        took = time.process_time() - begun
        await insight.stop()
        await presents.stop()
        return took / (rounds * ENTITIES) * 1e6, took / written


# ── against a running city ───────────────────────────────────────────────────────────────────────────────────────────


class Sender:
    """The payloads of one device: the moment as its height, and now and then a flow over the limit."""

    def __init__(self, place: int, every: int) -> None:
        self.turn, self.every = place, every

    def __call__(self) -> bytes:
        self.turn += 1
        flow = 6000 if self.turn % self.every < HIGH else 1000
        return b'{"height": %.5f, "flow": %d}' % (time.time() * 1000 % TURN_MS / PER_MS, flow)


def keep_rules(data: Path, count: int, devices: int) -> None:
    """Writes the rules while the city stands still, as it does itself when a person saves one."""
    from rhinecloud.insight.rules import Rules
    from rhinecloud.insight.tables import shelf_of

    shelf = shelf_of(data / "tenants" / "city")
    kept = Rules(shelf, (), now_us())
    for n in range(count):
        if n < devices:
            made = rule(n, f'id=="{gauge(n)}";flow>4000', attr="height", severity="major")
        else:
            made = rule(n, f"height>{7 + (n - devices) / count * 6:.4f}")
        kept.save(made, "person:bench", now_us())
    shelf.close()


async def listen(city: harness.City, delays: list[float]) -> None:
    """Reads the event stream as the page does, and times the alerts that are raised."""
    import httpx

    base = f"http://127.0.0.1:{city.port}"
    async with httpx.AsyncClient(base_url=base, timeout=None, trust_env=False) as client:
        mark = (await client.get("/web/things")).raise_for_status().json()["mark"]
        async with client.stream("GET", "/web/live", params={"mark": mark}) as answer:
            answer.raise_for_status()
            event = ""
            async for line in answer.aiter_lines():
                if line.startswith("event:"):
                    event = line[6:].strip()
                elif line.startswith("data:") and event == "alert":
                    now_ms = time.time() * 1000
                    told = json.loads(line[5:])
                    if told["what"] == "raised":
                        delays.append(age_ms(told["alert"]["number"], now_ms))


async def send(publishers: Sequence[Any], rate: float, seconds: float) -> int:
    """The devices in turn, `rate` messages a second in all."""
    begun, sent = time.perf_counter(), 0
    while (now := time.perf_counter() - begun) < seconds:
        while sent < now * rate:
            publishers[sent % len(publishers)].publish(1)
            sent += 1
        await asyncio.sleep(0.005)
    return sent


async def in_the_city(options: argparse.Namespace) -> None:
    harness.pin_load()
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        city = harness.start(data, "--empty", "--open")
        devices = await asyncio.to_thread(register, city, options.devices)
        city.stop()
        keep_rules(data, options.rules, options.devices)
        city = harness.start(data, "--empty", "--open")
        try:
            await run(city, devices, options)
        finally:
            city.stop()


async def run(city: harness.City, devices: list[tuple[str, str, str]], options: argparse.Namespace) -> None:
    publishers = await connect(city, devices)
    rate = options.rate / 2  # each message is two observations
    every = max(2 * HIGH, round(rate / options.alerts))  # of a device's messages, the one that is over the limit
    for n, publisher in enumerate(publishers):
        publisher.payload = Sender(n % every, every)
    await send(publishers, options.devices, 1.0)
    delays: list[float] = []
    reader = asyncio.create_task(listen(city, delays))
    await asyncio.sleep(2)
    busy_s = city.cpu_s()
    sent = await send(publishers, rate, options.seconds)
    acked_late = time.perf_counter()
    while sum(p.acked for p in publishers) < sum(p.sent for p in publishers) and time.perf_counter() - acked_late < 20:
        await asyncio.sleep(0.05)
    behind_s = time.perf_counter() - acked_late
    await asyncio.sleep(2)
    load = (city.cpu_s() - busy_s) / (options.seconds + 2 + behind_s)
    reader.cancel()
    await asyncio.gather(reader, return_exceptions=True)
    for publisher in publishers:
        publisher.transport.close()
    if not delays:
        raise SystemExit("no alert arrived")
    delays.sort()
    harness.figure(
        "alerts_seen", len(delays) / options.seconds, "alerts/s", ratio=sent * 2 / options.seconds, of="1/s sent"
    )
    harness.figure("sensor_to_alert_p50", delays[len(delays) // 2], "ms")
    harness.figure("sensor_to_alert_p99", delays[int(len(delays) * 0.99)], "ms", target="< 1000")
    harness.figure("city_processor", load, "cores")


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rules", type=int, default=1_000)
    parser.add_argument("--rate", type=int, default=5_000, help="observations a second")
    parser.add_argument("--devices", type=int, default=500)
    parser.add_argument("--alerts", type=float, default=20, help="alerts a second, about")
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--no-city", dest="city", action="store_false")
    options = parser.parse_args()
    for name, rules in layouts(options.rules).items():
        took, share = await cost(rules, high=20 if "raised" in name else 0)
        harness.figure(f"rules, {name}", took, "µs/observation", ratio=share, of="writing it", target="< 20")
    if options.city:
        await in_the_city(options)


if __name__ == "__main__":
    asyncio.run(main())
