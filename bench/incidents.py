"""Lists, search, board and suggestions of duplicates with a long past: `python bench/incidents.py [incidents]`.

Makes an operations.db of 200,000 past incidents over ten years with their units and agencies, and 50 that are worked
on, then asks for pages as the screens do: for somebody who sees everything, and for an agency that takes part in a
fifth of them.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from rhinecloud.base.clock import SECOND, now_us
from rhinecloud.operations import Asked, Incident, Place, Unit, searching
from rhinecloud.operations import incidents as engine
from rhinecloud.operations.boards import strips, tiles
from rhinecloud.operations.declare import SEVERITIES
from rhinecloud.operations.incidents import SYSTEM
from rhinecloud.operations.life import ACTIVE, OVER
from rhinecloud.operations.tables import Shelf

YEAR_US = 365 * 86_400 * SECOND
STREETS = [
    f"{a}{b}"
    for a in ("Ruhrorter ", "Mülheimer ", "König", "Damm", "Hafen", "Berg", "Wiesen", "Linden", "Fried", "Hoch")
    for b in ("straße", "weg", "platz", "ring", "allee", "ufer", "gasse")
]
WORDS = [
    *("Rauch", "Feuer", "Wasser", "Keller", "Baum", "Person", "Fahrzeug", "Öl"),
    *("Gas", "Geruch", "Sturm", "Ast", "Dach", "Garten", "Container", "Aufzug"),
    *("Tür", "Alarm", "Melder", "Schule", "Lager", "Halle", "Schiff", "Brücke"),
    *("Gleis", "Bahn", "Strom", "Kabel", "Rohr", "Straße"),
]
TYPES = ("fire", "rescue", "hazmat", "flood", "power", "traffic", "environment", "infrastructure", "other")
AGENCIES = ("fire", "ambulance", "works", "police", "thw", "harbour", "port-fire", "water", "school", "health")
UNITS = 500


def made(random_: random.Random, number: int, at: int, state: str) -> Incident:
    kind = random_.choice(TYPES)
    street = f"{random_.choice(STREETS)} {random_.randint(1, 200)}"
    title = f"{' '.join(random_.sample(WORDS, 3))}, {street}"
    return Incident(
        id=engine.new_id(at),
        number=f"{2016 + number // 20_000}-{number % 20_000:06d}",
        type=kind,
        title=title,
        text=" ".join(random_.choices(WORDS, k=20)),
        state=state,
        severity=random_.choices(SEVERITIES, (1, 10, 5, 2))[0],
        place=Place(location=(6.7 + random_.random() / 8, 51.35 + random_.random() / 5), address=street),
        agencies=tuple(sorted(random_.sample(AGENCIES, random_.choice((1, 1, 2, 3))))),
        reported_us=at,
        updated_us=at,
        times={"reported": at, "triaged": at + 60 * SECOND, "closed": at + 3600 * SECOND},
    )


def fill(shelf: Shelf, count: int, open_: int, now: int) -> None:
    random_ = random.Random(17)
    over = [s for s in sorted(OVER) for _ in range(8 if s == "closed" else 1)]
    encode = msgspec.json.Encoder().encode

    def all_of_them() -> Iterator[Incident]:
        for n in range(count):
            yield made(
                random_, n, now - 10 * YEAR_US + n * (10 * YEAR_US - 86_400 * SECOND) // count, random_.choice(over)
            )
        for n in range(open_):
            yield made(random_, count + n, now - (open_ - n) * 300 * SECOND, random_.choice(ACTIVE))

    with shelf.work(SYSTEM) as work:
        for n in range(UNITS):
            unit = Unit(
                id=f"u{n}",
                name=f"HLF {n // 10}-{n % 10}",
                kind="fire",
                agency=AGENCIES[n % 10],
                capabilities=("HLF",),
                status=str(n % 4 + 1),
            )
            work.run(
                "INSERT INTO unit VALUES (?, ?, 1, ?, ?, 0, ?)", unit.id, unit.agency, unit.status, now, encode(unit)
            )
        for incident in all_of_them():
            lon, lat = incident.place.location or (None, None)
            num = work.run(
                "INSERT INTO incident (id, number, version, type, state, is_over, severity, exercise, parent,"
                " reported_us, lon, lat, body)"
                " VALUES (?, ?, 1, ?, ?, ?, ?, 0, '', ?, ?, ?, ?)",
                *(incident.id, incident.number, incident.type, incident.state, incident.state in OVER),
                *(SEVERITIES.index(incident.severity), incident.reported_us, lon, lat, encode(incident)),
            )
            words, marks = searching.words_of(incident), searching.marks_of(incident, incident.state in OVER)
            work.run("INSERT INTO incident_found (rowid, words, marks) VALUES (?, ?, ?)", num, words, marks)
            work.db.executemany("INSERT INTO participant VALUES (?, ?)", [(a, incident.id) for a in incident.agencies])
            past = incident.state in OVER
            for _ in range(2 if past else 1):
                if not past and random_.random() < 0.3:
                    continue
                work.run(
                    "INSERT OR IGNORE INTO assignment (unit, incident, section, state, made_us, made_by, deviation,"
                    " closed_us)"
                    " VALUES (?, ?, '', ?, ?, '', '', ?)",
                    *(f"u{random_.randrange(UNITS)}", incident.id, "released" if past else "accepted"),
                    *(incident.reported_us, incident.reported_us + 1 if past else None),
                )


def timed(what: str, ask: Callable[[], Any], rounds: int = 15) -> float:
    took = []
    for _ in range(rounds):
        began = time.perf_counter()
        found = ask()
        took.append((time.perf_counter() - began) * 1000)
    size = len(found) if hasattr(found, "__len__") else found
    print(f"{what:62} median {statistics.median(took):7.2f} ms  worst {max(took):7.2f} ms  ({size} found)", flush=True)
    return max(took)


def measure(shelf: Shelf, now: int) -> float:
    some: Iterable[tuple[str, frozenset[str] | None]] = (("all", None), ("one agency", frozenset({"harbour"})))
    worst = 0.0
    ((far,),) = shelf.rows("SELECT id FROM incident WHERE num = (SELECT max(num) / 2 FROM incident)")
    for who, sees in some:

        def page(what: str, sees: frozenset[str] | None = sees, who: str = who, **asked: Any) -> float:
            ask = Asked(**asked)
            return max(
                timed(f"{who}: list {what}", lambda: searching.search(shelf, ask, sees)),
                timed(f"{who}: total {what}", lambda: searching.total(shelf, ask, sees)),
            )

        worst = max(
            worst,
            page("newest"),
            page("far behind", before=(0, far)),
            page("type and severity", types=("hazmat",), severities=("critical",)),
            page("cancelled", states=("cancelled",)),
            page("one month", since_us=now - 3 * YEAR_US, until_us=now - 3 * YEAR_US + 30 * 86_400 * SECOND),
            page("frequent word", text="rauch"),
            page("beginning of a word", text="r"),
            page("word, type and severity", text="rauch", types=("hazmat",), severities=("critical",)),
            page("five years and a word", text="feuer", since_us=now - 7 * YEAR_US, until_us=now - 2 * YEAR_US),
            page("two words", text="hafenstr rauch"),
            page("number", text="2019-000123"),
            page("nothing such", text="xylophon"),
            page("active", states=("active",)),
            page("drills", exercise=True),
            timed(f"{who}: counts", lambda sees=sees: searching.counts(shelf, sees)),  # type: ignore[misc]
            timed(f"{who}: board of incidents", lambda sees=sees: strips(shelf, sees, now)),  # type: ignore[misc]
            timed(f"{who}: board of units", lambda sees=sees: tiles(shelf, sees)),  # type: ignore[misc]
            timed(
                f"{who}: like a new one",
                lambda sees=sees: engine.duplicates(shelf, made(random.Random(3), 1, now, "reported"), sees),  # type: ignore[misc]
            ),
        )
    return worst


def main() -> None:
    count, now = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000, now_us()
    with tempfile.TemporaryDirectory() as folder:
        shelf = Shelf(Path(sys.argv[2] if len(sys.argv) > 2 else folder), now_us)
        if not shelf.rows("SELECT 1 FROM incident LIMIT 1"):
            began = time.perf_counter()
            fill(shelf, count, 50, now)
            print(f"{count} incidents made in {time.perf_counter() - began:.0f} s")
        worst = measure(shelf, now)
        shelf.close()
        print(f"worst {worst:.1f} ms")


if __name__ == "__main__":
    main()
