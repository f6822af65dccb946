"""Which units go, for 500 units and 50 open incidents at once, as an operator asks for it.

    python bench/dispatch.py [--units 500] [--incidents 50] [--rounds 20] [--extract FILE.osm.pbf]

The whole way of a proposal is measured: incidents, needs and units read from operations.db, live places from the
present, ways, cover of 46 zones, assignment with runner-ups and reasons, the record committed. First by the crow's
flight over a river, then on streets that were searched when the incidents came, as in a running city.
Without an extract the streets are a made-up town of the size of Duisburg (about 40,000 places).
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import harness
import numpy as np

from rhinecloud.access import system
from rhinecloud.access.policy import Policy, agencies
from rhinecloud.base.clock import iso, now_us
from rhinecloud.base.declare import Model
from rhinecloud.base.model import Op, Update
from rhinecloud.context import Presents, Vocabularies
from rhinecloud.operations import ENTITIES, Barrier, Crossing, Operations, Place, Report, Unit, Zone, planning
from rhinecloud.operations.roads.network import FILE, Network, build
from rhinecloud.operations.roads.reading import Stretch, digest, stretches
from rhinecloud.operations.roads.searching import backwards

ADMIN = system("bench")
BOX = (6.63, 51.35, 6.83, 51.56)
LOCATION = "https://uri.etsi.org/ngsi-ld/location"
RHINE = Barrier(
    id="rhine",
    name="Rhein",
    line=tuple((6.715 + 0.02 * float(np.sin(k / 4)), 51.33 + 0.006 * k) for k in range(40)),
    crossings=tuple(Crossing(f"Brücke {k}", (6.715 + 0.02 * float(np.sin(k * 2)), 51.36 + 0.03 * k)) for k in range(6)),
)
SORTS = (("HLF",), ("DLK",), ("RTW",), ("NEF",), ("ELW",), ("HLF", "BOAT"), ("RTW", "KTW"), ("GW",))


class Rights:
    """As `Access` answers, without its database."""

    allow = Policy().allow

    @staticmethod
    def agencies(principal: object, action: str, tenant: str) -> frozenset[str] | None:
        return agencies(principal, action, tenant)  # type: ignore[arg-type]


def town(side: int = 200) -> Iterator[Stretch]:
    """Streets in a grid with gaps, a river through it with six bridges."""
    rng = np.random.default_rng(5)
    west, south, east, north = BOX
    lon, lat = np.linspace(west, east, side), np.linspace(south, north, side)
    bridges = set(range(side // 12, side, side // 6))

    def place(x: int, y: int) -> tuple[float, float]:
        return float(lon[x]), float(lat[y])

    for y in range(side):
        for x in range(side):
            for dx, dy in ((1, 0), (0, 1)):
                if x + dx >= side or y + dy >= side or rng.random() > 0.85:
                    continue
                if dx and x == side // 2 and y not in bridges:
                    continue
                fast = (y if dx else x) % 10 == 0
                ends = (place(x, y), place(x + dx, y + dy))
                yield Stretch((y * side + x, (y + dy) * side + x + dx), ends, (55 if fast else 32) / 3.6, True, True, 0)


async def city(folder: Path, options: argparse.Namespace, network: Network | None) -> tuple[Operations, list[str]]:
    model, tenants = Model(list(ENTITIES)), folder / "tenants"
    presents = Presents(tenants, model=model)
    await presents.start()
    presents.create("city")
    room = Operations(tenants, presents, Vocabularies(model), Rights())
    desk, declares = room.desk("city", ADMIN), planning.DeclaringDesk(room.seat("city", ADMIN))
    rng = np.random.default_rng(7)
    if network is None:
        box, declared = BOX, [RHINE]
    else:
        box, declared = network.about.bounds, []
        network.save(tenants / "city" / FILE)

    def somewhere() -> tuple[float, float]:
        return float(rng.uniform(box[0], box[2])), float(rng.uniform(box[1], box[3]))

    zones = [Zone(id=f"z{n}", name=f"Zone {n}", position=somewhere()) for n in range(46)]
    units = [
        Unit(
            id=f"u{n:03}",
            name=f"HLF {n // 20}-{n % 20}",
            kind="fire",
            agency=f"a{n % 5}",
            capabilities=SORTS[n % len(SORTS)],
            entity=f"urn:ngsi-ld:Vehicle:{n}",
            station=somewhere(),
        )
        for n in range(options.units)
    ]
    declares.save_all([*declared, *zones, *units])
    at = iso(now_us())
    await presents.open("city").write(
        [
            Update(
                op=Op.OBSERVE,
                id=u.entity,
                entity={"type": ["https://x/V"], "attrs": {LOCATION: [_point(somewhere(), at)]}},
                source="bench",
            )
            for u in units
        ]
    )
    severities = ("critical", "major", "minor")
    with desk.seat.shelf.work(desk.by) as work:
        from rhinecloud.operations import assignments, incidents, radio

        for u in units:
            radio.report(work, u.id, "1")
        made = [
            incidents.report(
                work,
                Report(type="fire", title=f"Brand {n}", place=Place(location=somewhere()), severity=severities[n % 3]),
            ).id
            for n in range(options.incidents)
        ]
        for n, one in enumerate(made):
            assignments.ask(work, one, "HLF", instead=("GW",), within_s=480)
            assignments.ask(work, one, SORTS[n % len(SORTS)][0])
    return room, made


def _point(place: tuple[float, float], at: str) -> dict[str, object]:
    return {"type": "GeoProperty", "value": {"type": "Point", "coordinates": list(place)}, "observedAt": at}


async def measure(name: str, room: Operations, made: list[str], rounds: int) -> None:
    if name == "by road":
        ahead = planning.Ahead()
        ahead.roads = room.roads
        begun = time.perf_counter()
        await ahead.tick("city", room.seat("city", ADMIN).shelf)
        each = (time.perf_counter() - begun) / (len(made) + 46) * 1000
        harness.figure("search when an incident comes", each, "ms", target="in a thread, before it is asked for")
    whole, alone, cpu = [], [], []
    proposal = await room.propose("city", ADMIN, made)
    for _ in range(rounds):
        begun, busy = time.perf_counter(), time.process_time()
        proposal = await room.propose("city", ADMIN, made)
        whole.append((time.perf_counter() - begun) * 1000)
        cpu.append((time.process_time() - busy) * 1000)
        alone.append(proposal.seconds * 1000)
    whole.sort()
    by_road = sum(not p.chosen.estimated for p in proposal.picks)
    print(f"{name}: {len(proposal.picks)} units chosen ({by_road} by road), {len(proposal.gaps)} gaps")
    harness.figure(f"{name}, whole, median", statistics.median(whole), "ms", target="< 200")
    harness.figure(f"{name}, whole, slowest", whole[-1], "ms", target="< 200")
    harness.figure(f"{name}, whole, processor", statistics.median(cpu), "ms")
    harness.figure(
        f"{name}, deciding alone", statistics.median(alone), "ms", ratio=statistics.median(alone) / 200, of="200 ms"
    )


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--units", type=int, default=500)
    parser.add_argument("--incidents", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--extract", type=Path)
    options = parser.parse_args()
    begun = time.perf_counter()
    if options.extract:
        network = build(
            list(stretches(options.extract)), name=options.extract.name, sha256=digest(options.extract), dated="", now=0
        )
    else:
        network = build(town(), name="town", sha256="", dated="", now=0)
    harness.figure("network made", time.perf_counter() - begun, "s")
    harness.figure("network", network.nodes, "places")
    took = []
    for target in np.random.default_rng(3).integers(0, network.nodes, 20):
        begun = time.perf_counter()
        backwards(network, int(target))
        took.append((time.perf_counter() - begun) * 1000)
    harness.figure("one search over it", statistics.median(took), "ms")
    for name, streets in (("crow's flight", None), ("by road", network)):
        with tempfile.TemporaryDirectory() as folder:
            room, made = await city(Path(folder), options, streets)
            await measure(name, room, made, options.rounds)
            await room.stop()


if __name__ == "__main__":
    asyncio.run(main())
