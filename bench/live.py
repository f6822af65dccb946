"""From the sensor to the screen: 2,000 observations/s over MQTT QoS 1, timed where a browser gets them.

    python bench/live.py [--rate 2000] [--devices 500] [--seconds 10] [--no-browser]

Each observation carries the moment at which it was published as its value, so that whoever sees it knows its age.
Measured twice: at the event stream, as an EventSource reads it; and in a headless Chromium with the situation open,
when the page gets the event and when it has drawn the next picture. Where there is no graphics processor, the map is
painted by software on the cores that the load runs on too; so the browser is asked once more without WebGL, where the
page shows its list alone. Each device speaks less often than the stream does, so nearly every observation is seen by
itself and not only the newest of several.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import time
from typing import Any

import harness
from mqtt_load import Publisher

from rhinecloud.base.declare import Model
from rhinecloud.connect import Device, Registry, Tables
from rhinecloud.kit import packs

TURN_MS = 60_000
"""Values are the moment within this turn, as a height that a river can have: 0 to 6 m, a millisecond being 0.1 mm."""
PER_MS = 10_000

FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--use-gl=angle", "--use-angle=swiftshader"),
    *("--enable-unsafe-swiftshader", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]
NUMBER = 6  # place of the main figure in a row of the stream; see web/things.py, Row

WATCH = (
    """
window.delays = { event: [], drawn: [] };
const Native = window.EventSource;
window.EventSource = class extends Native {
  constructor(...given) {
    super(...given);
    this.addEventListener("things", (event) => {
      const now = Date.now();
      const values = JSON.parse(event.data).rows.map((row) => row[NUMBER]).filter((v) => v !== null);
      const since = (v, at) => (((at % TURN) - v * PER_MS) % TURN + TURN) % TURN;
      for (const v of values) window.delays.event.push(since(v, now));
      requestAnimationFrame(() => setTimeout(() => {
        const drawn = Date.now();
        for (const v of values) window.delays.drawn.push(since(v, drawn));
      }));
    });
  }
};
""".replace("NUMBER", str(NUMBER))
    .replace("TURN", str(TURN_MS))
    .replace("PER_MS", str(PER_MS))
)


def register(city: harness.City, count: int) -> list[tuple[str, str, str]]:
    """Adds gauges along the river beside the running city, as the command line does: (user, secret, topic) of each."""
    tables = Tables(city.data / "tenants")
    registry = Registry(tables, model=Model(kind for pack in packs() for kind in pack.types))
    rows = []
    for n in range(count):
        place = {"type": "Point", "coordinates": [6.65 + n % 25 * 0.006, 51.38 + n // 25 * 0.006]}
        secret = registry.add("city", Device(id=f"live-{n}", entity_type="WaterObserved", location=place))
        rows.append((f"city/live-{n}", secret, f"city/live-{n}/up"))
    tables.close()
    time.sleep(0.6)  # the city notices within half a second
    return rows


def moment() -> bytes:
    return b'{"height": %.5f}' % (time.time() * 1000 % TURN_MS / PER_MS)


def age_ms(value: float, now_ms: float) -> float:
    return (now_ms % TURN_MS - value * PER_MS) % TURN_MS


async def connect(city: harness.City, rows: list[tuple[str, str, str]]) -> list[Publisher]:
    loop = asyncio.get_running_loop()
    made = await asyncio.gather(
        *(loop.create_connection(lambda r=r: Publisher(*r, moment), "127.0.0.1", city.mqtt_port) for r in rows)
    )
    publishers = [publisher for _, publisher in made]
    codes = await asyncio.gather(*(p.connected for p in publishers))
    if any(codes):
        raise SystemExit(f"{len(codes) - codes.count(0)} of {len(codes)} devices were not let in")
    for publisher in publishers:
        publisher.running = False  # it sends when told, not at each promise
    return publishers


async def send(publishers: list[Publisher], rate: int, seconds: float) -> None:
    """The devices in turn, `rate` messages a second in all."""
    begun, sent = time.perf_counter(), 0
    while (now := time.perf_counter() - begun) < seconds:
        while sent < now * rate:
            publishers[sent % len(publishers)].publish(1)
            sent += 1
        await asyncio.sleep(0.005)


async def listen(city: harness.City, delays: list[float]) -> None:
    """Reads the stream from where the map stands, as the page does."""
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
                elif line.startswith("data:") and event == "things":
                    now_ms = time.time() * 1000
                    rows = json.loads(line[5:])["rows"]
                    delays += [age_ms(row[NUMBER], now_ms) for row in rows if row[NUMBER] is not None]


async def at_the_stream(city: harness.City, publishers: list[Publisher], options: argparse.Namespace) -> None:
    delays: list[float] = []
    reader = asyncio.create_task(listen(city, delays))
    await asyncio.sleep(0.5)
    await send(publishers, options.rate, options.seconds)
    await asyncio.sleep(1)
    reader.cancel()
    await asyncio.gather(reader, return_exceptions=True)
    tell("stream", delays, options)


WITHOUT_MAP = """
const given = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
  return kind.startsWith("webgl") ? null : given.call(this, kind, ...rest);
};
"""


async def in_the_browser(city: harness.City, publishers: list[Publisher], options: argparse.Namespace) -> None:
    from playwright.async_api import async_playwright

    path = os.environ.get("RHINECLOUD_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    async with async_playwright() as play:
        for where, script in (("browser", WATCH), ("list", WATCH + WITHOUT_MAP)):
            browser = await play.chromium.launch(executable_path=path, args=FLAGS)
            page = await browser.new_page(viewport={"width": 1440, "height": 900})
            await page.add_init_script(script)
            await page.goto(f"http://127.0.0.1:{city.port}/situation?list=things")
            await page.wait_for_selector("thing-list [role=option]", timeout=60_000)
            await asyncio.sleep(3)  # the map's first picture
            await page.evaluate("window.delays = { event: [], drawn: [] }")
            await send(publishers, options.rate, options.seconds)
            await asyncio.sleep(1)
            found: dict[str, Any] = await page.evaluate("window.delays")
            await browser.close()
            tell(where, found["event"], options)
            tell(f"{where}_drawn", found["drawn"], options, target="")


def tell(where: str, delays: list[float], options: argparse.Namespace, target: str = "< 500") -> None:
    sent = options.rate * options.seconds
    if len(delays) < sent / 10:
        raise SystemExit(f"only {len(delays)} of {sent:.0f} values arrived ({where})")
    delays.sort()
    harness.figure(f"sensor_to_{where}_p50", delays[len(delays) // 2], "ms")
    harness.figure(f"sensor_to_{where}_p99", delays[int(len(delays) * 0.99)], "ms", target=target)
    harness.figure(
        f"seen_at_{where}", len(delays) / options.seconds, "1/s", ratio=len(delays) / sent, of="what was sent"
    )


async def run(options: argparse.Namespace) -> None:
    with harness.city() as city:
        publishers = await connect(city, await asyncio.to_thread(register, city, options.devices))
        await send(publishers, options.devices, 1.0)  # each thing is there before anybody looks
        busy_s = city.cpu_s()
        await at_the_stream(city, publishers, options)
        load = (city.cpu_s() - busy_s) / (options.seconds + 1.5)
        harness.figure("city_processor", load, "cores")
        if options.browser:
            await in_the_browser(city, publishers, options)
        for publisher in publishers:
            publisher.transport.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=int, default=2000)
    parser.add_argument("--devices", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--no-browser", dest="browser", action="store_false")
    options = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {int(core) for core in harness.LOAD_CORES.split(",")})  # the browser too
    asyncio.run(run(options))


if __name__ == "__main__":
    main()
