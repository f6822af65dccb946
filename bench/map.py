"""The map with 20,000 things in a headless Chromium: first picture, live changes, moving about, moving through time.

    python bench/map.py [--things 20000] [--changes 200] [--seconds 10]

Times are by the clock, as a person waits. Where other work shares the cores (a shared machine, a map that software has
to paint), they say more of the neighbours than of the program; so what the page's own thread computed is told, too.
Long tasks are those that the browser itself reports: 50 ms or more in which the page could not answer.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import shutil
import time
from typing import Any

import harness

FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--use-gl=angle", "--use-angle=swiftshader"),
    *("--enable-unsafe-swiftshader", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]
KINDS = (
    ("WaterObserved", "height", 2.0, 9.0),
    ("AirQualityObserved", "no2", 3.0, 60.0),
    ("WeatherObserved", "temperature", -5.0, 25.0),
    ("NoiseLevelObserved", "LAeq", 35.0, 80.0),
    ("OffStreetParking", "availableSpotNumber", 0.0, 300.0),
)
LONG = """
window.long = [];
new PerformanceObserver((list) => { for (const entry of list.getEntries()) window.long.push(entry.duration); })
  .observe({ type: "longtask", buffered: true });
"""
MARKS = """() => Object.fromEntries(performance.getEntriesByType("mark").map((m) => [m.name, m.startTime]))"""
SEEK = """async (minutes) => {
  const begun = performance.now();
  await document.querySelector("city-situation").seek(Date.now() - minutes * 60_000);
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  return performance.now() - begun;
}"""
MOVE = """async () => {
  const map = document.querySelector("city-map");
  const frames = [];
  let last = performance.now();
  for (const extent of [[6.7, 51.42, 6.8, 51.46], [6.74, 51.43, 6.77, 51.44], [6.6, 51.34, 6.86, 51.56]]) {
    map.fit(extent);
    for (const until = performance.now() + 900; performance.now() < until;) {
      await new Promise(requestAnimationFrame);
      frames.push(performance.now() - last);
      last = performance.now();
    }
  }
  return frames;
}"""


def thing(number: int, rnd: random.Random) -> dict[str, Any]:
    kind, attr, low, high = KINDS[number % len(KINDS)]
    place = [round(rnd.gauss(6.75, 0.05), 6), round(rnd.gauss(51.44, 0.05), 6)]
    return {
        "id": f"urn:ngsi-ld:{kind}:map-{number}",
        "type": kind,
        "name": {"type": "Property", "value": f"{kind} {number}"},
        "location": {"type": "GeoProperty", "value": {"type": "Point", "coordinates": place}},
        attr: measured(low, high, rnd),
    }


def measured(low: float, high: float, rnd: random.Random) -> dict[str, Any]:
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return {"type": "Property", "value": round(rnd.uniform(low, high)), "observedAt": now}


def fill(city: harness.City, count: int, rnd: random.Random) -> None:
    for first in range(0, count, 1000):
        batch = [thing(n, rnd) for n in range(first, min(count, first + 1000))]
        status, body = city.request("POST", "/ngsi-ld/v1/entityOperations/upsert", batch)
        if status >= 300:
            raise SystemExit(f"not taken: {status} {body[:300]!r}")


def change(city: harness.City, count: int, each: int, rnd: random.Random) -> None:
    """A second's changes in one request, as a feed would bring them."""
    batch = []
    for number in rnd.sample(range(count), each):
        kind, attr, low, high = KINDS[number % len(KINDS)]
        batch.append({"id": f"urn:ngsi-ld:{kind}:map-{number}", "type": kind, attr: measured(low, high, rnd)})
    city.request("POST", "/ngsi-ld/v1/entityOperations/upsert?options=update", batch)


async def busy_s(session: Any) -> float:
    """Processor time of the page's own thread so far."""
    told = await session.send("Performance.getMetrics")
    return float(next(m["value"] for m in told["metrics"] if m["name"] == "TaskDuration"))


async def drawn(page: Any) -> dict[str, float]:
    """When things and base map were drawn, ms since the visit began; the page's policy lets no script be waited on."""
    for _ in range(600):
        marks: dict[str, float] = await page.evaluate(MARKS)
        if {"things-drawn", "map-drawn"} <= marks.keys():
            return marks
        await asyncio.sleep(0.1)
    raise SystemExit("nothing was drawn within a minute")


async def look(city: harness.City, options: argparse.Namespace, rnd: random.Random) -> None:
    from playwright.async_api import async_playwright

    path = os.environ.get("RHINECLOUD_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=path, args=FLAGS)
        page = await browser.new_page(viewport={"width": 1440, "height": 900})
        session = await page.context.new_cdp_session(page)
        await session.send("Performance.enable", {"timeDomain": "threadTicks"})
        await page.add_init_script(LONG)
        for visit in ("first", "again"):
            before = await busy_s(session)
            await page.goto(f"http://127.0.0.1:{city.port}/situation?list=things")
            marks = await drawn(page)
            harness.figure(f"things_{visit}", marks["things-drawn"], "ms", target="< 2000")
            harness.figure(f"base_map_{visit}", marks["map-drawn"], "ms", target="< 2000")
            harness.figure(f"page_computed_{visit}", (await busy_s(session) - before) * 1000, "ms")
        await asyncio.sleep(2)

        await page.evaluate("window.long.length = 0")
        before = await busy_s(session)
        for _ in range(int(options.seconds)):
            begun = time.perf_counter()
            await asyncio.to_thread(change, city, options.things, options.changes, rnd)
            await asyncio.sleep(max(0.0, 1 - (time.perf_counter() - begun)))
        long = await page.evaluate("window.long")
        harness.figure("live_longest_task", max(long, default=0), "ms", target="< 200")
        harness.figure("live_page_load", (await busy_s(session) - before) / options.seconds, "cores")

        await page.evaluate("window.long.length = 0")
        frames = sorted(await page.evaluate(MOVE))
        long = await page.evaluate("window.long")
        harness.figure("move_frame_p50", frames[len(frames) // 2], "ms")
        harness.figure("move_frame_p95", frames[int(len(frames) * 0.95)], "ms")
        harness.figure("move_longest_task", max(long, default=0), "ms", target="< 200")

        steps = sorted([await page.evaluate(SEEK, minutes) for minutes in (0.2, 0.1, 0.3, 0.15, 0.25, 0.12, 0.22)])
        harness.figure("time_step_p50", steps[len(steps) // 2], "ms", target="< 400")
        harness.figure("time_step_worst", steps[-1], "ms", target="< 400")
        await browser.close()


async def run(options: argparse.Namespace) -> None:
    rnd = random.Random(7)
    with harness.city() as city:
        await asyncio.to_thread(fill, city, options.things, rnd)
        harness.figure("load_of_the_machine", os.getloadavg()[0], "processes")
        await look(city, options, rnd)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--things", type=int, default=20_000)
    parser.add_argument("--changes", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=10)
    options = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {int(core) for core in harness.LOAD_CORES.split(",")})  # the browser too
    asyncio.run(run(options))


if __name__ == "__main__":
    main()
