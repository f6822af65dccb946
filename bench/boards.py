"""How soon a change is on every open board, and what a page costs with 200,000 past incidents behind it.

    python bench/boards.py [--screens 300] [--changes 40] [--past 200000]

A city of its own gets a long past; so many event streams follow it as browsers with the board open do. Units report
statuses through the command line; timed is from the moment of the commit until the event, and until the drawn strip or
tile, is read at each of the streams. Then pages are asked as screens ask for them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import time

import harness
from incidents import fill

from rhinecloud.base.clock import now_us
from rhinecloud.operations.tables import Shelf

PAGES = {
    "board of incidents": "/incidents",
    "board of units (500)": "/units",
    "list, newest": "/incidents?view=list",
    "list, a frequent word": "/incidents?view=list&q=rauch",
    "list, word, kind and severity": "/incidents?view=list&q=rauch&type=fire&severity=critical",
    "list, one month seven years ago": "/incidents?view=list&first=2019-03-01&last=2019-03-31",
    "like a new one, by place and words": "/incidents/new?title=Rauch+Keller+Person",
    "what a line means": "/web/command?q=3-1+4",
}


class Screen:
    """One event stream, with when each thing of it came."""

    def __init__(self) -> None:
        self.news: list[float] = []  # ms from the commit
        self.boards: list[float] = []  # moments

    async def follow(self, port: int, ready: asyncio.Event) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
        writer.write(
            b"GET /web/live?only=alerts&boards=1 HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"
        )
        event = b""
        while line := await reader.readline():
            if line.startswith(b"retry:"):
                ready.set()
            elif line.startswith(b"event: "):
                event = line[7:].strip()
            elif line.startswith(b"data: "):
                if event == b"operations":
                    news = json.loads(line[6:])
                    if news["what"] == "unit.status":
                        self.news.append((now_us() - news["at_us"]) / 1000)
                elif event == b"board":
                    self.boards.append(time.monotonic())


class Form:
    """Sends forms as a browser does, over one connection's worth of cookies."""

    def __init__(self, city: harness.City) -> None:
        import httpx

        self._http = httpx.AsyncClient(base_url=f"http://127.0.0.1:{city.port}", timeout=30)
        self._token = ""

    async def line(self, text: str) -> float:
        """Does a line; seconds it took."""
        import re

        if not self._token:
            page = await self._http.get("/incidents/new")
            self._token = re.search(r'name="_csrf_token" value="([^"]+)"', page.text)[1]  # type: ignore[index]
        began = time.monotonic()
        answer = await self._http.post("/web/command", data={"_csrf_token": self._token, "line": text})
        if answer.status_code != 200:
            raise SystemExit(f"{answer.status_code} {answer.text[:300]}")
        return time.monotonic() - began

    async def get(self, path: str) -> tuple[float, int]:
        began = time.monotonic()
        answer = await self._http.get(path)
        if answer.status_code != 200:
            raise SystemExit(f"{path} {answer.status_code}")
        return (time.monotonic() - began) * 1000, len(answer.content)


async def changes(city: harness.City, form: Form, screens: int, count: int) -> None:
    all_of_them, tasks = [Screen() for _ in range(screens)], []
    for screen in all_of_them:
        ready = asyncio.Event()
        tasks.append(asyncio.create_task(screen.follow(city.port, ready)))
        await ready.wait()
    drawn: list[float] = []
    for number in range(count):
        seen = [len(s.boards) for s in all_of_them]
        began = time.monotonic()
        await form.line(f"u{number % 100} {3 + number % 2}")
        until = began + 5
        while any(len(s.boards) <= n for s, n in zip(all_of_them, seen, strict=True)) and time.monotonic() < until:
            await asyncio.sleep(0.005)
        drawn += [
            (s.boards[n] - began) * 1000 if len(s.boards) > n else 5000.0
            for s, n in zip(all_of_them, seen, strict=True)
        ]
        await asyncio.sleep(0.2)
    news = [delay for screen in all_of_them for delay in screen.news]
    for what, values in (("event at the screen", news), ("drawn strip or tile at the screen", drawn)):
        cuts = statistics.quantiles(values, n=100)
        seen = f"({len(values)} of {screens * count})"
        print(f"{what:36} p50 {cuts[49]:6.0f} ms  p99 {cuts[98]:6.0f} ms  worst {max(values):6.0f} ms  {seen}")
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def pages(form: Form) -> None:
    for what, path in PAGES.items():
        took = [await form.get(path) for _ in range(12)]
        times = [ms for ms, _ in took]
        print(
            f"{what:36} median {statistics.median(times):6.1f} ms  worst {max(times):6.1f} ms"
            f"  {took[0][1] / 1000:7.0f} kB"
        )


async def measure(city: harness.City, given: argparse.Namespace) -> None:
    form = Form(city)
    await pages(form)
    await changes(city, form, given.screens, given.changes)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--screens", type=int, default=300)
    parser.add_argument("--changes", type=int, default=40)
    parser.add_argument("--past", type=int, default=200_000)
    given = parser.parse_args()
    harness.pin_load()
    with harness.city() as city:
        began = time.monotonic()
        shelf = Shelf(city.data / "tenants" / "city", now_us)
        fill(shelf, given.past, 50, now_us())
        shelf.close()
        print(f"{given.past} past incidents made in {time.monotonic() - began:.0f} s")
        asyncio.run(measure(city, given))


if __name__ == "__main__":
    main()
