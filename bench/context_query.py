"""Reads of the present alone, no HTTP: an entity by id, and 20 of 100,000 by type and q at three selectivities.

The same city as `single_requests.py` makes: car parks whose free places run evenly over 0 … 999. The limit: decoding
the JSON of the entities that are answered, and nothing else.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from rhinecloud.base.declare import Attribute, EntityType, Label, Model
from rhinecloud.base.model import Op, Update
from rhinecloud.context import Presents, Query, geo, q, selection

PLACES = 1000
LABEL = Label("Parkhaus", "car park")


def model() -> Model:
    kind = EntityType(
        name="OffStreetParking",
        label=LABEL,
        plural=LABEL,
        subject="dataModel.Parking",
        icon="square-parking",
        attributes=(
            Attribute(name="availableSpotNumber", label=LABEL, kind="integer", queryable=True),
            Attribute(name="totalSpotNumber", label=LABEL, kind="integer"),
        ),
    )
    return Model([kind])


def parks(declared: Model, first: int) -> list[Update]:
    (kind,) = declared.types
    free, total = declared.terms["availableSpotNumber"], declared.terms["totalSpotNumber"]
    return [
        Update(
            op=Op.CREATE,
            id=f"urn:ngsi-ld:OffStreetParking:{n}",
            entity={
                "type": [kind],
                "attrs": {
                    "https://smartdatamodels.org/name": [{"type": "Property", "value": f"Parkhaus {n}"}],
                    free: [{"type": "Property", "value": n * 7919 % PLACES}],
                    total: [{"type": "Property", "value": PLACES}],
                    declared.terms["location"]: [
                        {
                            "type": "GeoProperty",
                            "value": {"type": "Point", "coordinates": [6.7 + n % 317 / 3170, 51.35 + n % 211 / 1055]},
                        }
                    ],
                },
            },
        )
        for n in range(first, first + 1000)
    ]


async def micros(ask: Callable[[], Awaitable[object]], seconds: float) -> float:
    count, begun = 0, time.process_time()
    while time.process_time() - begun < seconds:
        await ask()
        count += 1
    return (time.process_time() - begun) / count * 1e6


async def run(entities: int, seconds: float) -> None:
    folder = Path(tempfile.mkdtemp(prefix="rhinecloud-bench-"))
    declared = model()
    presents = Presents(folder, model=declared)
    await presents.start()
    try:
        city = presents.create("city")
        for first in range(0, entities, 1000):
            await city.write(parks(declared, first))
        city.outbox_done("history", 10**9)
        city.outbox_done("changes", 10**9)
        one = city.get("urn:ngsi-ld:OffStreetParking:777")
        raw = msgspec.json.encode(one)

        async def decode() -> None:
            for _ in range(20):
                msgspec.json.decode(raw)

        async def get() -> object:
            return city.get("urn:ngsi-ld:OffStreetParking:777")

        limit = await micros(decode, seconds)
        cost = await micros(get, seconds)
        print(f"context_get               {cost:8.1f} µs   {limit / 20 / cost:.2f} of decoding its JSON   target ≤ 15")

        def expand(term: str) -> str:
            return declared.terms.get(term, term)

        types = selection.parse("OffStreetParking", expand)
        for share in (0.1, 5, 50):
            for offset in (0, 40):
                text = f"availableSpotNumber<{max(1, round(PLACES * share / 100))}"

                async def ask(text: str = text, offset: int = offset) -> object:
                    page = await city.query(Query(types=types, q=q.parse(text, expand), limit=20, offset=offset))
                    assert len(page.entities) == 20
                    return page

                cost = await micros(ask, seconds)
                name = f"context_query_{share:g}%_from_{offset}"
                print(f"{name:<25} {cost:8.1f} µs   {limit / cost:.2f} of decoding the JSON of 20   target < 300")

        async def near() -> object:
            return await city.query(Query(types=types, geo=geo.parse("near;maxDistance==500", "Point", [6.75, 51.4])))

        print(f"context_query_near        {await micros(near, seconds):8.1f} µs")
    finally:
        await presents.stop()
        shutil.rmtree(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entities", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=1)
    options = parser.parse_args()
    asyncio.run(run(options.entities, options.seconds))


if __name__ == "__main__":
    main()
